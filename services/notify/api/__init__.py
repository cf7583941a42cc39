"""Notify's HTTP interface `/api/v1`: one's own messages, and for administrators the delivery log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, request
from sqlalchemy import RowMapping

from services.common import auth, db
from services.common.pages import PAGE_SIZE, page_number
from services.common.problems import Problem
from services.notify import edges, notices, receipts, store

api = Blueprint("api", __name__, url_prefix="/api/v1")
_MESSAGE = ("id", "kind", "task_id", "matter_id", "matter_no", "title", "facts", "texts")
_DELIVERY = (
    "id",
    "notice_id",
    "message_id",
    "facts",
    "person_id",
    "person",
    "kind",
    "template",
    "fault",
    "matter_id",
    "task_id",
    "channel",
)
_OUTCOME = ("state", "reason", "error", "attempts", "provider_id")


def install(app: Flask) -> None:
    """Give the app its HTTP interface."""
    app.register_blueprint(api)


@api.get("/messages")
@auth.signed_in
def messages() -> Response:
    """`?only=unread|task|notice&page=` → `{unread, messages: [{id, kind, texts, …, at, read_at, settled_at}]}`."""
    here, me = auth.extension(), _me()
    only = request.args.get("only") or None
    with db.read(here.engine) as conn:
        rows = store.messages(conn, me, only=only, limit=PAGE_SIZE, offset=(page_number() - 1) * PAGE_SIZE)
        unread = store.count_unread(conn, me)
    times = ("created_at", "read_at", "settled_at")
    return _answer({"unread": unread, "messages": [_pick(row, _MESSAGE, times) for row in rows]})


@api.post("/messages/<delivery_id>/read")
@auth.signed_in
def read(delivery_id: str) -> Response:
    """Mark one of one's own messages as read; `{read: 0}` when it was before."""
    here = auth.extension()
    with db.begin(here.engine) as conn:
        return _answer({"read": store.mark_read(conn, _me(), [delivery_id], here.clock.now())})


@api.get("/deliveries")
@auth.granted("messages.manage", "audit.read")
def deliveries() -> Response:
    """`?state=&channel=&matter_id=&notice_id=&page=` → `{deliveries: […]}`, newest first."""
    here = auth.extension()
    with db.read(here.engine) as conn:
        offset = (page_number() - 1) * PAGE_SIZE
        rows = store.deliveries(conn, request.args, limit=PAGE_SIZE, offset=offset)
    times = ("created_at", "sent_at", "delivered_at", "read_at", "ended_at", "settled_at")
    return _answer({"deliveries": [_pick(row, _DELIVERY + _OUTCOME, times) for row in rows]})


@api.post("/deliveries/<delivery_id>/retry")
@auth.granted("messages.manage")
def retry(delivery_id: str) -> Response:
    """Try a delivery that reached nobody again; 404 for any other, 409 with the reason where nothing is sent."""
    here = auth.extension()
    with db.begin(here.engine) as conn:
        notices.retry(conn, delivery_id, edges.ways(), here.clock.now())
    return _answer({"id": delivery_id})


@api.post("/receipts/<channel>")
@auth.public
def receipt(channel: str) -> Response:
    """What a provider says became of letters: JSON (an object or a list of them) or a form.

    It proves itself by the channel's secret, as bearer token or as `?secret=`; 404 for a channel that takes none, and,
    so that it comes again, where one is of a letter not known here. The others are kept all the same.
    """
    here = auth.extension()
    about = receipts.expected(edges.ways().channels, channel, _secret())
    told = request.get_json() if request.is_json else request.form.to_dict()
    with db.begin(here.engine) as conn:
        unknown = receipts.take(conn, channel, about, told, here.clock.now())
    if unknown:
        raise Problem("not_found", 404)
    return Response(about.answer, content_type="application/json")


def _secret() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.args.get("secret", "")


def _me() -> str:
    return auth.require_actor().person_id or ""


def _pick(row: RowMapping, names: tuple[str, ...], times: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in (*names, *times)}


def _answer(body: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(body), content_type="application/json")
