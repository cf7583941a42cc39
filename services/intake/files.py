"""Attachments 附件: bringing one, finding those of a draft or matter, and what may be given out.

A file belongs to a draft (or a form that is not sent yet) until that is handed in, then to its matter for ever; its id
and its bytes never change. A unit's own system brings files for a matter in the name of a unit.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection, Engine, Row

from services.common import db
from services.common.problems import FieldError, Problem
from services.intake import kinds, store, store_drafts, store_files
from services.intake.cabinets import Arrival, Cabinet

NAME_MAX: Final = 150
UNPLACED_MAX: Final = 200
"""How many files an agency's system may bring before it hands in what they are for."""
FORGOTTEN: Final = timedelta(days=30)
"""After this time a file is dropped that was brought for a form nobody sent."""
SEALED: Final = frozenset({"ofd", "pdf"})
"""What a sealed letter may be."""
_DUE: Final = frozenset({"unscanned", "scanning"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a file is for: a draft, a matter in the name of a unit, or nothing yet.

    `letter` is the round of the unit's reply letter whose sealed form it is, before or after that is issued.
    """

    draft_id: str | None = None
    matter_id: str | None = None
    unit: str | None = None
    letter: int | None = None


def keep(
    conn: Connection,
    cabinet: Cabinet,
    arrival: Arrival,
    *,
    file_id: str,
    name: str,
    place: Place,
    by: str,
    at: datetime,
) -> Row[Any]:
    """Give a file that has arrived its place for good; raises `Problem` too_many_files or letter_kind."""
    if place.letter is not None and arrival.kind not in SEALED:
        raise Problem("letter_kind", 422)
    present = _present(conn, place, by)
    limit = cabinet.rules.per_matter if place != Place() else UNPLACED_MAX
    if len(present) >= limit:
        raise Problem("too_many_files", 422, limit=limit)
    row = {
        "id": file_id,
        "sha256": arrival.sha256,
        "size": arrival.size,
        "kind": arrival.kind,
        "name": tidy_name(name, arrival.kind),
        "state": arrival.state,
        "finding": arrival.finding,
        "brought_by": by,
        "brought_at": at,
        "draft_id": place.draft_id,
        "matter_id": place.matter_id,
        "unit": place.unit,
        "letter": place.letter,
    }
    kept = store_files.add(conn, row)
    cabinet.place(arrival, file_id)
    return kept


def _present(conn: Connection, place: Place, by: str) -> Sequence[Row[Any]]:
    """What is in a place already; locked, so that two who come at once are counted one after the other."""
    if place.draft_id is not None:
        store_drafts.lock_draft(conn, place.draft_id)
        return store_files.of_draft(conn, place.draft_id)
    if place.matter_id is not None:
        store.lock_matter(conn, place.matter_id)
        return [one for one in store_files.of_matter(conn, place.matter_id) if one.unit == place.unit]
    return store_files.unplaced(conn, by)


def tidy_name(name: str, kind: str) -> str:
    """A name that is shown and offered as such: no path, nothing invisible, and an ending that fits the content."""
    shown = plain(name)
    stem, dot, end = shown.rpartition(".")
    fits = f"{dot}{end}".lower() in kinds.KINDS[kind].suffixes
    suffix = f".{end.lower()}" if fits else kinds.KINDS[kind].suffixes[0]
    return f"{(stem if fits else shown)[: NAME_MAX - len(suffix)].strip(' .') or 'file'}{suffix}"


def plain(name: str) -> str:
    """A name without folders and without what cannot be seen or turns the text round."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if unicodedata.category(c)[0] not in "CZ" or c == " ").strip(" .")[:NAME_MAX]


def remove(conn: Connection, draft_id: str, file_id: str) -> list[Row[Any]]:
    """Take a file away from a draft or form. Returns what is gone: its bytes follow after the commit."""
    gone = [one for one in store_files.of_draft(conn, draft_id) if one.id == file_id]
    store_files.drop(conn, [one.id for one in gone])
    return gone


def discard(conn: Connection, draft_id: str) -> Sequence[Row[Any]]:
    """Drop the files of a draft that is thrown away; as `remove`."""
    gone = store_files.of_draft(conn, draft_id)
    store_files.drop(conn, [one.id for one in gone])
    return gone


def forget_stale(conn: Connection, now: datetime) -> Sequence[Row[Any]]:
    """Drop what was brought long ago for forms and submissions that never came; as `remove`."""
    gone = store_files.stale(conn, now - FORGOTTEN)
    store_files.drop(conn, [one.id for one in gone])
    return gone


def of_connector(conn: Connection, brought_by: str, file_ids: Iterable[str]) -> list[Row[Any]]:
    """The files a congress system names in what it hands in; raises `Problem` invalid_form for others'."""
    mine = {one.id: one for one in store_files.unplaced(conn, brought_by)}
    wrong = [(n, one) for n, one in enumerate(file_ids) if one not in mine]
    if wrong:
        raise Problem("invalid_form", 422, errors=[_fault(f"attachments.{n}", "unknown_file", one) for n, one in wrong])
    return [mine[one] for one in dict.fromkeys(file_ids)]


def hand_over(conn: Connection, brought: Sequence[Row[Any]], matter_id: str) -> None:
    """Give files to the matter they were brought for."""
    store_files.change(conn, [one.id for one in brought], {"draft_id": None, "matter_id": matter_id})


def check(brought: Sequence[Row[Any]]) -> list[FieldError]:
    """What keeps these files from being handed in."""
    return [_fault(f"attachments.{n}", "file_infected") for n, one in enumerate(brought) if one.state == "infected"]


def _fault(path: str, code: str, value: str | None = None) -> FieldError:
    return FieldError(path, code, *(Problem(code) if value is None else Problem(code, value=value)).texts)


def told(brought: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """The files as messages and interfaces name them."""
    return [
        {
            "file_id": one.id,
            "name": one.name,
            "sha256": one.sha256,
            "size": one.size,
            "media_type": kinds.KINDS[one.kind].media_type,
        }
        for one in brought
    ]


def give_out(engine: Engine, cabinet: Cabinet, file: Row[Any]) -> BinaryIO:
    """The content of a file, for somebody who may have it; what was not scanned yet is scanned now.

    Raises `Problem` file_infected, file_waits or file_missing.
    """
    state = file.state
    if state in _DUE and cabinet.scanner is not None:
        state = _scan(engine, cabinet, file)
    if state == "infected":
        raise Problem("file_infected", 403)
    if state == "scanning":
        raise Problem("file_waits", 503)
    return cabinet.open(file)


def _scan(engine: Engine, cabinet: Cabinet, file: Row[Any]) -> str:
    with cabinet.open(file) as content:
        state, finding = cabinet.examine(content)
    if state == "scanning":
        return state
    with db.begin(engine) as conn:
        store_files.change(conn, [file.id], {"state": state, "finding": finding})
    if state == "infected":
        cabinet.isolate(file)
    return state
