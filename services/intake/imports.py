"""Units and people from a CSV file: read, checked row by row, and taken over whole or not at all."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from services.common import form_checks, form_schemas
from services.common.problems import FieldError, Problem
from services.intake import registers, store

MAX_ROWS: Final = 5000
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "unit": {"编号": "id", "名称": "name", "简称": "short_name", "类别": "kind", "上级单位": "parent"},
    "person": {"编号": "id", "姓名": "name", "身份": "kind", "单位": "unit", "代表团": "delegation", "层级": "level"},
}
"""Heads of the columns; the English names on the right are read, too."""
KINDS: Final = {"代表": "deputy", "工作人员": "staff"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file: what it would become and what is wrong with it."""

    number: int
    key: str
    body: dict[str, Any]
    is_new: bool
    errors: list[FieldError] = field(default_factory=list)


def decode(content: bytes) -> str:
    """The text of a file as spreadsheets write it: UTF-8, or GB 18030; raises `Problem` bad_table."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Problem("bad_table", 422)


def read(conn: Connection, kind: str, text: str, form: Mapping[str, Any]) -> list[Line]:
    """The rows of the file, checked against the register's form; raises `Problem` bad_table."""
    names = COLUMNS[kind]
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Problem("bad_table", 422) from error
    heads = {names.get(head.strip(), head.strip()) for head in (rows[0] if rows else ()) if head}
    if not {"id", "name"} <= heads or not heads <= set(names.values()) or len(rows) > MAX_ROWS:
        raise Problem("bad_table", 422)
    units = {key for key, _ in store.entries(conn, "unit")}
    known = {key for key, _ in store.entries(conn, kind)}
    cells = [_cells(row, names) for row in rows]
    if kind == "unit":
        units |= {row.get("id", "") for row in cells}
    form = form_schemas.resolve(form, {"units": [(unit, unit) for unit in sorted(units)]})
    seen: set[str] = set()
    lines = []
    for number, row in enumerate(cells, 2):
        lines.append(_line(number, row, kind, form, known=known, seen=seen))
        seen.add(row.get("id", ""))
    return lines


def take(conn: Connection, kind: str, lines: list[Line], now: datetime) -> int:
    """Take all rows over in this transaction; how many. Fields the file does not have stay as they were."""
    for line in _parents_first(lines):
        if line.is_new:
            registers.create(conn, kind, line.key, {**line.body, "active": True}, now)
        else:
            before = registers.get(conn, kind, line.key)
            registers.change(conn, kind, line.key, (), {**before, **line.body}, now)
    return len(lines)


def _parents_first(lines: list[Line]) -> list[Line]:
    """A unit comes after its parent where both are in the file; what goes in a circle keeps its place."""
    waiting, done = list(lines), []
    while waiting:
        keys = {line.key for line in waiting}
        ready = [line for line in waiting if line.body.get("parent") not in keys] or waiting
        done += ready
        taken = {line.key for line in ready}
        waiting = [line for line in waiting if line.key not in taken]
    return done


def _cells(row: Mapping[Any, Any], names: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for head, value in row.items():
        if isinstance(head, str) and isinstance(value, str) and value.strip():
            found[names.get(head.strip(), head.strip())] = value.strip()
    return found


def _line(
    number: int,
    row: dict[str, str],
    kind: str,
    form: Mapping[str, Any],
    *,
    known: set[str],
    seen: set[str],
) -> Line:
    key = row.get("id", "")
    body: dict[str, Any] = {name: value for name, value in row.items() if name != "id"}
    if kind == "person":
        body["kind"] = KINDS.get(body.get("kind", ""), body.get("kind", ""))
    errors = list(form_checks.check(form, body))
    problems = []
    if not registers.is_id(key):
        problems.append(Problem("bad_id", value=key))
    if key in seen:
        problems.append(Problem("id_taken", value=key))
    if body.get("parent") == key:
        problems.append(Problem("unknown_unit", value=key))
    errors += [FieldError("id", problem.code, *problem.texts) for problem in problems]
    return Line(number, key, body, key not in known, errors)
