"""The process owner's pages: drafts, their files, what is wrong with them, what they change, what scenarios say."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from services.common import auth, languages
from services.common.problems import Problem
from services.contracts.codes import GRANTS
from services.workflow import edges, engine, versions, visibility, whatifs
from services.workflow.engine.findings import Finding
from services.workflow.packages.models import SCOPES, stem
from services.workflow.packages.sources import SETTINGS
from services.workflow.studio import catalogues, drafts, fields, grids, inputs, previews, trials
from services.workflow.studio.drafts import Draft
from services.workflow.web.words import say

pages = Blueprint("studio", __name__, url_prefix="/packages/drafts")

LATEST = 200
"""Cases that a page plays again; the command and the interface play all."""

Answer = str | Response | tuple[str, int]


@pages.get("")
@auth.granted("processes.edit")
def list_() -> str:
    """Drafts, and the versions one may begin from."""
    with edges.reading() as conn:
        return render_template("studio/list.html", drafts=drafts.list_(conn), versions=versions.list_(conn))


@pages.post("")
@auth.granted("processes.edit")
def create() -> Response:
    """Begin a draft from a version."""
    with edges.writing() as conn:
        draft_id = drafts.create(conn, request.form.get("base", ""), _by(), edges.now())
    return redirect(url_for("studio.draft", draft_id=draft_id), 303)


@pages.get("/<int:draft_id>")
@auth.granted("processes.edit", "processes.read", "processes.approve")
def draft(draft_id: int) -> str:
    """A draft: its files, findings and changes."""
    return _page(draft_id)


def _page(draft_id: int, **more: object) -> str:
    with edges.reading() as conn:
        found = drafts.get(conn, draft_id)
        changes = drafts.changes(conn, found)
    given = {"trials": None, "refused": (), **more}
    findings = drafts.findings(found)
    return render_template(
        "studio/draft.html",
        draft=found,
        findings=findings,
        changes=changes,
        titles_of=catalogues.titles(found.package),
        **given,
    )


@pages.post("/<int:draft_id>/scenarios")
@auth.granted("processes.edit")
def run_scenarios(draft_id: int) -> str:
    """Play the draft's scenarios; nothing is kept."""
    with edges.reading() as conn:
        found = drafts.get(conn, draft_id)
        try:
            return _page(draft_id, trials=trials.run(conn, found.package))
        except engine.Refused as error:
            return _page(draft_id, trials=[], refused=error.findings)


@pages.get("/<int:draft_id>/what-if")
@auth.granted("processes.edit", "processes.approve")
def what_if(draft_id: int) -> str:
    """What would have become of the latest cases of the draft's base under the draft; nothing is kept."""
    with edges.reading() as conn:
        found = drafts.get(conn, draft_id)
        try:
            report = whatifs.play(conn, found.base, found.package, limit=LATEST)
        except engine.Refused as error:
            return render_template("studio/what_if.html", draft=found, report=None, refused=error.findings)
    may_look = bool(edges.speaker().grants & visibility.EVERYTHING)
    return render_template(
        "studio/what_if.html", draft=found, report=report, refused=(), words=whatifs.words, may_look=may_look
    )


@pages.post("/<int:draft_id>/submit")
@auth.granted("processes.edit")
def submit(draft_id: int) -> Response:
    """Hand the draft in for approval by a second person."""
    try:
        with edges.writing() as conn:
            version = drafts.submit(conn, draft_id, _number(), _by(), edges.now())
    except engine.Refused:
        flash(say("draft_has_errors"), "bad")
        return redirect(url_for("studio.draft", draft_id=draft_id, _anchor="findings-title"), 303)
    flash(say("draft_submitted"), "good")
    return redirect(url_for("packages.version", version=version), 303)


@pages.post("/<int:draft_id>/give-up")
@auth.granted("processes.edit")
def give_up(draft_id: int) -> Response:
    """Close the draft without using it."""
    with edges.writing() as conn:
        drafts.give_up(conn, draft_id, _number(), _by(), edges.now())
    flash(say("draft_given_up"), "good")
    return redirect(url_for("studio.list_"), 303)


@pages.get("/<int:draft_id>/files/<path:name>")
@auth.granted("processes.edit")
def file(draft_id: int, name: str) -> str:
    """One file: a diagram to draw, a table to fill in, or a text; `?sample=`: the notice a text is filled from."""
    with edges.reading() as conn:
        found = drafts.get(conn, draft_id)
        return _file_page(conn, found, name)


