"""Words for codes: states, classes, units, roles, kinds of records, as templates need them."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, g
from flask_babel import gettext  # type: ignore[import-untyped, unused-ignore]
from markupsafe import Markup

from services.common import auth, db, directories, forms, languages
from services.contracts import catalogue
from services.contracts.codes import (
    ASSIGNMENT_ROLES,
    DEADLINE_STATES,
    MATTER_KINDS,
    MATTER_STATES,
    OUTCOME_CLASSES,
    PUBLICATION_FORMS,
    SECRECY,
    TASK_CLOSE_REASONS,
    Codes,
)
from services.contracts.records import RECORDS
from services.intake import store, store_ledger
from services.intake.groups import Group
from services.intake.standings import STANDINGS
from services.intake.tables import directory
from services.intake.web.words import say, stage

TONES = {
    "good": {"completed", "closed_out", "feedback_closed", "archived"},
    "warn": {"return_requested", "reply_returned", "redo", "extended"},
    "quiet": {"withdrawn", "merged", "not_admitted"},
}


def install(app: Flask) -> None:
    """Make the words known to the templates."""
    app.jinja_env.globals.update(
        number_label=number_label,
        numbered=numbered,
        group_label=group_label,
        standing_label=lambda code: word(STANDINGS, code),
        state_label=lambda code: word(MATTER_STATES, code),
        kind_label=lambda code: word(MATTER_KINDS, code),
        secrecy_label=lambda code: word(SECRECY, code),
        reason_label=lambda code: word(TASK_CLOSE_REASONS, code),
        deadline_state_label=lambda code: word(DEADLINE_STATES, code),
        form_label=lambda code: word(PUBLICATION_FORMS, code),
        stage_words=stage,
        state_tone=state_tone,
        class_label=class_label,
        unit_label=unit_label,
        share=share,
        role_label=role_label,
        person_label=person_label,
        record_label=record_label,
        record_facts=record_facts,
        session_label=session_label,
    )


def state_tone(code: str) -> str:
    """The tone of a state's badge."""
    return next((tone for tone, codes in TONES.items() if code in codes), "")


def number_label(no: str | None) -> str:
    """The number of a matter, or that it waits for one."""
    return no or str(gettext("待编号"))


def numbered(*numbers: str | None) -> str:
    """Matters as one speaks of them: 第021、034号."""
    return languages.pick("第{}号", "No. {}").format(languages.pick("、", ", ").join(map(number_label, numbers)))


def group_label(group: Group) -> str:
    """A matter's place among those that are handled together; empty where it is handled by itself."""
    if group.main is not None:
        return say("merged_into", main=numbered(group.main.no))
    return say("main_of", others=numbered(*(mate.no for mate in group.others))) if group.others else ""


def class_label(code: str | None, session_id: str) -> str:
    """An outcome class as its locality writes it: letter and words of the session's process version."""
    if not code:
        return ""
    known = _words()["classes"].get(session_id, {}).get(code)
    if known is None:
        return word(OUTCOME_CLASSES, code)
    label = languages.pick(known.get("label", ""), OUTCOME_CLASSES[code].en)
    return f"{known.get('letter', '')} {label}".strip()


def unit_label(code: str | None) -> str:
    """A unit's name."""
    return str(_words()["units"].get(code, code)) if code else ""


def role_label(code: str) -> str:
    """A role's name in the newest package that knows it."""
    known = _words()["roles"].get(code)
    if known is None:
        return code
    return languages.pick(known.get("label") or known.get("name") or code, known.get("label_en"))


def person_label(code: str) -> str:
    """Somebody's name."""
    with db.read(auth.extension().engine) as conn:
        found = directories.person(conn, directory, code)
    return found.name if found is not None else code


def session_label(session_id: str) -> str:
    """A congress session's name."""
    return str(_words()["sessions"].get(session_id, session_id))


def sessions() -> list[tuple[str, str]]:
    """All congress sessions as (id, name)."""
    return list(_words()["sessions"].items())


def share(unit: str, role: str, *, short: bool = False) -> str:
    """A unit with its part in the handling; in the short names of lists: 市教育局（主办）."""
    name = (short and _words()["short"].get(unit)) or unit_label(unit)
    return languages.bracketed(name, word(ASSIGNMENT_ROLES, role) if role else "")


def record_label(name: str) -> str:
    """The name of a kind of record."""
    return gettext(str(catalogue.record_schema(name).get("title", name))) if name in RECORDS else name


def local_field_label(record: str, name: str) -> str:
    """A local field of a kind of record, as the newest package that has it calls it."""
    return f"{record_label(record)}·{_words()['local'].get(f'{record}.{name}', name)}"


def delegations() -> list[str]:
    """The delegations of the deputies, by name."""
    return list(_words()["delegations"])


def record_facts(name: str, data: Mapping[str, Any]) -> Markup:
    """A record to read: labels and values; of a kind nobody knows, nothing is shown."""
    if name not in RECORDS:
        return Markup("")
    try:
        return forms.show({"$ref": f"urn:huiyin:record:{name}"}, data, options=pick_lists())
    except forms.BadForm:
        return Markup("")


def pick_lists() -> dict[str, Sequence[tuple[str, str]]]:
    """The pick lists that records refer to."""
    words = _words()
    return {
        "units": list(words["units"].items()),
        "deputies": words["deputies"],
        "unit_people": words["staff"],
        "classes": words["outcomes"],
    }


def word(codes: Codes, code: str | None) -> str:
    """What people read for a code; the code itself where no list knows it."""
    known = codes.get(code or "")
    return languages.pick(known.zh, known.en) if known else (code or "")


def _words() -> dict[str, Any]:
    """What a page needs of directory and packages, read once per request."""
    if "intake_words" not in g:
        with db.read(auth.extension().engine) as conn:
            packages = store_ledger.packages(conn)
            sessions = dict(store.entries(conn, "session"))
            units = directories.unit_names(conn, directory, active=False)
            bodies = store.entries(conn, "unit")
            delegates = directories.people(conn, directory, "deputy")
            staff = [(who.id, who.name) for who in directories.people(conn, directory, "staff")]
        classes = {package.version: package.classes for package in packages}
        here = auth.extension()
        today = here.clock.now().astimezone(here.settings.zone).date()
        g.intake_words = {
            "units": dict(units),
            "short": {key: body["short_name"] for key, body in bodies if body.get("short_name")},
            "deputies": [(who.id, who.name) for who in delegates],
            "delegations": sorted({str(who.body["delegation"]) for who in delegates if who.body.get("delegation")}),
            "local": {
                name: label for package in reversed(packages) for name, label in package.labels.get("local", {}).items()
            },
            "staff": staff,
            "outcomes": [(code, languages.pick(label.zh, label.en)) for code, label in OUTCOME_CLASSES.items()],
            "sessions": {key: body.get("label") or key for key, body in sessions.items()},
            "classes": {
                key: classes.get(str(directories.version_on(body, today)), {}) for key, body in sessions.items()
            },
            "roles": {role["id"]: role for package in reversed(packages) for role in package.roles if "id" in role},
        }
    found: dict[str, Any] = g.intake_words
    return found
