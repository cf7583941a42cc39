"""200 matters go through a small process kept for this while every process is killed with -9 again and again."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.common import db
from services.common.testing.brokers import Broker
from services.huiyin import casts
from services.intake import tables as intake
from services.workflow import tables as workflow
from tests.e2e.deployments import DIRECTORY, ROOT, Deployment, deployed, everybody
from tests.faults import proofs
from tests.faults.agencies import Agency
from tests.faults.answers import AGENCY_UNIT, SEED
from tests.faults.drivers import Driver, Submission
from tests.faults.killers import Killer

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1500)]
MATTERS, BY_QUEUE, WORKERS = 200, 25, 2
PACE, PATIENCE, LEAST = (8, 30), 15.0, 3
PASSWORD = "huiyin-demo-2026"
PACKAGE = Path(__file__).parent / "processes/yunting/2026"  # some fifteen steps to a matter, see its CHANGES.md
BUREAU, CONGRESS = "bureau", "congress"


def directory() -> dict[str, Any]:
    """The demo's, with somebody who sees every task, a bureau's system and the congress' own; numbers come at once."""
    found: dict[str, Any] = yaml.safe_load(DIRECTORY.read_bytes())
    roles = {role["role"] for account in found["accounts"] for role in account["roles"]}
    found["people"].append({"id": "s-99", "name": "总览", "kind": "staff", "unit": "gov_office"})
    everything = [{"role": role} for role in sorted(roles)]
    found["accounts"].append({"login": "overseer", "password": PASSWORD, "person": "s-99", "roles": everything})
    for session in found["sessions"]:
        session["numbering"] = "submission"
    found["connectors"] = [{"id": BUREAU, "units": [AGENCY_UNIT]}, {"id": CONGRESS, "units": [], "submit": True}]
    return found


def submissions() -> list[Submission]:
    """The demo's suggestions again and again, over a week, by six deputies."""
    forms = yaml.safe_load(DIRECTORY.with_name("matters.yaml").read_bytes())["matters"]
    suggestions = [form for form in forms if form["matter_kind"] == "suggestion"]
    cast = casts.of(directory())
    made = []
    for number, form in enumerate(islice(cycle(suggestions), MATTERS)):
        lead = f"d-0{number % 6 + 1}"
        facts = {key: value for key, value in form.items() if key not in ("id", "handling", "submitted_when")}
        facts |= {"title": f"关于第{number}号事项的建议", "lead_proposer": lead, "co_proposers": []}
        made.append(Submission(f"killed:{number}", cast.of_person(lead), facts, number % 3 * 3))
    return made


@pytest.fixture
def deployment(tmp_path: Path, broker: Broker, postgres: Callable[..., dict[str, str]]) -> Iterator[Deployment]:
    """All processes, two of them workers of workflow, with both connectors."""
    names = tmp_path / "directory.yaml"
    names.write_text(yaml.safe_dump(directory(), allow_unicode=True), "utf-8")
    shutil.copytree(ROOT / "processes/calendars", tmp_path / "processes/calendars")
    package = shutil.copytree(PACKAGE, tmp_path / "processes/yunting/2026")
    with deployed(
        tmp_path, broker, postgres(), package=package, directory=names, connectors=[BUREAU, CONGRESS]
    ) as made:
        made.start(*everybody(WORKERS))
        made.settle()
        yield made


def play(deployment: Deployment) -> tuple[Driver, Killer, Agency, Agency]:
    """Everybody at once; returns when nothing is left to do and everything has settled."""
    waiting = submissions()
    with ExitStack() as stack:
        bureau, congress = (
            stack.enter_context(Agency(deployment.agencies[name], name, deployment.clock, SEED))
            for name in (BUREAU, CONGRESS)
        )
        killer = Killer(deployment, SEED, PACE, PATIENCE)
        idle = lambda: not (bureau.waits() or congress.waits())  # noqa: E731  two words
        cast = casts.of(directory())
        driver = Driver(deployment, cast, "overseer", frozenset({AGENCY_UNIT}), killer.noticed, idle)
        for one in waiting[:BY_QUEUE]:
            congress.command(one.key, "matter.submit.v1", "congress", one.form)
        try:
            with killer:
                driver.play(waiting[BY_QUEUE:])
            deployment.settle()
        except Exception as error:
            error.add_note("\n".join(killer.ended) + deployment.autopsy())
            raise
        deployment.demand_alive()
    return driver, killer, bureau, congress


