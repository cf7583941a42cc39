"""Tasks: claim, draft, complete. One set of rules behind page, HTTP and message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, update

from services.common import db, problems
from services.common.problems import FieldError, Problem
from services.workflow import answers, deadlines, documents, editions, four_eyes, incidents, remarks
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.batches import Applied, Batch, Order
from services.workflow.picklists import Place
from services.workflow.problems import refusal
from services.workflow.speakers import Speaker


def case_of(task_id: str) -> str:
    """The case a task id was derived from (`<case>.<n>`)."""
    return task_id.rpartition(".")[0]


def find(conn: Connection, task_id: str) -> RowMapping:
    """The task's row; raises `Problem` unknown_task."""
    row = conn.execute(select(t.task).where(t.task.c.id == task_id)).mappings().one_or_none()
    if row is None:
        raise Problem("unknown_task", 404)
    return row


def get(conn: Connection, task_id: str, speaker: Speaker) -> RowMapping:
    """A task for somebody who may do it, open or done; raises `Problem`."""
    row = find(conn, task_id)
    check_speaker(row, speaker)
    return row


def schema_of(conn: Connection, row: Mapping[Any, Any]) -> dict[str, Any]:
    """The JSON Schema of a task's form with references and pick lists written out."""
    edition, place = editions.get(conn, row["package_version"]), Place.of(row)
    if row["beside"] is not None:
        return answers.record_schema(conn, edition, row["record"], place)
    return answers.form_schema(conn, edition, row["form"], place)


def initial_of(conn: Connection, row: Mapping[Any, Any]) -> dict[str, Any] | None:
    """What the form holds before anybody has written into it, texts included; None where the diagram says nothing."""
    kept = row["initial"]
    found: dict[str, Any] | None = documents.expand(kept, documents.load(conn, documents.references(kept)))
    return found


def can_return(conn: Connection, row: Mapping[Any, Any]) -> bool:
    """Whether the diagram says where 退回 leads from this task."""
    return editions.get(conn, row["package_version"]).has_way_back(row["process"], row["element"])


def beside(conn: Connection, task_id: str) -> Sequence[RowMapping]:
    """The open tasks beside one, in which somebody is asked for an opinion."""
    asked = (t.task.c.beside == task_id) & (t.task.c.state == "open")
    return conn.execute(select(t.task).where(asked).order_by(t.task.c.opened_at)).mappings().all()


def question_of(conn: Connection, row: Mapping[Any, Any]) -> dict[str, Any] | None:
    """What is asked by a task beside another one, and by whom."""
    if row["beside"] is None:
        return None
    asked = row["question"] or {}
    text = documents.expand(asked.get("text"), documents.load(conn, documents.references(asked)))
    return {"text": text, "by": asked.get("by") or {}}


def claim(conn: Connection, task_id: str, speaker: Speaker, now: datetime) -> None:
    """Take the task out of the common pile; raises `Problem` claimed when a colleague has it, or four_eyes."""
    row = get(conn, task_id, speaker)
    check_open(row)
    if four_eyes.barred(conn, [row], speaker):
        raise Problem("four_eyes", 403)
    free = t.task.c.claimed_by.is_(None) | (t.task.c.claimed_by == speaker.account)
    statement = update(t.task).where(t.task.c.id == task_id, t.task.c.state == "open", free)
    taken = statement.values(claimed_by=speaker.account, claimed_at=now).returning(t.task.c.id)
    if conn.execute(taken).first() is None:
        raise Problem("claimed", 409)


def release(conn: Connection, task_id: str, speaker: Speaker) -> None:
    """Put one's own task back on the common pile."""
    get(conn, task_id, speaker)
    own = (t.task.c.id == task_id) & (t.task.c.claimed_by == speaker.account)
    conn.execute(update(t.task).where(own).values(claimed_by=None, claimed_at=None))


