"""People's own settings: by which channels they hear of what, at which addresses, and when they want to be left alone.

The message centre holds everything at once, whatever somebody wishes; wishes are about the ways to the outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.common.problems import FieldError, Problem, register, texts
from services.notify import store
from services.notify.channels.letters import Channel

register(
    {
        "bad_address": ("地址格式不正确", "this is no address for this channel"),
        "bad_time": ("请写成 22:00 这样的时间", "write a time such as 22:00"),
        "half_quiet": ("免打扰的开始和结束时间要一起填，而且不能相同", "quiet hours need a beginning and another end"),
        "bad_wishes": ("通知设置有误", "some of these settings are wrong"),
    }
)
TASK, NOTICE, URGENT = "task", "notice", "urgent"
KINDS: Final = (URGENT, NOTICE, TASK)
"""What one hears of: notices after which a deadline would pass, other notices, new tasks."""
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Preference:
    """`addresses`: own ones by channel; for mail there is the directory's without one. `choices`: kind → channel →
    whether it is wanted. Times are `22:00`, "" for none."""

    addresses: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    quiet_from: str = ""
    quiet_until: str = ""
    digest_at: str = ""

    def wants(self, kind: str, channel: str) -> bool:
        """Whether this kind is wanted by this channel: until somebody says otherwise notices are, tasks are not."""
        return self.choices.get(kind, {}).get(channel, kind != TASK)

    def hold(self, kind: str, now: datetime, zone: ZoneInfo, due: datetime | None) -> tuple[datetime | None, bool]:
        """Until when something waits that has come up now (None: it goes at once), and whether for the digest.

        What is urgent does not wait, nor what would wait until after its deadline `due`.
        """
        if kind == URGENT:
            return None, False
        until = self._until(now.astimezone(zone))
        if until is None or (due is not None and due <= until):
            return None, False
        return until, bool(self.digest_at)

    def _until(self, local: datetime) -> datetime | None:
        if self.digest_at:
            return _next(local, self.digest_at)
        if not self.quiet_from or not _within(local.time(), _time(self.quiet_from), _time(self.quiet_until)):
            return None
        return _next(local, self.quiet_until)


def of(conn: Connection, person_id: str) -> Preference:
    """A person's settings, or what holds for somebody who said nothing."""
    row = store.preference_of(conn, person_id)
    if row is None:
        return Preference()
    times = {name: row[name] or "" for name in ("quiet_from", "quiet_until", "digest_at")}
    return Preference(row["addresses"], row["choices"], **times)


def put(conn: Connection, person_id: str, wanted: Preference, channels: Mapping[str, Channel], now: datetime) -> None:
    """Keep a person's settings; raises `Problem` bad_wishes with an error per wrong field."""
    if errors := [*_address_errors(wanted, channels), *_time_errors(wanted)]:
        raise Problem("bad_wishes", errors=errors)
    given = {name: wanted.addresses.get(name, "") for name in channels}
    known = {**of(conn, person_id).addresses, **given}  # what a channel that is off now was told stays
    row = {
        "person_id": person_id,
        "addresses": {name: address for name, address in known.items() if address},
        "choices": {kind: dict(wishes) for kind, wishes in wanted.choices.items()},
        "quiet_from": wanted.quiet_from or None,
        "quiet_until": wanted.quiet_until or None,
        "digest_at": wanted.digest_at or None,
        "changed_at": now,
    }
    store.put_preference(conn, row)


def _address_errors(wanted: Preference, channels: Mapping[str, Channel]) -> list[FieldError]:
    given = {name: wanted.addresses.get(name, "") for name in channels}
    wrong = [name for name, address in given.items() if address and not channels[name].accepts(address)]
    return [FieldError(f"address-{name}", "bad_address", *texts("bad_address")) for name in wrong]


def _time_errors(wanted: Preference) -> list[FieldError]:
    names = ("quiet_from", "quiet_until", "digest_at")
    wrong = [name for name in names if (text := getattr(wanted, name)) and not _TIME.fullmatch(text)]
    found = [FieldError(name, "bad_time", *texts("bad_time")) for name in wrong]
    given = bool(wanted.quiet_from), bool(wanted.quiet_until)
    if given[0] != given[1] or (all(given) and wanted.quiet_from == wanted.quiet_until):
        found.append(FieldError("quiet_until", "half_quiet", *texts("half_quiet")))
    return found


def _time(text: str) -> time:
    return time.fromisoformat(text)


def _within(moment: time, begin: time, end: time) -> bool:
    """Whether a time of day lies in a span, which may go over midnight."""
    return begin <= moment < end if begin < end else moment >= begin or moment < end


def _next(local: datetime, text: str) -> datetime:
    """The next instant after `local` at which the clock on the wall shows this time."""
    at = local.replace(hour=_time(text).hour, minute=_time(text).minute, second=0, microsecond=0)
    return at if at > local else at + timedelta(days=1)
