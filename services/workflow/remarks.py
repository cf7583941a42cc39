"""What the tables of a package say about an answer: errors refuse it, warnings go along with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from services.common.problems import FieldError, Problem
from services.workflow import engine as e
from services.workflow import tables as t

UNCHECKED: Final = {
    "path": "",
    "text": "自动检查出错，这份内容没有检查过，请人工核对",
    "text_en": "the automatic check failed; nobody has checked this yet, please do it by hand",
}
"""Goes along with an answer that an administrator lets through although a table failed."""


def ask(case: e.Case, task_id: str, answer: Mapping[str, Any], at: datetime) -> list[dict[str, str]]:
    """The warnings about an answer as they are kept; raises `Problem` with all errors, or `engine.EngineError`."""
    found = e.remarks(case, task_id, dict(answer), at)
    if errors := faults(found):
        raise Problem("invalid_field", 422, errors=errors)
    return [kept(one) for one in found]


def faults(found: Sequence[e.Remark]) -> list[FieldError]:
    """The errors among remarks, as faults of the form."""
    return [FieldError(one.path, "check", one.text, one.text_en) for one in found if one.severity == "error"]


def kept(one: e.Remark | FieldError) -> dict[str, str]:
    """A warning as the log and the task keep it."""
    return {"path": one.path, "text": one.text, "text_en": one.text_en}


def of_case(conn: Connection, case_id: str) -> list[Mapping[str, Any]]:
    """The completed tasks of a case that went on with warnings, the latest first.

    An element that was done again counts as it was last done, each unit and person by itself.
    """
    c = t.task.c
    columns = (c.id, c.element, c.name, c.unit, c.person, c.closed_at, c.closed_by, c.warnings)
    done = (c.case_id == case_id) & (c.reason == "done")
    latest: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in conn.execute(select(*columns).where(done).order_by(c.closed_at.desc(), c.id.desc())).mappings():
        latest.setdefault((row["element"], row["unit"], row["person"]), dict(row))
    return [row for row in latest.values() if row["warnings"]]
