"""Notices: what is to be told, to whom, by which ways; each exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from services.common import bells
from services.common.clock import SystemClock
from services.common.problems import Problem, register
from services.contracts.envelopes import Message
from services.notify import papers, preferences, recipients, store, texts
from services.notify.channels import inapp
from services.notify.channels.letters import Channel
from services.notify.names import delivery_id
from services.notify.recipients import Recipient
from services.notify.ways import Ways

register(
    {
        "not_unreached": ("没有这条未送达的记录", "there is no such delivery that reached nobody"),
        "person_left": ("此人已不在机构人员目录中，没有发送", "this person has left the directory, nothing was sent"),
        "channel_gone": ("这种通知方式已停用，没有发送", "this channel is no longer in use, nothing was sent"),
        "still_not_wanted": (
            "本人不接收这种通知，没有发送",
            "this person does not want it by this channel, nothing was sent",
        ),
        "still_no_address": (
            "此人还没有可用的地址，没有发送",
            "this person still has no usable address, nothing was sent",
        ),
        "still_no_account": ("此人还没有账号，没有发送", "this person still has no account, nothing was sent"),
    }
)

_WALL: Final = SystemClock()  # tries wait in real time, however fast the business clock runs
PATIENCE: Final = timedelta(days=3)
"""How long a delivery is tried at most, in real time; later the notice would mislead."""
SAME: Final = timedelta(minutes=10)
"""Within this time the same words about the same thing are told somebody once, whoever asks for them how often."""


def request(conn: Connection, message: Message, ways: Ways, now: datetime) -> None:
    """Take up what a diagram wants people to be told (`notice.requested`); a known notice changes nothing."""
    data, matter = message.data, message.data["matter"]
    version, template = data["process_version"], data["template"]
    templates, urgent = store.texts(conn, version)
    rendered = texts.render(templates, template, matter, data["facts"], data["at"])
    row = {
        "id": data["notice_id"],
        "message_id": message.id,
        "kind": preferences.NOTICE,
        "template": template,
        "process_version": version,
        "matter_id": matter.get("matter_id"),
        "matter_no": matter.get("matter_no"),
        "title": str(matter.get("title") or ""),
        "task_id": None,
        "facts": data["facts"],
        "texts": rendered.texts,
        "fault": rendered.error,
        "urgent": template in urgent,
        "thing": _thing(template, matter.get("matter_id"), rendered.texts),
        "at": _instant(data["at"]),
    }
    _tell(conn, row, data["to"], ways, now, None)


def open_task(conn: Connection, message: Message, ways: Ways, now: datetime) -> None:
    """Tell whoever it is for that there is something to do; outside the message centre only who asked for that."""
    data = message.data
    facts = {name: data.get(name) for name in ("name", "role", "unit", "deadline", "element")}
    templates, _ = store.texts(conn, data["process_version"])
    matter = {name: data.get(name) for name in ("matter_id", "matter_no", "title")}
    rendered = texts.task(templates, matter, facts, data["opened_at"])
    row = {
        "id": message.id,
        "message_id": message.id,
        "kind": preferences.TASK,
        "template": None,
        "process_version": data["process_version"],
        **matter,
        "title": data.get("title") or "",
        "task_id": data["task_id"],
        "facts": facts,
        "texts": rendered.texts,
        "fault": rendered.error,
        "urgent": False,
        "thing": None,
        "at": _instant(data["opened_at"]),
    }
    due = facts["deadline"] and _instant(facts["deadline"]["due_at"])
    _tell(conn, row, [recipients.of_task(data)], ways, now, due)


def close_task(conn: Connection, data: Mapping[str, Any]) -> None:
    """A task needs no more work: its notices are settled, read or not."""
    store.settle_task(conn, data["task_id"], _instant(data["at"]))


def bell(channel: str) -> str:
    """The kind of work that a channel's loop is woken for."""
    return f"deliveries {channel}"


def retry(conn: Connection, delivery_id: str, ways: Ways, now: datetime) -> None:
    """Begin a delivery that reached nobody anew and at once, to where the person is to be found now.

    Raises `Problem` where nothing is sent: not_unreached, person_left, channel_gone, still_….
    """
    row = store.ended(conn, delivery_id)
    if row is None:
        raise Problem("not_unreached", 404)
    if row["channel"] not in (store.INAPP, *ways.channels):
        raise Problem("channel_gone", 409)
    found = recipients.resolve(conn, [{"person": row["person_id"]}])
    if not found:
        raise Problem("person_left", 409)
    kind = preferences.NOTICE if row["kind"] == "digest" else _kind(row)
    values = _beginning(found[0], row["channel"], ways, now, kind)
    if values["state"] == store.SUPPRESSED:
        raise Problem(f"still_{values['reason']}", 409)
    store.change(conn, delivery_id, values)
    bells.promise(conn, bell(row["channel"]))


