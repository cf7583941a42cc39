"""Parked and refused messages of a service: find, read, replay. One set of pages for every inbox.

The pages stand under `/parked` of each service and need the grant `messages.manage`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, RowMapping, Table, or_, select
from werkzeug.wrappers import Response

from services.common import auth, db, inbox, languages
from services.common.pages import PAGE_SIZE, page_number, page_of
from services.common.problems import Problem

STATES: Final = (inbox.PARKED, inbox.REJECTED)
_REPLAYED: Final = ("已重新受理 {count} 条消息。", "{count} messages are tried again.")
_NONE: Final = (
    "没有可以重新受理的消息；编号冲突的不能重放。",
    "Nothing was replayed; conflicting duplicates cannot be.",
)


def find(conn: Connection, table: Table, wanted: Mapping[str, str], page: int = 1) -> Sequence[RowMapping]:
    """A page of messages put aside (and one more), the latest first, without their bodies.

    `wanted`: `state`, and `q` in id, type, subject, sender, code or error.
    """
    columns = [column for column in table.c if column.name not in ("body", "headers")]
    states = [wanted["state"]] if wanted.get("state") in STATES else list(STATES)
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
        ids = [int(value) for value in request.form.getlist("id") if value.isascii() and value.isdigit()]
        with db.begin(auth.extension().engine) as conn:
            count = len(inbox.replay(conn, table, ids))
        flash(languages.pick(*(_REPLAYED if count else _NONE)).format(count=count), "good" if count else "warn")
        return redirect(auth.safe_next(request.form.get("next"), url_for("parked.list_")), 303)

    return pages


def _page(template: str, **facts: Any) -> str:
    return render_template(template, service=auth.extension().service, **facts)
