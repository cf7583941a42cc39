"""Cases: one stimulus, one transaction, everything in it."""

from typing import Any

import pytest

from services.common import db
from services.workflow import calendar_versions, cases, chain, matters, replays
from services.workflow import engine as e
from services.workflow import tables as t
from tests.unit.workflow.service.office import CALENDARS, OFFICE, Office, matter, somebody


def test_a_started_case_shows_its_first_task_with_deadline_and_tells_everybody(office: Office) -> None:
    """State, log, task, deadline and messages appear together."""
    case_id = office.start()
    [task] = office.open(case_id)
    assert (task["element"], task["role"], task["due"].isoformat()) == ("task_decide", "office", "2026-03-09")
    [opened] = office.sent("task.opened.v1")
    assert opened["task_id"] == task["id"]
    assert opened["form_schema"]["properties"]["units"]["items"]["x-codes"] == "units"
    assert opened["deadline"]["why"]
    assert [m["state"] for m in office.sent("milestone.reached.v1")] == ["submitted"]
    assert office.sent("case.opened.v1")[0]["case_id"] == case_id


def test_texts_stay_out_of_log_and_state(office: Office) -> None:
    """What somebody typed lies in the document table by hash; the log holds the reference."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    [document] = office.rows(t.document)
    assert document["body"] == "请办理"
    log = office.rows(t.stimulus, t.stimulus.c.case_id == case_id)
    assert b"\xe8\xaf\xb7\xe5\x8a\x9e" not in b"".join(bytes(row["payload"]) for row in log)
    assert document["hash"].encode() in bytes(log[-1]["payload"])


def test_the_log_is_a_chain_and_replays_to_the_state(office: Office) -> None:
    """Every row vouches for those before it, and the log alone gives the state."""
    case_id = office.start()
    office.decide(case_id, "u_a", "u_b")
    for task in office.open(case_id):
        office.complete(task["id"], {"note": "同意"}, somebody("liaison", task["unit"]))
        assert office.replayed(case_id)
    log = office.rows(t.stimulus, t.stimulus.c.case_id == case_id)
    assert chain.first_broken(log) is None
    log[1]["payload"] = log[1]["payload"].replace(b"u_a", b"u_x")
    assert chain.first_broken(log) == 2


def test_a_case_survives_without_its_live_object(office: Office) -> None:
    """A step on a state loaded from the database goes on where the live object stood."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    cold = Office(db.connect(str(office.engine.url)))
    [task] = cold.open(case_id)
    cold.complete(task["id"], {"note": "同意"}, somebody("liaison", "u_a"))
    assert office.rows(t.subscription, t.subscription.c.name == "reply.delivered")
    assert office.replayed(case_id)
    cold.engine.dispose()


def test_a_rolled_back_step_leaves_nothing_behind(office: Office) -> None:
    """After a rollback the same task can be done again, from the state before."""
    case_id = office.start()
    [task] = office.open(case_id)

    data = {"task": task["id"], "data": {"units": ["u_a"]}}
    stimulus = e.Stimulus(kind="complete_task", at=office.clock.now(), data=data)
    with office.engine.connect() as conn:
        cases.apply(conn, case_id, stimulus)
        conn.rollback()
    assert office.open(case_id) == [task]
    office.decide(case_id, "u_b")
    assert [row["unit"] for row in office.open(case_id)] == ["u_b"]
    assert office.replayed(case_id)


def fail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine fails at the next step, then works again."""
    real, calls = e.step, []

    def step(case: e.Case, stimulus: e.Stimulus) -> Any:
        if not calls:
            calls.append(1)
            raise e.EngineError("expression", element="script_units", detail="broken")
        return real(case, stimulus)

    monkeypatch.setattr(e, "step", step)


def test_an_engine_failure_becomes_an_incident_and_can_be_retried(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is half-done, the answer is kept, and after the repair it counts from its own time."""
    case_id = office.start()
    [task] = office.open(case_id)
    fail_once(monkeypatch)
    applied = office.complete(task["id"], {"units": ["u_a"], "note": "请办理"}, OFFICE)
    assert applied.incident is not None
    assert office.open(case_id) == [task]
    assert len(office.rows(t.stimulus)) == 1
    answered = office.clock.now()
    office.later(hours=5)
    with db.begin(office.engine) as conn:
        again = cases.retry(conn, applied.incident, "a-admin", office.clock.now())
    assert again.incident is None
    assert office.rows(t.stimulus)[-1]["at"] == answered
    assert office.rows(t.incident)[0]["state"] == "resolved"
    assert [row["unit"] for row in office.open(case_id)] == ["u_a"]
    assert office.rows(t.document)[0]["body"] == "请办理"


