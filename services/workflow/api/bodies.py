"""The JSON object that a request brings."""

from __future__ import annotations

from typing import Any

from flask import request

from services.common.problems import Problem


def read() -> dict[str, Any]:
    """The request's JSON object; raises `Problem` bad_request."""
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise Problem("bad_request", 400)
    return data


def read_any() -> dict[str, Any]:
    """The request's JSON object, empty where it has no body at all; raises `Problem` bad_request."""
    return read() if request.get_data() else {}
