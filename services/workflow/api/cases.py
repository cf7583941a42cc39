"""Cases, records, incidents and versions over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Connection

from services.common import auth
from services.common.problems import Problem
from services.workflow import (
    cases,
    chain,
    deadlines,
    diagrams,
    edges,
    engine,
    incidents,
    packages,
    pasts,
    replays,
    versions,
    visibility,
    worklists,
)
from services.workflow import records as records_
from services.workflow.api import bodies
from services.workflow.api import tasks as task_api
from services.workflow.api.once import once
from services.workflow.api.refusals import refusal

api = Blueprint("api_cases", __name__, url_prefix="/api/v1")


@api.get("/cases/<case_id>")
@auth.signed_in
def get(case_id: str) -> Response:
    """Where a case stands: its tasks, deadlines, records and whether its log is intact."""
    speaker = edges.speaker()
    with edges.reading() as conn:
        row = visibility.check(conn, case_id, speaker)
        sees = visibility.sight(conn, row["matter_id"], speaker)
        limits = [one for one in deadlines.of_case(conn, case_id) if sees.knows(one["name"], one["unit"])]
        answer: dict[str, Any] = {
            "case_id": row["id"],
            "matter_id": row["matter_id"],
            "process": row["process"],
            "process_version": row["package_version"],
            "calendar": row["calendar_version"],
            "status": row["status"],
            "outcome": row["outcome"],
            "stimuli": row["seq"],
            "log_intact": chain.first_broken(replays.log(conn, case_id)) is None,
            "tasks": task_api.told(worklists.of_case(conn, case_id), sees, speaker),
            "deadlines": [_deadline(limit) for limit in limits],
            "records": [_record(one) for one in records_.with_texts(conn, records_.of_case(conn, case_id, speaker))],
        }
    return jsonify(answer)


@api.get("/cases/<case_id>/past")
@auth.granted(*sorted(visibility.EVERYTHING))
def past(case_id: str) -> Response:
    """How a case stood at `?at=` (an instant with its zone) or after row `?seq=` of its log, in its canonical form."""
    given, seq = request.args.get("at", ""), request.args.get("seq", type=int)
    try:
        at = datetime.fromisoformat(given) if given else None
    except ValueError:
        raise Problem("bad_request", 400) from None
    if at is not None and at.tzinfo is None:
        raise Problem("bad_request", 400)  # whose clock?
    with edges.reading() as conn:
        case = cases.get(conn, case_id)
        if case is None:
            raise Problem("not_found", 404)
        found = pasts.look(conn, case, at=at, seq=seq)
    state = {"standing": found.standing, "state_name": found.state_name, "state": engine.canonical(found.case)}
    place = {"seq": found.seq, "at": found.at.isoformat(), "version": found.version, "rows": found.rows}
    answer = {"case_id": case_id, **place, **state}
    return Response(orjson.dumps(answer), content_type="application/json")


def _deadline(row: Any) -> dict[str, Any]:
    names = ("id", "name", "unit", "state", "rule", "why", "calendar", "provisional")
    dates = {name: row[name].isoformat() for name in ("due", "due_at", "first_due")}
    return {**{name: row[name] for name in names}, **dates}


def _record(row: Any) -> dict[str, Any]:
    names = ("id", "record", "data", "unit", "role", "actor", "element", "task_id")
    return {**{name: row[name] for name in names}, "at": row["at"].isoformat()}


@api.post("/cases/<case_id>/records/<record>")
@auth.signed_in
def add_record(case_id: str, record: str) -> Response:
    """Add a record that moves no token: {"unit", "task_id"?, "data"}; once per `Idempotency-Key`."""
    wish, speaker = bodies.read(), edges.speaker()

    def act(conn: Connection) -> cases.Applied:
        return records_.submit(conn, case_id, _entry(record, wish), speaker, edges.now())

    return once({"case": case_id, "record": record, "wish": wish}, act, case_id=case_id)


@api.post("/matters/<matter_id>/records/<record>")
@auth.signed_in
def add_record_to_matter(matter_id: str, record: str) -> Response:
    """The same where the case is not known: to that running case of the matter which accepts it for the unit."""
    wish, speaker = bodies.read(), edges.speaker()

    def act(conn: Connection) -> cases.Applied:
        return records_.submit_to_matter(conn, matter_id, _entry(record, wish), speaker, edges.now())

    return once({"matter": matter_id, "record": record, "wish": wish}, act, matter_id=matter_id)


def _entry(record: str, wish: Mapping[str, Any]) -> records_.Entry:
    data, unit, task_id = wish.get("data") or {}, wish.get("unit"), wish.get("task_id")
    return records_.Entry(record=record, data=data, unit=unit, task_id=task_id)


@api.post("/cases/<case_id>/verbs/<verb>")
@auth.granted("cases.operate")
def operate(case_id: str, verb: str) -> Response:
    """An operator's verb on a case as a whole: `calendar` (the newest or {"calendar": version}), `extend`, `move`.

    Once per `Idempotency-Key`.
    """
    actor = edges.speaker().actor
    asked = {**bodies.read_any(), "verb": verb}

    def act(conn: Connection) -> cases.Applied:
        return cases.operate(conn, case_id, asked, actor, edges.now())

    return once({"case": case_id, "wish": asked}, act, case_id=case_id)


@api.post("/incidents/<int:number>/retry")
@auth.granted("cases.operate")
def retry(number: int) -> Response:
    """Carry out an incident's stimulus again."""
    with edges.writing() as conn:
        try:
            applied = cases.retry(conn, number, str(edges.speaker().account), edges.now())
        except engine.Unexpected as error:
            raise Problem("not_expected", 409) from error
    edges.demand(applied)
    return jsonify({"incident": number, "stimulus": applied.stimulus_id})


