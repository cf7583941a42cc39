"""What our interfaces read and write: JSON with instants and dates, keys against doubles, a matter handed in."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson
from flask import Response, request

from services.common.problems import Problem
from services.intake.matters import Submitted

KEY_MAX: Final = 200


def answer(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response."""
    return Response(orjson.dumps(body), status, dict(headers or {}), content_type="application/json")


def body_of() -> dict[str, Any]:
    """The request's JSON object; raises `Problem` bad_request."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Problem("bad_request", 400)
    return body


def key_of() -> str:
    """The request's `Idempotency-Key`; raises `Problem` missing_key."""
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= KEY_MAX:
        raise Problem("missing_key", 400)
    return key


def handed_in(done: Submitted) -> Response:
    """A matter that was handed in: 201, or 200 when it was there already."""
    body = {
        "matter_id": done.matter_id,
        "matter_no": done.matter_no,
        "warnings": [asdict(warning) for warning in done.warnings],
    }
    return answer(body, 201 if done.created else 200, {"Location": f"/api/v1/matters/{done.matter_id}"})
