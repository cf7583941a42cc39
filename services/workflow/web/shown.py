"""Records to read on a page, each in the words of the package version its case runs under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from services.common import forms
from services.common.form_schemas import Options
from services.contracts import catalogue
from services.workflow import editions, picklists, records
from services.workflow import tables as t
from services.workflow.editions import Edition

_FIRST = ("redo_round", 0)
"""The first reply is no redo, and does not say so."""


def read_records(conn: Connection, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """The records with their texts put back, `title` of the step they come from, and `shown`: what a reader sees."""
    edition_of = _editions(conn, {row["case_id"] for row in rows})
    lists = {edition.version: picklists.of(conn, edition) for edition in edition_of.values()}
    names = _steps(conn, {row["task_id"] for row in rows})
    found = []
    for one in records.with_texts(conn, rows):
        edition = edition_of[one["case_id"]]
        shown = _markup(one, edition, lists[edition.version])
        found.append({**one, "title": names.get(one["task_id"]), "shown": shown})
    return found


def _steps(conn: Connection, task_ids: set[str]) -> dict[str, str]:
    found = conn.execute(select(t.task.c.id, t.task.c.name).where(t.task.c.id.in_(task_ids)))
    return {row.id: row.name for row in found}


def _editions(conn: Connection, case_ids: set[str]) -> dict[str, Edition]:
    c = t.case_.c
    versions = conn.execute(select(c.id, c.package_version).where(c.id.in_(case_ids)))
    return {row.id: editions.get(conn, row.package_version) for row in versions}


def _markup(row: Mapping[Any, Any], edition: Edition, options: Options) -> Any:
    try:
        schema = catalogue.record_schema(row["record"])
    except KeyError:
        return ""
    local = edition.local_fields(row["record"])
    schema = {**schema, "properties": {**schema["properties"], "extra": {"type": "object", "properties": local}}}
    data = {name: value for name, value in row["data"].items() if (name, value) != _FIRST}
    return forms.show(schema, data, options=options)
