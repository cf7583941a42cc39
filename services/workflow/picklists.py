"""Pick lists that only the running system knows: units, deputies, colleagues, roles, a version's classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from services.common import directories, languages
from services.common.form_schemas import Options
from services.workflow import tables as t
from services.workflow.editions import Edition

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form is filled in: the unit and role of the task. Nowhere in particular: everybody is a colleague."""

    unit: str | None = None
    role: str | None = None

    @classmethod
    def of(cls, task: Mapping[Any, Any]) -> Place:
        """The place of a task."""
        return cls(task["unit"], task["role"])


NOWHERE: Final = Place()


def of(conn: Connection, edition: Edition, place: Place = NOWHERE) -> Options:
    """The lists a form may name with `x-options`, as (code, label) pairs; each is read when it is asked for.

    `unit_people` are the people of the task's unit, of a task without one those who hold its role; `unit_roles` the
    roles people hold in a unit.
    """
    return _Lists(
        {
            "units": lambda: directories.unit_names(conn, t.directory),
            "deputies": lambda: _names(directories.people(conn, t.directory, "deputy")),
            "unit_people": lambda: _colleagues(conn, edition, place),
            "unit_roles": lambda: _roles(edition, {"unit"}) if place.unit or place is NOWHERE else [],
            "roles": lambda: _roles(edition, {"unit", "all", "committee"}),
            "classes": lambda: edition.classes,
        }
    )


@dataclass(slots=True)
class _Lists(Mapping[str, Pairs]):
    """Lists by name, read once and only when somebody needs them."""

    sources: Mapping[str, Callable[[], Pairs]]
    read: dict[str, Pairs] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Pairs:
        if name not in self.read:
            self.read[name] = self.sources[name]()
        return self.read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)

    def __contains__(self, name: Any) -> bool:
        return name in self.sources


def _names(people: Sequence[directories.Person]) -> Pairs:
    return [(person.id, person.name) for person in people]


def _colleagues(conn: Connection, edition: Edition, place: Place) -> Pairs:
    """Names with what the people are in the unit, so that two of a name can be told apart."""
    if place.unit is None and place.role is None:
        return _names(directories.people(conn, t.directory, "staff"))
    found = directories.colleagues(conn, t.directory, unit=place.unit, role=place.role)
    english = languages.current() == "en"
    return [
        (one.id, _titled(one.name, [edition.role_label(r, english=english) for r in roles])) for one, roles in found
    ]


def _titled(name: str, roles: Sequence[str]) -> str:
    return languages.bracketed(name, languages.pick("、", ", ").join(roles))


def _roles(edition: Edition, scopes: set[str]) -> Pairs:
    english = languages.current() == "en"
    roles = edition.package.roles.items()
    return [(key, edition.role_label(key, english=english)) for key, role in roles if role.scope in scopes]
