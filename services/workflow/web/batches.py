"""Several tasks of one step together: one text for all of them, or each with its own answer; results one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from services.common import auth, form_readers, forms, languages
from services.common.form_schemas import kind_of
from services.common.problems import FieldError, Problem
from services.workflow import divisions, documents, edges, four_eyes, tasks, together, worklists
from services.workflow.speakers import Speaker
from services.workflow.web import sending
from services.workflow.web.words import say

pages = Blueprint("batches", __name__)
SHOWN: Final = 200
ALL: Final = "all:"
"""Prefix of what is written once for every task that leaves it open."""


@dataclass(frozen=True, slots=True)
class Line:
    """One task on the page; `data` is what its form holds, `errors` what was wrong with it."""

    task: Mapping[Any, Any]
    data: Mapping[str, Any] | None
    chosen: bool
    errors: Sequence[FieldError] = ()
    refusal: tuple[str, str] | None = None

    @property
    def prefix(self) -> str:
        """What stands before the names of the task's own inputs."""
        return f"{self.task['id']}:"


@pages.get("/tasks/batch")
@auth.signed_in
def batch() -> str:
    """The chosen tasks, or all of a step, with what is proposed for each."""
    speaker, element = edges.speaker(), request.args.get("element", "")
    with edges.reading() as conn:
        found = _mine(conn, speaker, request.args.getlist("task"), element)
        lines, others = _of_one_step(found, bool(request.args.getlist("task")))
        schema = tasks.schema_of(conn, lines[0].task) if lines else {}
        mode = request.args.get("mode") or _mode_for(schema, lines)
        here = {"task": request.args.getlist("task")} if request.args.getlist("task") else {"element": element}
        return _page(conn, schema, lines, mode, {}, others=others, here=here)


@pages.post("/tasks/batch")
@auth.signed_in
def act() -> str | Response | tuple[str, int]:
    """Do the ticked tasks; those that could not be done come back with their faults."""
    speaker, ids = edges.speaker(), request.form.getlist("task")[: together.MOST]
    mode = "each" if request.form.get("mode") == "each" else "one"
    with edges.reading() as conn:
        rows = {row["id"]: row for row in worklists.chosen(conn, speaker, ids)}
        schema = tasks.schema_of(conn, next(iter(rows.values()))) if rows else {}
    common = form_readers.read(schema, forms.within(request.form, ALL)) if rows else {}
    answers = [together.Answer(key, _sent(schema, key, mode, common)) for key in ids if key in rows]
    key = request.form.get(sending.FIELD, "")[:60]
    outcomes = together.complete(answers, f"page:{key}" if key else "")
    done = [one for one in outcomes if one.problem is None]
    if done:
        flash(say("done_together", count=len(done)), "good")
    for text in dict.fromkeys(languages.pick(w["text"], w["text_en"]) for one in done for w in one.warnings):
        flash(text, "warn")
    if len(done) == len(ids) and ids:
        return redirect(url_for("tasks.todo"), 303)
    pairs = zip(answers, outcomes, strict=True)
    lines = [_left(rows[a.task_id], a.data, o.problem) for a, o in pairs if o.problem is not None]
    with edges.reading() as conn:
        return _page(conn, schema, lines, mode, common, missed=len(ids) - len(rows), nothing=not ids), 422


