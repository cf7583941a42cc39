"""Where a case stands: steps, deadlines, records, and the log with its hash chain."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template

from services.common import auth
from services.common.problems import Problem
from services.workflow import (
    cases,
    chain,
    deadlines,
    edges,
    incidents,
    matters,
    records,
    versions,
    visibility,
    worklists,
)
from services.workflow.web.shown import read_records

pages = Blueprint("cases", __name__)


@pages.get("/cases/<case_id>")
@auth.signed_in
def case(case_id: str) -> str:
    """The page of one case."""
    speaker = edges.speaker()
    with edges.reading() as conn:
        row = visibility.check(conn, case_id, speaker)
        steps = worklists.of_case(conn, case_id)
        log = cases.log(conn, case_id)
        own = [step for step in steps if step["process"] == row["process"]]
        return render_template(
            "case.html",
            case=row,
            matter=matters.get(conn, row["matter_id"]),
            steps=steps,
            current=" ".join(sorted({s["element"] for s in own if s["state"] == "open"})),
            done=" ".join(sorted({s["element"] for s in own if s["state"] == "closed"})),
            deadlines=deadlines.of_case(conn, case_id),
            records=read_records(conn, records.of_case(conn, case_id)),
            log=[{**entry, "facts": _facts(entry)} for entry in log],
            broken=chain.first_broken(log),
            incidents=incidents.of_case(conn, case_id),
            siblings=cases.of_matter(conn, row["matter_id"]),
        )


def _facts(entry: Any) -> str:
    """What a log row is about, in one word: task, message, timer, record or verb."""
    data = chain.payload_of(bytes(entry["payload"]))
    names = ("task", "name", "timer", "record", "verb", "process")
    return str(next((data[name] for name in names if data.get(name)), ""))


@pages.get("/cases/<case_id>/diagram")
@auth.signed_in
def diagram(case_id: str) -> Response:
    """The diagram the case runs on, as its owner drew it."""
    with edges.reading() as conn:
        row = visibility.check(conn, case_id, edges.speaker())
        package = versions.load(conn, row["package_version"])
    content = package.files.get(f"{row['process']}.bpmn")
    if content is None:
        raise Problem("not_found", 404)
    return Response(content, content_type="application/xml")
