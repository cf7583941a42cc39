"""Migration of running cases over HTTP: what would happen, the same in earnest with a result per case, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import Connection

from services.common import auth
from services.common.problems import Problem
from services.workflow import case_migrations, cases, edges
from services.workflow.api import bodies
from services.workflow.api.once import once
from services.workflow.case_migrations import Plan

api = Blueprint("api_case_migrations", __name__, url_prefix="/api/v1")


@api.post("/packages/<version>/migrations")
@auth.granted("cases.operate")
def migrate_all(version: str) -> Response:
    """Bring running cases of a version to another: {"version", "map", "dates", "shorten", "cases", "dry_run"}.

    `cases` are some of them, else all. With `dry_run` nothing is written. The answer has a result for every case.
    """
    wish = bodies.read()
    plan = _plan(version, wish)
    ids = wish.get("cases")
    if ids is not None and not (isinstance(ids, list) and all(isinstance(one, str) for one in ids)):
        raise Problem("bad_request", 400)
    return _answer(plan, ids, dry_run=bool(wish.get("dry_run")))


@api.post("/cases/<case_id>/verbs/migrate")
@auth.granted("cases.operate")
def migrate(case_id: str) -> Response:
    """The same for one case: {"version", "map", "dates", "shorten", "dry_run"}."""
    wish = bodies.read()
    with edges.reading() as conn:
        row = cases.get(conn, case_id)
    if row is None:
        raise Problem("not_found", 404)
    return _answer(_plan(row["package_version"], wish), [case_id], dry_run=bool(wish.get("dry_run")))


@api.post("/cases/<case_id>/verbs/revert")
@auth.granted("cases.operate")
def revert(case_id: str) -> Response:
    """Take back the migration that was the last thing that happened to a case; once per `Idempotency-Key`."""
    actor = edges.speaker().actor

    def act(conn: Connection) -> cases.Applied:
        return case_migrations.revert(conn, case_id, actor, edges.now())

    return once({"case": case_id, "verb": "revert"}, act, case_id=case_id)


def _plan(source: str, wish: Mapping[str, Any]) -> Plan:
    names, dates = wish.get("map") or {}, wish.get("dates", "keep")
    plain = isinstance(names, dict) and all(isinstance(value, str) for value in names.values())
    if not plain or dates not in ("keep", "recompute") or not isinstance(wish.get("version"), str):
        raise Problem("bad_request", 400)
    return Plan(
        source=source,
        target=wish["version"],
        names=names,
        recompute=dates == "recompute",
        shorten=wish.get("shorten") is True,
    )


def _answer(plan: Plan, ids: Sequence[str] | None, *, dry_run: bool) -> Response:
    engine = auth.extension().engine
    if dry_run:
        found = case_migrations.look_at(engine, plan, ids, edges.now())
    else:
        found = case_migrations.carry_out(engine, plan, ids, edges.speaker().actor, edges.now())
    return jsonify(
        {
            "from": plan.source,
            "to": plan.target,
            "dry_run": dry_run,
            "migrated": sum(not one.code for one in found),
            "refused": sum(bool(one.code) for one in found),
            "cases": [one.as_dict() for one in found],
        }
    )
