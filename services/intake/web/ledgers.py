"""The ledger 台账: filters, counts that link to their lists, pages, export."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for

from services.common import auth, db
from services.common import pages as page_tools
from services.contracts.codes import MATTER_KINDS, MATTER_STATES, OUTCOME_CLASSES
from services.intake import filters, listings, statistics
from services.intake.grants import Scope
from services.intake.listings import Filter, Line
from services.intake.web import labels
from services.intake.web.words import columns, say

pages = Blueprint("ledgers", __name__)


@pages.get("/ledger")
@auth.signed_in
def ledger() -> str:
    """A page of the ledger, the most urgent first."""
    here, seen, wanted = auth.extension(), _scope(), filters.asked(request.args)
    now = here.clock.now()
    with db.read(here.engine) as conn:
        found = listings.find(conn, seen, wanted, now, page=page_tools.page_number())
        head = statistics.head(conn, seen, wanted, now)
    return render_template(
        "ledger.html",
        found=found,
        head=head,
        wanted=wanted,
        link=link,
        choices=_choices(),
        narrowed=wanted != Filter(),
    )


@pages.get("/ledger.csv")
@auth.granted("ledger.export")
def export() -> Response:
    """What the filters find, as a table for spreadsheets (UTF-8 with a mark, so that they read it right)."""
    here, seen, wanted = auth.extension(), _scope(), filters.asked(request.args)

    def rows() -> Iterator[str]:
        yield "\ufeff" + _csv(columns())
        with db.read(here.engine) as conn:
            for line in listings.every(conn, seen, wanted, here.clock.now()):
                yield _csv(_cells(line))

    headers = {"Content-Disposition": "attachment; filename=ledger.csv"}
    return Response(stream_with_context(rows()), content_type="text/csv; charset=utf-8", headers=headers)


def link(wanted: Filter, endpoint: str = "ledgers.ledger") -> str:
    """The address of the list behind a filter."""
    named: dict[str, Any] = dict(filters.query(wanted))
    return url_for(endpoint, **named)


def _scope() -> Scope:
    return filters.scope(auth.require_actor(), auth.current_grants())


def _choices() -> dict[str, Sequence[tuple[str, str]]]:
    return {
        "units": labels.pick_lists()["units"],
        "sessions": labels.sessions(),
        "states": [(code, labels.word(MATTER_STATES, code)) for code in MATTER_STATES],
        "classes": [(code, labels.word(OUTCOME_CLASSES, code)) for code in OUTCOME_CLASSES],
    }


def _cells(line: Line) -> list[str]:
    return [
        labels.number_label(line.no),
        line.title,
        labels.word(MATTER_KINDS, line.kind),
        labels.session_label(line.session_id),
        say("and_others", name=line.lead, count=line.co_count + 1) if line.co_count else line.lead,
        page_tools.format_datetime(line.submitted_at),
        labels.word(MATTER_STATES, line.state),
        labels.class_label(line.outcome_class, line.session_id),
        "、".join(labels.share(unit, role) for unit, role in line.units),
        "、".join(line.tasks),
        line.deadline,
        page_tools.format_date(line.due),
        ";".join(line.why),
        say("yes") if line.overdue else "",
    ]


def _csv(cells: list[str]) -> str:
    """One line; a cell that a spreadsheet would run as a formula gets an apostrophe."""
    safe = [f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in cells]
    text = io.StringIO()
    csv.writer(text).writerow(safe)
    return text.getvalue()
