"""JSON as our interfaces write it: instants with their offset, dates as dates."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response


def answer(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response."""
    return Response(orjson.dumps(body), status, dict(headers or {}), content_type="application/json")
