"""The diagram editor's side of a draft, as JSON: read a file, save it with the number one has seen."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, jsonify, request

from services.common import auth
from services.common.problems import Problem
from services.workflow import edges, engine, whatifs
from services.workflow.api.refusals import refusal
from services.workflow.studio import catalogues, drafts

api = Blueprint("api_studio", __name__, url_prefix="/api/v1/drafts")


@api.get("/<int:draft_id>/files/<path:name>")
@auth.granted("processes.edit")
def read(draft_id: int, name: str) -> Response:
    """{"number", "text", "choices"}: a file and what its editor offers."""
    with edges.reading() as conn:
        draft = drafts.get(conn, draft_id)
    if name not in draft.package.files:
        raise Problem("not_found", 404)
    text = draft.package.files[name].decode()
    return jsonify({"number": draft.number, "text": text, "choices": catalogues.of(draft.package)})


@api.put("/<int:draft_id>/files/<path:name>")
@auth.granted("processes.edit")
def save(draft_id: int, name: str) -> Response:
    """Save {"number", "text"}: {"number", "findings"}; 409 when somebody else saved, 422 for a file that is none."""
    wish: Any = request.get_json(silent=True)
    number, text = (wish.get("number"), wish.get("text")) if isinstance(wish, dict) else (None, None)
    if not isinstance(number, int) or not isinstance(text, str):
        raise Problem("bad_request", 400)
    try:
        with edges.writing() as conn:
            by = str(edges.speaker().account)
            drafts.save(conn, draft_id, number, {name: text.encode()}, by, edges.now())
            draft = drafts.get(conn, draft_id)
    except engine.Refused as refused:
        return refusal(refused)
    return jsonify({"number": draft.number, "findings": [f.as_dict() for f in drafts.findings(draft)]})


@api.get("/<int:draft_id>/what-if")
@auth.granted("processes.edit", "processes.approve")
def what_if(draft_id: int) -> Response:
    """What would have become of all cases of the draft's base under the draft, per case and in sum.

    422 with all findings for a draft that cannot be executed.
    """
    try:
        with edges.reading() as conn:
            draft = drafts.get(conn, draft_id)
            report = whatifs.play(conn, draft.base, draft.package)
    except engine.Refused as refused:
        return refusal(refused)
    return Response(orjson.dumps(report.as_dict()), content_type="application/json")
