"""机构改革 (domain scenario 27): 文旅局 and 体育局 become one unit, through all three services and a real broker."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from services.common import db
from services.common.clock import FileClock
from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from services.contracts.envelopes import Message
from services.huiyin import settling
from services.huiyin.clients import Client
from services.intake import accounts, directory
from services.intake import tables as intake
from services.notify import tables as notify
from services.workflow import tables as workflow
from tests.e2e.correspondents import Correspondent
from tests.e2e.houses import PASSWORD, House, suggestion, wired

pytestmark = pytest.mark.timeout(180)
CULTURE, SPORTS, BOTH = "culture_tourism", "sports", "culture_sports"
CONNECTORS = ({"id": "culture", "units": [CULTURE]}, {"id": "sport", "units": [SPORTS]}, {"id": "joined", "units": []})
Systems = dict[str, Correspondent]
NAMES = {SPORTS: "云汀市体育局", BOTH: "云汀市文化体育和旅游局"}


@pytest.fixture
def city(
    tmp_path_factory: pytest.TempPathFactory, broker: Broker, postgres_server: Postgres
) -> Iterator[tuple[House, Systems]]:
    """An installation on PostgreSQL and RabbitMQ with a sports unit; each of the two units has its own system."""
    with wired(tmp_path_factory.mktemp("house"), broker, postgres_server, CONNECTORS) as (made, url):
        systems = {str(one["id"]): Correspondent(url, str(one["id"])) for one in CONNECTORS}
        enter(made, SPORTS)
        yield made, systems
        for one in systems.values():
            one.close()


def enter(city: House, unit: str, **changed: Any) -> None:
    """A unit's entry in the directory."""
    body = {"name": NAMES.get(unit, "云汀市文化广电和旅游局"), "kind": "政府部门", "active": True, **changed}
    with db.begin(city.installation.engines["intake"]) as conn:
        directory.put(conn, "unit", unit, body, city.installation.clock.now())
    city.settle()


def bind(city: House, connector: str, *units: str) -> None:
    """A connector speaks for these units."""
    with db.begin(city.installation.engines["intake"]) as conn:
        directory.put(conn, "connector", connector, {"units": list(units)}, city.installation.clock.now())
    city.settle()


def employ(city: House) -> None:
    """Somebody of the former culture unit gets his roles in the new one."""
    roles = [{"role": role, "unit": BOTH} for role in ("section_officer", "unit_head", "unit_deputy_head")]
    account = {"login": "feng.xue", "password": PASSWORD, "person": "s-21", "roles": roles}
    with db.begin(city.installation.engines["intake"]) as conn:
        accounts.ensure(conn, account, city.installation.clock.now())
    city.settle()


def work(city: House, login: str, matter: str, **body: Any) -> None:
    """An office does its one task of the matter."""
    worker = city.visitor(login)
    [task] = [one for one in worker.get("/workflow/api/v1/tasks").data["tasks"] if one["matter_id"] == matter]
    assert worker.post(f"/workflow/api/v1/tasks/{task['task_id']}/complete", body).status == 200
    city.settle()


def answer(system: Correspondent, task: str, unit: str, **data: Any) -> Message:
    """A unit's system does a task; what it is told."""
    said = {"actor": {"name": "王某"}, "occurred_at": "2026-02-26T09:30:00+08:00"}
    return system.ask("task.complete.v1", {"task_id": task, "unit": unit, "data": data, **said})


def pass_time(city: House, until: str) -> None:
    """Let time pass, resting at every instant at which something is due by itself."""
    clock, end = FileClock(city.log.parent / "clock"), datetime.fromisoformat(until)
    client = Client(city.url)
    try:
        while (due := settling.next_due(settling.wait(client, 60))) is not None and due <= end:
            clock.advance(due)
        clock.advance(end)
        settling.wait(client, 60)
    finally:
        client.close()


def open_tasks(city: House) -> dict[str, tuple[str, str, Any]]:
    """Open tasks of units by their id: element, unit, due date."""
    c = workflow.task.c
    rows = city.rows("workflow", workflow.task, c.state == "open", c.unit.is_not(None))
    return {row["id"]: (row["element"], row["unit"], row["due"]) for row in rows}


def handled(city: House, systems: Systems) -> str:
    """A matter 文旅局 leads; 体育局 has accepted, but its opinion is more than five working days late."""
    deputy = city.visitor("shen.ruochuan")
    matter: str = deputy.post("/api/v1/matters", suggestion(), Idempotency_Key="reform").data["matter_id"]
    city.settle()
    division = [{"unit": CULTURE, "role": "lead"}, {"unit": SPORTS, "role": "co_handler"}]
    work(city, "zhang.wei", matter, decision="admit", secrecy="none")
    for _ in range(2):
        work(city, "li.jing", matter, mode="lead", assignments=division, urgent=True)
    receipts = {unit: key for key, (_, unit, _) in open_tasks(city).items()}
    for connector, unit in (("culture", CULTURE), ("sport", SPORTS)):
        assert answer(systems[connector], receipts[unit], unit, verdict="accepted").type == "command.accepted.v1"
    pass_time(city, "2026-03-27T10:00+08:00")
    return matter


