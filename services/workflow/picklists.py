"""Pick lists that only the running system knows: units, deputies, and the outcome classes of a version."""

from __future__ import annotations

from sqlalchemy import Connection

from services.common import directories
from services.common.form_schemas import Options
from services.workflow import tables as t
from services.workflow.editions import Edition


def of(conn: Connection, edition: Edition) -> Options:
    """The lists a form may name with `x-options`, as (code, label) pairs."""
    deputies = directories.people(conn, t.directory, "deputy")
    return {
        "units": directories.unit_names(conn, t.directory),
        "deputies": [(person.id, person.name) for person in deputies],
        "classes": edition.classes,
    }
