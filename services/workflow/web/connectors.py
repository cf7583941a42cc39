"""How it stands with the agencies' systems: in touch or not, what they have not taken, the last messages, outages."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.common import auth, languages, logs, parked
from services.common.pages import zone
from services.common.problems import FieldError, Problem
from services.workflow import edges, outages, traffic
from services.workflow.web.words import say

pages = Blueprint("connectors", __name__, url_prefix="/connectors")
READERS = (traffic.MANAGE, "tasks.handle")
_log = logs.get(__name__)


@pages.get("")
@auth.granted(*READERS)
def list_() -> str:
    """The connectors, each with last contact, what lies untaken, and what was refused lately."""
    with edges.reading() as conn:
        return render_template("connectors.html", lines=traffic.lines(conn, edges.speaker(), edges.now()))


@pages.get("/<connector>")
@auth.granted(*READERS)
def show(connector: str) -> str:
    """One connector: its last hundred messages and its outages."""
    return _page(connector)


@pages.get("/<connector>/<any('in', 'out'):way>/<int:number>")
@auth.granted(*READERS)
def message(connector: str, way: str, number: int) -> str:
    """One message, whole."""
    with edges.reading() as conn:
        line = traffic.line(conn, connector, edges.speaker(), edges.now())
        found = traffic.message(conn, connector, way, number)
    return render_template("connector_message.html", line=line, message=found, body=parked.readable(found["body"]))


@pages.post("/<connector>/resend")
@auth.granted(*READERS)
def resend(connector: str) -> Response:
    """Let the messages chosen leave again."""
    chosen = [int(one) for one in request.form.getlist("id") if one.isascii() and one.isdigit() and len(one) < 19]
    with edges.writing() as conn:
        traffic.line(conn, connector, edges.speaker(), edges.now())
        count = traffic.resend(conn, connector, chosen)
    _log.info("messages_resent", connector=connector, count=count, account=edges.speaker().account)
    flash(say("resent" if count else "none_resent", count=count), "good" if count else "warn")
    return redirect(url_for("connectors.show", connector=connector), 303)


@pages.post("/<connector>/outages")
@auth.granted(traffic.MANAGE)
def note(connector: str) -> Response | tuple[str, int]:
    """Note an outage, of this connector or of all."""
    everyone = request.form.get("everyone") == "1"
    try:
        began, ended = _instant("began", needed=True), _instant("ended")
        with edges.writing() as conn:
            traffic.line(conn, connector, edges.speaker(), edges.now())
            reason, account = request.form.get("reason", ""), str(edges.speaker().account)
            outages.note(conn, None if everyone else connector, began or edges.now(), ended, reason, account)
    except Problem as problem:
        if not problem.errors:
            raise
        return _page(connector, problem), problem.status
    flash(say("outage_noted"), "good")
    return redirect(url_for("connectors.show", connector=connector, _anchor="outages"), 303)


@pages.post("/<connector>/outages/<int:number>/end")
@auth.granted(traffic.MANAGE)
def end(connector: str, number: int) -> Response:
    """An outage is over."""
    with edges.writing() as conn:
        outages.end(conn, number, edges.now())
    flash(say("outage_over"), "good")
    return redirect(url_for("connectors.show", connector=connector, _anchor="outages"), 303)


def _page(connector: str, problem: Problem | None = None) -> str:
    wanted = {name: request.args.get(name, "").strip() for name in ("way", "trouble", "q")}
    now = edges.now()
    with edges.reading() as conn:
        line = traffic.line(conn, connector, edges.speaker(), now)
        messages = traffic.messages(conn, connector, wanted)
        return render_template(
            "connector.html",
            line=line,
            messages=messages,
            subjects=traffic.subjects(conn, messages),
            outages=[(one, traffic.lasts(one, now)) for one in outages.of(conn, connector)],
            wanted=wanted,
            narrowed=any(wanted.values()),
            shown=traffic.SHOWN,
            faults=[(one.path, languages.pick(one.text, one.text_en)) for one in problem.errors] if problem else [],
            given=request.form,
        )


def _instant(name: str, *, needed: bool = False) -> datetime | None:
    """A local date and time of the form; raises `Problem` with the field."""
    given = request.form.get(name, "")
    if not given and not needed:
        return None
    try:
        moment = datetime.fromisoformat(given)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone())).astimezone(UTC)  # the ends of time overflow
    except (ValueError, OverflowError):
        raise Problem("invalid_field", 422, errors=[FieldError(name, "invalid_field", *_TIME)]) from None


_TIME = ("请填写日期和时间", "give date and time")
