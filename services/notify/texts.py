"""The words of a notice: the package's own templates in a sandbox, Chinese and English.

A template that cannot be rendered never loses the notice: the reader gets a plain text naming matter and task,
and the reason is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.common import sandboxes

LANGUAGES: Final = ("zh", "en")
SUBJECT_MAX: Final = 200
BODY_MAX: Final = 20_000
_PLAIN: Final = {
    "zh": ("办理通知：{number}{title}", "《{title}》有新的办理情况，请登录系统查看。\n\n{names}"),
    "en": ("Notice: {number}{title}", "There is news about “{title}”. Please sign in to read it.\n\n{names}"),
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """Language → {subject, body}; `error` says why a language got the plain text."""

    texts: Mapping[str, Mapping[str, str]]
    error: str | None


def render(templates: Mapping[str, Any], name: str, matter: Mapping[str, Any], facts: Mapping[str, Any]) -> Rendered:
    """Fill the template `name` of a package; `templates`: name → language → {subject, body}."""
    made: dict[str, Mapping[str, str]] = {}
    errors = []
    for language in LANGUAGES:
        try:
            made[language] = _fill(templates[name][language], {"matter": matter, "facts": facts})
        except sandboxes.BROKEN as error:
            made[language] = plain(language, name, matter)
            errors.append(f"{name}.{language}: {type(error).__name__}: {error}"[:500])
    return Rendered(made, "\n".join(errors) or None)


def plain(language: str, name: str, matter: Mapping[str, Any]) -> dict[str, str]:
    """The text that needs no template."""
    subject, body = _PLAIN[language]
    title, number = str(matter.get("title") or ""), matter.get("matter_no")
    words = {"title": title, "number": f"{number} " if number else "", "names": name}
    return {"subject": _line(subject.format(**words)), "body": body.format(**words).strip()}


def _fill(source: Mapping[str, str], names: Mapping[str, Any]) -> dict[str, str]:
    subject = _line(sandboxes.template(source["subject"]).render(names))
    body = sandboxes.template(source["body"]).render(names).strip()
    if not subject:
        raise ValueError("the subject is empty")
    return {"subject": subject, "body": body[:BODY_MAX]}


def _line(text: str) -> str:
    """One line, so that nothing a title contains becomes a mail header."""
    return " ".join(text.split())[:SUBJECT_MAX]
