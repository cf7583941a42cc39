"""What happened to a matter, step by step, over HTTP."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from services.common import auth
from services.common.problems import Problem
from services.workflow import cases, edges, histories, versions, visibility, worklists
from services.workflow.api import tasks as task_api

api = Blueprint("api_histories", __name__, url_prefix="/api/v1")


@api.get("/matters/<path:matter_id>/history")
@auth.signed_in
def history(matter_id: str) -> Response:
    """The cases of a matter with their open tasks and every step of their logs."""
    speaker = edges.speaker()
    with edges.reading() as conn:
        found = cases.of_matter(conn, matter_id)
        if not found:
            raise Problem("not_found", 404)
        answer = []
        for case in found:
            visibility.check(conn, case["id"], speaker)
            names = ("id", "process", "package_version", "status", "outcome", "state_name")
            tasks = [task_api.as_json(row) for row in worklists.of_case(conn, case["id"])]
            steps = histories.of_case(conn, {**case, "diagrams": versions.diagrams(conn, case["package_version"])})
            answer.append({**{name: case[name] for name in names}, "tasks": tasks, "steps": steps})
    return jsonify({"matter_id": matter_id, "cases": answer})
