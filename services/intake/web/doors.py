"""The front door: signing in and out, and the home page."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from services.common import auth, db, kept, languages, problems
from services.intake import accounts, drafts, grants, listings, statistics
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
    seen = grants.scope(actor, auth.current_grants())
    with db.read(here.engine) as conn:
        head = None if seen.nothing else statistics.head(conn, seen, Filter(), here.clock.now())
        recent = listings.find(conn, seen, Filter(), here.clock.now()).lines[:8] if head else ()
        asked = drafts.invitations(conn, actor.deputy_id) if actor.deputy_id else []
        own = len(drafts.of(conn, actor.deputy_id)) if actor.deputy_id else 0
    return render_template(
        "home.html",
        head=head,
        lines=recent,
        deputy=actor.deputy_id is not None,
        invitations=[one for one in asked if one.is_open],
        drafts=own,
    )


def _ask(status: int, words: tuple[str, str] | None = None) -> Response:
    return kept.ask(
        request.form.get(kept.FIELD, ""),
        error=languages.pick(*words) if words else "",
        login=request.form.get("login", ""),
        target=auth.safe_next(request.values.get("next")),
        status=status,
    )