@api.get("/incidents")
@auth.granted("cases.operate")
def list_incidents() -> Response:
    """Open incidents, the latest first."""
    with edges.reading() as conn:
        found = [
            {"number": row["id"], "case_id": row["case_id"], "code": row["code"], "text": row["text"]}
            for row in incidents.list_(conn)
        ]
    return jsonify({"incidents": found})


@api.post("/packages")
@auth.granted("processes.edit")
def submit() -> Response:
    """Submit a package: the bytes that `packages.pack` makes; a problem with all `findings` when it is refused."""
    try:
        package = packages.unpack(request.get_data())
        with edges.writing() as conn:
            version = versions.submit(conn, package, str(edges.speaker().account), edges.now())
    except engine.Refused as refused:
        return refusal(refused)
    return jsonify({"version": version})


@api.post("/packages/<version>/points/<point>/units/<unit>")
@auth.granted("processes.edit")
def publish_diagram(version: str, point: str, unit: str) -> Response | tuple[Response, int]:
    """Replace an extension point for one unit by its own BPMN file, the body; 422 with all findings when refused."""
    try:
        with edges.writing() as conn:
            number = diagrams.publish(conn, version, point, unit, request.get_data(), edges.speaker(), edges.now())
    except engine.Refused as refused:
        return refusal(refused)
    return jsonify({"version": version, "point": point, "unit": unit, "number": number})


@api.post("/packages/<version>/approve")
@auth.granted("processes.approve")
def approve(version: str) -> Response:
    """Put a version in force; whoever submitted it cannot."""
    with edges.writing() as conn:
        versions.approve(conn, version, str(edges.speaker().account), edges.now())
    return jsonify({"version": version})


@api.post("/packages/<version>/retire")
@auth.granted("processes.approve")
def retire(version: str) -> Response:
    """No new cases under this version."""
    with edges.writing() as conn:
        versions.retire(conn, version, edges.now())
    return jsonify({"version": version})


@api.delete("/packages/<version>")
@auth.granted("processes.edit")
def delete(version: str) -> Response:
    """Forget a version that was never in force."""
    with edges.writing() as conn:
        versions.delete(conn, version)
    return jsonify({"version": version})
