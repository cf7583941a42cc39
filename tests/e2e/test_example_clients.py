"""The two programs under docs/examples, unchanged, as systems of agencies of a whole installation on real servers."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pika
import pytest
import yaml

from services.common import db
from services.common.bus.management import Management
from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from services.huiyin.agencies import Gate
from services.intake import directory
from services.intake import seed as intake_seed
from services.intake import tables as intake
from services.workflow import seed as workflow_seed
from services.workflow import tables as workflow
from tests.e2e import owners
from tests.e2e.deployments import DIRECTORY, ROOT
from tests.e2e.houses import PASSWORD as HOUSE_PASSWORD
from tests.e2e.houses import House, suggestion, until, wired
from tests.examples import command

pytestmark = pytest.mark.timeout(180)
LEAD: Final = "construction_group"
CONNECTORS: Final = {"python": ["housing", "water"], "node": ["power_supply", "urban_management"]}
ACCEPTING, RETURNING = ("housing", "power_supply"), ("water", "urban_management")
RARE: Final = "阿依努尔·𠮷㛃䶮"
TITLE: Final = "关于修复𠮷㛃䶮路·阿依努尔巷路灯的建议"
WHY: Final = "该路段的路灯由其他部门建设和管理，本单位没有相应的管理职责，请另行确定承办单位。"
RETURN: Final = {
    "verdict": "return_requested",
    "return_reason": "not_our_duty",
    "return_text": WHY,
    "proposed_unit": "agriculture",
    "head_signed": True,
}
ANSWERS: Final = {
    **{f"{unit}/receipt": RETURN for unit in RETURNING},
    "co_opinion": {"outcome_class": "finished", "contact_person": RARE},  # there is no such class
}


@dataclass(slots=True)
class Program:
    """One of the examples: its command without what follows from where it runs, and how its memory is read."""

    command: tuple[str, ...]
    connector: str
    url: str
    home: Path
    running: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def store(self) -> Path:
        """Its memory."""
        return self.home / f"{self.connector}.store"

    def start(self) -> None:
        """Run it."""
        (self.home / "answers.json").write_text(json.dumps(ANSWERS, ensure_ascii=False), "utf-8")
        options = [f"--store={self.store}", f"--answers={self.home / 'answers.json'}", f"--actor={RARE}"]
        with self.log.open("ab") as log:
            self.running = subprocess.Popen([*self.command, self.url, self.connector, *options], stderr=log)

    def kill(self) -> None:
        """Cut its power."""
        if self.running is not None:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()
            self.running = None

    @property
    def log(self) -> Path:
        """What it says."""
        return self.home / f"{self.connector}.log"

    def received(self) -> list[dict[str, Any]]:
        """Every message it has stored: id, type and body."""
        if self.connector == "python":
            return [{"id": key, "type": kind, "body": json.loads(body)} for key, kind, body in self.rows("received")]
        return [fact["received"] for fact in self.journal() if "received" in fact]

    def opened(self) -> list[dict[str, Any]]:
        """The tasks it has been told of."""
        return [one for one in self.received() if one["type"] == "task.opened.v1"]

    def sent(self) -> dict[str, str]:
        """The state of everything it wanted to send, by id."""
        if self.connector == "python":
            return {row[0]: row[4] for row in self.rows("sent")}
        states = {fact["sent"]["id"]: "new" for fact in self.journal() if "sent" in fact}
        for fact in self.journal():
            states |= fact.get("states") or {}
        return states

    def has_become(self, *states: str) -> None:
        """Wait until what it wanted to send has come to these states, and no other."""
        until(lambda: {*self.sent().values()} == {*states})

    def has_heard(self, type_: str) -> None:
        """Wait until a message of the type is stored."""
        until(lambda: [one for one in self.received() if one["type"] == type_])

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """Of the Python program's database."""
        if not self.store.exists():
            return []
        columns = {"received": "id, type, body", "sent": "*"}[table]
        with closing(sqlite3.connect(self.store)) as db:
            known = db.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
            return db.execute(f"SELECT {columns} FROM {table} ORDER BY rowid").fetchall() if known else []

    def journal(self) -> list[dict[str, Any]]:
        """The Node program's facts; a line that is just being written is none."""
        text = self.store.read_text("utf-8") if self.store.exists() else ""
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def forget_confirms(self) -> None:
        """As if it had been killed after the broker had taken its messages and before it wrote that down."""
        if self.connector == "python":
            with closing(sqlite3.connect(self.store)) as db, db:
                db.execute("UPDATE sent SET state = 'new' WHERE state = 'accepted'")
            return
        facts = [{**fact, "states": {}} if "received" not in fact else fact for fact in self.journal()]
        rejected = {key: "rejected" for key, state in self.sent().items() if state == "rejected"}
        self.store.write_text("".join(f"{json.dumps(fact)}\n" for fact in [*facts, {"states": rejected}]), "utf-8")


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, broker: Broker, postgres_server: Postgres
) -> Iterator[tuple[House, str]]:
    """An installation that knows no connector yet, and the broker's URL."""
    with wired(tmp_path_factory.mktemp("house"), broker, postgres_server, ()) as (made, url):
        made.settle()
        yield made, url


