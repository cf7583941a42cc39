"""`huiyin agency simulate`: five stand-ins of agencies' systems in one matter, on one machine without a broker."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
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


@contextmanager
def standing_in(home: Path, behave: str) -> Iterator[Callable[[str, int], list[dict[str, Any]]]]:
    """A stand-in at work: `hear(type, count)` lets it go on until it has heard so many, and gives what they say."""
    connector, told = UNITS[behave].replace("_", "-"), list[Event]()
    with closing(LocalTransport(home / "bus", connector=connector)) as transport:
        standin = Standin(transport, connector, FileClock(home / "clock"), behave)

        def hear(type: str, count: int) -> list[dict[str, Any]]:
            def heard() -> list[dict[str, Any]]:
                told.extend(standin.turn(0.1))
                found = [dict(one.data) for one in told if (one.what, one.type) == ("heard", type)]
                return found if len(found) >= count else []

            return until(heard)

        yield hear


def receipt(home: House, behave: str) -> dict[str, Any]:
    """The task of giving a receipt."""
    t = workflow.task.c
    [row] = home.rows("workflow", workflow.task, t.unit == UNITS[behave], t.element == "task_receipt")
    return row


def verdicts(home: House) -> dict[str, str]:
    """What each unit has said, in the ledger."""
    rows = home.rows("intake", intake.led_record, intake.led_record.c.record == "acceptance")
    return {row["unit"]: row["data"]["verdict"] for row in rows}


def test_the_command_does_the_task_and_tells_what_it_did(place: tuple[House, Path]) -> None:
    """A line for what it hears and one for what it sends, in both languages; the record stands in the ledger."""
    made, home = place
    env = {"HUIYIN_HOME": str(home), "HUIYIN_CLOCK": f"file:{home / 'clock'}", "HUIYIN_SECRET_KEY": "s" * 40}
    words = ["agency", "simulate", "--as", UNITS["accept"], "--behave", "accept", "--seconds", "1"]
    done = CliRunner().invoke(main, words, env=env)
    assert done.exit_code == 0, done.output
    assert "收到 / heard: task.opened.v1" in done.output
    assert "发出 / sent: task.complete.v1" in done.output
    until(lambda: verdicts(made).get(UNITS["accept"]) == "accepted")


def test_what_is_sent_twice_is_accepted_once(place: tuple[House, Path]) -> None:
    """One answer, one record."""
    made, home = place
    with standing_in(home, "twice") as hear:
        assert len(hear("task.closed.v1", 1)) == 1
        made.settle()
        assert len(hear("command.accepted.v1", 1)) == 1
    assert verdicts(made)[UNITS["twice"]] == "accepted"


def test_a_return_is_asked_for_with_everything_the_form_demands(place: tuple[House, Path]) -> None:
    """Reason, text and signature come from the form's own conditions."""
    made, home = place
    with standing_in(home, "return") as hear:
        assert hear("command.accepted.v1", 1)
    until(lambda: verdicts(made).get(UNITS["return"]) == "return_requested")


def test_garbage_is_rejected_four_times_and_does_nothing(place: tuple[House, Path]) -> None:
    """Each with its reason; the task stays open."""
    made, home = place
    with standing_in(home, "garbage") as hear:
        codes = [one["code"] for one in hear("message.rejected.v1", 4)]
    assert sorted(codes) == ["malformed", "unknown_task", "unknown_type", "wrong_schema"]
    assert receipt(made, "garbage")["state"] == "open"


def test_the_late_one_waits_until_its_time_is_over(place: tuple[House, Path]) -> None:
    """It is told first that its task is closed: silence counts as acceptance; saying the same then is no fault."""
    made, home = place
    with standing_in(home, "late") as hear:
        assert hear("task.opened.v1", 1)
        FileClock(home / "clock").advance(receipt(made, "late")["due_at"] + timedelta(minutes=2))
        [accepted] = hear("command.accepted.v1", 1)
        [closed] = hear("task.closed.v1", 1)
    assert (accepted["stimulus"], closed["reason"]) == (None, "expired")


def test_a_stranger_is_told_so() -> None:
    """An id that cannot be one is refused before anything is read."""
    done = CliRunner().invoke(main, ["agency", "simulate", "--as", "Bad", "--behave", "accept"])
    assert done.exit_code == 1
    assert "a connector id is made of" in done.output
