"""The packages of Yunting in the office: units and people as their scenarios name them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import services
from services.common import db
from services.workflow import cases, matters, tables, tasks
from services.workflow.speakers import Speaker
from tests.unit.workflow.service.office import Office, matter, publish, somebody

PROCESSES = Path(services.__file__).resolve().parent.parent / "processes"
UNITS = ("unit_a", "unit_b", "unit_c", "unit_d")
GOV_OFFICE = somebody("gov_office", None, "matters.read_all", "cases.operate", "tasks.urge")

VARS = {"division": {}, "handover": None, "resume": None}


def package(locality: str = "yunting", year: int = 2026) -> dict[str, bytes]:
    """The files of a package, its scenarios left out."""
    folder = PROCESSES / locality / str(year)
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith("scenarios/")}


def settle_in(office: Office, locality: str = "yunting", year: int = 2026) -> str:
    """Publish a package and add its units; the version."""
    for unit in UNITS:
        office.directory("unit", unit, name=f"单位{unit}", kind="government", active=True)
    office.directory("connector", "county", version=2, units=["unit_b", "unit_c"])
    return publish(office, files=package(locality, year))


def begin(office: Office, version: str, matter_id: str = "m1") -> str:
    """A matter's handling begins; the case id."""
    with db.begin(office.engine) as conn:
        matters.keep(conn, matter(matter_id), office.clock.now())
        wish = cases.Begin(matter_id=matter_id, process="suggestion_handling", package_version=version, vars=VARS)
        applied = cases.start(conn, wish, office.clock.now())
    assert applied.incident is None, applied
    return applied.case_id


def answer(office: Office, element: str, unit: str | None = None, **changes: Any) -> str:
    """Somebody of the role answers the open task of an element; the task id."""
    [row] = [one for one in office.open() if one["element"] == element and unit in (None, one["unit"])]
    return answer_task(office, row, **changes)


def answer_task(office: Office, row: Mapping[str, Any], who: Speaker | None = None, **changes: Any) -> str:
    """Somebody of the role, or `who`, answers a task from what its form holds and from its examples; the task id."""
    with db.read(office.engine) as conn:
        schema, held = tasks.schema_of(conn, row), tasks.initial_of(conn, row) or {}
    data = {name: part["examples"][0] for name, part in schema["properties"].items() if "examples" in part}
    given = {**data, **{name: value for name, value in held.items() if value is not None}, **changes}
    office.complete(row["id"], given, who or somebody(row["role"], row["unit"]))
    return str(row["id"])


def hand_over(office: Office, mode: str, **roles: str) -> None:
    """The office hands over to these units in these roles, the leader agrees."""
    parts = {"part": "有关事项"} if mode == "separate" else {}
    assignments = [{"unit": unit, "role": role, **parts} for unit, role in roles.items()]
    answer(office, "task_handover", mode=mode, assignments=assignments)
    if any(row["element"] == "task_instruction" for row in office.open()):
        answer(office, "task_instruction")


def waiting(office: Office) -> set[str]:
    """Open tasks as element@unit."""
    return {f"{row['element']}@{row['unit']}" if row["unit"] else row["element"] for row in office.open()}


def speaker_of(role: str, unit: str | None = None) -> Speaker:
    """Somebody who holds a role."""
    return somebody(role, unit)


def records(office: Office, record: str) -> list[dict[str, Any]]:
    """The records of a type."""
    return office.rows(tables.record, tables.record.c.record == record)
