"""The front door: signing in and out, and the home page."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from services.common import auth, db, kept, languages, problems
from services.intake import accounts, agendas, drafts, grants, listings, statistics
from services.intake.listings import Filter
from services.intake.web.words import say

pages = Blueprint("doors", __name__)


@pages.get("/sign-in")
@auth.public
def sign_in_page() -> Response:
    """Ask for user name and password; who is signed in already goes on."""
    if auth.current_actor() is not None:
        return redirect(auth.safe_next(request.args.get("next")), 303)
    return _ask(200)


@pages.post("/sign-in")
@auth.public
def sign_in() -> Any:
    """Check user name and password; the attempt is counted whatever comes of it."""
    here = auth.extension()
    login, password = request.form.get("login", ""), request.form.get("password", "")
    attempt = accounts.sign_in(here.engine, login, password, here.clock.now())
    if attempt.result == "locked":
        return _ask(429, problems.texts("account_locked", minutes=attempt.minutes))
    if attempt.result == "wrong":
        return _ask(422, problems.texts("bad_credentials"))
    auth.sign_in(attempt.account_id, attempt.epoch)
    sealed = request.form.get(kept.FIELD, "")
    waiting = kept.unseal(sealed) if sealed else None
    if waiting is not None:
        name = auth.require_actor().name
        return render_template("kept_back.html", kept=sealed, page=waiting.page, name=name)
    return redirect(auth.safe_next(request.form.get("next")), 303)


@pages.post("/sign-out")
@auth.public
def sign_out() -> Response:
    """End this browser's session."""
    auth.sign_out()
    flash(say("signed_out"), "good")
    return redirect("/sign-in", 303)


@pages.get("/")
@auth.signed_in
def home() -> str:
    """What to do next, by what this person may do."""
    here, actor = auth.extension(), auth.require_actor()
    seen, now = grants.scope(actor, auth.current_grants()), here.clock.now()
    with db.read(here.engine) as conn:
        head = None if seen.nothing else statistics.head(conn, seen, Filter(), now)
        recent = listings.find(conn, seen, Filter(), now).lines[:8] if head else ()
        own = _agenda(conn, actor.deputy_id)
    return render_template("home.html", head=head, lines=recent, deputy=actor.deputy_id is not None, **own)


def _agenda(conn: Connection, person_id: str | None) -> dict[str, Any]:
    """What waits for a deputy; for others nothing of the kind."""
    if person_id is None:
        return {"tasks": [], "contacts": [], "invitations": [], "drafts": 0}
    return {
        "tasks": agendas.tasks(conn, person_id),
        "contacts": agendas.contacts(conn, person_id),
        "invitations": [one for one in drafts.invitations(conn, person_id) if one.is_open],
        "drafts": len(drafts.of(conn, person_id)),
    }


def _ask(status: int, words: tuple[str, str] | None = None) -> Response:
    return kept.ask(
        request.form.get(kept.FIELD, ""),
        error=languages.pick(*words) if words else "",
        login=request.form.get("login", ""),
        target=auth.safe_next(request.values.get("next")),
        status=status,
    )
