"""Read a form back from what a browser sent."""

import re
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from services.common.form_checks import Path, dotted
from services.common.form_schemas import Option, Options, Schema, kind_of, options_of, resolve

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NUMBERS: Final = {
    "integer": (int, re.compile(r"[+-]?[0-9]{1,18}")),
    "number": (float, re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?")),
}
_ROW: Final = re.compile(r"[0-9]{1,4}")

Sent = MultiDict[str, str]


def read(schema: Schema, formdata: Sent, *, options: Options | None = None) -> dict[str, Any]:
    """What a browser sent, typed as the form says; only fields of the form are taken.

    Empty answers and empty rows are left out. What cannot be typed (letters for a number) stays text, so that
    ``check`` can name it and ``render`` can show it again. Control characters that no text needs are dropped.
    """
    return _group(resolve(schema, options), formdata, ())


def _group(node: Schema, sent: Sent, path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, part in (node.get("properties") or {}).items():
        value = _value(part, sent, (*path, name))
        keep = isinstance(value, dict) and name in node.get("required", ())  # so its own gaps get named
        if keep or value is False or not _blank(value):
            found[name] = value
    return found


def _value(node: Schema, sent: Sent, path: Path) -> Any:
    kind, name = kind_of(node), dotted(path)
    if kind == "hidden":
        return node.get("default")  # what nobody sees nobody answers
    if kind == "group":
        return _group(node, sent, path)
    if kind == "rows":
        rows = (_group(node["items"], sent, (*path, n)) for n in _numbers(sent, f"{name}."))
        return [row for row in rows if not _blank(row)]
    if kind == "checkboxes":
        return [_chosen(options_of(node["items"]), value) for value in sent.getlist(name)]
    if kind == "checkbox":
        return name in sent
    text = _clean(sent.get(name, ""))
    if kind == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if kind in ("radio", "select"):
        return _chosen(options_of(node), text) if text else None
    return _number(kind, text) if kind in _NUMBERS else text


def _numbers(sent: Sent, prefix: str) -> list[int]:
    """The numbers of the rows that were sent, in order."""
    parts = {key[len(prefix) :].partition(".")[0] for key in sent if key.startswith(prefix)}
    return sorted({int(part) for part in parts if _ROW.fullmatch(part)})


def _chosen(options: list[Option], text: str) -> Any:
    """The JSON value behind a choice; something not on the list stays as it came, for the check to refuse."""
    return next((option.value for option in options if option.sent == text), _clean(text))


def _number(kind: str, text: str) -> Any:
    make, pattern = _NUMBERS[kind]
    return make(text) if pattern.fullmatch(text) else text


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _blank(value: Any) -> bool:
    """Whether nothing was answered; an unticked box in an otherwise empty row is no answer."""
    if isinstance(value, dict):
        return all(_blank(part) for part in value.values())
    return value is None or value is False or value == "" or value == []
