"""Strict JSON fields with Chinese and English labels: what goes in comes out unchanged, or is refused.

Dates and instants stay strings, numbers are never read from strings: data that passed is still exactly
the JSON that was sent, so it can be stored, hashed and sent on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.contracts.codes import Codes
from services.contracts.errors import NULL, REQUIRED, Words

IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$"
_INSTANT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Chars(validate.Length):
    """Length of a text in characters (code points) or of a list in items."""

    def __call__(self, value: Any) -> Any:
        """Return the value, or raise marshmallow's `ValidationError`."""
        low, high = self.min or 0, self.max
        if low <= len(value) and (high is None or len(value) <= high):
            return value
        unit = "字" if isinstance(value, str) else "项"
        raise ValidationError(
            Words(
                f"应为 {low} 至 {high or '不限'} {unit}",
                f"must have {low} to {high or 'any number of'} entries",
            )
        )


class Match(validate.Regexp):
    """A text that must match a pattern as in JSON Schema: searched, and `$` is the very end."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self._exact = re.compile(re.sub(r"\$$", r"\\Z", pattern))

    def __call__(self, value: Any) -> Any:
        """Return the value, or raise marshmallow's `ValidationError`."""
        if self._exact.search(value):
            return value
        raise ValidationError(Words("格式不正确", f"must match {self._exact.pattern}"))


class Among(validate.OneOf):
    """One code of a canonical list."""

    def __call__(self, value: Any) -> Any:
        """Return the value, or raise marshmallow's `ValidationError`."""
        if value in self.choices:
            return value
        allowed = ", ".join(str(choice) for choice in self.choices)
        raise ValidationError(Words(f"不在可选值之内：{allowed}", f"must be one of: {allowed}"))


class Between(validate.Range):
    """A number within bounds, both inclusive."""

    def __call__(self, value: Any) -> Any:
        """Return the value, or raise marshmallow's `ValidationError`."""
        if (self.min is None or value >= self.min) and (self.max is None or value <= self.max):
            return value
        raise ValidationError(Words(f"应在 {self.min} 至 {self.max} 之间", f"must be {self.min} to {self.max}"))


class _Spoken:
    """Errors in both languages instead of marshmallow's English formats."""

    wrong_type: Words

    def make_error(self, key: str, **_: Any) -> ValidationError:
        return ValidationError({"required": REQUIRED, "null": NULL}.get(key, self.wrong_type))


class Text(_Spoken, fields.String):
    """A string every database can store: no NUL, no half of a surrogate pair."""

    wrong_type = Words("应为文字", "must be a string")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if _UNSTORABLE.search(value):
            raise ValidationError(Words("含有无法保存的字符", "contains characters that cannot be stored"))
        return value


class Day(Text):
    """A calendar date `2026-02-27`, kept as text."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            valid = date.fromisoformat(text).isoformat() == text
        except ValueError:
            valid = False
        if not valid:
            raise ValidationError(Words("应为日期，如 2026-02-27", "must be a date like 2026-02-27"))
        return text


class Instant(Text):
    """An instant with its offset (RFC 3339), kept as text."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if not is_instant(text):
            raise ValidationError(
                Words("应为带时区的时间，如 2026-02-27T08:00:00Z", "must be a time like 2026-02-27T08:00:00Z")
            )
        return text


class Whole(_Spoken, fields.Integer):
    """A whole number; never a string, never true or false."""

    wrong_type = Words("应为整数", "must be a whole number")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid")
        return int(value)


class Flag(_Spoken, fields.Boolean):
    """True or false; nothing that merely looks like it."""

    wrong_type = Words("应为是或否", "must be true or false")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Open(_Spoken, fields.Dict):
    """An object whose inside this contract leaves to others (a form, a package, local fields)."""

    wrong_type = Words("应为对象", "must be an object")


class Items(_Spoken, fields.List[Any]):
    """A list."""

    wrong_type = Words("应为列表", "must be a list")

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class Inside(_Spoken, fields.Nested):
    """An object with a schema of its own."""

    wrong_type = Words("应为对象", "must be an object")


def is_instant(text: str) -> bool:
    """Whether `text` is an RFC 3339 instant with an offset."""
    if not _INSTANT.match(text) or text.endswith("\n"):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _about(zh: str, en: str, **more: Any) -> dict[str, Any]:
    return {"title": zh, "x-title-en": en, "description": f"{zh}({en})", **more}


