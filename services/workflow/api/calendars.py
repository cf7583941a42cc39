"""Calendars over HTTP: their versions, another year, and running cases that adopt it."""

from __future__ import annotations

import orjson
from flask import Blueprint, Response, request

from services.common import auth
from services.common.problems import Problem
from services.workflow import adoptions, calendar_versions, edges
from services.workflow.api import bodies
from services.workflow.calendars import CalendarError
from services.workflow.problems import bad_calendar

api = Blueprint("api_calendars", __name__, url_prefix="/api/v1/calendars")


@api.get("")
@auth.granted("calendars.manage", "cases.operate", "processes.read")
def list_() -> Response:
    """Every version, the newest of each calendar first, with its years and how many running cases are behind it."""
    with edges.reading() as conn:
        found = [
            {
                "version": row["version"],
                "calendar": row["calendar"],
                "years": sorted(calendar_versions.get(conn, row["version"]).years),
                "recorded_at": row["recorded_at"].isoformat(),
                "recorded_by": row["recorded_by"],
                "behind": adoptions.count(conn, row["version"]),
            }
            for row in calendar_versions.list_(conn)
        ]
    return _json({"calendars": found})


@api.post("")
@auth.granted("calendars.manage")
def put() -> Response:
    """Import the YAML of one year, the body; with `?dry_run=1` only say what it would change. 422 with the reason."""
    content, dry = request.get_data(), request.args.get("dry_run") == "1"
    try:
        with edges.reading() if dry else edges.writing() as conn:
            by = str(edges.speaker().account)
            found = (
                calendar_versions.prepare(conn, content)
                if dry
                else calendar_versions.put(conn, content, by, edges.now())
            )
            version = found.after.version
            behind = 0 if dry else adoptions.count(conn, version)
    except CalendarError as error:
        raise bad_calendar(error) from error
    changed = [{"day": day.isoformat(), "was": was, "working": now} for day, was, now in found.changed]
    answer = {"version": version, "year": found.year, "source": found.source, "working_days": found.working_days}
    return _json({**answer, "is_new": found.is_new, "replaces": found.replaces, "changed": changed, "behind": behind})


@api.get("/<version>/adoption")
@auth.granted("calendars.manage")
def look(version: str) -> Response:
    """What adopting a version would mean for the next 500 cases behind it (`?after=<case>`); `behind` counts all."""
    with edges.reading() as conn:
        ids = adoptions.behind(conn, version, after=request.args.get("after", ""))
        found = adoptions.look(conn, version, ids, edges.now())
        total = adoptions.count(conn, version)
    return _json({"version": version, "behind": total, "cases": [one.as_dict() for one in found]})


@api.post("/<version>/adoption")
@auth.granted("calendars.manage")
def adopt(version: str) -> Response:
    """Let {"cases"} (default: the next 500) adopt it: a result for each. {"shorten": true} brings dates forward."""
    wish = bodies.read_any()
    ids, shorten = wish.get("cases"), wish.get("shorten", False)
    if not isinstance(shorten, bool) or not (ids is None or _are_ids(ids)):
        raise Problem("bad_request", 400)
    with edges.reading() as conn:
        ids = adoptions.behind(conn, version) if ids is None else ids
    here, actor = auth.extension(), edges.speaker().actor
    outcomes = [*adoptions.adopt(here.engine, version, ids, actor, edges.now(), shorten=shorten)]
    with edges.reading() as conn:
        left = adoptions.count(conn, version)
    return _json({"version": version, "results": [one.as_dict() for one in outcomes], "behind": left})


def _are_ids(value: object) -> bool:
    fits = isinstance(value, list) and len(value) <= adoptions.MOST
    return fits and all(isinstance(one, str) and one.isprintable() for one in value)  # type: ignore[attr-defined]


def _json(answer: object) -> Response:
    return Response(orjson.dumps(answer), content_type="application/json")
