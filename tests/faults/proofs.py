"""What must be true of three databases after a play: everything once, nothing lost, the ledger can be rebuilt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Engine, Table, func, select

from services.common import db
from services.common.bus import EVENTS, topology
from services.contracts import envelopes
from services.intake import tables as intake
from services.notify import tables as notify
from services.workflow import chain
from services.workflow import tables as workflow

Engines = Mapping[str, Engine]
BOXES = {
    "intake": (intake.inbox, intake.outbox),
    "workflow": (workflow.inbox_, workflow.outbox_),
    "notify": (notify.inbox, notify.outbox),
}


def rows(engine: Engine, table: Table, *where: Any) -> list[dict[str, Any]]:
    """Rows of a table in the order of its key."""
    statement = select(table).where(*where).order_by(*table.primary_key.columns)
    with db.read(engine) as conn:
        return [dict(row) for row in conn.execute(statement).mappings()]


def doubles(keys: Iterable[Any]) -> dict[Any, int]:
    """What occurs more than once, and how often."""
    return {key: count for key, count in Counter(keys).items() if count > 1}


def every_message_arrived_once(engines: Engines) -> dict[str, int]:
    """Whatever a service sent is in the inbox of each receiver, once, and done; how many each received."""
    sent: dict[str, list[str]] = {name: [] for name in BOXES}
    for name, (_, outbox) in BOXES.items():
        for row in rows(engines[name], outbox, outbox.c.target.is_(None)):
            assert row["published_at"] is not None, row
            for receiver in topology.receivers(row["type"]):
                sent[receiver].append(row["message_id"])
    for name, (inbox, _) in BOXES.items():
        got = rows(engines[name], inbox)
        assert {row["state"] for row in got} <= {"done"}, [row for row in got if row["state"] != "done"]
        assert sorted(row["message_id"] for row in got if row["channel"] == EVENTS) == sorted(sent[name])
    return {name: len(ids) for name, ids in sent.items()}


def every_stimulus_counts_once(engine: Engine) -> Counter[str]:
    """No start, answer, message or timer is in a log twice; how many there are of each kind."""
    log = rows(engine, workflow.stimulus)
    facts = [(row["kind"], row["case_id"], row["cause"], chain.payload_of(bytes(row["payload"]))) for row in log]
    assert doubles(case for kind, case, _, _ in facts if kind == "start") == {}
    assert doubles(data["task"] for kind, _, _, data in facts if kind == "complete_task") == {}
    assert doubles(data["timer"] for kind, _, _, data in facts if kind == "timer") == {}
    assert doubles((cause, case) for kind, case, cause, _ in facts if kind == "message") == {}
    assert doubles((cause, kind) for kind, _, cause, _ in facts if kind == "start") == {}
    return Counter(kind for kind, _, _, _ in facts)


def answers_are_the_log(engine: Engine, by_web: Mapping[str, Mapping[str, Any]], by_queue: Collection[str]) -> None:
    """Each accepted answer is the stimulus it was told, and nobody else's answers are in the log."""
    log = rows(engine, workflow.stimulus, workflow.stimulus.c.kind == "complete_task")
    done = {f"{row['case_id']}.{row['seq']}": chain.payload_of(bytes(row["payload"]))["task"] for row in log}
    assert {answer["stimulus"]: task for task, answer in by_web.items()}.items() <= done.items()
    assert sorted(done.values()) == sorted([*by_web, *by_queue])
    closed = rows(engine, workflow.task, workflow.task.c.reason == "done")
    assert sorted(row["id"] for row in closed) == sorted(done.values())


def commands_are_answered_once(engine: Engine, outbox: Table, commands: Collection[str]) -> None:
    """One `command.accepted` per message id of an agency."""
    sent = rows(engine, outbox, outbox.c.type == "command.accepted.v1")
    told = [envelopes.decode(row["headers"], bytes(row["body"]), row["content_type"]).data for row in sent]
    assert sorted(one["original_id"] for one in told) == sorted(commands)


def all_cases_ended(engine: Engine) -> Counter[tuple[str, str]]:
    """No case runs, no task is open, nothing is awaited; how the cases ended, by process."""
    cases = rows(engine, workflow.case_)
    assert {case["status"] for case in cases} == {"ended"}
    assert rows(engine, workflow.task, workflow.task.c.state == "open") == []
    assert rows(engine, workflow.incident) == []
    assert rows(engine, workflow.timer) == []
    assert rows(engine, workflow.subscription) == []
    assert {row["state"] for row in rows(engine, workflow.early_message)} <= {"done", "lapsed"}
    return Counter((case["process"], case["outcome"]) for case in cases)


def matters_are_numbered_once(engines: Engines, ids: Collection[str]) -> None:
    """Every suggestion handed in is one matter with a number of its own, without a gap, and one first case."""
    matters = rows(engines["intake"], intake.matter)
    assert sorted(row["id"] for row in matters) == sorted(ids)
    assert sorted(int(row["no"].rpartition("-")[2]) for row in matters) == list(range(1, len(ids) + 1))
    first = workflow.stimulus.c.cause.like("%.submitted")
    started = rows(engines["workflow"], workflow.stimulus, workflow.stimulus.c.kind == "start", first)
    assert sorted(row["case_id"] for row in started) == sorted(f"{key}-1" for key in ids)


def nothing_is_doubled(engines: Engines) -> dict[str, int]:
    """Letters, records and notices: here what was issued there, once; how many."""
    sent = rows(engines["workflow"], workflow.outbox_, workflow.outbox_.c.target.is_(None))
    by_type: dict[str, list[dict[str, Any]]] = {}
    for row in sent:
        message = envelopes.decode(row["headers"], bytes(row["body"]), row["content_type"])
        by_type.setdefault(row["type"], []).append({"id": message.id, **message.data})
    letters = rows(engines["intake"], intake.letter)
    assert doubles((row["case_id"], row["redo_round"]) for row in letters) == {}
    assert sorted(row["id"] for row in letters) == sorted(one["letter_id"] for one in by_type["reply.issued.v1"])
    records = rows(engines["workflow"], workflow.record)
    assert doubles((row["task_id"], row["record"]) for row in records if row["task_id"]) == {}
    assert doubles((row["record"], str(row["data"])) for row in records if row["record"] == "progress_note") == {}
    ledger = rows(engines["intake"], intake.led_record)
    assert sorted(row["record_id"] for row in ledger) == sorted(row["id"] for row in records)
    notices = rows(engines["notify"], notify.notice)
    wanted = [one["notice_id"] for one in by_type["notice.requested.v1"]]
    wanted += [one["id"] for one in by_type["task.opened.v1"]]
    assert sorted(row["id"] for row in notices) == sorted(wanted)
    deliveries = rows(engines["notify"], notify.delivery)
    assert doubles((row["notice_id"], row["person_id"], row["channel"]) for row in deliveries) == {}
    return {"letters": len(letters), "records": len(records), "notices": len(notices), "deliveries": len(deliveries)}


def sent_to(engine: Engine, outbox: Table, connector: str) -> set[str]:
    """Ids of what was sent to a connector."""
    with db.read(engine) as conn:
        return set(conn.scalars(select(outbox.c.message_id).where(outbox.c.target == connector)))


def ledger(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of the projection, by table."""
    return {table.name: rows(engine, table) for table in intake.PROJECTION}


def count(engine: Engine, table: Table) -> int:
    """How many rows a table has."""
    with db.read(engine) as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0
