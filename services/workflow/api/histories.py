"""What happened to a matter, step by step, over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import Connection, RowMapping

from services.common import auth
from services.common.problems import Problem
from services.common.sights import Sight
from services.workflow import cases, edges, histories, visibility, worklists
from services.workflow.api import tasks as task_api
from services.workflow.speakers import Speaker

api = Blueprint("api_histories", __name__, url_prefix="/api/v1")


@api.get("/matters/<path:matter_id>/history")
@auth.signed_in
def history(matter_id: str) -> Response:
    """The cases of a matter that the person asking may look at, with their tasks and the steps of their logs.

    Deputies and other units read the public stages of what is not theirs to know.
    """
    speaker = edges.speaker()
    with edges.reading() as conn:
        found = cases.of_matter(conn, matter_id)
        if not found:
            raise Problem("not_found", 404)
        seen = [case for case in found if visibility.may_see(conn, case, speaker)]
        if not seen:
            raise Problem("not_permitted", 403)
        answer = [_case(conn, case, visibility.sight(conn, matter_id, speaker), speaker) for case in seen]
    return jsonify({"matter_id": matter_id, "cases": answer})


def _case(conn: Connection, case: RowMapping, sees: Sight, speaker: Speaker) -> dict[str, Any]:
    names = ("id", "process", "package_version", "status", "outcome", "state_name")
    tasks = worklists.of_case(conn, case["id"])
    steps = histories.of_case(conn, case)
    return {
        **{name: case[name] for name in names},
        "tasks": task_api.told(tasks, sees, speaker),
        "steps": histories.told(steps, tasks, sees, speaker),
    }
