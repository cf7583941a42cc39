"""Where a case stands: steps, deadlines, records, and the log with its hash chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy import Connection

from services.common import auth
from services.common.problems import Problem
from services.workflow import (
    case_migrations,
    cases,
    chain,
    deadlines,
    edges,
    editions,
    histories,
    incidents,
    matters,
    records,
    remarks,
    replays,
    verbs,
    versions,
    visibility,
    worklists,
)
from services.workflow import engine as e
from services.workflow.speakers import Speaker
from services.workflow.web.records import CONFIRMATION, unconfirmed
from services.workflow.web.shown import read_records
from services.workflow.web.words import step_name

pages = Blueprint("cases", __name__)


@pages.get("/cases/<case_id>")
@auth.signed_in
def case(case_id: str) -> str:
    """The page of one case."""
    speaker = edges.speaker()
    with edges.reading() as conn:
        row = visibility.check(conn, case_id, speaker)
        sees = visibility.sight(conn, row["matter_id"], speaker)
        steps = worklists.of_case(conn, case_id)
        shown = (visibility.shown(step, sees, speaker) for step in steps)
        log = replays.log(conn, case_id)
        live = _live(conn, case_id)
        current = [] if live is None else e.standing(live)
        return render_template(
            "case.html",
            case=row,
            matter=matters.get(conn, row["matter_id"]),
            main=matters.main_of(conn, row["matter_id"]),
            merged=matters.merged(conn, row["matter_id"]) if sees.inside else [],
            steps=[step for step in shown if step is not None],
            current=current,
            done=_passed(editions.get(conn, row["package_version"]), steps, live).difference(current),
            deadlines=[one for one in deadlines.of_case(conn, case_id) if sees.knows(one["name"], one["unit"])],
            warned=[one for one in remarks.of_case(conn, case_id) if sees.covers(one["unit"])],
            records=read_records(conn, records.of_case(conn, case_id, speaker)),
            log=_lines(conn, row, log, steps, speaker) if sees.inside else [],
            left_version=case_migrations.version_before(log) if verbs.OPERATE in speaker.grants else None,
            broken=chain.first_broken(log),
            may_look_back=sees.everything,
            incidents=incidents.of_case(conn, case_id),
            siblings=cases.of_matter(conn, row["matter_id"]),
            acts=_acts(conn, steps, speaker),
            addable=[] if live is None else sorted(records.offered(conn, row, live, speaker).keys() - {CONFIRMATION}),
            unconfirmed=[] if live is None else unconfirmed(conn, row, live, speaker),
            can_add=verbs.OPERATE in speaker.grants and live is not None and e.has_co_handlers(live),
        )


def _live(conn: Connection, case_id: str) -> e.Case | None:
    """The case as it stands; the page goes without where today's engine cannot read the state."""
    try:
        return cases.live_state(conn, case_id)
    except e.EngineError:
        return None


def _acts(conn: Connection, steps: Sequence[Mapping[Any, Any]], speaker: Speaker) -> dict[str, list[str]]:
    """What somebody may do about open tasks from outside: urge, pass on, also what is for a colleague by name."""
    found: dict[str, list[str]] = {}
    for step in steps:
        mine = step["person"] is None or step["person"] == speaker.person
        wanted = {"urge", "transfer"} if mine else {"urge", "transfer", "reassign"}
        offered = verbs.available(conn, step, speaker) if step["state"] == "open" else []
        if here := [verb for verb in offered if verb in wanted]:
            found[step["id"]] = here
    return found


def _passed(edition: editions.Edition, steps: Sequence[Mapping[Any, Any]], live: e.Case | None) -> set[str]:
    """The elements of finished tasks under the ids they have now, and the boxes they are in."""
    closed = [step for step in steps if step["state"] == "closed"]
    boxes = (edition.boxes_of(process) for process in {step["process"] for step in closed})
    now = {} if live is None else {old: new for new, olds in live.former.items() for old in olds}
    return {now.get(step["element"], step["element"]) for step in closed}.union(*boxes)


def _lines(
    conn: Connection,
    case: Mapping[Any, Any],
    log: Sequence[Mapping[Any, Any]],
    tasks: Sequence[Mapping[Any, Any]],
    speaker: Speaker,
) -> list[dict[str, Any]]:
    """The rows of the log that somebody may read, with `what` they are about, for which `unit`, and by whom."""
    steps = histories.of_case(conn, case)
    told = histories.told(steps, tasks, visibility.sight(conn, case["matter_id"], speaker), speaker)
    by_seq = {step["seq"]: step for step in told}
    return [{**entry, **_about(entry, by_seq[entry["seq"]])} for entry in log if entry["seq"] in by_seq]


def _about(entry: Mapping[Any, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    data = chain.payload_of(bytes(entry["payload"]))
    what = step_name(entry["kind"], data, step["element"], entry["package_version"])
    return {"what": what, "unit": step["unit"], "actor": step["actor"]}


@pages.get("/cases/<case_id>/diagram")
@auth.signed_in
def diagram(case_id: str) -> Response:
    """The diagram the case runs on, as its owner drew it; with `?seq=` the one it ran on at that row of its log."""
    with edges.reading() as conn:
        row = visibility.check(conn, case_id, edges.speaker())
        seq = request.args.get("seq", type=int)
        then = None if seq is None else replays.version_at(conn, case_id, seq)
        package = versions.load(conn, then or row["package_version"])
    content = package.files.get(f"{row['process']}.bpmn")
    if content is None:
        raise Problem("not_found", 404)
    return Response(content, content_type="application/xml")