@pytest.fixture(scope="module")
def programs(
    tmp_path_factory: pytest.TempPathFactory, broker: Broker, place: tuple[House, str]
) -> Iterator[dict[str, Program]]:
    """The two programs, not running: their connectors as `huiyin agency add` and the page of connectors make them."""
    house, home, made = place[0], tmp_path_factory.mktemp("programs"), {}
    vhost, management = urlsplit(place[1]).path[1:], Management(broker.api_url, broker.user, broker.password)
    with ExitStack() as stack:
        for connector, units in CONNECTORS.items():
            [(user, password)] = Gate(management, vhost, connector).add(with_password=True).passwords.items()
            stack.callback(broker.api, "DELETE", f"users/{user}")
            with db.begin(house.installation.engines["intake"]) as conn:
                directory.put(conn, "connector", connector, {"units": units}, house.installation.clock.now())
            made[connector] = Program(command(connector), connector, broker.url(vhost, user, password), home)
            stack.callback(made[connector].kill)
        house.settle()
        yield made


def tasks(house: House, element: str) -> list[dict[str, Any]]:
    """Tasks of an element, the oldest first."""
    return house.rows("workflow", workflow.task, workflow.task.c.element == element)


def complete(house: House, login: str, element: str, body: Mapping[str, Any], scope: str | None = None) -> None:
    """Somebody does the open task of an element, of one place in the case if there are several."""
    open_ = [one for one in tasks(house, element) if one["state"] == "open" and scope in (None, one["scope"])]
    [task] = open_
    done = house.visitor(login).post(f"/workflow/api/v1/tasks/{task['id']}/complete", body)
    assert done.status == 200, done.body
    house.settle()


def records(house: House, record: str) -> dict[str, dict[str, Any]]:
    """The records of a type in the ledger by unit; a unit that is there twice has something doubled."""
    found = house.rows("intake", intake.led_record, intake.led_record.c.record == record)
    assert len({one["unit"] for one in found}) == len(found)
    return {one["unit"]: one["data"] for one in found}


@pytest.fixture(scope="module")
def matter(place: tuple[House, str], programs: dict[str, Program]) -> str:
    """A suggestion whose title nobody types in one go, handed over while no program runs."""
    return hand_over(place[0], "first", *ACCEPTING, *RETURNING)


def hand_over(house: House, key: str, *co_handlers: str) -> str:
    """A suggestion goes to the lead unit and these co-handlers; its id."""
    deputy, form = house.visitor("shen.ruochuan"), suggestion(title=TITLE)
    found: str = deputy.post("/api/v1/matters", form, Idempotency_Key=key).data["matter_id"]
    units = [{"unit": LEAD, "role": "lead"}, *({"unit": one, "role": "co_handler"} for one in co_handlers)]
    division = {"mode": "lead", "assignments": units, "urgent": True}
    house.settle()
    complete(house, "zhang.wei", "task_admission", {"decision": "admit", "secrecy": "none"})
    complete(house, "li.jing", "task_pre_handover", division)
    complete(house, "li.jing", "task_handover", division)
    return found


def test_from_nothing_to_accepted_handovers(
    place: tuple[House, str], broker: Broker, programs: dict[str, Program], matter: str
) -> None:
    """They take what lay in the queues, accept for one unit and ask for a return for the other, killed in between."""
    house = place[0]
    for program in programs.values():
        program.start()
        until(program.received)
        program.kill()
        program.start()
    until(lambda: len(records(house, "acceptance")) == 4)
    house.settle()
    for program in programs.values():  # their next answers go over a new connection
        broker.api("DELETE", f"connections/username/agency-{program.connector}")
    verdicts = {unit: data["verdict"] for unit, data in records(house, "acceptance").items()}
    assert verdicts == dict.fromkeys(ACCEPTING, "accepted") | dict.fromkeys(RETURNING, "return_requested")
    assert {one["body"]["title"] for program in programs.values() for one in program.opened()} == {TITLE}


