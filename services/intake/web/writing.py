"""The form of a suggestion as pages show it: who is asked what, and for whom somebody writes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from services.common import auth, db, directories, form_schemas, languages
from services.common.auth import Actor
from services.common.problems import FieldError, Problem
from services.intake import matters, submissions
from services.intake.problems import field_errors
from services.intake.tables import directory

FORM: Final[Mapping[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "forms" / "suggestion.json").read_text("utf-8")
)
FRESH: Final = {"secrecy": "none", "wish_publish_text": True}
_CLERK_ONLY: Final = ("lead_proposer", "matter_kind", "source")
_INVITED: Final = {
    "title": "邀请联名代表",
    "x-title-en": "Deputies invited to co-sign",
    "description": "先保存草稿并发出邀请；本人同意的，才列为联名代表。",
    "x-description-en": "They are asked first; only those who agree co-sign.",
}


def form_for(actor: Actor, without: frozenset[str] = frozenset()) -> tuple[dict[str, Any], form_schemas.Options]:
    """The form and its pick lists: a deputy is asked less, and one open session is no question.

    `without`: deputies that are not offered as co-signers. What a clerk names, a deputy invites.
    """
    with db.read(auth.extension().engine) as conn:
        options = _options(conn, without | {actor.deputy_id})
    left_out = set() if actor.deputy_id is None else set(_CLERK_ONLY)
    left_out |= {name for name in ("session_id",) if len(options["sessions"]) < 2}
    left_out |= {name for name in ("co_proposers",) if not options["co_deputies"]}
    left_out |= {name for name in ("wish_units",) if not options["units"]}
    properties = {name: part for name, part in FORM["properties"].items() if name not in left_out}
    if actor.deputy_id is not None and "co_proposers" in properties:
        properties["co_proposers"] = {**properties["co_proposers"], **_INVITED}
    required = [name for name in FORM["required"] if name in properties]
    return {**FORM, "properties": properties, "required": required}, options


def _options(conn: Connection, without: set[str | None] | frozenset[str | None]) -> dict[str, list[tuple[str, str]]]:
    session = next(iter(matters.open_sessions(conn)), None)
    deputies = [(who.id, _named(who)) for who in matters.deputies(conn, session)]
    return {
        "deputies": deputies,
        "co_deputies": [pair for pair in deputies if pair[0] not in without],
        "units": directories.unit_names(conn, directory),
        "sessions": [(session["id"], str(session["label"])) for session in matters.open_sessions(conn)],
    }


def _named(person: directories.Person) -> str:
    delegation = person.body.get("delegation")
    return languages.bracketed(person.name, str(delegation or ""))


def own(actor: Actor) -> dict[str, str]:
    """What a deputy does not choose: who leads, and that it comes directly."""
    return {} if actor.deputy_id is None else {"lead_proposer": actor.deputy_id, "source": "direct"}


def origin(actor: Actor) -> matters.Origin:
    """Through which door this person submits."""
    return matters.Origin(scope=actor.account_id, own_name=actor.deputy_id)


def may_write(actor: Actor) -> bool:
    """Whether this person writes suggestions: in the own name, or for others."""
    return actor.deputy_id is not None or auth.has_grant("matters.register")


def writer() -> Actor:
    """Whoever is signed in, if he or she writes suggestions; raises `Problem` not_permitted."""
    actor = auth.require_actor()
    if not may_write(actor):
        raise Problem("not_permitted", 403)
    return actor


def unusual(form: Mapping[str, Any]) -> list[FieldError]:
    """What is allowed but looks like a mistake."""
    return field_errors(submissions.warnings({"title": submissions.tidy(form.get("title", ""))}))


def errors_of(problem: Problem) -> list[FieldError]:
    """What to mend, field by field or as a whole."""
    return list(problem.errors) or [FieldError("", problem.code, *problem.texts)]
