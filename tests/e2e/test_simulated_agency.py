"""`huiyin agency simulate`: five stand-ins of agencies' systems in one matter, on one machine without a broker."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from services.common.bus.local import LocalTransport
from services.common.clock import FileClock
from services.huiyin.cli import main
from services.huiyin.standins import Event, Standin
from services.intake import tables as intake
from services.workflow import tables as workflow
from tests.e2e.houses import House, house, suggestion, until

UNITS: Final = {
    "accept": "housing",
    "return": "water",
    "twice": "power_supply",
    "garbage": "urban_management",
    "late": "agriculture",
}
"""Whose connector behaves how; the connector is called like its unit, with hyphens."""


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The command sets handlers of its own, which are taken back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path]]:
    """An embedded installation whose matter is with five units that all have a system."""
    home = tmp_path_factory.mktemp("house")
    connectors = [{"id": unit.replace("_", "-"), "units": [unit]} for unit in UNITS.values()]
    with house(home, {}, "", connectors) as made:
        made.settle()
        made.visitor("shen.ruochuan").post("/api/v1/matters", suggestion(), Idempotency_Key="k")
        units = [{"unit": "construction_group", "role": "lead"}]
        units += [{"unit": unit, "role": "co_handler"} for unit in UNITS.values()]
        division = {"mode": "lead", "assignments": units, "urgent": True}
        for login, body in (
            ("zhang.wei", {"decision": "admit", "secrecy": "none"}),
            ("li.jing", division),
            ("li.jing", division),
        ):
            made.settle()
            worker = made.visitor(login)
            [task] = worker.get("/workflow/api/v1/tasks").data["tasks"]
            assert worker.post(f"/workflow/api/v1/tasks/{task['task_id']}/complete", body).status == 200
        made.settle()
        yield made, home


def simulate(home: Path, behave: str, *words: str, seconds: float = 1.5) -> str:
    """Run the command for the connector that behaves so; what it printed."""
    env = {"HUIYIN_HOME": str(home), "HUIYIN_CLOCK": f"file:{home / 'clock'}", "HUIYIN_SECRET_KEY": "s" * 40}
    options = ["--as", UNITS[behave].replace("_", "-"), "--behave", behave, "--seconds", str(seconds), *words]
    done = CliRunner().invoke(main, ["agency", "simulate", *options], env=env)
    assert done.exit_code == 0, done.output
    return done.output


def events(home: Path, behave: str, **how: float) -> list[dict[str, Any]]:
    """What a stand-in heard and sent."""
    return [json.loads(line) for line in simulate(home, behave, "--json", **how).splitlines()]


def heard(told: list[dict[str, Any]], type: str) -> list[dict[str, Any]]:
    """The messages of a type that it was told."""
    return [one["data"] for one in told if one["what"] == "heard" and one["type"] == type]


def receipt(home: House, behave: str) -> dict[str, Any]:
    """The task of giving a receipt."""
    t = workflow.task.c
    [row] = home.rows("workflow", workflow.task, t.unit == UNITS[behave], t.element == "task_receipt")
    return row


def verdicts(home: House) -> dict[str, str]:
    """What each unit has said, in the ledger."""
    rows = home.rows("intake", intake.led_record, intake.led_record.c.record == "acceptance")
    return {row["unit"]: row["data"]["verdict"] for row in rows}


def test_the_good_and_the_one_that_sends_twice_are_accepted_once(place: tuple[House, Path]) -> None:
    """Each is told once that it was accepted, and one record stands in the ledger."""
    made, home = place
    for behave in ("accept", "twice"):
        told = events(home, behave)
        sent = [one["id"] for one in told if one["what"] == "sent"]
        assert (len(sent), len(set(sent))) == ((1, 1) if behave == "accept" else (2, 1))
        accepted = [one for one in heard(told, "command.accepted.v1") if one["original_id"] == sent[0]]
        assert len(accepted) == 1
        until(lambda unit=UNITS[behave]: verdicts(made).get(unit) == "accepted")  # type: ignore[misc]


def test_a_return_is_asked_for_with_everything_the_form_demands(place: tuple[House, Path]) -> None:
    """Reason, text and signature come from the form's own conditions."""
    made, home = place
    assert "收到 / heard: command.accepted.v1" in simulate(home, "return")
    until(lambda: verdicts(made).get(UNITS["return"]) == "return_requested")


def test_garbage_is_rejected_four_times_and_does_nothing(place: tuple[House, Path]) -> None:
    """Each with its reason; the task stays open."""
    made, home = place
    codes = [one["code"] for one in heard(events(home, "garbage"), "message.rejected.v1")]
    assert codes == ["malformed", "unknown_type", "wrong_schema", "unknown_task"]
    assert receipt(made, "garbage")["state"] == "open"


def test_the_late_one_waits_until_its_time_is_over(place: tuple[House, Path]) -> None:
    """It sends nothing before; by then silence has counted as acceptance, and saying the same is no fault."""
    made, home = place
    clock = FileClock(home / "clock")
    with closing(LocalTransport(home / "bus", connector=UNITS["late"])) as transport:
        standin = Standin(transport, UNITS["late"], clock, "late")
        assert [one.type for one in standin.turn(1.0)] == ["task.opened.v1"]
        assert [*standin.turn(0.1)] == []
        clock.advance(receipt(made, "late")["due_at"] + timedelta(minutes=2))
        told: list[Event] = []
        until(lambda: told.extend(standin.turn(0.1)) or [one for one in told if one.type == "command.accepted.v1"])
    assert [one.what for one in told if one.type == "task.complete.v1"] == ["sent"]
    assert receipt(made, "late")["reason"] == "expired"


def test_a_stranger_is_told_so() -> None:
    """An id that cannot be one is refused before anything is read."""
    done = CliRunner().invoke(main, ["agency", "simulate", "--as", "Bad", "--behave", "accept"])
    assert done.exit_code == 1
    assert "a connector id is made of" in done.output