def _file_page(
    conn: Connection, found: Draft, name: str, text: str | None = None, refused: tuple[Finding, ...] = ()
) -> str:
    """The page of a file; `text` is what was sent and refused."""
    if name not in found.package.files:
        raise Problem("not_found", 404)
    findings = [one for one in drafts.findings(found) if one.file == name]
    shared = {"draft": found, "name": name, "findings": findings, "refused": refused}
    if name.endswith(".bpmn"):
        return render_template("studio/diagram.html", steps=catalogues.steps(found.package, name), **shared)
    shown = found.package.files[name].decode() if text is None else text
    return render_template(
        "studio/file.html",
        text=shown,
        titles_of=catalogues.titles(found.package),
        **shared,
        **_tables(found, name),
        **_previews(conn, found, name),
    )


def _previews(conn: Connection, found: Draft, name: str) -> Mapping[str, object]:
    """What a text would say, filled from a notice that went out if one may be shown, else made up."""
    if not name.startswith("texts/"):
        return {"previews": None}
    template = stem(name).rpartition(".")[0]
    may_look = bool(edges.speaker().grants & visibility.EVERYTHING)
    samples = previews.samples(conn, template) if may_look else []
    wish = request.args.get("sample", "")
    sample = next((one for one in samples if one.id == wish), samples[0] if samples else None)
    sample = sample or previews.made_up(found.package, template)
    shown = previews.show(found.package, template, sample)
    return {"previews": shown, "samples": samples, "sample": sample, "may_look": may_look}


def _tables(found: Draft, name: str) -> Mapping[str, object]:
    """What a file's page shows as a table beside its text."""
    content = found.package.files[name]
    given: dict[str, object] = {"grid": None, "rows": None, "roles": None}
    given |= {"types": fields.TYPES, "scopes": SCOPES, "grants": GRANTS}
    if name.endswith(".dmn"):
        given["grid"] = _grid(name, content)
    elif name.endswith(".json"):
        given["rows"], given["titles"] = fields.read(content), fields.titles(content)
    elif name == SETTINGS:
        given["roles"] = list(found.package.roles.values())
    return given


def _grid(name: str, content: bytes) -> grids.Grid | None:
    try:
        return grids.read(name, content)
    except engine.Refused:
        return None  # no table in it: it is edited as text, and the findings say why


@pages.post("/<int:draft_id>/files/<path:name>")
@auth.granted("processes.edit")
def save(draft_id: int, name: str) -> Answer:
    """Save a file from its text or from its table."""
    return _keep(draft_id, name, lambda found: inputs.content(request.form, found.package, name))


@pages.post("/<int:draft_id>/revert/<path:name>")
@auth.granted("processes.edit")
def revert(draft_id: int, name: str) -> Response:
    """Take a file back to the base's."""
    with edges.writing() as conn:
        drafts.revert(conn, draft_id, _number(), name, _by(), edges.now())
    flash(say("file_reverted"), "good")
    return redirect(url_for("studio.draft", draft_id=draft_id), 303)


def _keep(draft_id: int, name: str, made: Callable[[Draft], bytes]) -> Answer:
    """Save what the form makes of the file, or show the page again with what is wrong."""
    try:
        with edges.writing() as conn:
            found = _demand_file(conn, draft_id, name)
            drafts.save(conn, draft_id, _number(), {name: made(found)}, _by(), edges.now())
    except engine.Refused as error:
        return _again(draft_id, name, error.findings), 422
    except fields.BadField as error:
        flash(languages.pick(error.zh, error.en), "bad")
        return _again(draft_id, name, ()), 422
    flash(say("file_saved"), "good")
    return redirect(url_for("studio.file", draft_id=draft_id, name=name), 303)


def _demand_file(conn: Connection, draft_id: int, name: str) -> Draft:
    found = drafts.get(conn, draft_id)
    if name not in found.package.files:
        raise Problem("not_found", 404)
    return found


def _again(draft_id: int, name: str, findings: tuple[Finding, ...]) -> str:
    with edges.reading() as conn:
        return _file_page(conn, drafts.get(conn, draft_id), name, request.form.get("text"), findings)


def _by() -> str:
    return str(edges.speaker().account)


def _number() -> int:
    """The number of changes the person has seen."""
    given = request.form.get("number", "")
    if not given.isascii() or not given.isdigit():
        raise Problem("bad_request", 400)
    return int(given)