def test_nothing_is_lost_and_nothing_happens_twice(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], broker: Broker
) -> None:
    """Web, consumers, workers, relays, ticker and dispatcher die at random moments; every command counts once."""
    begin = time.monotonic()
    driver, killer, bureau, congress = play(deployment)
    took = time.monotonic() - begin
    with capsys.disabled():
        print(report(driver, killer, bureau, took))  # noqa: T201  what was killed when is part of the result
    assert killer.ended == []
    assert set(killer.counts()) == set(everybody(WORKERS))
    assert min(killer.counts().values()) >= LEAST
    engines = {name: db.connect(url) for name, url in deployment.databases.items()}
    try:
        found = prove(engines, driver, bureau, congress)
        queues_are_empty(broker, deployment.vhost)
        ledger = proofs.ledger(engines["intake"])
        for name in list(deployment.running):
            deployment.stop(name)
        deployment.command("health", "--audit", "--json", timeout=600)
        deployment.command("intake", "rebuild", services=("intake",))
        assert proofs.ledger(engines["intake"]) == ledger
    finally:
        for engine in engines.values():
            engine.dispose()
    assert complaints(deployment.home) <= {"consume_interrupted"}  # a reader came while the dead one was still known
    with capsys.disabled():
        print(f"{found}\nwhole test {time.monotonic() - begin:.0f} s")  # noqa: T201


def prove(engines: proofs.Engines, driver: Driver, bureau: Agency, congress: Agency) -> dict[str, Any]:
    """All of `proofs`; what was counted."""
    assert bureau.rejected == congress.rejected == []
    by_queue = [str(one["task_id"]) for one in bureau.accepted.values()]
    ids = {
        *driver.matters.values(),
        *(
            row["matter_id"]
            for row in proofs.rows(
                engines["intake"], intake.submission, intake.submission.c.scope == f"connector:{CONGRESS}"
            )
        ),
    }
    assert len(ids) == MATTERS
    proofs.matters_are_numbered_once(engines, ids)
    proofs.answers_are_the_log(engines["workflow"], driver.tasks, by_queue)
    proofs.commands_are_answered_once(engines["workflow"], workflow.outbox_, [f"{BUREAU}:{key}" for key in by_queue])
    keys = [one["original_id"] for one in congress.accepted.values()]
    assert len(keys) == BY_QUEUE
    proofs.commands_are_answered_once(engines["intake"], intake.outbox, keys)
    for agency, name in ((bureau, BUREAU), (congress, CONGRESS)):
        sent = proofs.sent_to(engines["workflow"], workflow.outbox_, name)
        assert set(agency.heard) == sent | proofs.sent_to(engines["intake"], intake.outbox, name)
    kinds = proofs.every_stimulus_counts_once(engines["workflow"])
    assert kinds["record"] == len(driver.records)
    return {
        "stimuli": dict(kinds),
        "messages": proofs.every_message_arrived_once(engines),
        **proofs.nothing_is_doubled(engines),
        "ended": {"/".join(key): count for key, count in proofs.all_cases_ended(engines["workflow"]).items()},
    }


def complaints(home: Path) -> set[str]:
    """What any process logged as an error, or said otherwise; a line may be cut off where its writer was killed."""
    found = set()
    for text in (path.read_text("utf-8", "replace") for path in home.glob("*.log")):
        for said in text.splitlines():
            try:
                line = json.loads(said)
            except json.JSONDecodeError:
                line = {"action": said, "level": "info" if said.startswith("{") else "error"}
            if line["level"] in ("error", "critical"):
                found.add(str(line["action"]))
    return found


def queues_are_empty(broker: Broker, vhost: str) -> None:
    """Nothing is left in any queue, the broker's own parking places included; its counts are seconds old."""
    end = time.monotonic() + 30
    while left := {one["name"]: one.get("messages") for one in broker.api("GET", f"queues/{vhost}")}:
        if not any(left.values()):
            return
        assert time.monotonic() < end, left
        time.sleep(1)


def report(driver: Driver, killer: Killer, bureau: Agency, took: float) -> str:
    """What was killed when, and what that cost."""
    lines = [f"\n{MATTERS} matters in {took:.0f} s, {driver.rounds} rounds, {len(killer.kills)} kills"]
    lines.append(
        f"web: {len(driver.matters)} submissions, {len(driver.tasks)} tasks, {len(driver.records)} records, "
        f"{driver.retries} asked again, {driver.replays} repeated on purpose; "
        f"queue: {bureau.sent} sent for {len(bureau.accepted)} tasks"
    )
    for name, times in sorted(killer.counts().items()):
        when = " ".join(f"{kill.seconds:.0f}" for kill in killer.kills if kill.name == name)
        lines.append(f"  {' '.join(name[:2])} {name[2]}: {times} × at {when} s")
    return "\n".join(lines)