def save_draft(conn: Connection, task_id: str, data: Mapping[str, Any], speaker: Speaker, now: datetime) -> None:
    """Keep what is filled in so far, unchecked; a draft is nobody else's and no stimulus."""
    check_open(get(conn, task_id, speaker))
    row = {"task_id": task_id, "account": speaker.account, "data": dict(data), "saved_at": now}
    db.upsert(conn, t.draft, [row], ["task_id", "account"])


def draft(conn: Connection, task_id: str, account: str | None) -> RowMapping | None:
    """One's own draft of a task, or None."""
    mine = (t.draft.c.task_id == task_id) & (t.draft.c.account == account)
    return conn.execute(select(t.draft).where(mine)).mappings().one_or_none()


def drafts(conn: Connection, task_ids: Sequence[str], account: str | None) -> dict[str, Mapping[str, Any]]:
    """One's own drafts of several tasks, by task."""
    mine = t.draft.c.task_id.in_(list(task_ids)) & (t.draft.c.account == account)
    return {row.task_id: row.data for row in conn.execute(select(t.draft).where(mine))}


def complete(
    conn: Connection,
    task_id: str,
    data: Mapping[str, Any],
    speaker: Speaker,
    now: datetime,
    *,
    unit: str | None = None,
    cause: str | None = None,
) -> Applied:
    """Answer a task's form and move the case; `unit` is whom a connector says it speaks for.

    Raises `Problem` unknown_task, task_closed, already_done, wrong_unit, not_permitted, four_eyes, incident_open,
    missing_field or invalid_field (by the form, its record or the tables the task names). An engine failure comes
    back as `Applied.incident`: commit it. What the process has taken for granted meanwhile is accepted without a step.
    """
    batch = Batch(conn)
    batch.hold([case_of(task_id)])
    row = find(conn, task_id)  # read under the lock, so a second answer sees the first
    if ran_out(row):
        check_speaker(row, speaker, unit)
        return implied(conn, row, data)
    check_open(row)
    check_speaker(row, speaker, unit)
    if is_delegated(row, speaker):
        raise Problem("delegated", 409)
    if four_eyes.barred(conn, [row], speaker):
        raise Problem("four_eyes", 403)
    if closes_by_clock(batch, row, now):
        batch.close(now)
        return implied(conn, find(conn, task_id), data)
    if incidents.of_task(conn, task_id) is not None:
        raise Problem("incident_open", 409)
    edition = editions.get(conn, row["package_version"])
    schema = schema_of(conn, row)
    answer = answers.check(
        conn, schema, row["record"], data, unit=row["unit"], today=edition.local_date(now), initial=row["initial"]
    )
    stimulus = e.Stimulus(
        kind="complete_task",
        at=now,
        actor=speaker.acting_on(row),
        data={"task": task_id, "data": answer.facts},
    )
    order = Order(
        case_id=row["case_id"], stimulus=stimulus, cause=cause, texts=answer.texts, known_tasks={task_id: row}
    )
    return _finish_checked(conn, batch, order, answer)


def _finish_checked(conn: Connection, batch: Batch, order: Order, answer: answers.Answer) -> Applied:
    """Ask the package's own rules, then move the case; a rule that fails ends in an incident, the answer is kept."""
    notes = [remarks.kept(note) for note in answer.notes]
    at, task_id = order.stimulus.at, order.stimulus.data["task"]
    try:
        notes += remarks.ask(batch.look(order.case_id), task_id, answer.whole, at)
    except e.Unexpected as error:
        raise Problem("not_expected", 409) from error
    except e.EngineError as error:
        applied = batch.refuse(_warned(order, [*notes, remarks.UNCHECKED]), error)
        batch.close(at)
        return applied
    applied = finish(batch, _warned(order, notes))
    if applied.incident is None:
        mine = (t.draft.c.task_id == task_id) & (t.draft.c.account == order.stimulus.actor.get("account"))
        conn.execute(delete(t.draft).where(mine))  # a colleague's stays: he will look for it
    return applied


def _warned(order: Order, notes: Sequence[Mapping[str, str]]) -> Order:
    if not notes:
        return order
    return replace(order, stimulus=replace(order.stimulus, data={**order.stimulus.data, "warnings": [*notes]}))


