"""Who is handled together with whom 并案, to be read beside a matter."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from services.intake import store_merges


@dataclass(frozen=True, slots=True, kw_only=True)
class Mate:
    """A matter of the same group."""

    matter_id: str
    no: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What a matter is merged into, or what is merged into it; neither where it is handled by itself."""

    main: Mate | None = None
    others: tuple[Mate, ...] = ()


def of(conn: Connection, matter_ids: Sequence[str]) -> dict[str, Group]:
    """The groups of those of these matters that are in one."""
    mains: dict[str, Mate] = {}
    below: dict[str, list[Mate]] = {}
    for row in store_merges.pairs(conn, matter_ids):
        mains[row.id] = Mate(matter_id=row.main_id, no=row.main_no)
        below.setdefault(row.main_id, []).append(Mate(matter_id=row.id, no=row.no))
    return {
        matter_id: Group(main=mains.get(matter_id), others=tuple(below.get(matter_id, ())))
        for matter_id in (mains.keys() | below.keys()).intersection(matter_ids)
    }
