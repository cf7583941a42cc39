"""Writing a suggestion 写建议, registering one for somebody else 登记, and the list of one's own."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy import Connection

from services.common import auth, db, directories, form_schemas, forms, languages
from services.common.auth import Actor
from services.common.pages import page_number
from services.common.problems import FieldError, Problem
from services.intake import grants, listings, matters, submissions
from services.intake.listings import Filter
from services.intake.problems import field_errors
from services.intake.tables import directory
from services.intake.web.words import say

pages = Blueprint("suggestions", __name__)

FORM: Final[Mapping[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "forms" / "suggestion.json").read_text("utf-8")
)
KEY_MAX: Final = 200
_CLERK_ONLY: Final = ("lead_proposer", "matter_kind", "source")
_FRESH: Final = {"secrecy": "none", "wish_publish_text": True}


@pages.get("/matters")
@auth.signed_in
def mine() -> str:
    """The matters a deputy has proposed; for others, those within their sight."""
    here, actor = auth.extension(), auth.require_actor()
    seen = grants.Scope(person_id=actor.deputy_id) if actor.deputy_id else _scope(actor)
    with db.read(here.engine) as conn:
        found = listings.find(conn, seen, Filter(), here.clock.now(), page=page_number())
    return render_template("matters.html", found=found, may_write=_may_write(actor))


@pages.get("/matters/new")
@auth.signed_in
def write() -> str:
    """An empty form; its key makes a second click harmless."""
    actor = _writer()
    data = {**_FRESH, "source": "paper", "matter_kind": "suggestion"}
    return _show(actor, data, key=str(uuid4()))


@pages.post("/matters/new")
@auth.signed_in
def hand_in() -> Any:
    """Submit what was written, or show it again with what is wrong; nothing typed gets lost."""
    here, actor = auth.extension(), _writer()
    schema, options = _form(actor)
    key = request.form.get("submission_key", "")[:KEY_MAX] or str(uuid4())
    data = forms.read(schema, request.form, options=options)
    form = {**data, **_own(actor)}
    try:
        unusual = [] if request.form.get("confirmed") else field_errors(_unusual(form))
        with db.begin(here.engine) as conn:
            matters.check(conn, form, origin=_origin(actor))
            if unusual:
                return _show(actor, data, key=key, unusual=unusual), 422
            done = matters.submit(
                conn, form, key=key, origin=_origin(actor), now=here.clock.now(), zone=here.settings.zone
            )
    except Problem as problem:
        errors = problem.errors or [FieldError("", problem.code, *problem.texts)]
        return _show(actor, data, key=key, errors=errors), problem.status
    flash(say("submitted", no=done.matter_no) if done.matter_no else say("submitted_unnumbered"), "good")
    return redirect(f"/matters/{done.matter_id}", 303)


def _unusual(form: Mapping[str, Any]) -> list[submissions.Fault]:
    return submissions.warnings({"title": submissions.tidy(form.get("title", ""))})


def _show(
    actor: Actor,
    data: Mapping[str, Any],
    *,
    key: str,
    errors: Sequence[FieldError] = (),
    unusual: Sequence[FieldError] = (),
) -> str:
    schema, options = _form(actor)
    return render_template(
        "suggestion.html",
        form=forms.render(schema, data, errors, options=options),
        key=key,
        unusual=[languages.pick(error.text, error.text_en) for error in unusual],
        clerk=actor.deputy_id is None,
    )


def _form(actor: Actor) -> tuple[dict[str, Any], form_schemas.Options]:
    """The form and its pick lists: a deputy is asked less, and one open session is no question."""
    with db.read(auth.extension().engine) as conn:
        options = _options(conn, actor)
    left_out = set() if actor.deputy_id is None else set(_CLERK_ONLY)
    left_out |= {name for name in ("session_id",) if len(options["sessions"]) < 2}
    left_out |= {name for name in ("co_proposers",) if not options["co_deputies"]}
    left_out |= {name for name in ("wish_units",) if not options["units"]}
    properties = {name: part for name, part in FORM["properties"].items() if name not in left_out}
    required = [name for name in FORM["required"] if name in properties]
    return {**FORM, "properties": properties, "required": required}, options


def _options(conn: Connection, actor: Actor) -> dict[str, list[tuple[str, str]]]:
    session = next(iter(matters.open_sessions(conn)), None)
    deputies = [(who.id, _named(who)) for who in matters.deputies(conn, session)]
    return {
        "deputies": deputies,
        "co_deputies": [pair for pair in deputies if pair[0] != actor.deputy_id],
        "units": directories.unit_names(conn, directory),
        "sessions": [(session["id"], str(session["label"])) for session in matters.open_sessions(conn)],
    }


def _named(person: directories.Person) -> str:
    delegation = person.body.get("delegation")
    return f"{person.name}({delegation})" if delegation else person.name


def _own(actor: Actor) -> dict[str, str]:
    """What a deputy does not choose: who leads, and that it comes directly."""
    return {} if actor.deputy_id is None else {"lead_proposer": actor.deputy_id, "source": "direct"}


def _origin(actor: Actor) -> matters.Origin:
    return matters.Origin(scope=actor.account_id, own_name=actor.deputy_id)


def _may_write(actor: Actor) -> bool:
    return actor.deputy_id is not None or auth.has_grant("matters.register")


def _writer() -> Actor:
    actor = auth.require_actor()
    if not _may_write(actor):
        raise Problem("not_permitted", 403)
    return actor


def _scope(actor: Actor) -> grants.Scope:
    return grants.scope(actor, auth.current_grants())
