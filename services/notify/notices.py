"""Notices: what is to be told, to whom, by which ways; each exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection

from services.common import bells
from services.common.clock import SystemClock
from services.common.problems import Problem, register
from services.contracts.envelopes import Message
from services.notify import recipients, store, texts
from services.notify.channels import inapp
from services.notify.channels.letters import Channel
from services.notify.recipients import Recipient

register(
    {
        "not_unreached": ("没有这条未送达的记录", "there is no such delivery that reached nobody"),
        "person_left": ("此人已不在机构人员目录中，没有发送", "this person has left the directory, nothing was sent"),
        "channel_gone": ("这种通知方式已停用，没有发送", "this channel is no longer in use, nothing was sent"),
    }
)

_NAMES: Final = uuid5(NAMESPACE_URL, "urn:huiyin:delivery")
_WALL: Final = SystemClock()  # tries wait in real time, however fast the business clock runs
PATIENCE: Final = timedelta(days=3)
"""How long a delivery is tried at most, in real time; later the notice would mislead."""
Channels = Mapping[str, Channel]
"""The ways to the outside, by id; the message centre is always there."""


def request(conn: Connection, message: Message, channels: Channels, now: datetime) -> None:
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
    _tell(conn, row, [recipients.of_task(data)], {}, now)


def close_task(conn: Connection, data: Mapping[str, Any]) -> None:
    """A task needs no more work: its notices are settled, read or not."""
    store.settle_task(conn, data["task_id"], _instant(data["at"]))


def delivery_id(notice_id: str, person_id: str, channel: str) -> str:
    """The id of a delivery: derived, so that the same notice never reaches anybody twice."""
    return str(uuid5(_NAMES, f"{notice_id}\n{person_id}\n{channel}"))


def bell(channel: str) -> str:
    """The kind of work that a channel's loop is woken for."""
    return f"deliveries {channel}"


def retry(conn: Connection, delivery_id: str, channels: Channels, now: datetime) -> None:
    """Begin a delivery that reached nobody anew, to where the person is to be found now.

    Raises `Problem`: not_unreached, person_left or channel_gone.
    """
    row = store.ended(conn, delivery_id)
    if row is None:
        raise Problem("not_unreached", 404)
    if row["channel"] not in (store.INAPP, *channels):
        raise Problem("channel_gone", 409)
    found = recipients.resolve(conn, [{"person": row["person_id"]}])
    if not found:
        raise Problem("person_left", 409)
    store.change(conn, delivery_id, _beginning(found[0], row["channel"], channels, now))
    bells.promise(conn, bell(row["channel"]))


def _tell(
    conn: Connection,
    row: Mapping[str, Any],
    addresses: Sequence[Mapping[str, Any]],
    channels: Channels,
    now: datetime,
) -> None:
    if not store.add_notice(conn, row):
        return
    people = recipients.resolve(conn, addresses)
    names = (store.INAPP, *channels)
    store.add_deliveries(conn, [_delivery(row["id"], one, name, channels, now) for one in people for name in names])
    for name in channels:
        bells.promise(conn, bell(name))


def _delivery(notice_id: str, person: Recipient, channel: str, channels: Channels, now: datetime) -> dict[str, Any]:
    return {
        "id": delivery_id(notice_id, person.person_id, channel),
        "notice_id": notice_id,
        "person_id": person.person_id,
        "channel": channel,
        "created_at": now,
        "read_at": None,
        "settled_at": None,
        **_beginning(person, channel, channels, now),
    }


def _beginning(person: Recipient, channel: str, channels: Channels, now: datetime) -> dict[str, Any]:
    """The columns of a delivery that has not been tried."""
    outside = channel != store.INAPP
    state, reason = _opened(person, channels[channel]) if outside else inapp.begin(person)
    wall = _WALL.now()
    waits = state == store.WAITING
    return {
        "address": person.addresses.get(channel),
        "state": state,
        "reason": reason,
        "error": None,
        "attempts": 0,
        "next_at": wall if waits else None,
        "give_up_at": wall + PATIENCE if waits else None,
        "provider_id": None,
        "sent_at": None,
        "delivered_at": now if state == store.DELIVERED else None,
        "ended_at": None if waits else now,
    }


def _opened(person: Recipient, channel: Channel) -> tuple[str, str | None]:
    """(state, reason) of a delivery to the outside; suppressed without an address, or where it is not wanted."""
    if channel.id in person.unwanted:
        return store.SUPPRESSED, "not_wanted"
    address = person.addresses.get(channel.id)
    if address is None or not channel.accepts(address):
        return store.SUPPRESSED, "no_address"
    return store.WAITING, None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
