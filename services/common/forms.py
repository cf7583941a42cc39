"""Forms from JSON Schema: shown without JavaScript, read back, checked, and shown again filled in.

The subset (``processes/README.md`` has it for process owners): an object of strings (line, textarea, date),
integers, numbers, booleans, choices (``enum`` with ``x-labels``, or ``oneOf`` of ``const`` and ``title``),
lists of choices (checkboxes), lists of strings (one per line), lists of objects (rows) and inner objects
(groups); ``if``/``then`` and ``allOf`` are checked on submit. Hints: ``x-widget`` (textarea, radio, select,
hidden: always its ``default``), ``x-labels``, ``x-options``, ``x-text``, ``x-errors`` and the English
``x-title-en``, ``x-description-en``, ``x-labels-en``, ``x-errors-en``. Inputs are named by their dotted path
(``points.0.text``).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import current_app
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from services.common import kept, languages
from services.common.form_checks import FieldError, Path, check, dotted, rejection
from services.common.form_readers import Sent, read
from services.common.form_schemas import (
    BadForm,
    Option,
    Options,
    Schema,
    ids_of,
    kind_of,
    options_of,
    resolve,
    sent_as,
)

__all__ = [
    "BadForm",
    "Choice",
    "Field",
    "FieldError",
    "Form",
    "build",
    "check",
    "defaults",
    "read",
    "rejection",
    "render",
    "resolve",
    "show",
    "within",
]

SPARE_ROWS: Final = 3
PREFIX_END: Final = ":"
"""What a prefix ends with; no name of a field has it."""
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AREA_LINES: Final = (4, 12)
_SHORT: Final = (2, 500)
"""Lines of an area for at most so many characters."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a choice: what is sent, what people read, whether it is chosen."""

    value: str
    label: str
    chosen: bool
    id: str


