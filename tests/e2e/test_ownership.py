"""Each service works on with what it owns: a unit does its task while intake is down; the ledger is only a copy."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from sqlalchemy import Engine, delete, select

from services.common import db
from services.common.testing.brokers import Broker
from services.intake import tables as intake
from services.workflow import tables as workflow
from tests.e2e.deployments import DIRECTORY, Deployment, deployed, everybody
from tests.e2e.visitors import Visitor

pytestmark = pytest.mark.timeout(300)
PASSWORD = "huiyin-demo-2026"
UNIT = "construction_group"
T = TypeVar("T")


@pytest.fixture
def deployment(tmp_path: Path, broker: Broker, postgres: Callable[..., dict[str, str]]) -> Iterator[Deployment]:
    """Intake and workflow, every role a process."""
    with deployed(tmp_path, broker, postgres()) as made:
        made.start(*[name for name in everybody() if name[0] != "notify"])
        visitor = Visitor(made.url)
        until(
            lambda: visitor.get("/health/ready").status == 200 and visitor.get("/workflow/health/ready").status == 200
        )
        yield made
        made.demand_alive()


def until(look: Callable[[], T], seconds: float = 90) -> T:
    """What `look` finds once it finds something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)
    return found


def program(deployment: Deployment, login: str) -> Visitor:
    """Somebody with a token; accounts reach workflow over the bus, so that takes a moment."""
    visitor = Visitor(deployment.url)
    visitor.take_token(login, PASSWORD)
    until(lambda: visitor.get("/workflow/api/v1/tasks").status == 200)
    return visitor


def task(visitor: Visitor) -> dict[str, Any]:
    """The one task of somebody, as soon as there is one."""
    found: list[dict[str, Any]] = until(lambda: visitor.get("/workflow/api/v1/tasks").data["tasks"])
    return found[0]


def answer(visitor: Visitor, data: dict[str, Any]) -> None:
    """Somebody does his task over the interface."""
    assert visitor.post(f"/workflow/api/v1/tasks/{task(visitor)['task_id']}/complete", data).status == 200


def suggestion() -> dict[str, Any]:
    """The demo's first."""
    form = yaml.safe_load(DIRECTORY.with_name("matters.yaml").read_bytes())["matters"][0]
    return {key: value for key, value in form.items() if key not in ("id", "handling")}


def ledger(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of intake's projection."""
    with db.read(engine) as conn:
        return {
            table.name: [dict(row) for row in conn.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in intake.PROJECTION
        }


def tasks_of(engine: Engine, table: Any) -> dict[str, str | None]:
    """Why each task was closed, None for open ones, as one of the two services sees it."""
    reason = table.c.reason if "reason" in table.c else table.c.closed_reason
    key = table.c.id if "id" in table.c else table.c.task_id
    with db.read(engine) as conn:
        return {row[0]: row[1] for row in conn.execute(select(key, reason))}


def test_units_work_while_intake_is_down_and_the_ledger_catches_up(deployment: Deployment) -> None:
    """Page with the whole text, answer by form, answer by interface; then intake comes back, and is rebuilt."""
    form = suggestion()
    logins = ("shen.ruochuan", "zhang.wei", "li.jing", "he.jun", "gu.wentao", "zhuo.yawen", "gao.jie")
    deputy, congress, office, unit, head, clerk, officer = (program(deployment, login) for login in logins)
    assert deputy.post("/api/v1/matters", form, Idempotency_Key="own-1").status == 201
    answer(congress, {"decision": "admit", "secrecy": "none"})
    for _ in ("before", "handover"):
        answer(office, {"mode": "sole", "assignments": [{"unit": UNIT, "role": "lead"}], "urgent": True})
    reader = Visitor(deployment.url)
    reader.sign_in("he.jun", PASSWORD)
    receipt = task(unit)

    deployment.stop(*deployment.of("intake"))

    assert reader.get("/").status == 502
    page = reader.get(f"/workflow/tasks/{receipt['task_id']}")
    assert page.status == 200
    for text in (form["title"], *form["body"].values(), *form["points"]):
        assert text in page.text
    assert (
        reader.send(f"/workflow/tasks/{receipt['task_id']}", {"action": "complete", "verdict": "accepted"}).status
        == 303
    )
    answer(head, {"text": "请尽快与代表见面。"})
    whole = {"leader": "史振宇", "section": "工程建设部", "officer": "高洁", "due_on": "2026-04-10"}
    answer(clerk, {**whole, "instruction": "先踏勘，再与代表见面。"})
    assert task(officer)["element"] == "task_contact"

    deployment.start(*[name for name in everybody() if name[0] == "intake"])
    engines = {name: db.connect(deployment.databases[name]) for name in ("intake", "workflow")}
    theirs = tasks_of(engines["workflow"], workflow.task)
    assert sorted(map(str, theirs.values())) == ["None", *["done"] * 6]
    until(lambda: tasks_of(engines["intake"], intake.led_task) == theirs)
    until(lambda: deputy.get("/health/ready").status == 200)
    [line] = deputy.get("/api/v1/ledger").data["lines"]
    assert (line["state"], line["units"]) == ("in_handling", [[UNIT, "lead"]])

    before = ledger(engines["intake"])
    assert deployment.command("intake", "rebuild", services=("intake",)).strip() != "0"
    assert ledger(engines["intake"]) == before
    with db.begin(engines["intake"]) as conn:
        for table in intake.PROJECTION:
            conn.execute(delete(table))
    deployment.command("intake", "rebuild", services=("intake",))
    assert ledger(engines["intake"]) == before
    for engine in engines.values():
        engine.dispose()
