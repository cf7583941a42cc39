"""Who speaks for a unit changes: the connector that does now hears of the unit's open tasks, the one before loses them.

What already lies in a connector's queue stays there; it is told apart by nothing but the task's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from services.common import connectors, outbox
from services.contracts.envelopes import Message
from services.workflow import deadlines, documents, editions, store
from services.workflow import tables as t
from services.workflow.effects import Scene, tasks

Speakers = Mapping[str, tuple[str, ...]]


def speaking(conn: Connection) -> Speakers:
    """The connectors that speak for each unit now."""
    return connectors.by_unit(conn, t.directory, None)


def tell(conn: Connection, before: Speakers, now: datetime, cause: str) -> None:
    """Say what a change means to the connectors: tasks opened for those who speak now, closed for those who did."""
    after = speaking(conn)
    units = [unit for unit in sorted({*before, *after}) if before.get(unit) != after.get(unit)]
    rows = _open(conn, units)
    store.lock_cases(conn, {row["case_id"] for row in rows})  # what is told of a case leaves in one order
    for row in _open(conn, units) if rows else ():
        were, are = before.get(row["unit"], ()), after.get(row["unit"], ())
        scene = _scene(conn, row, now)
        for connector in (one for one in were if one not in are):
            _send(conn, scene, row, "task.closed.v1", connector, cause)
        for connector in (one for one in are if one not in were):
            _send(conn, scene, row, "task.opened.v1", connector, cause)


def _open(conn: Connection, units: list[str]) -> list[Mapping[Any, Any]]:
    wanted = t.task.c.unit.in_(units) & (t.task.c.state == "open")
    query = select(t.task, t.matter.c.matter_no, t.matter.c.title, t.case_.c.process.label("case_process"))
    joined = query.join(t.matter, t.matter.c.matter_id == t.task.c.matter_id).join(
        t.case_, t.case_.c.id == t.task.c.case_id
    )
    return [*conn.execute(joined.where(wanted).order_by(t.task.c.case_id, t.task.c.id)).mappings()]


def _scene(conn: Connection, row: Mapping[Any, Any], now: datetime) -> Scene:
    """The moment of the change, for one task: nothing is written of it but messages."""
    named = documents.references(row["initial"]) | documents.references(row["question"])
    return Scene(
        **{name: row[name] for name in ("case_id", "matter_id", "matter_no", "title")},
        process=row["case_process"],
        edition=editions.get(conn, row["package_version"]),
        seq=0,
        at=now,
        actor={},
        cause=None,
        texts=documents.load(conn, named),
        deadlines={},
        tasks={},
        connectors_of=lambda _unit: (),
        changes=store.Changes(),
    )


def _send(conn: Connection, scene: Scene, row: Mapping[Any, Any], type_: str, connector: str, cause: str) -> None:
    if type_ == "task.opened.v1":
        data = tasks.opened_words(scene, row, deadlines.get(conn, row["deadline_id"]))
    else:
        data = tasks.closed_words(scene, row, "revoked", row["id"])
    message = Message(
        id=f"{cause}.{connector}.{row['id']}",
        type=type_,
        source="/workflow",
        subject=scene.matter_id,
        time=scene.at,
        data=data,
        correlation_id=scene.case_id,
        causation_id=cause,
    )
    outbox.add(conn, t.outbox_, message, target=connector, now=scene.at)
