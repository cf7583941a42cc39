"""Put what somebody had typed back into the form of a page, whatever the page.

The page is changed in the tags of that one form's inputs and nowhere else. Passwords, files and tokens are never put
back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from typing import Final
from urllib.parse import urljoin, urlsplit

Fields = Sequence[tuple[str, str]]
Attributes = list[tuple[str, str | None]]

TOKEN: Final = "csrf_token"  # noqa: S105 - the name of a field
_BUTTONS: Final = frozenset({"submit", "button", "image", "reset"})
_NEVER: Final = frozenset({"password", "file"})


def fill(html: str, here: str, address: str, sent: Fields) -> tuple[str, list[tuple[str, str]]]:
    """A page at `here` with what was sent to `address` in its form, and what the page has no input for."""
    reader = _Reader(html)
    names = {name for name, _ in sent}
    matching = [form for form in reader.forms if form.is_post and _same(here, form.action, address)]
    form = max(matching, key=lambda form: len(names & form.names), default=None)
    if form is None or not names & form.names:
        return html, list(sent)
    waiting: dict[str, list[str]] = {}
    for name, value in sent:
        waiting.setdefault(name, []).append(value)
    edits = [edit for one in form.inputs for edit in _filled(one, waiting)]
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    left = [(name, value) for name, values in waiting.items() for value in values if name not in form.buttons]
    return html, left


def _same(here: str, action: str, address: str) -> bool:
    found, wanted = urlsplit(urljoin(here, action)), urlsplit(address)
    return (found.path, found.query) == (wanted.path, wanted.query)


@dataclass(slots=True)
class _Input:
    """An input of a form: where its tag stands, and for a text area or option what belongs to it."""

    tag: str
    name: str
    attributes: Attributes
    start: int
    end: int
    body: tuple[int, int] | None = None
    select: str = ""

    @property
    def kind(self) -> str:
        """The type of an `<input>`; the tag of others."""
        return (dict(self.attributes).get("type") or "text").lower() if self.tag == "input" else self.tag

    @property
    def value(self) -> str:
        """What the input sends as it stands on the page; `on` for a box without a value."""
        return dict(self.attributes).get("value") or ("on" if self.kind in ("checkbox", "radio") else "")


@dataclass(slots=True)
class _Form:
    action: str
    is_post: bool
    inputs: list[_Input] = field(default_factory=list)
    buttons: set[str] = field(default_factory=set)

    @property
    def names(self) -> set[str]:
        """The names it can take something for."""
        return {one.select or one.name for one in self.inputs if one.name != TOKEN}


def _filled(one: _Input, waiting: dict[str, list[str]]) -> Iterator[tuple[int, int, str]]:
    """The changes to one input; what it takes is waiting no longer."""
    if one.name == TOKEN or one.kind in _NEVER:
        waiting.pop(one.name, None)
    elif one.kind in ("checkbox", "radio"):
        yield one.start, one.end, _tag(one, "checked", _take(waiting, one.name, one.value))
    elif one.kind == "option":
        yield one.start, one.end, _tag(one, "selected", _take(waiting, one.select, one.value))
    elif waiting.get(one.name):
        text = waiting[one.name].pop(0)
        if one.body is not None:
            yield *one.body, f"\n{escape(text, quote=False)}"
        else:
            attributes: Attributes = [pair for pair in one.attributes if pair[0] != "value"]
            yield one.start, one.end, _written(one.tag, [*attributes, ("value", text)])


def _take(waiting: dict[str, list[str]], name: str, value: str) -> bool:
    """Whether a choice was made; it is made once."""
    if value in waiting.get(name, ()):
        waiting[name].remove(value)
        return True
    return False


def _tag(one: _Input, mark: str, marked: bool) -> str:
    attributes = [pair for pair in one.attributes if pair[0] != mark]
    return _written(one.tag, [*attributes, *([(mark, None)] if marked else [])])


def _written(tag: str, attributes: Attributes) -> str:
    parts = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attributes)
    return f"<{tag}{parts}>"


class _Reader(HTMLParser):
    """Finds the forms of a page and where their inputs stand."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._form: _Form | None = None
        self._select = ""
        self._area: _Input | None = None
        self._lines = [0, *accumulate(len(line) for line in html.splitlines(keepends=True))]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """A form begins, or something in one."""
        given = dict(attrs)
        if tag == "form":
            self._form = _Form(given.get("action") or "", (given.get("method") or "").lower() == "post")
            self.forms.append(self._form)
        if self._form is None:
            return
        start = self._at()
        one = _Input(tag, given.get("name") or "", attrs, start, start + len(self.get_starttag_text() or ""))
        if tag == "button" or (tag == "input" and one.kind in _BUTTONS):
            self._form.buttons.add(one.name)
        elif tag == "select":
            self._select = one.name
        elif tag == "option" and self._select:
            one.select = self._select
            self._form.inputs.append(one)
        elif tag in ("input", "textarea") and one.name:
            self._area = one if tag == "textarea" else None
            self._form.inputs.append(one)

    def handle_endtag(self, tag: str) -> None:
        """A form, a list or a text area ends."""
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area is not None:
            self._area.body, self._area = (self._area.end, self._at()), None

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
