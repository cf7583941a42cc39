"""Writing a suggestion 写建议, registering one for somebody else 登记, and the list of one's own."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request

from services.common import auth, db, forms, languages
from services.common.auth import Actor
from services.common.pages import page_number
from services.common.problems import FieldError, Problem
from services.common.requests import takes_files
from services.intake import drafts as draft_ids
from services.intake import grants, listings, matters, store_files
from services.intake.listings import Filter
from services.intake.web import drafts, files, writing
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
@takes_files
@auth.signed_in
def hand_in() -> Any:
    """Submit what was written, or show it again with what is wrong; nothing typed and no file gets lost.

    What a deputy does not submit yet, wants others to co-sign, or brings files for, becomes a draft.
    """
    here, actor = auth.extension(), writing.writer()
    schema, options = writing.form_for(actor)
    key = request.form.get("submission_key", "")[:KEY_MAX] or str(uuid4())
    data = forms.read(schema, request.form, options=options)
    place = draft_ids.draft_id_of(actor.account_id, key)
    submits = request.form.get("action", "submit") == "submit" and "remove" not in request.form
    if actor.deputy_id is not None and (not submits or files.chosen() or data.get("co_proposers")):
        try:
            return drafts.keep(actor, place, data, submits and not data.get("co_proposers"))
        except Problem as problem:
            return _show(actor, data, key=key, errors=writing.errors_of(problem)), problem.status
    if (wrong := files.change(place)) or not submits:
        return _show(actor, data, key=key, wrong=wrong), 422 if wrong else 200
    form, origin = {**data, **writing.own(actor)}, writing.origin(actor)
    try:
        unusual = [] if request.form.get("confirmed") else writing.unusual(form)
        with db.begin(here.engine) as conn:
            brought = store_files.of_draft(conn, place)
            matters.check(conn, form, origin=origin, brought=brought)
            if unusual:
                return _show(actor, data, key=key, unusual=unusual), 422
            now, zone = here.clock.now(), here.settings.zone
            done = matters.submit(conn, form, key=key, origin=origin, now=now, zone=zone, brought=brought)
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
    wrong: Sequence[str] = (),
) -> str:
    schema, options = writing.form_for(actor)
    with db.read(auth.extension().engine) as conn:
        attached = store_files.of_draft(conn, draft_ids.draft_id_of(actor.account_id, key))
    return render_template(
        "suggestion.html",
        form=forms.render(schema, data, errors, options=options),
        key=key,
        unusual=[languages.pick(error.text, error.text_en) for error in unusual],
        clerk=actor.deputy_id is None,
        attached=attached,
        wrong=wrong,
    )
