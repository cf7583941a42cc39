"""Templates that others write, filled in a sandbox: plain text out, nothing but what they are given in."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment


class _Sandbox(ImmutableSandboxedEnvironment):
    """Plain text, missing names are errors, and no arithmetic that could fill the memory."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002  Jinja's
        """Refuse what multiplies texts."""
        raise SecurityError(f"{operator} is not allowed in texts")


_jinja: Final = _Sandbox(undefined=StrictUndefined, autoescape=False)

BROKEN: Final = (TemplateError, SecurityError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What a template of somebody else's making may raise, when it is read or filled."""


@lru_cache(1024)
def template(source: str) -> Template:
    """The template of a source; raises TemplateSyntaxError, a TemplateError that knows its line."""
    return _jinja.from_string(source)
