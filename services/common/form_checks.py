"""Check what was filled in against its form, and say what is wrong in Chinese and English.

The same check serves the web page and the task that an agency completes over the queue.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from services.common.form_schemas import Options, Schema, options_of, resolve
from services.common.problems import FieldError

__all__ = ["MAX_TEXT", "TEXTS", "FieldError", "check", "dotted", "fault", "rejection"]

MAX_TEXT: Final = 20_000  # characters, for texts whose form sets no limit of its own
_UNSTORABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

Path = tuple[str | int, ...]

# code: (Chinese, English); {label} is the field's title, {limit} what the form asks for, {actual} what came
TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "required": ("请填写“{label}”", "Fill in “{label}”"),
    "required_choice": ("请选择“{label}”", "Choose “{label}”"),
    "min_length": (
        "“{label}”至少 {limit} 个字，现在 {actual} 个字",
        "“{label}” needs at least {limit} characters, it has {actual}",
    ),
    "max_length": (
        "“{label}”最多 {limit} 个字，现在 {actual} 个字",
        "“{label}” may have at most {limit} characters, it has {actual}",
    ),
    "minimum": ("“{label}”不得小于 {limit}", "“{label}” must be {limit} or more"),
    "maximum": ("“{label}”不得大于 {limit}", "“{label}” must be {limit} or less"),
    "exclusive_minimum": ("“{label}”应大于 {limit}", "“{label}” must be more than {limit}"),
    "exclusive_maximum": ("“{label}”应小于 {limit}", "“{label}” must be less than {limit}"),
    "multiple_of": ("“{label}”应为 {limit} 的倍数", "“{label}” must be a multiple of {limit}"),
    "min_items": ("“{label}”至少 {limit} 项", "“{label}” needs at least {limit} entries"),
    "max_items": ("“{label}”最多 {limit} 项", "“{label}” may have at most {limit} entries"),
    "unique_items": ("“{label}”有重复的项", "“{label}” has an entry twice"),
    "contains": ("“{label}”中缺少必需的一项", "“{label}” lacks an entry that must be there"),
    "choice": ("“{label}”只能从所列选项中选择", "“{label}” must be one of the options listed"),
    "tick": ("请勾选“{label}”", "Tick “{label}”"),
    "pattern": ("“{label}”格式不正确", "“{label}” has the wrong format"),
    "date": ("“{label}”应为日期，例如 2026-03-05", "“{label}” must be a date such as 2026-03-05"),
    "format": ("“{label}”格式不正确", "“{label}” has the wrong format"),
    "type_integer": ("“{label}”应为整数", "“{label}” must be a whole number"),
    "type_number": ("“{label}”应为数字", "“{label}” must be a number"),
    "type": ("“{label}”的类型不正确", "“{label}” is of the wrong type"),
    "unknown_field": ("表单中没有“{label}”这一项", "The form has no field “{label}”"),
    "bad_character": (
        "“{label}”含有无法保存的控制字符",
        "“{label}” has control characters that cannot be kept",
    ),
    "brackets": ("“{label}”里的括号已统一为〔〕", "the brackets in “{label}” were changed into 〔〕"),
    "invalid": ("“{label}”的填写内容无效", "“{label}” is not valid"),
}

_CODES: Final[Mapping[str, str]] = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "multiple_of",
    "minItems": "min_items",
    "maxItems": "max_items",
    "uniqueItems": "unique_items",
    "contains": "contains",
    "enum": "choice",
    "const": "choice",
    "pattern": "pattern",
}


def rejection(error: FieldError) -> str:
    """The stable code an agency reads for an error: ``missing_field`` or ``invalid_field``."""
    return "missing_field" if error.code in {"required", "required_choice"} else "invalid_field"


def check(schema: Schema, data: Any, options: Options | None = None) -> list[FieldError]:
    """Everything that is wrong with ``data``, in the order of the form; an empty list when all is well."""
    schema = resolve(schema, options)
    found: dict[tuple[Path, str], FieldError] = {}
    for path, error in [*_unstorable(schema, data, ()), *_broken_rules(schema, data)]:
        found.setdefault((path, error.code), error)
    misshapen = {path for path, code in found if code.startswith("type")}  # what else is wrong there follows from it
    kept = [(path, code) for path, code in found if path not in misshapen or code.startswith("type")]
    return [found[key] for key in sorted(kept, key=lambda key: _position(schema, key[0]))]


def dotted(path: Path) -> str:
    """A path as it stands in messages and inputs: ``("points", 0, "text")`` is ``points.0.text``."""
    return ".".join(str(part) for part in path)


def _checker() -> FormatChecker:
    checker = FormatChecker()

    @checker.checks("date-time", raises=ValueError)
    def is_moment(value: object) -> bool:
        return not isinstance(value, str) or bool(datetime.fromisoformat(value))

    return checker


_FORMATS: Final = _checker()


def _unstorable(schema: Schema, data: Any, path: Path) -> Iterator[tuple[Path, FieldError]]:
    """Texts that no database keeps (NUL, lone surrogates) or that no form asks for (far too long)."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            if _UNSTORABLE.search(name):
                yield path, fault(schema, path, "bad_character")
            else:
                yield from _unstorable(schema, value, (*path, name))
    elif isinstance(data, list):
        for n, value in enumerate(data):
            yield from _unstorable(schema, value, (*path, n))
    elif isinstance(data, str):
        if _UNSTORABLE.search(data):
            yield path, fault(schema, path, "bad_character")
        if len(data) > MAX_TEXT and "maxLength" not in _node(schema, path):
            yield path, fault(schema, path, "max_length", MAX_TEXT, len(data))


