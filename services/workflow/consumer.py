"""Messages from the other services and from agencies: translated and handed to the nouns, nothing decided here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from services.common import directories, form_schemas, outbox
from services.common.handling import Context, Handler
from services.common.problems import Problem
from services.contracts.envelopes import Message
from services.contracts.schemas import message_schema
from services.workflow import (
    cases,
    divisions,
    documents,
    entries,
    matters,
    merges,
    messages,
    records,
    speakers,
    successions,
    tasks,
    verbs,
)
from services.workflow import tables as t


def submitted(conn: Connection, message: Message, context: Context) -> None:
    """`matter.submitted`: keep the matter and start its entry process; a second one only corrects the text."""
    data = message.data
    matters.keep(conn, data, datetime.fromisoformat(str(data["submitted_at"])))
    if cases.of_matter(conn, data["matter_id"]):
        return
    wish = cases.Begin(matter_id=data["matter_id"], actor={"account": message.source}, cause=message.id)
    cases.start(conn, wish, context.received_at)


def numbered(conn: Connection, message: Message, context: Context) -> None:
    """`matter.numbered`: the matter has its number; the case that waits for it goes on."""
    matters.number(conn, message.data)
    _route(conn, message, context, str(message.data["matter_id"]))


def withdrawal_requested(conn: Connection, message: Message, context: Context) -> None:
    """`withdrawal.requested`: starts the process that hears the co-signers; the reason goes to it as a document."""
    _begin(conn, message, context, "withdrawal.requested")


def secrecy_changed(conn: Connection, message: Message, context: Context) -> None:
    """`matter.secrecy_changed`: later cases know it; when it was raised, the package's process for it starts.

    A package without an entry for it takes nothing down; intake has hidden the matter already. Running cases keep
    what they know.
    """
    entry = "matter.secrecy_changed"
    raised = matters.change_secrecy(conn, message.data)
    if raised and cases.has_entry(conn, message.data["matter_id"], entry, context.received_at):
        _begin(conn, message, context, entry)


def withdrawn(conn: Connection, message: Message, context: Context) -> None:
    """`matter.withdrawn`: interrupts every case of the matter that lets itself be interrupted."""
    merges.separate(conn, message.data["matter_id"], context.received_at, message.id)
    _route(conn, message, context, str(message.data["matter_id"]))


def merged(conn: Connection, message: Message, context: Context) -> None:
    """`matter.merged`: both sides learn of it, then it interrupts the cases of the matter that is merged."""
    data = message.data
    merges.merge(conn, data["matter_id"], data["main"]["matter_id"], context.received_at, message.id)
    _route(conn, message, context, str(data["matter_id"]))


def separated(conn: Connection, message: Message, context: Context) -> None:
    """`matter.separated`: both sides learn of it, and the case that waits for the main matter's reply goes on."""
    merges.separate(conn, message.data["matter_id"], context.received_at, message.id)
    _route(conn, message, context, str(message.data["matter_id"]))


def delivered(conn: Connection, message: Message, context: Context) -> None:
    """`reply.delivered`: the letter has reached its deputies."""
    _route(conn, message, context, str(message.data["letter_id"]))


def _begin(conn: Connection, message: Message, context: Context, entry: str) -> None:
    """Start the entry process of a message that somebody caused; the case finds its facts, the texts are documents."""
    data = dict(message.data)
    facts, texts = documents.split(message_schema(message.type), data)
    wish = cases.Begin(
        matter_id=data["matter_id"],
        entry=entry,
        vars={entries.VARIABLES[entry]: facts},
        actor={"account": message.source, "person": data["by"]["id"], "name": data["by"]["name"]},
        cause=message.id,
    )
    cases.start(conn, wish, context.received_at, texts=texts)


def _route(conn: Connection, message: Message, context: Context, key: str) -> None:
    messages.route(
        conn,
        message.type.rpartition(".")[0],
        key,
        message.data,
        context.received_at,
        message_id=message.id,
        matter_id=message.data.get("matter_id"),
    )


def directory_changed(conn: Connection, message: Message, context: Context) -> None:
    """`directory.changed`: keep the local copy; the work of a unit with a successor goes over to that."""
    successions.directory_changed(conn, message.data, context.received_at, message.id)


