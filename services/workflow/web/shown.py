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


def read_records(conn: Connection, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """The records with their texts put back, and under `shown` what a reader sees."""
    options = _options(conn, {row["case_id"] for row in rows})
    return [{**one, "shown": _markup(one, options[one["case_id"]])} for one in records.with_texts(conn, rows)]


def _options(conn: Connection, case_ids: set[str]) -> dict[str, Options]:
    c = t.case_.c
    versions = conn.execute(select(c.id, c.package_version).where(c.id.in_(case_ids))).all()
    lists = {version: picklists.of(conn, editions.get(conn, version)) for version in {row[1] for row in versions}}
    return {case_id: lists[version] for case_id, version in versions}


def _markup(row: Mapping[Any, Any], options: Options) -> Any:
    try:
        schema = catalogue.record_schema(row["record"])
    except KeyError:
        return ""
    return forms.show(schema, row["data"], options=options)
