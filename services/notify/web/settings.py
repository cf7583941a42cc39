"""One's own settings: what one wants to hear of, by which channel, where, and when."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.common import auth, db, languages
from services.common.problems import Problem
from services.notify import edges, preferences
from services.notify.preferences import KINDS, Preference

pages = Blueprint("settings", __name__)


@pages.get("/settings")
@auth.signed_in
def show() -> str:
    """Ask."""
    with db.read(auth.extension().engine) as conn:
        return _page(preferences.of(conn, _me()))


@pages.post("/settings")
@auth.signed_in
def save() -> Response | tuple[str, int]:
    """Keep what was answered."""
    here, channels = auth.extension(), edges.ways().channels
    wanted = _answer()
    try:
        with db.begin(here.engine) as conn:
            preferences.put(conn, _me(), wanted, channels, here.clock.now())
    except Problem as problem:
        return _page(wanted, {one.path: languages.pick(one.text, one.text_en) for one in problem.errors}), 422
    return redirect(url_for("messages.centre"), 303)


def _answer() -> Preference:
    form, channels = request.form, edges.ways().channels
    return Preference(
        addresses={name: form.get(f"address-{name}", "").strip() for name in channels},
        choices={kind: {name: f"{kind}-{name}" in form for name in channels} for kind in KINDS},
        quiet_from=form.get("quiet_from", "").strip(),
        quiet_until=form.get("quiet_until", "").strip(),
        digest_at=form.get("digest_at", "").strip(),
    )


def _page(known: Preference, errors: Mapping[str, str] = MappingProxyType({})) -> str:
    channels = edges.ways().channels
    return render_template("settings.html", known=known, errors=errors, channels=channels, kinds=KINDS)


def _me() -> str:
    person = auth.require_actor().person_id
    if person is None:
        raise Problem("not_permitted", 403)
    return person
