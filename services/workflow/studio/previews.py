"""What a text of the draft would say: filled with what notices really said lately, in both languages."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, func, select

from services.common import sandboxes
from services.common.sandboxes import Unfit
from services.workflow import tables as t
from services.workflow.packages import Package, contexts
from services.workflow.packages.models import LANGUAGES

_LATEST: Final = 20_000
"""Messages looked through for notices of a template."""
_SAMPLES: Final = 10
_TYPE: Final = "notice.requested.v1"
_FACTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "urged": {
        "text": "请在本周内提出意见。",
        "level": 1,
        "task": "task_co_opinion",
        "unit": "housing",
        "due": "2026-03-19",
    },
    "task_opened": {
        "name": "签收",
        "role": "unit_liaison",
        "unit": "housing",
        "element": "task_receipt",
        "deadline": {"due": "2026-03-05"},
    },
    "digest": {
        "count": 2,
        "notices": [{"subject": f"通知 {n}", "body": "……", "at": "2026-03-05T09:00:00+08:00"} for n in (1, 2)],
    },
}
"""Facts of texts that no diagram names."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a text is filled with: that of a notice which went out, or made up (`id` is "")."""

    id: str
    matter: Mapping[str, Any]
    facts: Mapping[str, Any]
    at: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A text in one language: what it would say, or in which line of its file it fails and why."""

    language: str
    file: str
    subject: str = ""
    body: str = ""
    line: int = 0
    reason: str = ""


def samples(conn: Connection, template: str) -> list[Sample]:
    """The latest notices of this template that went out, the newest first."""
    c = t.outbox_.c
    last = conn.scalar(select(func.max(c.id))) or 0
    query = select(c.body).where(c.type == _TYPE, c.id > last - _LATEST).order_by(c.id.desc())
    found = []
    for body in conn.scalars(query):
        data = orjson.loads(body)
        if data["template"] == template:
            found.append(Sample(data["notice_id"], data["matter"], data["facts"], data["at"]))
        if len(found) == _SAMPLES:
            break
    return found


def made_up(package: Package, template: str) -> Sample:
    """A sample for a text that never went out: each fact that a diagram gives it stands for itself."""
    matter = {"matter_id": "m-1", "matter_no": "061031", "title": "关于加装电梯的建议"}
    facts = _FACTS.get(template) or {name: f"〔{name}〕" for name in _given(package, template)}
    return Sample("", matter, facts, "2026-03-06T09:30:00+08:00")


def show(package: Package, template: str, sample: Sample) -> list[Preview]:
    """The text in each language it has."""
    return [
        _show(package, template, language, sample)
        for language in LANGUAGES
        if _file(template, language) in package.files
    ]


def _show(package: Package, template: str, language: str, sample: Sample) -> Preview:
    subject, body = package.text(template, language)
    names = {"matter": sample.matter, "facts": sample.facts, "at": sample.at}
    name = _file(template, language)
    try:
        made = sandboxes.fill({"subject": subject, "body": body}, names)
        return Preview(language, name, made["subject"], made["body"])
    except Unfit as error:
        before = 0 if error.part == "subject" else _lines_before_body(package.files[name].decode())
        return Preview(language, name, line=before + error.line, reason=error.reason)


def _file(template: str, language: str) -> str:
    return f"texts/{template}.{language}.txt"


def _lines_before_body(content: str) -> int:
    _subject, _, rest = content.partition("\n")
    return 1 + rest[: len(rest) - len(rest.lstrip())].count("\n")


def _given(package: Package, template: str) -> list[str]:
    """The facts that the package's diagrams give a text."""
    marks = [mark for node in contexts.read(package).everything for mark in node.of("notice")]
    found: set[str] = set()
    for mark in marks:
        if mark.get("template") == template and mark.get("data"):
            found |= _keys(mark.get("data"))
    return sorted(found)


def _keys(expression: str) -> set[str]:
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError:
        return set()  # the findings say so
    keys = tree.keys if isinstance(tree, ast.Dict) else []
    return {str(key.value) for key in keys if isinstance(key, ast.Constant)}