def _sent(schema: Mapping[str, Any], task_id: str, mode: str, common: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one task: its own, and of what it leaves open what was written for all."""
    if mode == "one":
        return dict(common)
    return _over(common, form_readers.read(schema, forms.within(request.form, f"{task_id}:")))


def _over(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(common)
    for name, value in own.items():
        if isinstance(value, Mapping) and isinstance(common.get(name), Mapping):
            found[name] = _over(common[name], value)
        elif value not in ([], {}) and value is not False:
            found[name] = value
        else:
            found.setdefault(name, value)
    return found


def _left(row: Mapping[Any, Any], data: Mapping[str, Any], problem: Problem) -> Line:
    refusal = None if problem.errors else problem.texts
    return Line(row, data, chosen=bool(problem.errors), errors=problem.errors, refusal=refusal)


def _mine(conn: Connection, speaker: Speaker, ids: Sequence[str], element: str) -> list[Line]:
    """The tasks asked for which the speaker may do, with drafts and proposals; others' claims are not ticked."""
    if ids:
        found = worklists.chosen(conn, speaker, ids[: together.MOST])
        rows = [row for row in found if row["state"] == "open"]
    else:
        wanted = worklists.Filter(element=element)
        rows = list(worklists.todo(conn, speaker, wanted, edges.now(), limit=SHOWN)) if element else []
    barred = four_eyes.barred(conn, rows, speaker)
    rows = [row for row in rows if row["id"] not in barred and not tasks.is_delegated(row, speaker)]
    held = _contents(conn, rows, speaker)
    free = {row["id"] for row in rows if row["claimed_by"] in (None, speaker.account)}
    return [Line(row, held[row["id"]], chosen=row["id"] in free) for row in rows]


def _contents(
    conn: Connection, rows: Sequence[Mapping[Any, Any]], speaker: Speaker
) -> dict[str, Mapping[str, Any] | None]:
    """What each form holds: one's own draft, else what the diagram proposes."""
    drafts = tasks.drafts(conn, [row["id"] for row in rows], speaker.account)
    references = set().union(*(documents.references(row["initial"]) for row in rows))
    texts = documents.load(conn, references)
    return {row["id"]: drafts.get(row["id"]) or documents.expand(row["initial"], texts) for row in rows}


def _of_one_step(lines: Sequence[Line], by_hand: bool) -> tuple[list[Line], list[Line]]:
    """The tasks that share step and form with the first, and the others, which have to be done apart."""
    kinds: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        row = line.task
        kinds.setdefault((row["element"], row["form"], row["package_version"], row["beside"] is None), []).append(line)
    groups = sorted(kinds.values(), key=len, reverse=True) if by_hand else list(kinds.values())
    return (groups[0], [line for group in groups[1:] for line in group]) if groups else ([], [])


def _mode_for(schema: Mapping[str, Any], lines: Sequence[Line]) -> str:
    """Each its own answer where something is proposed or the form has rows; else one for all."""
    rows = any(kind_of(part) == "rows" for part in (schema.get("properties") or {}).values())
    return "each" if rows or any(line.task["initial"] for line in lines) else "one"


def _page(
    conn: Connection,
    schema: Mapping[str, Any],
    lines: Sequence[Line],
    mode: str,
    common: Mapping[str, Any],
    *,
    others: Sequence[Line] = (),
    here: Mapping[str, Any] | None = None,
    missed: int = 0,
    nothing: bool = False,
) -> str:
    given = divisions.of_matters(conn, {line.task["matter_id"] for line in lines})
    shared = forms.build(schema, common or None, _shared_errors(lines, mode), prefix=ALL) if lines else None
    return render_template(
        "batch.html",
        lines=[_shown(schema, line, mode, given) for line in lines],
        shared=shared,
        schema=schema,
        mode=mode,
        name=lines[0].task["name"] if lines else "",
        here=here,
        others=others,
        missed=missed,
        nothing=nothing,
        matters=worklists.matters_of(conn, {line.task["matter_id"] for line in lines}),
    )


def _shared_errors(lines: Sequence[Line], mode: str) -> list[FieldError]:
    """With one answer for all its faults are the same everywhere and are said once."""
    return list(dict.fromkeys(error for line in lines for error in line.errors)) if mode == "one" else []


def _shown(schema: Mapping[str, Any], line: Line, mode: str, given: Mapping[str, divisions.Division]) -> dict[str, Any]:
    spare = 1 if line.data else forms.SPARE_ROWS
    form = forms.build(schema, line.data, line.errors, spare=spare, prefix=line.prefix) if mode == "each" else None
    refusal = languages.pick(*line.refusal) if line.refusal else ""
    division = given.get(line.task["matter_id"]) or (divisions.of(line.task["initial"]) if mode == "one" else [])
    return {"task": line.task, "form": form, "chosen": line.chosen, "refusal": refusal, "division": division}
