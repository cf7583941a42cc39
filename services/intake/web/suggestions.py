"""Writing a suggestion 写建议, registering one for somebody else 登记, and the list of one's own."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request

from services.common import auth, db, forms, languages
from services.common.auth import Actor
from services.common.pages import page_number
from services.common.problems import FieldError, Problem
from services.intake import grants, listings, matters
from services.intake.listings import Filter
from services.intake.web import drafts, writing
from services.intake.web.words import say

pages = Blueprint("suggestions", __name__)
KEY_MAX: Final = 100


@pages.get("/matters")
@auth.signed_in
def mine() -> str:
    """The matters a deputy has proposed; for others, those within their sight."""
    here, actor = auth.extension(), auth.require_actor()
    own = grants.Scope(person_id=actor.deputy_id)
    seen = own if actor.deputy_id else grants.scope(actor, auth.current_grants())
    with db.read(here.engine) as conn:
        found = listings.find(conn, seen, Filter(), here.clock.now(), page=page_number())
    return render_template("matters.html", found=found, may_write=writing.may_write(actor))


@pages.get("/matters/new")
@auth.signed_in
def write() -> str:
    """An empty form; its key makes a second click harmless."""
    actor = writing.writer()
    return _show(actor, {**writing.FRESH, "source": "paper", "matter_kind": "suggestion"}, key=str(uuid4()))


@pages.post("/matters/new")
@auth.signed_in
def hand_in() -> Any:
    """Submit what was written, or show it again with what is wrong; nothing typed gets lost.

    What a deputy does not submit yet, or wants others to co-sign, becomes a draft.
    """
    here, actor = auth.extension(), writing.writer()
    schema, options = writing.form_for(actor)
    key = request.form.get("submission_key", "")[:KEY_MAX] or str(uuid4())
    data = forms.read(schema, request.form, options=options)
    if actor.deputy_id is not None and (request.form.get("action") == "draft" or data.get("co_proposers")):
        try:
            return drafts.keep(actor, key, data)
        except Problem as problem:
            return _show(actor, data, key=key, errors=writing.errors_of(problem)), problem.status
    form, origin = {**data, **writing.own(actor)}, writing.origin(actor)
    try:
        unusual = [] if request.form.get("confirmed") else writing.unusual(form)
        with db.begin(here.engine) as conn:
            matters.check(conn, form, origin=origin)
            if unusual:
                return _show(actor, data, key=key, unusual=unusual), 422
            done = matters.submit(conn, form, key=key, origin=origin, now=here.clock.now(), zone=here.settings.zone)
    except Problem as problem:
        return _show(actor, data, key=key, errors=writing.errors_of(problem)), problem.status
    flash(say("submitted", no=done.matter_no) if done.matter_no else say("submitted_unnumbered"), "good")
    return redirect(f"/matters/{done.matter_id}", 303)


def _show(
    actor: Actor,
    data: Mapping[str, Any],
    *,
    key: str,
    errors: Sequence[FieldError] = (),
    unusual: Sequence[FieldError] = (),
) -> str:
    schema, options = writing.form_for(actor)
    return render_template(
        "suggestion.html",
        form=forms.render(schema, data, errors, options=options),
        key=key,
        unusual=[languages.pick(error.text, error.text_en) for error in unusual],
        clerk=actor.deputy_id is None,
    )