def test_a_batch_steps_many_cases_and_one_failure_spares_the_others(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty cases in one transaction cost few statements, and an incident concerns one case only."""
    ids = [office.start(f"m{n}") for n in range(5)]
    fail_once(monkeypatch)
    tasks = {row["case_id"]: row["id"] for row in office.open()}
    orders = [
        cases.Order(
            case_id=key,
            stimulus=e.Stimulus(
                kind="complete_task",
                at=office.clock.now(),
                data={"task": tasks[key], "data": {"units": ["u_a"]}},
            ),
        )
        for key in ids
    ]
    with db.begin(office.engine) as conn:
        applied = cases.apply_all(conn, orders)
    assert [one.incident is None for one in applied] == [False, True, True, True, True]
    assert len([row for row in office.open() if row["element"] == "task_opinion"]) == 4


def test_a_case_that_cannot_start_is_kept_and_started_after_the_repair(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The incident knows what was to be started."""
    real = e.start

    def start(*_args: Any) -> Any:
        raise e.EngineError("no_deadline_rule", detail="decide")

    monkeypatch.setattr(e, "start", start)
    office.receive("matter.submitted.v1", matter("m9"))
    office.turn()
    [incident] = office.rows(t.incident)
    assert incident["start"]["process"] == "main"
    assert office.open() == []
    monkeypatch.setattr(e, "start", real)
    with db.begin(office.engine) as conn:
        applied = cases.retry(conn, incident["id"], "a-admin", office.clock.now())
    assert applied.incident is None
    assert [row["element"] for row in office.open()] == ["task_decide"]


def test_a_case_adopts_a_new_calendar_only_when_told(office: Office) -> None:
    """A holiday published later moves the open deadline, its task and nothing shorter; the log still replays."""
    case_id = office.start()
    text = (CALENDARS / "cn-2026.yaml").read_text("utf-8")
    assert "2026-03-05" not in text
    day_off = "holidays:\n  - {name: 临时放假, name_en: extra day, from: 2026-03-05, to: 2026-03-05}"
    later = text.replace("holidays:", day_off, 1).encode()
    with db.begin(office.engine) as conn:
        version = calendar_versions.put(conn, later, "a-admin", office.clock.now()).after.version
    office.later(hours=2)
    [task] = office.open(case_id)
    assert task["due"].isoformat() == "2026-03-09"
    with db.begin(office.engine) as conn:
        applied = cases.operate(conn, case_id, {"verb": "calendar"}, {"account": "a-admin"}, office.clock.now())
    assert applied.incident is None
    assert office.rows(t.case_)[0]["calendar_version"] == version
    assert office.open(case_id)[0]["due"].isoformat() == "2026-03-10"
    [limit] = office.rows(t.deadline)
    assert (limit["state"], limit["first_due"].isoformat()) == ("moved", "2026-03-09")
    assert office.replayed(case_id)


def test_a_clock_that_jumps_back_takes_no_case_back(office: Office) -> None:
    """What comes while the machine's clock is an hour slow counts at the case's own time; order, dates and log hold."""
    case_id = office.start()
    office.later(hours=2)
    office.decide(case_id, "u_a", "u_b")
    before = office.rows(t.case_)[0]["last_at"]
    office.later(hours=-1)
    for task in office.open(case_id):
        assert task["opened_at"] == before
    with db.begin(office.engine) as conn:
        cases.operate(conn, case_id, {"verb": "calendar"}, {"account": "a-admin"}, office.clock.now())
    with db.read(office.engine) as conn:
        instants = [row["at"] for row in replays.log(conn, case_id)]
        assert chain.first_broken(replays.log(conn, case_id)) is None
    assert instants == sorted(instants)
    assert instants[-1] == before > office.clock.now()
    assert office.replayed(case_id)


def test_a_case_knows_which_groups_of_words_its_matter_mentions(office: Office) -> None:
    """The package names the words; title and text are looked through once, the case learns the groups only."""
    told = {**matter("m9"), "title": "关于某合同诉讼的建议", "body": {"request": "请尽快处理。"}}
    with db.begin(office.engine) as conn:
        matters.keep(conn, told, office.clock.now())
        row = matters.get(conn, "m9")
    assert row is not None
    found = matters.facts(row, {"judicial": ["诉讼"], "tender": ["招标"], "urgent": ["尽快", "立即"]})
    assert found["mentions"] == ["judicial", "urgent"]
