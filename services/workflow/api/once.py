"""Acts over HTTP that may be sent twice: under one `Idempotency-Key` they happen once and are answered alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Response, jsonify, request
from sqlalchemy import Connection

from services.common.problems import Problem
from services.workflow import edges
from services.workflow.cases import Applied

KEY_MAX: Final = 200


def once(asked: Mapping[str, Any], act: Callable[[Connection], Applied], **answer: Any) -> Response:
    """Carry out `act` and answer with `answer` and the stimulus' name, see `edges.once`."""
    done = edges.once(key(), asked, act, answer)
    edges.demand(done.applied)
    return jsonify(done.answer)


def key() -> str:
    """The request's `Idempotency-Key`, or nothing; raises `Problem` bad_request for one that is too long."""
    found = request.headers.get("Idempotency-Key", "")
    if len(found) > KEY_MAX:
        raise Problem("bad_request", 400)
    return found
