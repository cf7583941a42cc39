"""The page of one task: who has it and until when, one form, quiet buttons, and what happened before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import render_template
from sqlalchemy import Connection, RowMapping

from services.common import forms, languages
from services.common.problems import FieldError, Problem
from services.workflow import (
    cases,
    deadlines,
    edges,
    four_eyes,
    matters,
    records,
    remarks,
    tasks,
    verbs,
    visibility,
)
from services.workflow import engine as e
from services.workflow.speakers import Speaker
from services.workflow.web import timelines
from services.workflow.web.records import CONFIRMATION
from services.workflow.web.shown import read_records

KEEPS_TEXT: Final = frozenset({"already_done", "task_closed", "delegated", "consultation_open", "incident_open"})
"""Refusals after which the reader finds his own text on the page: nothing of it was sent, nothing overwritten."""

EARLIER: Final = 3
"""How many of the last records stand before the form at least."""
MOST: Final = 6
"""How many of one kind."""
CONTACT: Final = "contact"


def show(
    task_id: str,
    data: Mapping[str, Any] | None = None,
    errors: Sequence[FieldError] = (),
    *,
    problem: Problem | None = None,
) -> str:
    """The page for whoever may do the task; `data` is what he has just sent, `problem` why it was not taken."""
    speaker = edges.speaker()
    with edges.reading() as conn:
        row = tasks.get(conn, task_id, speaker)
        is_open, sees = row["state"] == "open", visibility.sight(conn, row["matter_id"], speaker)
        schema = tasks.schema_of(conn, row)
        draft = tasks.draft(conn, task_id, speaker.account)
        barred = four_eyes.barred(conn, [row], speaker).get(task_id) if is_open else None
        content = _content(conn, row, schema, data, draft)
        waits = is_open and tasks.is_delegated(row, speaker)
        recall = _recall(conn, row, speaker)
        form = forms.render(schema, content, errors) if is_open and barred is None and not waits else None
        return render_template(
            "task.html",
            task=row,
            matter=matters.get(conn, row["matter_id"]),
            main=matters.main_of(conn, row["matter_id"]),
            merged=matters.merged(conn, row["matter_id"]) if sees.inside else [],
            deadline=deadlines.get(conn, row["deadline_id"]),
            form=form,
            barred=barred,
            schema=schema,
            draft=draft,
            unsent=_unsent(schema, data, draft) if form is None else None,
            left=_left(schema, draft) if form is not None and data is None else [],
            problem=problem,
            late=tasks.past_due(conn, row).errors if tasks.ran_out(row) else (),
            before=_before(conn, row, speaker) if is_open else [],
            question=tasks.question_of(conn, row),
            asked=_asked(conn, row),
            offered=verbs.available(conn, row, speaker) if is_open else [],
            addable=[one for one in records.addable(conn, row, speaker) if one != CONFIRMATION] if is_open else [],
            can_recall=recall is True,
            no_recall=languages.pick(*recall.texts) if isinstance(recall, Problem) else "",
            mine=row["claimed_by"] == speaker.account,
            waits=waits,
            warned=[one for one in remarks.of_case(conn, row["case_id"]) if sees.covers(one["unit"])],
            story=timelines.of_matter(conn, row["matter_id"], speaker),
        )


def _before(conn: Connection, row: RowMapping, speaker: Speaker) -> list[dict[str, Any]]:
    """What has to be read first: the work the task checks, and what others wrote last before the task came."""
    all_ = records.of_matter(conn, row["matter_id"], speaker)
    found = [one for one in all_ if not four_eyes.is_same(speaker, one["actor"])]
    checked = four_eyes.checked(conn, row)
    work = sorted((one for one in found if one["task_id"] in checked), key=lambda one: one["at"])
    earlier = _last([one for one in found if one["at"] <= row["opened_at"] and one["task_id"] not in checked])
    shown = read_records(conn, [*work, *earlier])
    last = next((one["title"] for one in shown if one["record"] != CONTACT), None)
    checked_ids = {one["id"] for one in (*work[:1], *work[-1:])}
    open_ = checked_ids or {one["id"] for one in shown if one["title"] == last}
    return [{**one, "open": one["id"] in open_} for one in shown]


def _last(found: Sequence[RowMapping]) -> list[RowMapping]:
    """The latest records, with all of a kind, so that ratings stand together; and the contacts since."""
    others = [one for one in found if one["record"] != CONTACT]
    taken: list[RowMapping] = []
    for kind in dict.fromkeys(one["record"] for one in others):
        if len(taken) < EARLIER:
            taken += [one for one in others if one["record"] == kind][:MOST]
    since = min((one["at"] for one in taken), default=None)
    taken += [one for one in found if one["record"] == CONTACT and (since is None or one["at"] >= since)][:EARLIER]
    return sorted(taken, key=lambda one: one["at"], reverse=True)


def _content(
    conn: Connection,
    row: RowMapping,
    schema: Mapping[str, Any],
    data: Mapping[str, Any] | None,
    draft: Mapping[Any, Any] | None,
) -> Mapping[str, Any] | None:
    """What the form holds: what was just sent, else one's draft, else what the diagram says."""
    if data is not None:
        return data
    if draft is not None:
        content: Mapping[str, Any] = draft["data"]
        return content
    initial = tasks.initial_of(conn, row)
    return None if initial is None else {**forms.defaults(schema), **initial}


def _unsent(schema: Mapping[str, Any], data: Mapping[str, Any] | None, draft: Mapping[Any, Any] | None) -> Any:
    """What somebody has written for a task that is over, to read and copy; None where there is nothing."""
    mine = data if data is not None else draft["data"] if draft is not None else None
    return forms.show(schema, mine) if mine else None


def _left(schema: Mapping[str, Any], draft: Mapping[Any, Any] | None) -> list[str]:
    """The texts of a draft for which the form of the version of now has no field."""
    written = {} if draft is None else draft["data"]
    return [text for name, text in written.items() if name not in schema["properties"] and isinstance(text, str)]


def _asked(conn: Connection, row: RowMapping) -> list[dict[str, Any]]:
    """The open questions beside a task."""
    return [{**one, "question": tasks.question_of(conn, one)} for one in tasks.beside(conn, row["id"])]


def _recall(conn: Connection, row: RowMapping, speaker: Speaker) -> bool | Problem:
    """Whether a task can be taken back, or why not by whoever has done it."""
    if row["state"] == "open" or not verbs.may(row, "recall", speaker):
        return False
    try:
        return verbs.recall_hindrance(conn, cases.live_state(conn, row["case_id"]), row) or True
    except e.EngineError:
        return False  # today's engine cannot read the state; the page goes without
