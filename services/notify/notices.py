"""Notices: what is to be told, to whom, by which ways; each exactly once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection

from services.common.clock import SystemClock
from services.contracts.envelopes import Message
from services.notify import recipients, store, texts
from services.notify.channels import inapp, smtp
from services.notify.recipients import Recipient

_NAMES: Final = uuid5(NAMESPACE_URL, "urn:huiyin:delivery")
_WALL: Final = SystemClock()  # tries wait in real time, however fast the business clock runs
_OPENERS: Final = {store.INAPP: inapp.begin, store.MAIL: smtp.begin}
"""Per channel: how a delivery to somebody begins, (state, reason)."""


def request(conn: Connection, message: Message, channels: Collection[str], now: datetime) -> None:
    """Take up what a diagram wants people to be told (`notice.requested`); a known notice changes nothing."""
    data, matter = message.data, message.data["matter"]
    version, template = data["process_version"], data["template"]
    rendered = texts.render(store.texts(conn, version), template, matter, data["facts"])
    row = {
        "id": data["notice_id"],
        "message_id": message.id,
        "kind": "notice",
        "template": template,
        "process_version": version,
        "matter_id": matter.get("matter_id"),
        "matter_no": matter.get("matter_no"),
        "title": str(matter.get("title") or ""),
        "task_id": None,
        "facts": data["facts"],
        "texts": rendered.texts,
        "fault": rendered.error,
        "at": _instant(data["at"]),
    }
    _tell(conn, row, data["to"], channels, now)


def open_task(conn: Connection, message: Message, now: datetime) -> None:
    """Tell whoever it is for that there is something to do; in the message centre only."""
    data = message.data
    row = {
        "id": message.id,
        "message_id": message.id,
        "kind": "task",
        "template": None,
        "process_version": data["process_version"],
        "matter_id": data.get("matter_id"),
        "matter_no": data.get("matter_no"),
        "title": data.get("title") or "",
        "task_id": data["task_id"],
        "facts": {name: data.get(name) for name in ("name", "role", "unit", "deadline", "element")},
        "texts": {},
        "fault": None,
        "at": _instant(data["opened_at"]),
    }
    _tell(conn, row, [recipients.of_task(data)], (store.INAPP,), now)


def close_task(conn: Connection, data: Mapping[str, Any]) -> None:
    """A task needs no more work: its notices are settled, read or not."""
    store.settle_task(conn, data["task_id"], _instant(data["at"]))


def delivery_id(notice_id: str, person_id: str, channel: str) -> str:
    """The id of a delivery: derived, so that the same notice never reaches anybody twice."""
    return str(uuid5(_NAMES, f"{notice_id}\n{person_id}\n{channel}"))


def _tell(
    conn: Connection,
    row: Mapping[str, Any],
    addresses: Sequence[Mapping[str, Any]],
    channels: Collection[str],
    now: datetime,
) -> None:
    if not store.add_notice(conn, row):
        return
    people = recipients.resolve(conn, addresses)
    store.add_deliveries(conn, [_delivery(row["id"], one, name, now) for one in people for name in channels])


def retry(conn: Connection, delivery_id: str, now: datetime) -> bool:
    """Begin a failed or suppressed delivery anew, to where the person is to be found now; False: no such one."""
    row = store.ended(conn, delivery_id)
    if row is None:
        return False
    found = recipients.resolve(conn, [{"person": row["person_id"]}])
    if found:
        store.restart(conn, delivery_id, _beginning(found[0], row["channel"], now))
    return True


def _delivery(notice_id: str, person: Recipient, channel: str, now: datetime) -> dict[str, Any]:
    return {
        "id": delivery_id(notice_id, person.person_id, channel),
        "notice_id": notice_id,
        "person_id": person.person_id,
        "channel": channel,
        "created_at": now,
        "read_at": None,
        "settled_at": None,
        **_beginning(person, channel, now),
    }


def _beginning(person: Recipient, channel: str, now: datetime) -> dict[str, Any]:
    state, reason = _OPENERS[channel](person)
    waits = state == store.WAITING
    return {
        "address": person.address if channel == store.MAIL else None,
        "state": state,
        "reason": reason,
        "error": None,
        "attempts": 0,
        "next_at": _WALL.now() if waits else None,
        "ended_at": None if waits else now,
    }


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