def forget(conn: Connection, person_id: str, now: datetime) -> None:
    """Erase somebody's settings and addresses; what still waited is printed, where nothing else reaches him."""
    for ended in store.forget(conn, person_id, now):
        papers.stand_in(conn, ended, now)


def _kind(row: Mapping[Any, Any]) -> str:
    """What a notice is to people's wishes."""
    return preferences.URGENT if row["urgent"] else str(row["kind"])


def _thing(template: str, matter_id: str | None, words: Mapping[str, Any]) -> str:
    """What a notice says of what, as a hash."""
    return sha256(orjson.dumps([template, matter_id, words], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _tell(
    conn: Connection,
    row: Mapping[str, Any],
    addresses: Sequence[Mapping[str, Any]],
    ways: Ways,
    now: datetime,
    due: datetime | None,
) -> None:
    if not store.add_notice(conn, row):
        return
    kind = _kind(row)
    told = store.told(conn, row["thing"], row["id"], now - SAME) if row["thing"] else set()
    deliveries = []
    for person in recipients.resolve(conn, addresses):
        for channel in (store.INAPP, *_outside(person, kind, ways)):
            values = _beginning(person, channel, ways, now, kind)
            if (person.person_id, channel) in told:
                values |= _ended(store.SUPPRESSED, "repeated", now)
            elif values["state"] == store.WAITING:
                hold, digest = person.wishes.hold(kind, now, ways.zone, due)
                values |= {"hold_until": hold, "digest": digest}
            deliveries.append({**_identity(row["id"], person, channel, now), **values})
    store.add_deliveries(conn, deliveries)
    if row["kind"] == preferences.NOTICE:
        for person_id in _unreached(deliveries) - {person for person, channel in told if channel == store.PAPER}:
            store.add_paper(conn, papers.letter(row["id"], person_id, now))
    for channel in ways.channels:
        bells.promise(conn, bell(channel))


def _unreached(deliveries: Sequence[Mapping[str, Any]]) -> set[str]:
    """Those whom no channel reaches: no account, no address. Who was told the same before has been reached."""
    reached = {
        one["person_id"] for one in deliveries if one["state"] != store.SUPPRESSED or one["reason"] == "repeated"
    }
    return {one["person_id"] for one in deliveries} - reached


def _outside(person: Recipient, kind: str, ways: Ways) -> list[str]:
    """The channels to the outside a delivery is made for; of tasks nobody is told there who has not asked for it."""
    return [name for name in ways.channels if kind != preferences.TASK or person.wishes.wants(kind, name)]


def _identity(notice_id: str, person: Recipient, channel: str, now: datetime) -> dict[str, Any]:
    return {
        "id": delivery_id(notice_id, person.person_id, channel),
        "notice_id": notice_id,
        "person_id": person.person_id,
        "channel": channel,
        "created_at": now,
        "read_at": None,
        "settled_at": None,
    }


def _beginning(person: Recipient, channel: str, ways: Ways, now: datetime, kind: str) -> dict[str, Any]:
    """The columns of a delivery that has not been tried."""
    wall = _WALL.now()
    values = {
        "address": person.addresses.get(channel),
        "state": store.WAITING,
        "reason": None,
        "error": None,
        "attempts": 0,
        "next_at": wall,
        "hold_until": None,
        "digest": False,
        "digest_id": None,
        "give_up_at": wall + PATIENCE,
        "provider_id": None,
        "sent_at": None,
        "delivered_at": None,
        "ended_at": None,
    }
    if channel == store.INAPP:
        state, reason = inapp.begin(person)
        return {**values, **_ended(state, reason, now)}
    reason = _objection(person, ways.channels[channel], kind)
    return {**values, **_ended(store.SUPPRESSED, reason, now)} if reason else values


def _ended(state: str, reason: str | None, now: datetime) -> dict[str, Any]:
    arrived = now if state == store.DELIVERED else None
    ended = {"next_at": None, "give_up_at": None, "ended_at": now, "delivered_at": arrived}
    return {"state": state, "reason": reason, **ended}


def _objection(person: Recipient, channel: Channel, kind: str) -> str | None:
    """Why nothing is sent to the outside: it is not wanted, or there is no address."""
    if not person.wishes.wants(kind, channel.id):
        return "not_wanted"
    address = person.addresses.get(channel.id)
    return None if address is not None and channel.accepts(address) else "no_address"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