def test_a_return_is_granted_or_refused(place: tuple[House, str], programs: dict[str, Program], matter: str) -> None:
    """Granted, another unit takes over; refused, the unit goes on with the others: all are asked for their opinions."""
    house = place[0]
    complete(house, "he.jun", "task_receipt", {"verdict": "accepted"})
    asked = {one["unit"]: one["scope"] for one in tasks(house, "task_receipt")}
    granted = {"decision": "accept", "reason": WHY, "new_unit": "agriculture"}
    complete(house, "li.jing", "task_return_decision", granted, asked["water"])
    complete(house, "xu.feng", "task_receipt", {"verdict": "accepted"})
    refused = {"decision": "refuse", "reason": "经核对部门职责，该事项属于本单位职责范围。"}
    complete(house, "li.jing", "task_return_decision", refused, asked["urban_management"])
    assert {one["unit"] for one in tasks(house, "task_co_opinion")} == {*ACCEPTING, "urban_management", "agriculture"}


def test_opinions_arrive_and_names_unharmed(
    place: tuple[House, str], programs: dict[str, Program], matter: str
) -> None:
    """The fault is rejected with its place, corrected from the schema, sent under a new id, and counts once."""
    house, units = place[0], {*ACCEPTING, "urban_management"}
    until(lambda: records(house, "co_opinion").keys() == units)
    house.settle()
    assert {data["contact_person"] for data in records(house, "co_opinion").values()} == {RARE}
    done = [one for one in tasks(house, "task_co_opinion") if one["unit"] in units]
    assert {one["closed_by"]["name"] for one in done} == {RARE}
    for program in programs.values():
        rejections = [one["body"] for one in program.received() if one["type"] == "message.rejected.v1"]
        assert {(one["code"], one["path"]) for one in rejections} == {("invalid_field", "outcome_class")}
        program.has_become("accepted", "rejected")
    page = house.visitor()
    page.sign_in("li.jing", HOUSE_PASSWORD)
    assert RARE in page.get(f"/workflow/cases/{done[0]['case_id']}").text


def test_what_comes_twice_counts_once(
    place: tuple[House, str], broker: Broker, programs: dict[str, Program], matter: str
) -> None:
    """A delivery repeated by the broker, answers sent again by a program that forgot they had been taken."""
    house, url = place
    steps, before = house.count("workflow", workflow.stimulus), states(programs)
    for program in programs.values():
        program.kill()
        program.forget_confirms()
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        for name, program in programs.items():
            repeat(connection.channel(), name, program)
    for program in programs.values():
        program.start()
    for program in programs.values():
        program.has_become("confirmed", "rejected")
        program.has_heard("tomorrow.v1")
    house.settle()
    assert {name: (heard - 1, sent) for name, (heard, sent) in states(programs).items()} == before
    assert house.count("workflow", workflow.stimulus) == steps
    assert not house.rows("workflow", workflow.inbox_, workflow.inbox_.c.state == "parked")


def states(programs: Mapping[str, Program]) -> dict[str, tuple[int, int]]:
    """How much each program has heard and sent."""
    return {name: (len(program.received()), len(program.sent())) for name, program in programs.items()}


def repeat(channel: pika.channel.Channel, connector: str, program: Program) -> None:
    """Put every task it has been told of into its queue once more, under the same id; then a type it does not know."""
    for one in [*program.opened(), {"id": "t-1", "type": "tomorrow.v1", "body": {}}]:
        headers = {"ce-id": one["id"], "ce-type": one["type"]}
        body = json.dumps(one["body"]).encode()
        channel.basic_publish("agency.out", connector, body, pika.BasicProperties(headers=headers))


def test_a_task_drawn_tomorrow_is_done_by_todays_programs(
    place: tuple[House, str], programs: dict[str, Program], matter: str, tmp_path: Path
) -> None:
    """The next version asks for something nobody has heard of, by a form without examples: they answer and go on."""
    house, engines = place[0], place[0].installation.engines
    now, package = house.installation.clock.now(), tmp_path / "yunting/2026"
    owners.visit_first(ROOT / "processes/yunting/2026", package)
    assert workflow_seed.publish(engines["workflow"], package, now) == "yunting-2026.2"
    session = yaml.safe_load(DIRECTORY.read_bytes())["sessions"][0]
    intake_seed.load(engines["intake"], {"sessions": [{**session, "process_version": "yunting-2026.2"}]}, now)
    house.settle()
    hand_over(house, "tomorrow", *ACCEPTING)
    until(lambda: [one["reason"] for one in tasks(house, "task_receipt")[-2:]] == ["done", "done"])
    complete(house, "he.jun", "task_receipt", {"verdict": "accepted"})
    until(lambda: records(house, "activity").keys() == {*ACCEPTING})
    house.settle()
    assert {one["closed_by"]["name"] for one in tasks(house, owners.SITE_CHECK)} == {RARE}
    assert all(data["extra"]["count"] == 1 for data in records(house, "activity").values())
    until(lambda: len([one for one in tasks(house, "task_co_opinion") if one["reason"] == "done"]) == 5)
