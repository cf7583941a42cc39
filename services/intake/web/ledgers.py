"""The ledger 台账: filters, counts that link to their lists, pages, export."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from services.common import auth, db
from services.common import pages as page_tools
from services.contracts.codes import ASSIGNMENT_ROLES, MATTER_KINDS, MATTER_STATES, OUTCOME_CLASSES
from services.intake import filters, listings, merges, standings, statistics
from services.intake.grants import Scope
from services.intake.listings import Filter
from services.intake.web import exports, labels

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
        narrowed=wanted.is_narrow,
        may_merge=auth.has_grant(merges.GRANT),
        order=_order(wanted),
        sorted_by=filters.query(wanted).get("sort"),
    )


@pages.get("/ledger.csv")
@auth.granted("ledger.export")
def export_csv() -> Response:
    """What the filters find, in their order, as text for spreadsheets (UTF-8 with a mark, so that they read it)."""
    return _file("csv", "text/csv; charset=utf-8", lambda table, _head: exports.csv(table))


@pages.get("/ledger.xlsx")
@auth.granted("ledger.export")
def export_xlsx() -> Response:
    """The same as a workbook, with the numbers on a second sheet."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file("xlsx", kind, exports.xlsx)


def _file(ending: str, kind: str, write: Callable[[exports.Table, statistics.Head], bytes]) -> Response:
    here, seen, wanted = auth.extension(), _scope(), filters.asked(request.args)
    now = here.clock.now()
    with db.read(here.engine) as conn:
        fields = listings.local_fields(conn, seen, wanted, now)
        head = statistics.head(conn, seen, wanted, now)
        body = write(exports.rows(listings.every(conn, seen, wanted, now), fields), head)
    headers = {"Content-Disposition": f"attachment; filename=ledger.{ending}"}
    return Response(body, content_type=kind, headers=headers)


def link(wanted: Filter, endpoint: str = "ledgers.ledger") -> str:
    """The address of the list behind a filter."""
    named: dict[str, Any] = dict(filters.query(wanted))
    return url_for(endpoint, **named)


def _order(wanted: Filter) -> dict[str, tuple[str, str]]:
    """For each column that sorts: where its head leads, and how it is sorted now (`aria-sort`)."""
    found = {}
    for name in listings.SORTS:
        here = wanted.sort == name
        turned = listings.without(wanted, sort=name, descending=here and not wanted.descending)
        found[name] = (link(turned), ("descending" if wanted.descending else "ascending") if here else "none")
    return found


def _scope() -> Scope:
    return filters.scope(auth.require_actor(), auth.current_grants())


def _choices() -> dict[str, Sequence[tuple[str, str]]]:
    with db.read(auth.extension().engine) as conn:
        topics = listings.topics(conn, _scope())
    return {
        "topics": [(topic, topic) for topic in topics],
        "delegations": [(name, name) for name in labels.delegations()],
        "kinds": [(code, labels.word(MATTER_KINDS, code)) for code in MATTER_KINDS],
        "roles": [(code, labels.word(ASSIGNMENT_ROLES, code)) for code in ASSIGNMENT_ROLES],
        "units": labels.pick_lists()["units"],
        "sessions": labels.sessions(),
        "standings": [(code, labels.word(standings.STANDINGS, code)) for code in standings.STANDINGS],
        "places": [(code, labels.word(standings.PLACES, code)) for code in standings.PLACES],
        "states": [(code, labels.word(MATTER_STATES, code)) for code in MATTER_STATES],
        "classes": [(code, labels.word(OUTCOME_CLASSES, code)) for code in OUTCOME_CLASSES],
    }