def _broken_rules(schema: Schema, data: Any) -> Iterator[tuple[Path, FieldError]]:
    for error in Draft202012Validator(schema, format_checker=_FORMATS).iter_errors(data):
        path: Path = tuple(error.absolute_path)
        for name, code in _missing(schema, error, path):
            yield (*path, name), fault(schema, (*path, name), code)
        for name in _unknown(error):
            yield (*path, name), fault(schema, (*path, name), "unknown_field")
        if error.validator not in ("required", "additionalProperties"):
            yield path, _worded(schema, path, error)


def _missing(schema: Schema, error: Any, path: Path) -> Iterator[tuple[str, str]]:
    if error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                node = _node(schema, (*path, name))
                choice = options_of(node) or options_of(node.get("items") or {})
                yield name, "required_choice" if choice else "required"


def _unknown(error: Any) -> list[str]:
    if error.validator != "additionalProperties" or not isinstance(error.schema, Mapping):
        return []
    return sorted(set(error.instance) - set(error.schema.get("properties", ())))


def _worded(schema: Schema, path: Path, error: ValidationError) -> FieldError:
    """The error in our words, or in those the form itself gives in ``x-errors`` (and ``x-errors-en``)."""
    actual = len(error.instance) if isinstance(error.instance, str | list) else ""
    plain = fault(schema, path, _code(error), error.validator_value, actual)
    own = error.schema if isinstance(error.schema, Mapping) else {}
    text = own.get("x-errors", {}).get(error.validator)
    text_en = own.get("x-errors-en", {}).get(error.validator)
    return FieldError(plain.path, plain.code, text or plain.text, text_en or text or plain.text_en)


def _code(error: Any) -> str:
    if error.validator == "type":
        wanted = error.validator_value
        return f"type_{wanted}" if wanted in ("integer", "number") else "type"
    if error.validator == "format":
        return "date" if error.validator_value == "date" else "format"
    if error.validator == "const" and error.validator_value is True:
        return "tick"
    if error.validator == "oneOf" and all("const" in part for part in error.validator_value):
        return "choice"
    return _CODES.get(str(error.validator), "invalid")


def fault(schema: Schema, path: Path, code: str, limit: Any = "", actual: Any = "") -> FieldError:
    """What a code says about the field at a path."""
    zh, en = TEXTS[code]
    values = {"limit": limit, "actual": actual}
    return FieldError(
        dotted(path),
        code,
        zh.format(label=_label(schema, path, "title"), **values),
        en.format(label=_label(schema, path, "x-title-en"), **values),
    )


def _label(schema: Schema, path: Path, key: str) -> str:
    """What the person sees as the field's name; in a repeated row with list and number before it."""

    def title(where: Path) -> str:
        node = _node(schema, where)
        return str(node.get(key) or node.get("title") or (where[-1] if where else ""))

    rows = [f"{title(path[:n])} {part + 1}" for n, part in enumerate(path) if isinstance(part, int)]
    leaf = [] if path and isinstance(path[-1], int) else [title(path)]
    return " · ".join([*rows, *leaf])


def _node(schema: Schema, path: Path) -> Schema:
    """The part of the schema that describes a path; empty for what the form does not know."""
    node: Any = schema
    for part in path:
        node = node.get("items") if isinstance(part, int) else (node.get("properties") or {}).get(part)
        if not isinstance(node, Mapping):
            return {}
    return node if isinstance(node, Mapping) else {}


def _position(schema: Schema, path: Path) -> list[int]:
    """Where a path stands on the form, as a sort key; what the form does not know comes last."""
    position = []
    for n, part in enumerate(path):
        if isinstance(part, int):
            position.append(part)
        else:
            names = list(_node(schema, path[:n]).get("properties") or {})
            position.append(names.index(part) if part in names else len(names))
    return position
