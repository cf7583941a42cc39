"""Attachments on pages: brought with a form, listed, downloaded; never shown by the browser itself."""

from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, Response, current_app, render_template, request, send_file
from sqlalchemy import Connection, Row

from services.common import auth, db, languages
from services.common.auth import Actor
from services.common.problems import Problem
from services.intake import cabinets, drafts, files, grants, kinds, letters, store, store_drafts, store_files
from services.intake.cabinets import Cabinet
from services.intake.files import Place

pages = Blueprint("files", __name__)
FIELD: Final = "attachments"
_CABINET: Final = "huiyin.cabinet"
_SEALED: Final = "sandbox; default-src 'none'"


def cabinet() -> Cabinet:
    """The cabinet of this application."""
    found: Cabinet | None = current_app.extensions.get(_CABINET)
    if found is None:
        found = current_app.extensions[_CABINET] = cabinets.of(auth.extension().settings.files)
    return found


@pages.get("/files/<file_id>")
@pages.get("/api/v1/files/<file_id>")
@auth.signed_in
def download(file_id: str) -> Response | tuple[str, int]:
    """An attachment, for whoever may read what it belongs to; anybody else does not learn that it exists."""
    with db.read(auth.extension().engine) as conn:
        found = store_files.file(conn, file_id)
        if found is None or not _may_have(conn, found):
            raise Problem("unknown_file", 404, value=file_id[:100])
    return hand_out(found, f"/matters/{found.matter_id}" if found.matter_id else "/matters/drafts")


def hand_out(file: Row[Any], back: str) -> Response | tuple[str, int]:
    """The content of a file, or a page that says why nobody gets it now, with the way back."""
    try:
        return send(file)
    except Problem as problem:
        if auth.is_api():
            raise
        words = languages.pick(*problem.texts)
        return render_template("file_closed.html", name=file.name, words=words, back=back), problem.status


def send(file: Row[Any]) -> Response:
    """The content of a file as a download, in pieces, also from the middle of it (Range)."""
    content = files.give_out(auth.extension().engine, cabinet(), file)
    media_type = kinds.KINDS[file.kind].media_type
    answer = send_file(content, media_type, as_attachment=True, download_name=file.name, conditional=False)
    answer.set_etag(file.sha256)
    answer.content_length = file.size
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = _SEALED
    answer.headers["X-SHA256"] = file.sha256
    return answer.make_conditional(request.environ, accept_ranges=True, complete_length=file.size)  # type: ignore[return-value]


def visible(conn: Connection, matter: Row[Any]) -> list[Row[Any]]:
    """The attachments of a matter that whoever asks may see, of those who see the matter."""
    seen = grants.scope(auth.require_actor(), auth.current_grants())
    own = any(row.person_id == seen.person_id for row in store.proposers(conn, matter.id))
    sight = seen.sight(own)
    return [one for one in store_files.of_matter(conn, matter.id) if one.unit is None or sight.covers(one.unit)]


def _may_have(conn: Connection, file: Row[Any]) -> bool:
    """Who reads the matter, within what he sees of it; of a draft its deputy, the invited, whoever brought it."""
    actor = auth.require_actor()
    if file.matter_id is None:
        return file.draft_id is not None and _reads_draft(conn, actor, file)
    letter = letters.sealed_by(conn, file)
    if letter is not None and letters.may_read(letter, actor.deputy_id):
        return True
    matter = store.matter(conn, file.matter_id)
    seen = grants.scope(actor, auth.current_grants())
    if matter is None or not grants.may_see(conn, matter, seen):
        return False
    return letter is not None or file in visible(conn, matter)


def _reads_draft(conn: Connection, actor: Actor, file: Row[Any]) -> bool:
    draft = store_drafts.draft(conn, file.draft_id)
    if draft is None:
        return bool(file.brought_by == actor.account_id)
    if actor.deputy_id is None:
        return False
    asked = {one.person_id for one in drafts.invited(conn, draft.id)}
    return actor.deputy_id == draft.person_id or actor.deputy_id in asked


def change(draft_id: str) -> list[str]:
    """Bring what was chosen for a draft or form, and take away what it says; what was wrong with which file."""
    wrong = bring(Place(draft_id=draft_id))
    _take_away(draft_id, request.form.get("remove", ""))
    return wrong


def bring(place: Place) -> list[str]:
    """Bring what was chosen; what was wrong with which file. A file that is wrong keeps no other from being taken."""
    here, by, wrong = auth.extension(), auth.require_actor().account_id, list[str]()
    for one in request.files.getlist(FIELD):
        if not one.filename:
            continue
        try:
            with cabinet().receive(one.stream) as arrival, db.begin(here.engine) as conn:
                name, at = one.filename, here.clock.now()
                kept = files.keep(conn, cabinet(), arrival, file_id=str(uuid4()), name=name, place=place, by=by, at=at)
            wrong += [_said(kept.name, Problem("file_infected"))] if kept.state == "infected" else []
        except Problem as problem:
            wrong.append(_said(one.filename, problem))
    return wrong


def chosen() -> bool:
    """Whether the form that was sent brings files, or takes one away."""
    return any(one.filename for one in request.files.getlist(FIELD)) or "remove" in request.form


def _take_away(draft_id: str, file_id: str) -> None:
    here = auth.extension()
    with db.begin(here.engine) as conn:
        gone = [*files.remove(conn, draft_id, file_id), *files.forget_stale(conn, here.clock.now())]
        drafts.renew(conn, draft_id)
    cabinet().clear(gone)


def _said(name: str, problem: Problem) -> str:
    shown = files.plain(name)
    return languages.pick(f"{shown}：{problem.texts[0]}", f"{shown}: {problem.texts[1]}")


def hints() -> dict[str, Any]:
    """What a page says about the files that are taken."""
    rules = auth.extension().settings.files
    names = "、".join(name.upper() for name in rules.kinds)
    suffixes = ",".join(suffix for name in rules.kinds for suffix in kinds.KINDS[name].suffixes)
    return {
        "kinds": names,
        "accept": suffixes,
        "megabytes": rules.most_bytes // 1024 // 1024,
        "number": rules.per_matter,
    }


def size_label(size: int) -> str:
    """A size as people read it."""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"
