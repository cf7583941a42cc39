"""A deputy's drafts, the invitations to co-sign them, and submitting with those who agreed."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request

from services.common import auth, db, forms, languages
from services.common.auth import Actor
from services.common.problems import FieldError, Problem
from services.common.requests import takes_files
from services.intake import drafts, matters, store_files
from services.intake.drafts import Invited
from services.intake.web import files, labels, writing
from services.intake.web.words import say

pages = Blueprint("drafts", __name__, url_prefix="/matters")


@pages.get("/drafts")
@auth.signed_in
def mine() -> str:
    """A deputy's own drafts, and those he or she is invited to co-sign."""
    actor = _deputy()
    with db.read(auth.extension().engine) as conn:
        own = [(row, drafts.invited(conn, row.id)) for row in drafts.of(conn, str(actor.deputy_id))]
        asked = drafts.invitations(conn, str(actor.deputy_id))
    return render_template("drafts.html", drafts=own, invitations=asked)


@pages.get("/drafts/<draft_id>")
@auth.signed_in
def draft(draft_id: str) -> str:
    """A draft as it was saved, with what the invited deputies say."""
    actor = _deputy()
    with db.read(auth.extension().engine) as conn:
        found = drafts.get(conn, draft_id, str(actor.deputy_id))
    return _show(actor, draft_id, found.form)


@pages.post("/drafts/<draft_id>")
@takes_files
@auth.signed_in
def change(draft_id: str) -> Any:
    """Save the draft with its files and invite whom it names; then submit it, if that is wanted and nothing is open."""
    actor = _deputy()
    schema, options = writing.form_for(actor)
    data = forms.read(schema, request.form, options=options)
    return keep(actor, draft_id, data, request.form.get("action") == "submit")


@pages.post("/drafts/<draft_id>/uninvite")
@auth.signed_in
def uninvite(draft_id: str) -> Any:
    """Take an invitation back; what was typed beside it is saved."""
    actor = _deputy()
    schema, options = writing.form_for(actor)
    if "title" in request.form:
        _save(actor, draft_id, forms.read(schema, request.form, options=options))
    with db.begin(auth.extension().engine) as conn:
        drafts.uninvite(conn, draft_id, str(actor.deputy_id), request.form.get("person", ""))
    return redirect(f"/matters/drafts/{draft_id}", 303)


@pages.post("/drafts/<draft_id>/discard")
@auth.signed_in
def discard(draft_id: str) -> Any:
    """Throw a draft away."""
    actor = _deputy()
    with db.begin(auth.extension().engine) as conn:
        gone = drafts.discard(conn, draft_id, str(actor.deputy_id))
    files.cabinet().clear(gone)
    flash(say("draft_discarded"), "good")
    return redirect("/matters/drafts", 303)


@pages.get("/invitations/<draft_id>")
@auth.signed_in
def invitation(draft_id: str) -> str:
    """The draft somebody is asked to co-sign, to read."""
    actor = _deputy()
    with db.read(auth.extension().engine) as conn:
        found = drafts.invitation(conn, draft_id, str(actor.deputy_id))
        attached = store_files.of_draft(conn, draft_id)
    return render_template("invitation.html", invitation=found, attached=attached)


@pages.post("/invitations/<draft_id>")
@auth.signed_in
def answer(draft_id: str) -> Any:
    """Agree or refuse."""
    here, actor = auth.extension(), _deputy()
    agrees = request.form.get("answer") == "agree"
    with db.begin(here.engine) as conn:
        seen = request.form.get("seen", "")
        drafts.answer(conn, draft_id, str(actor.deputy_id), seen, agrees, here.clock.now())
    flash(say("cosigned" if agrees else "cosigning_refused"), "good")
    return redirect("/matters/drafts", 303)


def keep(actor: Actor, draft_id: str, data: Mapping[str, Any], submits: bool) -> Any:
    """Save a draft, new or known, with what the form brings; what is wrong keeps it from being submitted, not saved.

    Raises `Problem` for what is not even kept.
    """
    if (done := _submitted(actor, draft_id)) is not None:
        return done  # a second click
    invited = _save(actor, draft_id, data)
    if wrong := files.change(draft_id):
        return _show(actor, draft_id, data, wrong=wrong), 422
    if not submits:
        return _kept(draft_id, invited)
    try:
        return _submit(actor, draft_id)
    except Problem as problem:
        return _show(actor, draft_id, data, errors=writing.errors_of(problem)), problem.status


def _save(actor: Actor, draft_id: str, data: Mapping[str, Any]) -> int:
    """Save and invite; how many are newly invited. What was deleted meanwhile is there again: no text gets lost."""
    here, person = auth.extension(), str(actor.deputy_id)
    with db.begin(here.engine) as conn:
        drafts.save(conn, draft_id, person, data, here.clock.now())
        return drafts.invite(conn, draft_id, person, data.get("co_proposers") or (), here.clock.now())


def _kept(draft_id: str, invited: int) -> Any:
    flash(say("draft_invited", count=invited) if invited else say("draft_kept"), "good")
    return redirect(f"/matters/drafts/{draft_id}", 303)


def _submit(actor: Actor, draft_id: str) -> Any:
    here, person = auth.extension(), str(actor.deputy_id)
    with db.begin(here.engine) as conn:
        found = drafts.get(conn, draft_id, person)
        drafts.check(conn, found, writing.origin(actor))
        doubts = _doubts(found.form, drafts.invited(conn, draft_id))
        if not doubts.keys() <= set(request.form.get("confirmed", "").split()):
            return _show(actor, draft_id, found.form, doubts=doubts), 422
        done = drafts.submit(
            conn, draft_id, person, origin=writing.origin(actor), now=here.clock.now(), zone=here.settings.zone
        )
    return _handed_in(done)


def _submitted(actor: Actor, draft_id: str) -> Any:
    """Where a draft went that was submitted before; None while it is one."""
    with db.read(auth.extension().engine) as conn:
        done = drafts.submitted(conn, draft_id, writing.origin(actor))
    return None if done is None else _handed_in(done)


def _handed_in(done: matters.Submitted) -> Any:
    flash(say("submitted", no=done.matter_no) if done.matter_no else say("submitted_unnumbered"), "good")
    return redirect(f"/matters/{done.matter_id}", 303)


def _doubts(form: Mapping[str, Any], invited: Sequence[Invited]) -> dict[str, str]:
    """What the deputy has to know before submitting, by a key that confirms it."""
    found = {error.code: languages.pick(error.text, error.text_en) for error in writing.unusual(form)}
    for one in invited:
        if one.answer in ("waiting", "changed"):
            found[one.person_id] = say(f"cosigner_{one.answer}", name=labels.person_label(one.person_id))
    return found


def _show(
    actor: Actor,
    draft_id: str,
    data: Mapping[str, Any],
    *,
    errors: Sequence[FieldError] = (),
    doubts: Mapping[str, str] | None = None,
    wrong: Sequence[str] = (),
) -> str:
    with db.read(auth.extension().engine) as conn:
        found = drafts.get(conn, draft_id, str(actor.deputy_id))
        invited = drafts.invited(conn, draft_id)
        attached = store_files.of_draft(conn, draft_id)
    schema, options = writing.form_for(actor, frozenset(one.person_id for one in invited))
    return render_template(
        "draft.html",
        draft=found,
        invited=invited,
        form=forms.render(schema, data, errors, options=options),
        doubts=doubts or {},
        attached=attached,
        wrong=wrong,
    )


def _deputy() -> Actor:
    actor = auth.require_actor()
    if actor.deputy_id is None:
        raise Problem("not_permitted", 403)
    return actor
