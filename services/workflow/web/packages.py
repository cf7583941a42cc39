"""Process versions: the list, one version with findings and changes, approval by a second person."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.common import auth
from services.common.problems import Problem
from services.workflow import diagrams, edges, versions
from services.workflow.web.words import say

pages = Blueprint("packages", __name__)


@pages.get("/packages")
@auth.granted("processes.read", "processes.edit", "processes.approve")
def list_() -> str:
    """All versions, the newest first."""
    with edges.reading() as conn:
        return render_template("packages.html", versions=versions.list_(conn))


@pages.get("/packages/<version>")
@auth.granted("processes.read", "processes.edit", "processes.approve")
def version(version: str) -> str:
    """One version: findings, what changed, diagrams, units' own diagrams."""
    with edges.reading() as conn:
        row = versions.get(conn, version)
        if row is None:
            raise Problem("no_such_version", 404)
        return render_template(
            "package.html",
            version=row,
            package=versions.load(conn, version),
            before=versions.predecessor(conn, row),
            changes=versions.changes(conn, row),
            unit_diagrams=diagrams.of_version(conn, version),
            running=versions.running(conn, version),
            sessions=versions.sessions(conn, version, edges.now()),
            takers=versions.takers(conn, row["locality"], edges.now()) if row["status"] != "retired" else (),
            own=row["submitted_by"] == edges.speaker().account,
        )


@pages.get("/packages/<version>/diagrams/<name>")
@auth.granted("processes.read", "processes.edit", "processes.approve")
def diagram(version: str, name: str) -> Response:
    """One diagram file of a version."""
    with edges.reading() as conn:
        content = versions.load(conn, version).files.get(name)
    if content is None or not name.endswith(".bpmn"):
        raise Problem("not_found", 404)
    return Response(content, content_type="application/xml")


@pages.post("/packages/<version>/approve")
@auth.granted("processes.approve")
def approve(version: str) -> Response:
    """Put a version in force."""
    with edges.writing() as conn:
        versions.approve(conn, version, str(edges.speaker().account), edges.now())
    flash(say("version_published"), "good")
    return redirect(url_for("packages.version", version=version), 303)


@pages.post("/packages/<version>/retire")
@auth.granted("processes.approve")
def retire(version: str) -> Response:
    """Take no more new cases under a version."""
    with edges.writing() as conn:
        versions.retire(conn, version, edges.now())
    flash(say("version_retired"), "good")
    return redirect(url_for("packages.version", version=version), 303)


@pages.post("/packages/<version>/delete")
@auth.granted("processes.edit")
def delete(version: str) -> Response:
    """Forget a version that was never in force."""
    with edges.writing() as conn:
        versions.delete(conn, version)
    flash(say("version_deleted"), "good")
    return redirect(url_for("packages.list_"), 303)
