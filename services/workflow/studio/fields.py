"""Forms as a table of fields to edit: title, type, required, choices, hint; local fields stand under `extra`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from services.common.form_schemas import BadForm
from services.workflow.packages.examples import complete

TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "string": {"type": "string"},
    "textarea": {"type": "string", "x-widget": "textarea"},
    "date": {"type": "string", "format": "date"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "choice": {"type": "string"},
}
"""What a local field may be; a field taken from a record keeps its record's type."""

_SHAPE: Final = ("type", "format", "x-widget", "enum", "x-labels")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One row. `type` is empty for a field whose type comes from a record or is not in the table."""

    key: str
    title: str = ""
    type: str = ""
    required: bool = False
    choices: str = ""
    hint: str = ""
    local: bool = False


class BadField(ValueError):
    """A row that makes no field: `zh` and `en` say why."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


def read(content: bytes) -> list[Field]:
    """The rows of a form: those of its record, then the local ones."""
    schema = orjson.loads(content)
    extra = _extra(schema)
    return [*_rows(schema, local=False), *_rows(extra, local=True)]


def titles(content: bytes) -> dict[str, str]:
    """The titles of the form's fields by key, those they take from the record included."""
    schema = orjson.loads(content)
    try:
        parts = complete(schema).get("properties") or {}
    except BadForm:  # `check` says which reference is broken
        parts = schema.get("properties") or {}
    return {key: str(part.get("title") or "") for key, part in parts.items()}


def _extra(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (schema.get("properties") or {}).get("extra") or {}
    return found


def _rows(schema: Mapping[str, Any], *, local: bool) -> Iterator[Field]:
    required = schema.get("required") or []
    for key, part in (schema.get("properties") or {}).items():
        if local or key != "extra":
            labels = part.get("x-labels") or {}
            choices = [f"{code}={labels.get(code, code)}" for code in part.get("enum") or ()]
            yield Field(
                key=key,
                title=str(part.get("title") or ""),
                type=_type(part),
                required=key in required,
                choices="；".join(choices),
                hint=str(part.get("description") or ""),
                local=local,
            )


def _type(part: Mapping[str, Any]) -> str:
    if "enum" in part:
        return "choice" if part.get("type") == "string" else ""
    shape = {key: part[key] for key in _SHAPE if key in part}
    return next((name for name, wanted in TYPES.items() if shape == wanted), "")


def write(content: bytes, rows: Sequence[Field]) -> bytes:
    """The form with these rows; a field without a row is taken out, what a row does not show stays as it is.

    Raises `BadField` for a key that is none or stands twice, and for choices that cannot be read.
    """
    schema = orjson.loads(content)
    old, extra = schema.get("properties") or {}, dict(_extra(schema))
    keys = [(row.local, row.key) for row in rows]
    for row in rows:
        if not _KEY.fullmatch(row.key) or keys.count((row.local, row.key)) > 1:
            raise BadField(
                f"键“{row.key}”不正确或重复：用小写英文字母、数字和下划线", f"the key '{row.key}' is wrong or double"
            )
    main = {row.key: _part(row, old.get(row.key) or {}) for row in rows if not row.local}
    inner = {row.key: _part(row, (extra.get("properties") or {}).get(row.key) or {}) for row in rows if row.local}
    if inner:
        extra = {"type": "object", "title": "补充", "additionalProperties": False, **extra, "properties": inner}
        main["extra"] = _with_required(extra, [row.key for row in rows if row.local and row.required])
    required = [row.key for row in rows if row.required and not row.local]
    required += [key for key in schema.get("required") or () if key == "extra" and inner]
    done = _with_required({**schema, "properties": main}, required)
    return orjson.dumps(done, option=orjson.OPT_INDENT_2) + b"\n"


def _with_required(schema: Mapping[str, Any], keys: list[str]) -> dict[str, Any]:
    before = schema.get("required") or []
    kept = [key for key in before if key in keys] + [key for key in keys if key not in before]
    rest = dict(schema)
    rest.pop("required", None)
    return (
        {**schema, "required": kept}
        if kept and "required" in schema
        else {**rest, **({"required": kept} if kept else {})}
    )


def _part(row: Field, old: Mapping[str, Any]) -> dict[str, Any]:
    part = dict(old)
    if row.type and row.type != _type(old):
        part = {key: value for key, value in part.items() if key not in (*_SHAPE, "examples", "default")}
        part |= TYPES[row.type]
    if row.type == "choice":
        part |= _choices(row)
    for key, text in (("title", row.title), ("description", row.hint)):
        if text:
            part[key] = text
        else:
            part.pop(key, None)
    return part


def _choices(row: Field) -> dict[str, Any]:
    pairs = [one.partition("=") for one in re.split(r"[；;\n]", row.choices) if one.strip()]
    codes = [code.strip() for code, _, _ in pairs]
    if not codes or len(set(codes)) < len(codes) or "" in codes:
        raise BadField(
            f"字段“{row.key}”要有选项，写成 code=名称；code=名称", f"'{row.key}' needs choices: code=name; …"
        )
    return {"enum": codes, "x-labels": {code.strip(): (label or code).strip() for code, _, label in pairs}}
