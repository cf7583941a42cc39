"""Acts over HTTP that may be sent twice: under one `Idempotency-Key` they happen once and are answered alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Response, jsonify, request
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from services.common.problems import Problem
from services.workflow import edges, idempotency
from services.workflow.cases import Applied

KEY_MAX: Final = 200


def once(asked: Mapping[str, Any], act: Callable[[Connection], Applied], **answer: Any) -> Response:
    """Carry out `act` and answer with `answer` and the stimulus' name.

    `asked` is what the caller wants: the same key for something else is refused (key_reused). What ended in an
    incident is not remembered, since its answer would be wrong after the repair.
    """
    account, key, digest = str(edges.speaker().account), _key(), idempotency.digest(asked)
    try:
        with edges.writing() as conn:
            before = idempotency.answered(conn, account, key, digest) if key else None
            if before is not None:
                return jsonify(before)
            applied = act(conn)
            done = {**answer, "stimulus": applied.stimulus_id, "warnings": list(applied.warnings)}
            if key and applied.incident is None:
                idempotency.keep(conn, account, key, digest, done, edges.now())
    except (Problem, IntegrityError):
        found = _meanwhile(account, key, digest)
        if found is None:
            raise
        return jsonify(found)
    edges.demand(applied)
    return jsonify(done)


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > KEY_MAX:
        raise Problem("bad_request", 400)
    return key


def _meanwhile(account: str, key: str, digest: str) -> Mapping[str, Any] | None:
    """The answer to the same request that was carried out while this one waited for the case."""
    if not key:
        return None
    with edges.reading() as conn:
        return idempotency.answered(conn, account, key, digest)
