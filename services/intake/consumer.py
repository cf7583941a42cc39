"""What intake does with each message it receives: the table at the end is the service's table of contents."""

from collections.abc import Mapping
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from services.common import outbox
from services.common.clock import Clock
from services.common.handling import Context, Desk, Handler
from services.common.problems import Problem, Rejected
from services.contracts.envelopes import Message
from services.contracts.rejections import REJECTIONS
from services.intake import files, ledger, letters, matters, merges, store, tables, withdrawals

CHINA: Final = ZoneInfo("Asia/Shanghai")
_MISSING: Final = frozenset({"required", "part_empty"})


def project(conn: Connection, message: Message, _context: Context) -> None:
    """Take a message of the workflow into the ledger; its lines are recomputed when all are projected."""
    ledger.project(conn, message)


def reached(conn: Connection, message: Message, context: Context) -> None:
    """Take a state into the ledger; what is not taken up after all is nobody's main matter any more."""
    ledger.project(conn, message)
    if message.data["state"] == "not_admitted" and message.data.get("matter_id") is not None:
        merges.dissolve(conn, message.data["matter_id"], merges.MAIN_NOT_ADMITTED, context.now)


def receive_letter(conn: Connection, message: Message, context: Context) -> None:
    """Store a reply letter and report its delivery."""
    letters.receive(conn, message, context.now)


def admit(conn: Connection, message: Message, context: Context) -> None:
    """Number a matter that the office took up."""
    matters.admit(conn, message.data, message.id, context.now)


def withdrawn(conn: Connection, message: Message, context: Context) -> None:
    """Mark a matter as withdrawn that a diagram withdrew."""
    withdrawals.take(conn, message.data, context.now)


def withdrawal_refused(conn: Connection, message: Message, context: Context) -> None:
    """Clear a request to withdraw."""
    withdrawals.refuse(conn, message.data, context.now)


def submit(conn: Connection, message: Message, context: Context, zone: ZoneInfo = CHINA) -> None:
    """Take a suggestion that a congress system hands in."""
    if context.connector is None or not letters.may_submit(conn, context.connector):
        raise Rejected("not_permitted", 403)
    origin = matters.Origin(scope=f"connector:{context.connector}", message_id=message.id)
    try:
        known = store.claimed(conn, origin.scope, message.id) is not None  # its files are handed over already
        brought = [] if known else files.of_connector(conn, origin.scope, message.data.get("attachments") or ())
        done = matters.submit(
            conn, message.data, key=message.id, origin=origin, now=context.received_at, zone=zone, brought=brought
        )
    except Problem as problem:
        raise _rejected(problem) from problem
    answer = _accepted(message, done.matter_id, context)
    outbox.add(conn, tables.outbox, answer, target=context.connector, now=context.now)


def letter_received(conn: Connection, message: Message, context: Context) -> None:
    """Keep the receipt of a letter that was sent to a congress system."""
    try:
        matter_id = letters.acknowledge(conn, message, context.connector, context.received_at)
    except Problem as problem:
        raise _rejected(problem) from problem
    answer = _accepted(message, matter_id, context)
    outbox.add(conn, tables.outbox, answer, target=context.connector, now=context.now)


def _rejected(problem: Problem) -> Rejected:
    """Translate a refusal into the stable codes agencies know, with the words of the first wrong field."""
    if not problem.errors:
        return Rejected(problem.code, problem.status, **problem.params)
    first = problem.errors[0]
    code = "missing_field" if first.code in _MISSING else first.code
    return Rejected(code if code in REJECTIONS else "invalid_field", 422, errors=problem.errors)


def _accepted(message: Message, matter_id: str, context: Context) -> Message:
    return Message(
        id=f"intake.accepted.{context.inbox_id}",
        type="command.accepted.v1",
        source="/intake",
        subject=matter_id,
        time=context.now,
        data={
            "original_id": message.id,
            "task_id": None,
            "stimulus": None,
            "at": context.now.isoformat(),
            "external_ref": message.data.get("external_ref"),
        },
        causation_id=message.id,
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    **dict.fromkeys(ledger.PROJECTORS, project),
    "milestone.reached.v1": reached,
    "reply.issued.v1": receive_letter,
    "matter.submit.v1": submit,
    "letter.received.v1": letter_received,
    "matter.admitted.v1": admit,
    "matter.withdrawn.v1": withdrawn,
    "withdrawal.refused.v1": withdrawal_refused,
}


def desk(engine: Engine, clock: Clock, zone: ZoneInfo) -> Desk:
    """Return what a worker of intake works with; `zone` says on which day a suggestion comes in."""
    handlers: dict[str, Handler] = {**HANDLERS, "matter.submit.v1": partial(submit, zone=zone)}
    return Desk("intake", engine, tables.inbox, tables.outbox, handlers, clock, ledger.lines_of)
