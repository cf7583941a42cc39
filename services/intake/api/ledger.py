"""The ledger as JSON, with the same filters as the page."""

from dataclasses import asdict

from flask import Blueprint, Response, request

from services.common import auth, db
from services.common.pages import page_number
from services.intake import listings, statistics
from services.intake.api.answers import answer
from services.intake.filters import asked, scope

api = Blueprint("api_ledger", __name__, url_prefix="/api/v1")


@api.get("/ledger")
@auth.signed_in
def ledger() -> Response:
    """The filters of the page → `{lines, total, page, pages, counts}`.

    `?session=&unit=&role=&state=&class=&kind=&topic=&delegation=&overdue=1&key=1&q=&sort=no|-no|…&page=`, and
    `standing=handed_over|waiting|not_admitted|withdrawn`, `merged=group|main|other|none`
    """
    here, wanted = auth.extension(), asked(request.args)
    seen, now = scope(auth.require_actor(), auth.current_grants()), here.clock.now()
    with db.read(here.engine) as conn:
        found = listings.find(conn, seen, wanted, now, page=page_number())
        head = statistics.head(conn, seen, wanted, now)
    counts = {
        "total": head.total.number,
        "overdue": head.overdue.number,
        "states": {count.code: count.number for count in head.states},
        "classes": {count.code: count.number for count in head.classes},
        "standings": {count.code: count.number for count in head.standings},
        "merged": {"groups": head.groups, "matters": head.merged.number},
    }
    return answer({**asdict(found), "counts": counts})