@dataclass(frozen=True, slots=True)
class Field:
    """One question of the form, ready for the template; ``name`` is its dotted path."""

    name: str
    kind: str
    label: str
    hint: str
    required: bool
    filled: bool
    value: str
    errors: tuple[str, ...]
    least: int | None = None
    most: int | None = None
    choices: tuple[Choice, ...] = ()
    fields: tuple["Field", ...] = ()
    rows: tuple[tuple["Field", ...], ...] = ()

    @property
    def id(self) -> str:
        """The element's id; the error summary links to it."""
        return f"f-{self.name}"

    @property
    def local(self) -> bool:
        """Whether this is the group of local fields: they stand among the others, under no heading of their own."""
        return self.kind == "group" and self.name.replace(PREFIX_END, ".").rpartition(".")[2] == "extra"

    @property
    def described_by(self) -> str:
        """The ids of hint and error, for ``aria-describedby``."""
        parts = [("hint", self.hint or self.limited), ("error", self.errors)]
        return " ".join(f"{self.id}-{part}" for part, there in parts if there)

    @property
    def limited(self) -> bool:
        """Whether the reader should be told how much may be written."""
        return self.kind in ("textarea", "lines") and bool(self.least or self.most)

    @property
    def input_type(self) -> str:
        """A date input cannot hold what is no date; then it is a line, so that nothing typed is lost."""
        return "date" if self.kind == "date" and (not self.value or _DATE.fullmatch(self.value)) else "text"

    @property
    def lines(self) -> int:
        """How high the text area is."""
        least, most = _AREA_LINES
        if self.most is not None and self.most <= _SHORT[1]:
            least = _SHORT[0]
        return max(least, min(most, self.value.count("\n") + len(self.value) // 40 + 1))


@dataclass(frozen=True, slots=True)
class Form:
    """A form ready for the template: its questions, and the error summary as (text, link or "")."""

    fields: tuple[Field, ...]
    summary: tuple[tuple[str, str], ...]


def render(
    schema: Schema,
    data: Mapping[str, Any] | None = None,
    errors: Sequence[FieldError] = (),
    *,
    options: Options | None = None,
) -> Markup:
    """The error summary and the inputs of a form; the ``<form>`` around it, token and buttons are yours.

    Without data (nothing was filled in yet) the fields hold their ``default``; what was typed is shown again
    whatever is wrong with it.
    """
    sent = kept.posted()
    if sent is not None and _has_some_of(schema, sent):
        data, errors = read(schema, sent, options=options), ()
    return _macro("form", build(schema, data, errors, options=options))


def _has_some_of(schema: Schema, sent: Iterable[str]) -> bool:
    """Whether names that were sent are this form's."""
    return not {name.partition(".")[0] for name in sent}.isdisjoint(schema.get("properties") or {})


def show(schema: Schema, data: Mapping[str, Any], *, options: Options | None = None) -> Markup:
    """A form that was filled in, to read: labels and values; no empty answers, and no ids that only programs read."""
    made = build(schema, data, (), options=options, spare=0)
    ids = ids_of(resolve(schema, options))
    return _macro("form_facts", Form(tuple(part for part in made.fields if part.name not in ids), ()))


def build(
    schema: Schema,
    data: Mapping[str, Any] | None,
    errors: Sequence[FieldError] = (),
    *,
    options: Options | None = None,
    spare: int = SPARE_ROWS,
    prefix: str = "",
) -> Form:
    """The questions of a form with their values and errors, for templates that arrange them themselves.

    With a `prefix` before the names of its inputs (`m1-1.7:`) a form stands on a page beside others; `within` reads it.
    """
    texts: dict[str, list[str]] = {}
    for error in errors:
        texts.setdefault(error.path, []).append(languages.pick(error.text, error.text_en))
    schema = resolve(schema, options)
    fields = _Builder(texts, spare, prefix).group(schema, defaults(schema) if data is None else data, ())
    ids = {name.removeprefix(prefix): f"f-{name}" for name in _names(fields)} if texts else {}
    return Form(fields, tuple((text, _link(ids, path)) for path, found in texts.items() for text in found))


def within(sent: Sent, prefix: str) -> Sent:
    """What was sent by the one form whose inputs have this prefix."""
    mine = [(name[len(prefix) :], text) for name, text in sent.items(multi=True) if name.startswith(prefix)]
    return MultiDict(mine)


def _macro(name: str, made: Form) -> Markup:
    module = current_app.jinja_env.get_template("_form.html").module
    return Markup(getattr(module, name)(made))  # noqa: S704 - the macro's own output, escaped by the template


def defaults(schema: Schema) -> dict[str, Any]:
    """What an untouched form holds."""
    parts = (schema.get("properties") or {}).items()
    return {name: part["default"] for name, part in parts if "default" in part}


def _names(fields: tuple[Field, ...]) -> Iterator[str]:
    for part in fields:
        yield part.name
        yield from _names(part.fields)
        for row in part.rows:
            yield from _names(row)


def _link(ids: Mapping[str, str], path: str) -> str:
    """The nearest thing on the form: an entry of a list of boxes has no input of its own."""
    while path and path not in ids:
        path = path.rpartition(".")[0]
    return f"#{ids[path]}" if path else ""


class _Builder:
    """Turns a resolved schema and data into fields; data of the wrong shape is shown as text."""

    def __init__(self, texts: Mapping[str, Sequence[str]], spare: int, prefix: str) -> None:
        self.texts = texts
        self.spare = spare
        self.prefix = prefix

    def group(self, node: Schema, data: Any, path: Path, *, spare: bool = False) -> tuple[Field, ...]:
        """The fields of an object; in a spare row nothing is required, it may stay empty."""
        values = data if isinstance(data, Mapping) else {}
        required = () if spare else node.get("required", ())
        return tuple(
            self.field(part, values.get(name), (*path, name), name in required)
            for name, part in (node.get("properties") or {}).items()
            if kind_of(part) != "hidden"
        )

    def field(self, node: Schema, value: Any, path: Path, required: bool) -> Field:
        """One field with everything inside it."""
        kind, own = kind_of(node), dotted(path)
        name = f"{self.prefix}{own}"
        return Field(
            name=name,
            kind=kind,
            label=languages.pick(str(node.get("title", path[-1])), node.get("x-title-en")),
            hint=languages.pick(str(node.get("description", "")), node.get("x-description-en")),
            required=required,
            filled=value is not None and value != "" and value != [] and value != {},
            value="\n".join(map(sent_as, value)) if kind == "lines" and isinstance(value, list) else sent_as(value),
            errors=self.errors(own, whole=kind in ("checkboxes", "lines")) if self.texts else (),
            least=node.get("minLength", node.get("minItems")),
            most=node.get("maxLength", node.get("maxItems")),
            choices=_choices(node, kind, value, name),
            fields=self.group(node, value, path) if kind == "group" else (),
            rows=self.rows(node, value, path) if kind == "rows" else (),
        )

    def rows(self, node: Schema, value: Any, path: Path) -> tuple[tuple[Field, ...], ...]:
        """The rows there are, and some empty ones to fill in, as far as the form allows more."""
        there = value if isinstance(value, list) else []
        spare = max(0, min(self.spare, node.get("maxItems", len(there) + self.spare) - len(there)))
        rows = [*there, *[{}] * spare]
        items = node["items"]
        return tuple(self.group(items, row, (*path, n), spare=n >= len(there)) for n, row in enumerate(rows))

    def errors(self, name: str, *, whole: bool) -> tuple[str, ...]:
        """The errors of a field; ``whole``: those of its entries too."""
        inside = f"{name}."
        return tuple(
            text
            for path, texts in self.texts.items()
            if path == name or (whole and path.startswith(inside))
            for text in texts
        )


def _choices(node: Schema, kind: str, value: Any, name: str) -> tuple[Choice, ...]:
    """The options, and behind them what was chosen and is no option (any more), so that it is not lost."""
    if kind == "checkboxes":
        options = options_of(node["items"], node)
        chosen = [sent_as(one) for one in value] if isinstance(value, list) else []
    elif kind in ("radio", "select"):
        options = options_of(node)
        chosen = [sent_as(value)] if sent_as(value) else []
    else:
        return ()
    words = {option.sent: _words(option) for option in options}
    words |= {text: text for text in chosen if text not in words}
    return tuple(
        Choice(text, label, text in chosen, f"f-{name}" if n == 0 else f"f-{name}.{n}")
        for n, (text, label) in enumerate(words.items())
    )


def _words(option: Option) -> str:
    return languages.pick(option.zh, option.en)
