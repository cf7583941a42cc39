"""The list of all cases, for those who operate or audit them."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, render_template, request

from services.common import auth, directories
from services.common.pages import PAGE_SIZE, page_number, page_of
from services.workflow import caselists, edges
from services.workflow import tables as t

pages = Blueprint("caselists", __name__)
FILTERS: Final = ("q", "status", "version", "process", "session", "unit", "incident")


@pages.get("/cases")
@auth.granted("cases.operate", "audit.read")
def list_() -> str:
    """A part of the list, and how many cases there are per version."""
    number, wanted = page_number(), {name: request.args.get(name, "").strip() for name in FILTERS}
    with edges.reading() as conn:
        rows = caselists.find(conn, wanted, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
        sessions = {str(one["id"]): str(one["label"]) for one in directories.sessions(conn, t.directory)}
        choices = caselists.choices(conn)
        return render_template(
            "cases.html",
            page=page_of(rows, number),
            counts=caselists.counts(conn),
            wanted=wanted,
            versions=[(one, one) for one in choices["version"]],
            processes=[(one, one) for one in choices["process"]],
            sessions=[(one, sessions.get(one, one)) for one in choices["session"]],
            units=directories.unit_names(conn, t.directory),
            narrowed=any(wanted.values()),
        )
