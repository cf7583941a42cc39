"""Reply letters: stored when a diagram issues them, open to their recipients, delivery reported back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from services.common import outbox
from services.common.problems import Problem
from services.contracts.envelopes import Message
from services.intake import files, ledger, store, store_files, store_ledger, tables

CONNECTOR: Final = "connector:"
"""What `entered_by` of a matter begins with that a congress system has handed in."""
REPLIED: Final = frozenset(
    {"replied", "awaiting_feedback", "feedback_closed", "redo", "completed", "following_up", "closed_out", "archived"}
)
"""States that a matter reaches only after its reply was issued."""


def receive(conn: Connection, message: Message, now: datetime) -> bool:
    """Store the letter of a `reply.issued` and answer `reply.delivered`; False when it is already here.

    A letter is delivered when its recipients can read it here: that is the moment it is stored.
    """
    data = message.data
    if not store.insert_letter(conn, _row(message, now)):
        return False
    ledger.touch(conn, [data["matter_id"]])
    outbox.add(conn, tables.outbox, _delivered(message, now), now=now)
    _upload(conn, message, now)
    return True


def _upload(conn: Connection, message: Message, now: datetime) -> None:
    """Send the letter to the congress system that handed the matter in, if one did and still is one."""
    matter, letter = store.matter(conn, message.data["matter_id"]), store.letter(conn, message.data["letter_id"])
    scope = matter.entered_by if matter is not None else ""
    connector = scope.removeprefix(CONNECTOR)
    if matter is None or letter is None or connector == scope or not may_submit(conn, connector):
        return
    names = ("letter_id", "matter_id", "unit", "redo_round", "data")
    facts = {
        **{name: message.data[name] for name in names},
        "recipients": list(message.data["recipients"]),
        "matter_no": matter.no,
        "submission_id": store.submission_of(conn, scope, matter.id),
        "issued_at": message.time.isoformat(),
        "attachments": files.told([one for one in store_files.of_letter(conn, letter) if one.state != "infected"]),
    }
    sent = Message(
        id=f"{letter.id}.issued",
        type="letter.issued.v1",
        source="/intake",
        subject=matter.id,
        time=now,
        data=facts,
        correlation_id=message.data["case_id"],
        causation_id=message.id,
    )
    outbox.add(conn, tables.outbox, sent, target=connector, now=now)
    store.send_letter(conn, letter.id, connector)


def sealed_by(conn: Connection, file: Row[Any]) -> Row[Any] | None:
    """The letter whose sealed form a file is, once that is issued."""
    if file.letter is None or file.matter_id is None:
        return None
    found = store.letters(conn, file.matter_id)
    return next((one for one in found if (one.unit, one.redo_round) == (file.unit, file.letter)), None)


def may_submit(conn: Connection, connector: str) -> bool:
    """Only a connector whose directory entry says `submit` is a congress system; a bureau is not."""
    known = store.entry(conn, "connector", connector)
    return known is not None and bool((known.body or {}).get("submit"))


def acknowledge(conn: Connection, message: Message, connector: str | None, now: datetime) -> str:
    """Keep the receipt of the system the letter was sent to, the first one; the matter it is about.

    `now` is when it came: the sender's clock is only its word. Raises `Problem` not_permitted for anybody else.
    """
    letter = store.letter(conn, message.data["letter_id"])
    if letter is None or connector is None or letter.sent_to != connector:
        raise Problem("not_permitted", 403)
    store.acknowledge_letter(conn, letter.id, message.data.get("receipt_no"), now)
    return str(letter.matter_id)


def has_reply(conn: Connection, matter_id: str) -> bool:
    """Say whether a reply was ever issued: its letter is here, or the process says so and the letter is on its way."""
    reached = {row.state for row in store_ledger.milestones_of(conn, matter_id)}
    return bool(reached & REPLIED or store.letters(conn, matter_id))


def may_read(letter: Row[Any], person_id: str | None) -> bool:
    """Say whether a letter is addressed to this person."""
    return person_id is not None and person_id in letter.recipients


def _row(message: Message, now: datetime) -> dict[str, Any]:
    data: Mapping[str, Any] = message.data
    same = ("matter_id", "case_id", "unit", "redo_round", "recipients", "data")
    return {
        "id": data["letter_id"],
        **{name: data[name] for name in same},
        "issued_at": message.time,
        "delivered_at": now,
        "message_id": message.id,
    }


def _delivered(message: Message, now: datetime) -> Message:
    data = message.data
    return Message(
        id=f"{data['letter_id']}.delivered",
        type="reply.delivered.v1",
        source="/intake",
        subject=data["matter_id"],
        time=now,
        data={
            "matter_id": data["matter_id"],
            "letter_id": data["letter_id"],
            "delivered_at": now.isoformat(),
            "recipients": list(data["recipients"]),
        },
        correlation_id=data["case_id"],
        causation_id=message.id,
    )
