"""The words of a notice: the package's own templates in a sandbox, Chinese and English.

A template that cannot be rendered never loses the notice: the reader gets a plain text naming matter and task,
and the reason is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.common import sandboxes
from services.common.sandboxes import Unfit

LANGUAGES: Final = ("zh", "en")
_PLAIN: Final = {
    "zh": ("办理通知：{number}{title}", "《{title}》有新的办理情况，请登录系统查看。\n\n{names}"),
    "en": ("Notice: {number}{title}", "There is news about “{title}”. Please sign in to read it.\n\n{names}"),
}
_TASK: Final = {
    "zh": ("新的待办：{name}", "{number} 《{title}》", "期限：{due}"),
    "en": ("New task: {name}", "{number} “{title}”", "Due: {due}"),
}
_DIGEST: Final = {
    "zh": ("办理通知汇总（{count} 条）", "{n}. {subject}\n{body}\n", "以上通知已放在消息中心，请登录系统查看和办理。"),
    "en": ("Notices of the day ({count})", "{n}. {subject}\n{body}\n", "Please sign in to read and handle them."),
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """Language → {subject, body}; `error` says why a language got the plain text."""

    texts: Mapping[str, Mapping[str, str]]
    error: str | None


def render(
    templates: Mapping[str, Any], name: str, matter: Mapping[str, Any], facts: Mapping[str, Any], at: str
) -> Rendered:
    """Fill the template `name` of a package; `templates`: name → language → {subject, body}."""
    made: dict[str, Mapping[str, str]] = {}
    errors = []
    for language in LANGUAGES:
        try:
            made[language] = sandboxes.fill(templates[name][language], {"matter": matter, "facts": facts, "at": at})
        except (Unfit, LookupError) as error:
            made[language] = plain(language, name, matter)
            errors.append(_fault(name, language, error))
    return Rendered(made, "\n".join(errors) or None)


def task(templates: Mapping[str, Any], matter: Mapping[str, Any], facts: Mapping[str, Any], at: str) -> Rendered:
    """What is said of a new task outside the message centre: the package's `task_opened`, else plain words."""
    if "task_opened" in templates:
        return render(templates, "task_opened", matter, facts, at)
    made = {}
    for language, (subject, about, until) in _TASK.items():
        lines = [about.format(title=matter.get("title") or "", number=matter.get("matter_no") or "").strip()]
        if facts.get("deadline"):
            lines.append(until.format(due=facts["deadline"]["due"]))
        made[language] = {"subject": sandboxes.one_line(subject.format(name=facts["name"])), "body": "\n".join(lines)}
    return Rendered(made, None)


def digest(templates: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Rendered:
    """Several notices (`texts`, `at`) as one: the package's `digest`, else plain words."""
    made: dict[str, Mapping[str, str]] = {}
    errors = []
    for language, (subject, item, end) in _DIGEST.items():
        told = [{**one["texts"][language], "at": one["at"]} for one in items]
        lines = [item.format(n=n, **one) for n, one in enumerate(told, 1)]
        made[language] = {
            "subject": subject.format(count=len(told)),
            "body": "\n".join([*lines, end])[: sandboxes.BODY_MAX],
        }
        if "digest" in templates:
            try:
                made[language] = sandboxes.fill(
                    templates["digest"][language], {"facts": {"count": len(told), "notices": told}}
                )
            except (Unfit, LookupError) as error:
                errors.append(_fault("digest", language, error))
    return Rendered(made, "\n".join(errors) or None)


def plain(language: str, name: str, matter: Mapping[str, Any]) -> dict[str, str]:
    """The text that needs no template."""
    subject, body = _PLAIN[language]
    title, number = str(matter.get("title") or ""), matter.get("matter_no")
    words = {"title": title, "number": f"{number} " if number else "", "names": name}
    return {"subject": sandboxes.one_line(subject.format(**words)), "body": body.format(**words).strip()}


def _fault(name: str, language: str, error: Exception) -> str:
    return f"{name}.{language}: {error}" if isinstance(error, Unfit) else f"{name}.{language}: there is no such text"
