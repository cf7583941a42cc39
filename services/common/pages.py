"""What every page has: the list of places, dates, long tables in parts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, request
from werkzeug.datastructures import MultiDict

from services.common import assets, auth, kept, languages

PAGE_SIZE: Final = 50
_MAX_PAGE: Final = 10_000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the list of places; ``grants``: any one of them opens it, none: everybody signed in."""

    href: str
    zh: str
    en: str
    grants: tuple[str, ...] = ()


OWN_TASKS: Final = ("tasks.handle", "feedback.give")
"""Grants of those who may have tasks of their own: people who handle matters, and deputies who are asked."""

PLACES: Final = (
    Place("/workflow/tasks", "待办", "To do", OWN_TASKS),
    Place("/workflow/tasks/done", "已办", "Done", OWN_TASKS),
    Place(
        "/matters",
        "建议",
        "Matters",
        ("matters.submit", "matters.register", "matters.read_unit", "matters.read_all"),
    ),
    Place("/ledger", "台账", "Ledger", ("ledger.read",)),
    Place("/public/", "公开", "Published"),
    Place("/workflow/packages", "流程", "Processes", ("processes.read",)),
    Place("/notify/messages", "消息", "Messages"),
    Place(
        "/admin/",
        "管理",
        "Administration",
        (
            "directory.manage",
            "accounts.manage",
            "sessions.manage",
            "connectors.manage",
            "messages.manage",
            "cases.operate",
        ),
    ),
)
"""One list for all services: they share one address."""
PUBLIC: Final = (Place("/public/", "公开", "Published"), Place("/sign-in", "登录", "Sign in"))
"""The list of those who have not signed in."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a long list; nothing is counted, so only whether there is more is known."""

    items: tuple[Item, ...]
    number: int
    has_next: bool


def page_number(args: Mapping[str, str] | None = None) -> int:
    """The part that ``?page=`` asks for, 1 for anything that is no such number."""
    wish = (request.args if args is None else args).get("page", "1")
    return max(1, min(int(wish), _MAX_PAGE)) if wish.isascii() and wish.isdigit() and len(wish) < 8 else 1


def page_of(found: Iterable[Item], number: int, size: int = PAGE_SIZE) -> Page[Item]:
    """A page from a query that asked for ``size + 1`` rows from ``(number - 1) * size`` on."""
    rows = list(found)
    return Page(tuple(rows[:size]), number, len(rows) > size)


def install(app: Flask) -> None:
    """Give the app its assets, and its templates the functions and filters of this module."""
    assets.install(app)
    app.jinja_env.globals.update(
        places=places,
        page_url=page_url,
        today=today,
        days_left=days_left,
        language_url=language_url,
    )
    app.jinja_env.globals.update(
        is_back=kept.is_back, unsent=kept.unsent, actor=auth.current_actor, has_grant=auth.has_grant
    )
    app.jinja_env.filters.update(date=format_date, datetime=format_datetime)


def places() -> list[tuple[Place, str, bool]]:
    """The places this person may go to: (place, its name in this language, whether it is this one)."""
    here = f"{request.script_root}{request.path}"
    known = PUBLIC if auth.current_actor() is None else PLACES
    open_ = [place for place in known if not place.grants or auth.has_grant(*place.grants)]
    inside = [place for place in open_ if here == place.href or here.startswith(f"{place.href.rstrip('/')}/")]
    nearest = max(inside, key=lambda place: len(place.href), default=None)
    return [(place, languages.pick(place.zh, place.en), place is nearest) for place in open_]


def page_url(number: int) -> str:
    """This page's address with another part of its list."""
    return _with("page", str(number))


def language_url(language: str) -> str:
    """This page's address in another language."""
    return _with("lang", language)


def _with(name: str, value: str) -> str:
    query: MultiDict[str, str] = MultiDict(request.args)
    query[name] = value
    return f"?{urlencode(list(query.items(multi=True)))}"


def zone() -> ZoneInfo:
    """The time zone dates are shown in."""
    return auth.extension().settings.zone


def today() -> date:
    """The date it is now, where the office is."""
    return auth.extension().clock.now().astimezone(zone()).date()


def days_left(due: date | str) -> int:
    """Calendar days until a date; negative when it has passed."""
    return (_day(due) - today()).days


def format_date(value: date | datetime | str | None) -> str:
    """A date as 2026-03-05; an instant in the office's zone; nothing for nothing."""
    return "" if value in (None, "") else _day(value).isoformat()


def format_datetime(value: datetime | str | None) -> str:
    """An instant as 2026-03-05 17:30 in the office's zone; nothing for nothing."""
    if value is None or value == "":
        return ""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return _aware(moment).astimezone(zone()).strftime("%Y-%m-%d %H:%M")


def _day(value: Any) -> date:
    if isinstance(value, str):
        value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    return _aware(value).astimezone(zone()).date() if isinstance(value, datetime) else value


def _aware(value: datetime) -> datetime:
    """An instant without a zone is UTC: our databases store UTC."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)
