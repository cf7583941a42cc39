"""The programme of a season: which matters are handed in when, and the fate of each. Read strictly from YAML.

A fate says what is not as usual: lines over elements of the diagrams, by which element it ends. `usual` says how long
each element takes and what is answered; what it does not mention is answered by the examples of the forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from services.workflow.scenarios import Act, Scenario

_LINE: Final = frozenset({"do", "record", "withdraw", "merge", "when", "unit", "person", "who", "role"})
_WHEN: Final = frozenset({"after", "late", "at", "leave"})
_FATE: Final = frozenset({"label", "lines", "until", "like", "handling"})
_GROUP: Final = frozenset({"session", "submitted", "submitted_when", "matters"})
_TOP: Final = frozenset(
    {"title", "title_en", "begin", "end", "hours", "sessions", "words", "usual", "fates", "matters"}
)
_MATTER: Final = frozenset({"fate", "submitted", "script", "handling"})


class BadProgramme(ValueError):
    """The file is no programme: the text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What somebody does, and when.

    `do` a task of this element, add a `record`, `withdraw` the matter or `merge` it into the one of that name; all but
    the first when a task of element `when` opens. `unit`: the unit's place in the division (1 leads) or its code;
    `person`: the proposer's place (1 leads). `after`: working days after the task opened, between two numbers; `late`:
    after its deadline; `at`: an instant.
    `leave`: not done at all.
    """

    do: str = ""
    record: str = ""
    withdraw: bool = False
    merge: str = ""
    when: str = ""
    unit: int | str | None = None
    person: int | None = None
    who: str = ""
    role: str = ""
    after: tuple[int, int] = (1, 3)
    late: int | None = None
    at: str | None = None
    leave: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What is not as usual. Tasks of the elements in `until` stay open; `only`: so does all that no line mentions.

    `handling` is laid over what is known beforehand of how the matter is handled.
    """

    lines: tuple[Line, ...] = ()
    until: frozenset[str] = frozenset()
    handling: Mapping[str, Any] = field(default_factory=dict)
    only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A matter of the season: its name among the matters' forms, when and where it is handed in, and its fate."""

    matter: str
    session: str
    submitted: str
    submitted_when: str
    fates: tuple[str, ...]
    fate: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A whole season.

    `hours` are the times of day at which people act; `sessions` have `opens` and `shuts`; `words` are for the phrases.
    """

    title: str
    title_en: str
    begin: str
    end: str
    hours: tuple[str, ...]
    sessions: tuple[Mapping[str, Any], ...]
    words: Mapping[str, Any]
    usual: Mapping[str, Line]
    entries: tuple[Entry, ...]


def load(path: Path, script: Scenario) -> Programme:
    """Read a programme; the fate of a matter with `script: true` is the scenario. Raises `BadProgramme`."""
    try:
        found = _plain(yaml.safe_load(path.read_bytes()))
    except yaml.YAMLError as error:
        raise BadProgramme(str(error)) from error
    _only(found, _TOP, path.name)
    fates = {name: _fate(name, found["fates"]) for name in found["fates"]}
    return Programme(
        title=found["title"],
        title_en=found["title_en"],
        begin=found["begin"],
        end=found["end"],
        hours=tuple(found["hours"]),
        sessions=tuple(found["sessions"]),
        words=found.get("words") or {},
        usual={name: _line({"do": name, **(line or {})}, f"usual.{name}") for name, line in found["usual"].items()},
        entries=tuple(entry for group in found["matters"] for entry in _entries(group, fates, script)),
    )


def _entries(group: Mapping[str, Any], fates: Mapping[str, Fate], script: Scenario) -> Iterator[Entry]:
    _only(group, _GROUP, "matters")
    for matter, wish in group["matters"].items():
        given = wish if isinstance(wish, Mapping) else {"fate": wish}
        _only(given, _MATTER, f"matters.{matter}")
        names = _names(given.get("fate", []))
        if unknown := [name for name in names if name not in fates]:
            raise BadProgramme(f"matters.{matter}: no fate {', '.join(unknown)}")
        fate = _scripted(script) if given.get("script") else _joined([fates[name] for name in names])
        yield Entry(
            matter=matter,
            session=group["session"],
            submitted=given.get("submitted") or group["submitted"],
            submitted_when=group["submitted_when"],
            fates=names,
            fate=replace(fate, handling={**fate.handling, **(given.get("handling") or {})}),
        )


def _names(fate: str | Sequence[str]) -> tuple[str, ...]:
    return (fate,) if isinstance(fate, str) else tuple(fate)


def _joined(fates: Sequence[Fate]) -> Fate:
    return Fate(
        lines=tuple(line for fate in fates for line in fate.lines),
        until=frozenset(element for fate in fates for element in fate.until),
        handling={name: value for fate in fates for name, value in fate.handling.items()},
    )


def _scripted(script: Scenario) -> Fate:
    """A scenario that is written out as a fate: the tasks done in it, each at its instant, and nothing else."""
    return Fate(lines=tuple(_of_act(act) for act in script.acts if act.do), only=True)


def _of_act(act: Act) -> Line:
    return Line(
        do=act.do or "",
        unit=act.unit or act.who.get("unit"),
        who=act.who.get("account", ""),
        at=act.at,
        data=act.data,
    )


def _fate(name: str, fates: Mapping[str, Any], above: tuple[str, ...] = ()) -> Fate:
    """A fate with those it is like: their lines come first."""
    where = f"fates.{name}"
    if name in above or name not in fates:
        raise BadProgramme(f"{where}: like what is not there, or like itself")
    given = fates[name] or {}
    _only(given, _FATE, where)
    own = Fate(
        lines=tuple(_line(line, where) for line in given.get("lines") or ()),
        until=frozenset(_names(given.get("until") or ())),
        handling=given.get("handling") or {},
    )
    return _joined([*(_fate(other, fates, (*above, name)) for other in _names(given.get("like") or [])), own])


def _line(given: Mapping[str, Any], where: str) -> Line:
    _only(given, _LINE | _WHEN | {"data"}, where)
    if sum(bool(given.get(kind)) for kind in ("do", "record", "withdraw", "merge")) != 1:
        raise BadProgramme(f"{where}: exactly one of do, record, withdraw, merge is needed")
    after = given.get("after", (1, 3))
    rest = {name: value for name, value in given.items() if name != "after"}
    return Line(**rest, after=(after, after) if isinstance(after, int) else (after[0], after[1]))


def _only(found: Any, known: frozenset[str], where: str) -> None:
    if not isinstance(found, Mapping):
        raise BadProgramme(f"{where}: a table is expected")
    if unknown := sorted(str(key) for key in set(found) - known):
        raise BadProgramme(f"{where}: unknown {', '.join(unknown)}")


def _plain(value: Any) -> Any:
    """Dates that YAML made as the texts they are in data."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
