"""Templates that others write, filled in a sandbox: plain text out, nothing but what they are given in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

SUBJECT_MAX: Final = 200
BODY_MAX: Final = 20_000
_HERE: Final = "<template>"


class _Sandbox(ImmutableSandboxedEnvironment):
    """Plain text, missing names are errors, and no arithmetic that could fill the memory."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002  Jinja's
        """Refuse what multiplies texts."""
        raise SecurityError(f"{operator} is not allowed in texts")


_jinja: Final = _Sandbox(undefined=StrictUndefined, autoescape=False)

BROKEN: Final = (TemplateError, SecurityError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What a template of somebody else's making may raise, when it is read or filled."""


class Unfit(Exception):
    """A text that cannot be filled: in which `part` of it (subject, body), in which line of that, and why."""

    def __init__(self, part: str, line: int, reason: str) -> None:
        self.part, self.line, self.reason = part, line, reason
        super().__init__(f"{part}, line {line}: {reason}"[:500])


@lru_cache(1024)
def template(source: str) -> Template:
    """The template of a source; raises TemplateSyntaxError, a TemplateError that knows its line."""
    return _jinja.from_string(source)


def fill(source: Mapping[str, str], names: Mapping[str, Any]) -> dict[str, str]:
    """Subject (one line) and body of a text; raises `Unfit`."""
    subject = one_line(_fill(source, "subject", names))
    if not subject:
        raise Unfit("subject", 1, "the subject is empty")
    return {"subject": subject, "body": _fill(source, "body", names).strip()[:BODY_MAX]}


def one_line(text: str) -> str:
    """One line, so that nothing a title contains becomes a mail header."""
    return " ".join(text.split())[:SUBJECT_MAX]


def _fill(source: Mapping[str, str], part: str, names: Mapping[str, Any]) -> str:
    try:
        return template(source[part]).render(names)
    except BROKEN as error:
        raise Unfit(part, _line(error), f"{type(error).__name__}: {error}") from error


def _line(error: Exception) -> int:
    """The line of a template in which an error arose: Jinja says it, or it stands in the traceback."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _HERE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
