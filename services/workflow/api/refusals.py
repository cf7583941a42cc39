"""A package that is refused, as HTTP tells it: the problem with all findings."""

from __future__ import annotations

import orjson
from flask import Response

from services.common import problems
from services.common.problems import Problem
from services.workflow import engine


def refusal(refused: engine.Refused) -> Response:
    """422 bad_package with `findings`."""
    document = problems.document(Problem("bad_package", 422))
    document["findings"] = [found.as_dict() for found in refused.findings]
    return Response(orjson.dumps(document), 422, content_type=problems.CONTENT_TYPE)
