"""What comes in over HTTP, made fit for every database before a view sees it."""

from collections.abc import Callable, Iterator
from functools import cached_property
from math import isfinite
from re import compile as pattern
from typing import Any, Final, TypeVar

import flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from services.common.problems import FieldError, Problem

MAX_DEPTH: Final = 100
WORDS: Final = (
    "含有无法保存的内容：控制字符、残缺的字符、过大的数或过深的嵌套",
    "has what cannot be kept: control characters, broken characters, huge numbers or too deep a nest",
)
View = TypeVar("View", bound=Callable[..., Any])
_UNSTORABLE: Final = pattern("[\x00\ud800-\udfff]")


def takes_files(view: View) -> View:
    """This view takes files: requests may be as large as the settings say."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


class Request(flask.Request):
    """Queries and forms without NUL, which no page sends on purpose; JSON that can be stored, or none.

    PostgreSQL keeps no NUL, no file keeps half a surrogate pair, and no JSON reader agrees on huge numbers.
    """

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The query."""
        return _cleaned(super().args)

    @cached_property
    def form(self) -> ImmutableMultiDict[str, str]:
        """The fields of a form."""
        return _cleaned(super().form)

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body; None or BadRequest where it is no JSON; `Problem`, with its place, for what cannot be stored."""
        try:
            found = super().get_json(force=force, silent=silent, cache=cache)
        except RecursionError:
            raise _refusal("") from None
        wrong = next(_unstorable(found, ()), None)
        if wrong is not None:
            raise _refusal(".".join(wrong))
        return found


def _unstorable(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Places whose value not every database and every reader of JSON keeps as it is."""
    if isinstance(value, str):
        fine = _UNSTORABLE.search(value) is None
    elif isinstance(value, dict | list):
        names = value if isinstance(value, dict) else ()
        fine = len(path) < MAX_DEPTH and not any(_UNSTORABLE.search(name) for name in names)
    elif isinstance(value, float):
        fine = isfinite(value)
    else:
        fine = not isinstance(value, int) or -(2**63) < value < 2**63
    if not fine:
        yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _unstorable(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _unstorable(item, (*path, str(place)))


def _refusal(path: str) -> Problem:
    return Problem("bad_request", 400, errors=[FieldError(path, "bad_value", *WORDS)])


def _cleaned(given: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict(
        [(name.replace("\x00", ""), text.replace("\x00", "")) for name, text in given.items(multi=True)]
    )
