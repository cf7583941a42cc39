"""Parked and refused messages of a service: find, read, replay, discard. One set of pages for every inbox.

The pages stand under `/parked` of each service and need the grant `messages.manage`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, RowMapping, Table, or_, select
from werkzeug.wrappers import Response

from services.common import auth, db, inbox, languages, logs
from services.common.pages import PAGE_SIZE, page_number, page_of
from services.common.problems import Problem

WAITING: Final = (inbox.PARKED, inbox.REJECTED)
STATES: Final = (*WAITING, inbox.DISCARDED)
_log = logs.get(__name__)
_REPLAYED: Final = ("已重新受理 {count} 条消息。", "{count} messages are tried again.")
_DISCARDED: Final = (
    "已作废 {count} 条消息；筛选“已作废”可以查看和重放。",
    "{count} messages are discarded; filter by “discarded” to see or replay them.",
)
_NONE_DISCARDED: Final = ("没有可以作废的消息，请先选择。", "Nothing was discarded; choose messages first.")
_NONE: Final = (
    "没有可以重新受理的消息；编号冲突的不能重放。",
    "Nothing was replayed; conflicting duplicates cannot be.",
)


def find(conn: Connection, table: Table, wanted: Mapping[str, str], page: int = 1) -> Sequence[RowMapping]:
    """A page of messages put aside (and one more), the latest first, without their bodies; discarded ones if asked for.

    `wanted`: `state`, and `q` in id, type, subject, sender, code or error.
    """
    columns = [column for column in table.c if column.name not in ("body", "headers")]
    states = [wanted["state"]] if wanted.get("state") in STATES else list(WAITING)
    query = select(*columns).where(table.c.state.in_(states))
    if text := wanted.get("q"):
        names = ("message_id", "type", "subject", "channel", "code", "error")
        query = query.where(or_(*(table.c[name].icontains(text, autoescape=True) for name in names)))
    rows = query.order_by(table.c.id.desc()).limit(PAGE_SIZE + 1).offset((page - 1) * PAGE_SIZE)
    return conn.execute(rows).mappings().all()


def get(conn: Connection, table: Table, row_id: int) -> RowMapping | None:
    """One message put aside, whole, or None."""
    query = select(table).where(table.c.id == row_id, table.c.state.in_(STATES))
    return conn.execute(query).mappings().one_or_none()


def readable(body: bytes) -> str:
    """A body to read: JSON set out in lines, anything else as far as it is text."""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return bytes(body).decode("utf-8", "replace")


def blueprint(table: Table) -> Blueprint:
    """The pages over one service's inbox."""
    pages = Blueprint("parked", __name__, url_prefix="/parked")

    @pages.get("")
    @auth.granted("messages.manage")
    def list_() -> str:
        number = page_number()
        wanted = {name: request.args.get(name, "").strip() for name in ("q", "state")}
        with db.read(auth.extension().engine) as conn:
            page = page_of(find(conn, table, wanted, number), number)
        return _page("parked.html", page=page, wanted=wanted, narrowed=any(wanted.values()))

    @pages.get("/<int:row_id>")
    @auth.granted("messages.manage")
    def show(row_id: int) -> str:
        with db.read(auth.extension().engine) as conn:
            message = get(conn, table, row_id)
        if message is None:
            raise Problem("not_found", 404)
        return _page("parked_message.html", message=message, body=readable(message["body"]))

    @pages.post("/replay")
    @auth.granted("messages.manage")
    def replay() -> Response:
        with db.begin(auth.extension().engine) as conn:
            return _done(len(inbox.replay(conn, table, _chosen())), _REPLAYED, _NONE)

    @pages.post("/discard")
    @auth.granted("messages.manage")
    def discard() -> Response:
        with db.begin(auth.extension().engine) as conn:
            found = inbox.discard(conn, table, _chosen())
        _log.info("messages_discarded", message_ids=found, account=auth.require_actor().account_id)
        return _done(len(found), _DISCARDED, _NONE_DISCARDED)

    return pages


def _chosen() -> list[int]:
    given = [value for value in request.form.getlist("id") if value.isascii() and value.isdigit()]
    return [int(value) for value in given if len(value) < 19]  # no database has larger numbers


def _done(count: int, some: tuple[str, str], none: tuple[str, str]) -> Response:
    """Say how many it were, and go back to where one came from."""
    flash(languages.pick(*(some if count else none)).format(count=count), "good" if count else "warn")
    return redirect(auth.safe_next(request.form.get("next"), url_for("parked.list_")), 303)


def _page(template: str, **facts: Any) -> str:
    return render_template(template, service=auth.extension().service, **facts)
