"""The time machine's page: a case as it stood at an instant, step by step backwards and forwards."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request

from services.common import auth
from services.common.problems import Problem
from services.workflow import cases, edges, editions, matters, pasts, visibility

pages = Blueprint("pasts", __name__)


@pages.get("/cases/<case_id>/past")
@auth.granted(*sorted(visibility.EVERYTHING))
def past(case_id: str) -> str:
    """A case as it stood: `?at=` local date and time, or `?seq=` a row of its log; without both, today."""
    with edges.reading() as conn:
        case = cases.get(conn, case_id)
        if case is None:
            raise Problem("not_found", 404)
        edition = editions.get(conn, case["package_version"])
        seq = request.args.get("seq", type=int)
        found = pasts.look(conn, case, at=_instant(edition.package.zone) if seq is None else None, seq=seq)
        return render_template(
            "past.html",
            case=case,
            matter=matters.get(conn, case["matter_id"]),
            past=found,
            local=found.at.astimezone(ZoneInfo(edition.package.zone)).strftime("%Y-%m-%dT%H:%M"),
        )


def _instant(zone: str) -> datetime | None:
    """The instant asked for; the whole of a minute counts. Raises `Problem` bad_request."""
    given = request.args.get("at", "")
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given)
        return moment.replace(second=59, microsecond=999999, tzinfo=moment.tzinfo or ZoneInfo(zone))
    except (ValueError, OverflowError):
        raise Problem("bad_request", 400) from None