def settle_clock(conn: Connection, batch: Batch, row: Mapping[Any, Any], now: datetime) -> None:
    """Fire what was due before the answer arrived; that may have closed the task."""
    if closes_by_clock(batch, row, now):
        raise past_due(conn, row)


def closes_by_clock(batch: Batch, row: Mapping[Any, Any], now: datetime) -> bool:
    """Fire what was due before now; whether that has closed the task."""
    batch.catch_up(row["case_id"], now)
    return any(closed["b_id"] == row["id"] for closed in batch.changes.tasks_closed)


def implied(conn: Connection, row: RowMapping, data: Mapping[str, Any]) -> Applied:
    """A late answer that says what the process itself recorded for the unit when the time ran out: nothing moves.

    Raises `Problem` for any other late answer.
    """
    c = t.record.c
    silent = (c.record == row["record"]) & (c.unit == row["unit"]) & c.task_id.is_(None)
    query = select(c.data).where(c.case_id == row["case_id"], c.at == row["closed_at"], silent)
    if told(data) not in [told(said) for said in conn.execute(query).scalars()]:
        raise past_due(conn, row)
    return Applied(case_id=row["case_id"], seq=None)


def asked_again(conn: Connection, row: Mapping[Any, Any]) -> RowMapping | None:
    """The open task that asks a unit for the same record once more since this one's time ran out, if there is one."""
    c = t.task.c
    same = (c.matter_id == row["matter_id"]) & (c.unit == row["unit"]) & (c.record == row["record"])
    query = select(t.task).where(same, c.state == "open", c.opened_at >= row["closed_at"])
    found = conn.execute(query).mappings().all()
    return found[0] if len(found) == 1 else None


def told(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is filled in of a record's own fields."""
    return {key: value for key, value in data.items() if key != "extra" and value not in (None, "")}


def past_due(conn: Connection, row: Mapping[Any, Any]) -> Problem:
    """The task's time is over and the process has gone on by itself: with the date and how it was computed."""
    limit = deadlines.get(conn, row["deadline_id"])
    if limit is None:
        return Problem("task_closed", 409)
    zh, en = problems.texts("past_due", due=limit["due"], why="；".join(limit["why"]))
    return Problem("late", 409, errors=[FieldError("", "past_due", zh, en)])


def ran_out(row: Mapping[Any, Any]) -> bool:
    """Whether it was the clock that closed the task, at the end of its own deadline."""
    by_clock = row["state"] == "closed" and not (row["closed_by"] or {}).get("account")
    return (
        by_clock and row["reason"] != "done" and row["due_at"] is not None and bool(row["closed_at"] >= row["due_at"])
    )


def finish(batch: Batch, order: Order, check: Callable[[Applied], None] = lambda _: None) -> Applied:
    """Move the case and write what comes of it, unless `check` refuses that; raises `Problem`."""
    try:
        applied = batch.run(order)
    except e.Unexpected as error:
        raise refusal(error.code) from error
    check(applied)
    batch.close(order.stimulus.at)
    return applied


def is_delegated(row: Mapping[Any, Any], speaker: Speaker) -> bool:
    """Whether somebody else acts for whoever the task is for: then nobody but he does it."""
    return row["delegate"] is not None and not speaker.acts_for(row) and row["unit"] not in speaker.units


def check_open(row: Mapping[Any, Any]) -> None:
    """Raise `Problem` already_done or task_closed for a task that is over."""
    if row["state"] == "closed":
        raise Problem("already_done" if row["reason"] == "done" else "task_closed", 409)


def check_speaker(row: Mapping[Any, Any], speaker: Speaker, unit: str | None = None) -> None:
    """Raise `Problem` wrong_unit or not_permitted for who may not do the task."""
    if unit is not None and (unit != row["unit"] or unit not in speaker.units):
        raise Problem("wrong_unit", 403)
    if not speaker.may(row):
        other_unit = row["person"] is None and speaker.knows(row["role"])
        raise Problem("wrong_unit" if other_unit else "not_permitted", 403)
