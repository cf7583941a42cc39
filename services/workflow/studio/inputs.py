"""What the tables of a file's page send, made into the file: rows of cells, of fields, of roles, or the text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from services.workflow.packages.models import Package, Role
from services.workflow.studio import fields, grids, settings_texts


def content(form: Mapping[str, str], package: Package, name: str) -> bytes:
    """The new content of a file. `form["table"]` says what was sent: rows, fields or roles; else its text.

    Raises `engine.Refused` and `fields.BadField`.
    """
    before, kind = package.files[name], form.get("table")
    rows = _rows(form)
    if kind == "rows":
        return grids.write(name, before, [[row[f"{n}"] for n in range(len(row))] for row in rows])
    if kind == "fields":
        return fields.write(before, [_field(row) for row in rows if row.get("key") and not row.get("gone")])
    if kind == "roles":
        return settings_texts.with_roles(before, [_role(row) for row in rows if row.get("id") and not row.get("gone")])
    return form.get("text", "").replace("\r\n", "\n").encode()


def _rows(form: Mapping[str, str]) -> list[dict[str, str]]:
    """Inputs called `<row>.<column>` by row."""
    found: dict[int, dict[str, str]] = {}
    for name, value in form.items():
        number, dot, column = name.partition(".")
        if dot and number.isascii() and number.isdigit():
            found.setdefault(int(number), {})[column] = value.strip()
    return [found[number] for number in sorted(found)]


def _field(row: Mapping[str, str]) -> fields.Field:
    kind = row.get("type", "")
    return fields.Field(
        key=row["key"],
        title=row.get("title", ""),
        type=kind if kind in fields.TYPES else "",
        required="required" in row,
        choices=row.get("choices", ""),
        hint=row.get("hint", ""),
        local="local" in row,
    )


def _role(row: Mapping[str, str]) -> Role:
    grants = tuple(one for one in re.split(r"[\s,，、;；]+", row.get("grants", "")) if one)
    texts = {key: row.get(key, "") for key in ("label", "label_en", "scope")}
    return Role(id=row["id"], grants=grants, **texts)