def test_two_units_become_one(city: tuple[House, Systems]) -> None:
    """Tasks go over with dates and history, scores stay, no message of either system is lost, before and after."""
    house, systems = city
    matter = handled(house, systems)
    before = open_tasks(house)
    late = next(key for key, (element, *_) in before.items() if element == "task_late_opinion")
    assert {unit for _, unit, _ in before.values()} == {CULTURE, SPORTS}

    enter(house, BOTH)
    employ(house)
    for unit in (CULTURE, SPORTS):
        enter(house, unit, active=False, successor=BOTH)

    assert open_tasks(house) == {key: (element, BOTH, due) for key, (element, _, due) in before.items()}
    assert not house.rows("workflow", workflow.incident)
    of_matter = intake.led_unit.c.matter_id == matter
    assert {row["unit"]: row["role"] for row in house.rows("intake", intake.led_unit, of_matter)}[BOTH] == "lead"
    told = house.rows("notify", notify.delivery, notify.delivery.c.person_id == "s-21")
    assert told
    history_is_read(house, matter)
    scores_stay(house)
    nothing_is_lost(house, systems, late, before)


def history_is_read(house: House, matter: str) -> None:
    """Whoever works in the new unit reads what was done inside the former ones, in both services."""
    clerk = house.visitor("feng.xue")
    assert clerk.get(f"/api/v1/matters/{matter}").status == 200
    cases = house.rows("workflow", workflow.case_, workflow.case_.c.matter_id == matter)
    case = next(row["id"] for row in cases if row["process"] == "suggestion_handling")
    tasks = clerk.get(f"/workflow/api/v1/cases/{case}").data["tasks"]
    forms = {one["unit"]: one["form"] for one in tasks if one["element"] == "task_receipt"}
    assert forms == {CULTURE: "receipt", SPORTS: "receipt"}  # of others' inside nobody is told the form


def scores_stay(house: House) -> None:
    """The score card of the year is the former unit's, in workflow and in the ledger."""
    for service, table in (("workflow", workflow.record), ("intake", intake.led_record)):
        [score] = house.rows(service, table, table.c.record == "unit_score")
        assert (score["unit"], score["data"]["unit"], score["data"]["points"]) == (SPORTS, SPORTS, -1)


def nothing_is_lost(house: House, systems: Systems, late: str, before: dict[str, Any]) -> None:
    """What lay in the old queue is read there; both systems hear of every task until the new one is bound."""
    opened = lambda unit: lambda m: m.type == "task.opened.v1" and m.data["unit"] == unit  # noqa: E731
    closed = lambda key: lambda m: m.type == "task.closed.v1" and m.data["task_id"] == key  # noqa: E731
    old = [systems["sport"].hear(opened(SPORTS)).data["task_id"] for _ in range(3)]  # receipt, opinion, late opinion
    assert old[-1] == late
    for _ in old[:-1]:
        systems["sport"].hear(lambda m: m.type == "task.closed.v1" and m.data["task_id"] in old[:-1])
    assert systems["sport"].hear(closed(late)).data["reason"] == "revoked"
    for connector in ("culture", "sport"):
        assert {systems[connector].hear(opened(BOTH)).data["task_id"] for _ in before} == before.keys()

    opinion = {"answer_text": "经研究，我单位同意配合主办单位办理，并已列入本年度计划。", "outcome_class": "solved"}
    contact = {"quotable": True, "contact_person": "李明", "contact_phone": "0000-5550102", "extra": {"late": True}}
    assert answer(systems["sport"], late, SPORTS, **opinion, **contact).type == "command.accepted.v1"
    house.settle()
    [record] = house.rows("intake", intake.led_record, intake.led_record.c.record == "co_opinion")
    assert record["unit"] == BOTH

    left = {key for key in before if key != late}
    bind(house, "joined", BOTH)
    assert {systems["joined"].hear(opened(BOTH)).data["task_id"] for _ in left} == left
    for connector in ("culture", "sport"):
        for key in left:
            assert systems[connector].hear(closed(key)).data["reason"] == "revoked"
    [task] = left
    assert answer(systems["joined"], task, BOTH, text="请业务科室抓紧办理。").type == "command.accepted.v1"
    house.settle()
    assert not house.rows("workflow", workflow.inbox_, workflow.inbox_.c.state == "parked")
