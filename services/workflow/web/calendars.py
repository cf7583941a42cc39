"""Calendars in the browser: what is there, another year from its file, and running cases that adopt it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.common import auth, languages
from services.workflow import adoptions, calendar_versions, edges
from services.workflow.calendars import CalendarError
from services.workflow.web.words import say

pages = Blueprint("calendars", __name__)


@pages.get("/calendars")
@auth.granted("calendars.manage", "processes.read")
def list_() -> str:
    """Every version, the newest of each calendar first, with the running cases that are behind it."""
    with edges.reading() as conn:
        rows = calendar_versions.list_(conn)
        newest = {row["calendar"]: row["version"] for row in reversed(rows)}
        lines = [{**row, "years": sorted(calendar_versions.get(conn, row["version"]).years)} for row in rows]
        behind = {version: adoptions.count(conn, version) for version in newest.values()}
    return render_template("calendars.html", lines=lines, behind=behind, in_force=set(newest.values()))


@pages.get("/calendars/<version>")
@auth.granted("calendars.manage", "processes.read")
def version(version: str) -> str:
    """The years of one version as they were announced, with their source."""
    with edges.reading() as conn:
        years, behind = calendar_versions.files(conn, version), adoptions.count(conn, version)
    return render_template("calendar.html", version=version, years=years, behind=behind)


@pages.get("/calendars/import")
@auth.granted("calendars.manage")
def ask() -> str:
    """Ask for the file of a year and say what it looks like."""
    return _form()


def _form(edition: calendar_versions.Edition | None = None, text: str = "", error: str = "") -> str:
    return render_template("calendar_import.html", edition=edition, text=text, error=error)


@pages.post("/calendars/import")
@auth.granted("calendars.manage")
def take() -> str | Response | tuple[str, int]:
    """Show what a file would change; take over the one that was shown."""
    file, text = request.files.get("file"), request.form.get("text", "")
    content = file.read() if file is not None and file.filename else text.encode()
    confirmed = bool(request.form.get("confirmed"))
    try:
        with edges.writing() if confirmed else edges.reading() as conn:
            by = str(edges.speaker().account)
            act = calendar_versions.put(conn, content, by, edges.now()) if confirmed else None
            edition = act or calendar_versions.prepare(conn, content)
            behind = adoptions.count(conn, edition.after.version) if act else 0
    except CalendarError as error:
        return _form(error=languages.pick(error.text, error.text_en)), 422
    if act is None:
        return _form(edition, content.decode())
    flash(say("calendar_imported", year=edition.year), "good")
    target = "calendars.adoption" if behind else "calendars.version"
    return redirect(url_for(target, version=edition.after.version), 303)


@pages.get("/calendars/<version>/adoption")
@auth.granted("calendars.manage")
def adoption(version: str) -> str:
    """What adopting this version would mean for the running cases behind it: every date that moves, and why."""
    after = request.args.get("after", "")
    with edges.reading() as conn:
        ids = adoptions.behind(conn, version, after=after)
        found, total = adoptions.look(conn, version, ids, edges.now()), adoptions.count(conn, version)
    return render_template("adoption.html", version=version, **_sums(found), found=found, total=total, after=after)


def _sums(found: Sequence[adoptions.Outlook]) -> dict[str, int]:
    """How many cases and deadlines of those shown are touched in which way."""
    shifts = [shift for one in found for shift in one.shifts]
    return {
        "moving": sum(bool(one.shifts) for one in found),
        "moved": len(shifts),
        "earlier": sum(shift.earlier for shift in shifts),
        "confirmed": sum(one.confirmed for one in found),
        "still": sum(not one.shifts and one.problem is None for one in found),
        "stuck": sum(one.problem is not None for one in found),
    }


@pages.post("/calendars/<version>/adoption")
@auth.granted("calendars.manage")
def adopt(version: str) -> str:
    """Let the cases that were shown adopt it; what came of each."""
    ids = [one for one in request.form.getlist("case") if one.isprintable()][: adoptions.MOST]
    here, actor, shorten = auth.extension(), edges.speaker().actor, bool(request.form.get("shorten"))
    outcomes = [*adoptions.adopt(here.engine, version, ids, actor, edges.now(), shorten=shorten)]
    with edges.reading() as conn:
        left = adoptions.count(conn, version)
    return render_template("adopted.html", version=version, outcomes=outcomes, left=left)
