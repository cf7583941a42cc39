"""Four eyes: who has done the work that a task checks may not do the task (`hy:task apart=`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from services.workflow import tables as t
from services.workflow.speakers import Speaker

Row = Mapping[Any, Any]


def barred(conn: Connection, rows: Sequence[Row], speaker: Speaker) -> dict[str, str]:
    """Which of these tasks the speaker may not do, by id, with the name of the step he has done himself."""
    apart = [row for row in rows if row["apart"]]
    done = _done(conn, apart)
    found: dict[str, str] = {}
    for row in apart:
        mine = [one for one in latest(row, done) if is_same(speaker, one["closed_by"] or {})]
        if mine:
            found[row["id"]] = str(mine[-1]["name"])
    return found


def checked(conn: Connection, row: Row) -> list[str]:
    """The ids of the tasks whose work this task checks."""
    return [one["id"] for one in latest(row, _done(conn, [row]))] if row["apart"] else []


def _done(conn: Connection, apart: Sequence[Row]) -> Sequence[Row]:
    """The tasks of elements these are apart from, in the order in which they were done."""
    c = t.task.c
    columns = (c.id, c.case_id, c.element, c.name, c.unit, c.scope, c.closed_at, c.closed_by)
    elements = {element for row in apart for element in row["apart"]}
    where = (c.case_id.in_({row["case_id"] for row in apart}), c.element.in_(elements), c.reason == "done")
    if not elements:
        return []
    return conn.execute(select(*columns).where(*where).order_by(c.closed_at, c.id)).mappings().all()


def latest(task: Row, done: Sequence[Row]) -> list[Row]:
    """How the elements a task is apart from were last done; `done` are tasks in the order in which they were done.

    Of a part that runs several times at once, the one the task stands in counts; and of several units in one place
    the task's own, if it is among them.
    """
    found: list[Row] = []
    for element in task["apart"]:
        here = [one for one in done if one["element"] == element and one["case_id"] == task["case_id"]]
        nearest = max((common(task["scope"], one["scope"]) for one in here), default=0)
        here = [one for one in here if common(task["scope"], one["scope"]) == nearest]
        last = {(one["scope"], one["unit"]): one for one in here}  # what was done again replaces what was done before
        own = [one for one in last.values() if one["unit"] == task["unit"]]
        found += own or list(last.values())
    return found


def common(one: str | None, other: str | None) -> int:
    """How many steps two places in a case have in common, from the outside in."""
    count = 0
    for step, twin in zip((one or "").split("/"), (other or "").split("/"), strict=False):
        if step != twin:
            break
        count += 1
    return count


def is_same(speaker: Speaker, actor: Mapping[str, Any]) -> bool:
    """Whether the speaker is whoever acted then: the same account or person.

    Of a unit's own system only claims are known: it is somebody else if it names somebody else.
    """
    if speaker.person is not None and speaker.person == actor.get("person"):
        return True
    own = speaker.actor
    if own.get("account") is None or own.get("account") != actor.get("account"):
        return False
    names = [(who.get("name"), who.get("claim")) for who in (own, actor)]
    return not speaker.units or names[0] == names[1]