def task_complete(conn: Connection, message: Message, context: Context) -> None:
    """`task.complete`: a unit's own system answers a task, by the same rules as the page.

    An answer that is late goes to the task that asks the unit for the same once more, where the process has one.
    """
    data, task_id = message.data, message.data["task_id"]
    speaker, unit = _connector(conn, message, context), successions.heir(conn, message.data["unit"])

    def complete(asked: str, answer: Mapping[str, Any]) -> cases.Applied:
        return tasks.complete(conn, asked, answer, speaker, context.received_at, unit=unit, cause=message.id)

    try:
        applied = complete(task_id, data["data"])
    except Problem as problem:
        row = tasks.find(conn, task_id) if problem.code in ("task_closed", "already_done", "late") else None
        if row is not None and divisions.is_out(conn, row["matter_id"], data["unit"]):
            raise Problem("assignment_returned", 409) from problem
        again = tasks.asked_again(conn, row) if row is not None and problem.code == "late" else None
        if again is None:
            raise
        task_id = again["id"]
        applied = complete(task_id, form_schemas.settled(tasks.schema_of(conn, again), data["data"]))
    _accept(conn, message, context, applied, task_id)


def task_operate(conn: Connection, message: Message, context: Context) -> None:
    """`task.operate`: a unit's own system returns, passes on or takes back, by the same rules as the page."""
    data = message.data
    applied = verbs.use(
        conn,
        data["task_id"],
        data["verb"],
        data["data"],
        _connector(conn, message, context),
        context.received_at,
        unit=successions.heir(conn, data["unit"]),
        cause=message.id,
    )
    _accept(conn, message, context, applied, data["task_id"])


def record_submit(conn: Connection, message: Message, context: Context) -> None:
    """`record.submit`: a unit's own system adds a record that moves no token."""
    data = message.data
    speaker = _connector(conn, message, context)
    unit, task_id = successions.heir(conn, data["unit"]), data.get("task_id")
    entry = records.Entry(record=data["record"], data=data["data"], unit=unit, task_id=task_id, cause=message.id)
    matter_id = _matter_of(conn, data)
    if matter_id is not None and divisions.is_out(conn, matter_id, unit):
        raise Problem("assignment_returned", 409)
    if data.get("case_id"):
        applied = records.submit(conn, data["case_id"], entry, speaker, context.received_at)
    else:
        applied = records.submit_to_matter(conn, str(data.get("matter_id")), entry, speaker, context.received_at)
    _accept(conn, message, context, applied, task_id)


def _matter_of(conn: Connection, data: Mapping[str, Any]) -> str | None:
    case = cases.get(conn, data["case_id"]) if data.get("case_id") else None
    return str(case["matter_id"]) if case is not None else data.get("matter_id")


def _connector(conn: Connection, message: Message, context: Context) -> speakers.Speaker:
    if context.connector is None:
        raise Problem("not_permitted", 403)
    units = successions.speaks_for(conn, directories.connector_units(conn, t.directory, context.connector))
    return speakers.connector(context.connector, units, message.data["actor"])


def _accept(conn: Connection, message: Message, context: Context, applied: cases.Applied, task_id: str | None) -> None:
    answer = Message(
        id=f"{context.connector}.{message.id}.accepted",
        type="command.accepted.v1",
        source="/workflow",
        subject=message.subject,
        time=context.now,
        data={
            "original_id": message.id,
            "task_id": task_id,
            "stimulus": applied.stimulus_id,
            "at": context.received_at.isoformat(),
            "external_ref": message.data.get("external_ref"),
        },
        correlation_id=applied.case_id,
        causation_id=message.id,
    )
    outbox.add(conn, t.outbox_, answer, target=context.connector, now=context.now)


HANDLERS: Final[Mapping[str, Handler]] = {
    "matter.submitted.v1": submitted,
    "matter.numbered.v1": numbered,
    "matter.secrecy_changed.v1": secrecy_changed,
    "matter.withdrawn.v1": withdrawn,
    "matter.merged.v1": merged,
    "matter.separated.v1": separated,
    "withdrawal.requested.v1": withdrawal_requested,
    "reply.delivered.v1": delivered,
    "directory.changed.v1": directory_changed,
    "task.complete.v1": task_complete,
    "task.operate.v1": task_operate,
    "record.submit.v1": record_submit,
}
