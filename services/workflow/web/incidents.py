"""What went wrong: incidents to retry, parked messages to replay, early messages nobody waits for."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.common import auth, parked
from services.common.problems import Problem
from services.workflow import cases, edges, engine, incidents, messages
from services.workflow import tables as t
from services.workflow.web.words import say

pages = Blueprint("incidents", __name__)


@pages.get("/incidents")
@auth.granted("cases.operate", "messages.manage")
def list_() -> str:
    """Everything that waits for a repair."""
    with edges.reading() as conn:
        return render_template(
            "incidents.html",
            incidents=incidents.list_(conn),
            parked=parked.find(conn, t.inbox_, {}),
            early=messages.early(conn),
        )


@pages.post("/incidents/<int:number>/retry")
@auth.granted("cases.operate")
def retry(number: int) -> Response:
    """Carry out an incident's stimulus again."""
    with edges.writing() as conn:
        try:
            applied = cases.retry(conn, number, str(edges.speaker().account), edges.now())
        except engine.Unexpected as error:
            raise Problem("not_expected", 409) from error
    if applied.incident is not None:
        flash(say("failed_again"), "bad")
    else:
        flash(say("retried" if applied.seq is not None else "incident_past"), "good")
    return redirect(url_for("incidents.list_"), 303)