def _options(required: bool, nullable: bool) -> dict[str, Any]:
    return {"required": required, "allow_none": nullable}


def line(
    zh: str,
    en: str,
    *,
    most: int = 200,
    least: int = 1,
    pattern: str = r"\S",
    private: bool = False,
    required: bool = True,
    nullable: bool = False,
) -> Text:
    """One line of text of `least` to `most` characters; `private` lines are kept as erasable documents."""
    checks = [Chars(least, most), *([Match(pattern)] if least else [])]
    more = {"text": True, "x-text": True} if private else {}
    return Text(validate=checks, metadata=_about(zh, en, **more), **_options(required, nullable))


def text(zh: str, en: str, *, least: int = 1, most: int = 5000, required: bool = True) -> Text:
    """Running text typed by a person: stored as a document, shown as a text area."""
    about = _about(zh, en, text=True, **{"x-text": True, "x-widget": "textarea"})
    return Text(validate=[Chars(least, most), Match(r"\S")], metadata=about, required=required)


def ident(zh: str, en: str, *, required: bool = True, nullable: bool = False, **more: Any) -> Text:
    """A stable id or code of this installation (matter, case, unit, person, task)."""
    return Text(validate=Match(IDENTIFIER), metadata=_about(zh, en, **more), **_options(required, nullable))


def unit(zh: str, en: str, *, required: bool = True, nullable: bool = False) -> Text:
    """The code of a unit of the directory, chosen from a list in forms."""
    return ident(zh, en, required=required, nullable=nullable, **{"x-options": "units"})


def deputy(zh: str, en: str, *, required: bool = True, nullable: bool = False) -> Text:
    """The id of a deputy of the directory, chosen from a list in forms and read by name."""
    return ident(zh, en, required=required, nullable=nullable, **{"x-options": "deputies"})


def colleague(zh: str, en: str, *, required: bool = True, nullable: bool = False) -> Text:
    """The id of a person of the task's own unit, chosen from a list in forms and read by name."""
    return ident(zh, en, required=required, nullable=nullable, **{"x-options": "unit_people"})


def code(zh: str, en: str, codes: Codes, *, required: bool = True, nullable: bool = False) -> Text:
    """One code of a canonical list, with the labels people see."""
    labels = {key: label.zh for key, label in codes.items()}
    english = {key: label.en for key, label in codes.items()}
    about = _about(zh, en, **{"x-labels": labels, "x-labels-en": english})
    return Text(validate=Among(list(codes)), metadata=about, **_options(required, nullable))


def day(zh: str, en: str, *, required: bool = True, nullable: bool = False) -> Day:
    """A calendar date."""
    return Day(metadata=_about(zh, en), **_options(required, nullable))


def instant(zh: str, en: str, *, required: bool = True, nullable: bool = False) -> Instant:
    """A point in time with its offset."""
    return Instant(metadata=_about(zh, en), **_options(required, nullable))


def whole(
    zh: str,
    en: str,
    *,
    least: int = 0,
    most: int | None = None,
    required: bool = True,
    nullable: bool = False,
) -> Whole:
    """A whole number within bounds."""
    return Whole(validate=Between(least, most), metadata=_about(zh, en), **_options(required, nullable))


def flag(zh: str, en: str, *, required: bool = True, nullable: bool = False) -> Flag:
    """Yes or no."""
    return Flag(metadata=_about(zh, en), **_options(required, nullable))


def thing(zh: str, en: str, *, required: bool = True, nullable: bool = False) -> Open:
    """An object that this contract does not look into."""
    return Open(keys=Text(), metadata=_about(zh, en), **_options(required, nullable))


def listing(
    zh: str,
    en: str,
    inner: fields.Field[Any] | type[Schema],
    *,
    least: int = 0,
    most: int = 500,
    required: bool = True,
) -> Items:
    """A list of fields or of objects."""
    content = inner if isinstance(inner, fields.Field) else Inside(inner)
    return Items(content, validate=Chars(least, most), metadata=_about(zh, en), required=required)


def inside(
    zh: str,
    en: str,
    schema: type[Schema] | Callable[[], Schema],
    *,
    required: bool = True,
    nullable: bool = False,
) -> Inside:
    """An object with a schema of its own."""
    return Inside(schema, metadata=_about(zh, en), **_options(required, nullable))
