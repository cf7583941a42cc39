"""Tasks over HTTP: list, read, claim, draft, complete, verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Connection

from services.common import auth, problems
from services.common import pages as page_tools
from services.common.problems import Problem
from services.common.sights import Sight
from services.workflow import (
    cases,
    deadlines,
    edges,
    four_eyes,
    matters,
    tasks,
    together,
    verbs,
    visibility,
    worklists,
)
from services.workflow.api import bodies
from services.workflow.api.once import key, once
from services.workflow.speakers import Speaker

api = Blueprint("api_tasks", __name__, url_prefix="/api/v1")
WATCHED: Final = 500
"""Tasks on a page of `list_everything`."""


@api.get("/tasks")
@auth.signed_in
def list_() -> Response:
    """Open tasks of the person asking, due ascending; `?page=` for more."""
    size, number = page_tools.PAGE_SIZE, page_tools.page_number()
    speaker = edges.speaker()
    with edges.reading() as conn:
        found = worklists.todo(conn, speaker, filter_of(), edges.now(), limit=size + 1, offset=(number - 1) * size)
        barred = four_eyes.barred(conn, found, speaker)
    page = page_tools.page_of(found, number)
    rows = [{**as_json(row), "barred": row["id"] in barred} for row in page.items]
    return jsonify({"tasks": rows, "page": number, "more": page.has_next})


@api.get("/open-tasks")
@auth.granted("cases.operate")
def list_everything() -> Response:
    """Open tasks of everybody, the oldest first, for programs that watch over an installation; `?page=` for more."""
    number = page_tools.page_number()
    with edges.reading() as conn:
        found = worklists.everything(conn, limit=WATCHED + 1, offset=(number - 1) * WATCHED)
    return jsonify({"tasks": [as_json(row) for row in found[:WATCHED]], "page": number, "more": len(found) > WATCHED})


@api.get("/tasks/<task_id>")
@auth.signed_in
def get(task_id: str) -> Response:
    """One task with form schema, deadline, own draft, what the form holds at first, and the text of its matter.

    `merged` are the matters handled together with it.
    `verbs` are what the person asking may do with it besides; `question` is what somebody asked beside another task.
    """
    speaker = edges.speaker()
    with edges.reading() as conn:
        row = tasks.get(conn, task_id, speaker)
        limit = deadlines.get(conn, row["deadline_id"])
        draft = tasks.draft(conn, task_id, speaker.account)
        matter, sees = matters.get(conn, row["matter_id"]), visibility.sight(conn, row["matter_id"], speaker)
        answer = {
            **as_json({**row, "matter_no": None, "title": None}),
            "form_schema": tasks.schema_of(conn, row),
            "why": list(limit["why"]) if limit else [],
            "draft": draft["data"] if draft else None,
            "initial": tasks.initial_of(conn, row),
            "barred": bool(four_eyes.barred(conn, [row], speaker)),
            "verbs": verbs.available(conn, row, speaker) if row["state"] == "open" else [],
            "question": tasks.question_of(conn, row),
            "matter": matter["data"] if matter else None,
            "merged": [one["data"] for one in matters.merged(conn, row["matter_id"])] if sees.inside else [],
        }
    return jsonify({key: value for key, value in answer.items() if key not in ("matter_no", "title")})


@api.post("/tasks/<task_id>/complete")
@auth.signed_in
def complete(task_id: str) -> Response:
    """Answer the form; the same `Idempotency-Key` gives the same answer without doing it twice."""
    speaker, data = edges.speaker(), bodies.read()

    def act(conn: Connection) -> cases.Applied:
        return tasks.complete(conn, task_id, data, speaker, edges.now())

    return once({"task": task_id, "data": data}, act, task_id=task_id, case_id=tasks.case_of(task_id))


@api.post("/tasks/batch")
@auth.signed_in
def complete_batch() -> Response:
    """Answer several tasks: {"answers": [{"task_id", "data"}, …]}; a result for each, in the same order.

    One that is refused keeps back no other. Under the same `Idempotency-Key` each is answered once.
    """
    answers = bodies.read().get("answers")
    if not isinstance(answers, list) or not all(_is_answer(one) for one in answers) or len(answers) > together.MOST:
        raise Problem("bad_request", 400)
    wanted = [together.Answer(one["task_id"], one["data"]) for one in answers]
    return jsonify({"results": [_outcome(one) for one in together.complete(wanted, key())]})


def _is_answer(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("task_id"), str) and isinstance(one.get("data"), dict)


def _outcome(outcome: together.Outcome) -> dict[str, Any]:
    if outcome.problem is not None:
        return {"task_id": outcome.task_id, "problem": problems.document(outcome.problem)}
    return {"task_id": outcome.task_id, "stimulus": outcome.stimulus, "warnings": list(outcome.warnings)}


@api.post("/tasks/<task_id>/claim")
@auth.signed_in
def claim(task_id: str) -> Response:
    """Take the task out of the common pile."""
    with edges.writing() as conn:
        tasks.claim(conn, task_id, edges.speaker(), edges.now())
    return jsonify({"task_id": task_id})


@api.post("/tasks/<task_id>/release")
@auth.signed_in
def release(task_id: str) -> Response:
    """Put the task back on the common pile."""
    with edges.writing() as conn:
        tasks.release(conn, task_id, edges.speaker())
    return jsonify({"task_id": task_id})


@api.put("/tasks/<task_id>/draft")
@auth.signed_in
def save_draft(task_id: str) -> Response:
    """Keep what is filled in so far, unchecked."""
    with edges.writing() as conn:
        tasks.save_draft(conn, task_id, bodies.read(), edges.speaker(), edges.now())
    return jsonify({"task_id": task_id})


@api.post("/tasks/<task_id>/verbs/<verb>")
@auth.signed_in
def operate(task_id: str, verb: str) -> Response:
    """A verb every task has: return, transfer, …; its data is the body. `Idempotency-Key` as in `complete`."""
    speaker, data = edges.speaker(), bodies.read()

    def act(conn: Connection) -> cases.Applied:
        return verbs.use(conn, task_id, verb, data, speaker, edges.now())

    return once({"task": task_id, "verb": verb, "data": data}, act, task_id=task_id)


def filter_of() -> worklists.Filter:
    """The filter in the request's query."""
    args = request.args
    return worklists.Filter(
        text=args.get("q", ""),
        role=args.get("role", ""),
        unit=args.get("unit", ""),
        element=args.get("element", ""),
        overdue=args.get("overdue") == "1",
        mine=args.get("mine") == "1",
    )


def told(rows: Sequence[Mapping[Any, Any]], sees: Sight, speaker: Speaker) -> list[dict[str, Any]]:
    """The tasks of a case as somebody may read them."""
    found = (visibility.shown(row, sees, speaker) for row in rows)
    return [as_json(row) for row in found if row is not None]


def as_json(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A task of a list as programs see it."""
    names = ("case_id", "matter_id", "matter_no", "title", "element", "name", "role", "unit", "person", "delegate")
    due, due_at, opened = row["due"], row["due_at"], row["opened_at"]
    return {
        "task_id": row["id"],
        **{name: row[name] for name in names},
        **{name: row[name] for name in ("beside", "form", "state", "record")},
        "filled": row["initial"] is not None,
        "accepts": list(row["accepts"] or ()),
        "due": due.isoformat() if due else None,
        "due_at": due_at.isoformat() if due_at else None,
        "opened_at": opened.isoformat(),
        "claimed_by": row["claimed_by"],
        "warnings": row["warnings"] or [],
        "apart": row["apart"] or [],
        "process_version": row["package_version"],
    }
