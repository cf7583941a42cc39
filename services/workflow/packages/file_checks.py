"""Checks of forms, texts and scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import orjson
import yaml
from jinja2 import TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from jsonschema import Draft202012Validator, SchemaError

from services.common.form_checks import check
from services.common.form_schemas import BadForm
from services.contracts.records import RECORDS
from services.workflow.engine.findings import Finding
from services.workflow.packages.contexts import Context
from services.workflow.packages.examples import complete, example
from services.workflow.packages.models import LANGUAGES, stem
from services.workflow.packages.words import say

BESIDE: Final = {"consultation"}
"""Forms that verbs use, whatever the diagrams say."""
_JINJA: Final = SandboxedEnvironment(autoescape=False)  # parsed only, never rendered


def find(context: Context) -> Iterator[Finding]:
    """Findings about forms, texts and scenarios."""
    used = {mark.get("form") for node in context.nodes for mark in node.of("task")}
    used |= BESIDE | {mark.get("record") for node in context.everything for mark in node.of("accepts")}
    files = context.package.files
    for name in context.package.under("forms", ".json"):
        yield from _form(name, files[name])
        if stem(name) not in used:
            yield say("unused_form", file=name, severity="warning")
    yield from _texts(context)
    for name in context.package.under("scenarios", ".yaml"):
        yield from _scenario(name, files[name])


def _form(name: str, content: bytes) -> Iterator[Finding]:
    try:
        schema = orjson.loads(content)
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise BadForm("type: object expected")
        resolved = complete(schema)
        Draft202012Validator.check_schema(resolved)
    except (orjson.JSONDecodeError, BadForm, SchemaError) as error:
        detail = error.message if isinstance(error, SchemaError) else str(error)
        yield say("bad_form", file=name, detail=detail[:200])
        return
    record = schema.get("x-record")
    if record is not None and record not in RECORDS:
        yield say("unknown_record", file=name, name=record)
    for fault in check(resolved, example(resolved)):
        yield say(
            "bad_example",
            file=name,
            element=fault.path,
            severity="warning",
            detail=fault.text,
            detail_en=fault.text_en,
        )


def _texts(context: Context) -> Iterator[Finding]:
    for template in sorted(context.package.templates):
        for language in LANGUAGES:
            if f"texts/{template}.{language}.txt" not in context.package.files:
                yield say("missing_language", file=f"texts/{template}.*.txt", name=template, language=language)
    for name in context.package.under("texts", ".txt"):
        subject, _, body = context.package.files[name].decode().partition("\n")
        if not subject.strip() or not body.strip():
            yield say("bad_text", file=name, detail="第一行为标题，其后为正文 / subject in line 1, then the body")
        try:
            _JINJA.parse(subject + "\n" + body)
        except TemplateSyntaxError as error:
            yield say("bad_text", file=name, detail=f"{error.lineno}: {error.message}")


def _scenario(name: str, content: bytes) -> Iterator[Finding]:
    try:
        found = yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError) as error:
        yield say("bad_scenario", file=name, detail=str(error)[:200])
        return
    missing = [key for key in ("given", "when", "then") if not isinstance(found, dict) or key not in found]
    if missing:
        yield say("bad_scenario", file=name, detail=", ".join(missing))
