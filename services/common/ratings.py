"""When a deputy's rating may be read: by the deputy and the congress office at once, by all others after its round.

One rule for every page, list, export and interface of every service (domain 4-actors): other deputies and the rated
unit learn a rating only when the round of that reply is closed. Pure.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

RECORD: Final = "feedback"
_SEES_ALL: Final = frozenset({"feedback.enter", "audit.read"})
"""Grants of the congress office, which enters paper forms, and of auditors, who read the log."""
ROUND_ENDS: Final = frozenset({"feedback_closed", "redo", "completed"})
"""Milestones with which a round is closed; the end of the case closes it too."""


@dataclass(frozen=True, slots=True)
class Rating:
    """Who rated whom and when, at which element of the diagram."""

    deputy: str | None
    unit: str | None
    element: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A task of the same case, from its opening to its closing (None = still open)."""

    element: str | None
    unit: str | None
    opened: datetime
    closed: datetime | None


def sees_all(grants: Collection[str]) -> bool:
    """Whether somebody with these grants reads every rating at once."""
    return not _SEES_ALL.isdisjoint(grants)


def may_read(rating: Rating, person: str | None, ends: Iterable[datetime], asked: Iterable[Asked]) -> bool:
    """Say whether somebody who does not see all may read a rating.

    `ends` are the instants at which rounds of its case were closed, `asked` the case's tasks of rating. An end
    with ratings of the same unit still to come belongs to the round of another unit and opens nothing.
    """
    if person is not None and rating.deputy == person:
        return True
    siblings = [one for one in asked if one.element == rating.element and _same(one.unit, rating.unit)]
    return any(end >= rating.at and not any(_open_at(one, end) for one in siblings) for end in ends)


def _same(one: str | None, other: str | None) -> bool:
    return one == other or one is None or other is None


def _open_at(asked: Asked, instant: datetime) -> bool:
    return asked.opened <= instant and (asked.closed is None or asked.closed > instant)
