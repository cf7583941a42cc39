"""Named deadlines: the only things of a case that hold a date.

`<hy:deadline name rule unit from>` begins with its activity or process. The package's table of deadlines says how
long: its inputs are `deadline` (the rule's name) and every variable of the case; its outputs are `amount` ("5wd",
"3m", "2026-05-31"), `roll` ("next_working_day" | "none"), `basis` (the clause) and `clock_start` (shown).
A deadline in force keeps the calendar it was computed with until an operator brings another.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from services.workflow.calendars import CalendarError
from services.workflow.engine import effects as fx
from services.workflow.engine import scopes
from services.workflow.engine.failures import ExpressionError
from services.workflow.engine.problems import EngineError
from services.workflow.engine.spiff.trees import CaseTask, element_of

if TYPE_CHECKING:
    from services.workflow.engine.cases import Case


def look_up(case: Case, task: CaseTask, rule: str) -> tuple[dict[str, Any], list[int]]:
    """The row of the table of deadlines for a rule: its outputs and its number; raises EngineError."""
    table = case.bundle.decisions.get(str(case.bundle.settings.get("deadlines") or ""))
    if table is None:
        raise EngineError("no_deadline_table", element=element_of(task), detail=rule)
    try:
        outcome = table.evaluate({**case.names(task, table.names), "deadline": rule}, case.zone)
    except ExpressionError as error:
        raise EngineError("deadline_rule", element=element_of(task), detail=str(error)) from error
    if not isinstance(outcome.outputs, dict) or not outcome.outputs.get("amount"):
        raise EngineError("no_deadline_rule", element=element_of(task), detail=rule)
    return outcome.outputs, list(outcome.rules)


def begin_of(case: Case, task: CaseTask, source: str | None) -> str:
    """The date the clock starts, in the calendar's zone: now, or what `from` names (a date or an instant)."""
    value = case.evaluate(task, source) if source else None
    return case.calendar.local_date(case.now).isoformat() if value in (None, "") else date_of(case, task, value)


def date_of(case: Case, task: CaseTask, value: Any) -> str:
    """The date in a date or instant; raises EngineError."""
    try:
        text = str(value)
        if len(text) == len("2026-02-27"):
            return date.fromisoformat(text).isoformat()
        return case.calendar.local_date(datetime.fromisoformat(text)).isoformat()
    except (ValueError, CalendarError) as error:
        raise EngineError("not_a_date", element=element_of(task), detail=str(value)[:80]) from error


def set_deadline(case: Case, task: CaseTask, scope: int, declared: dict[str, str]) -> None:
    """A deadline begins to run."""
    outputs, rows = look_up(case, task, declared.get("rule") or declared["name"])
    deadline = {
        "name": declared["name"],
        "scope": scope,
        "unit": case.unit_at(task, declared.get("unit")),
        "rule": f"{case.bundle.settings['deadlines']} · {','.join(map(str, rows))}",
        "amount": str(outputs["amount"]),
        "roll": outputs.get("roll") or case.bundle.counting("").roll_rule,
        "basis": outputs.get("basis") or "",
        "from": case.clocks.get(element_of(task), {}).get(declared["name"])
        or begin_of(case, task, declared.get("from")),
    }
    deadline_id = case.draw("d")
    case.deadlines[deadline_id] = {**deadline, **compute(case, deadline)}
    case.deadlines[deadline_id]["first_due"] = case.deadlines[deadline_id]["due"]
    case.emit(fx.DeadlineSet(deadline_id, **facts_of(case.deadlines[deadline_id])))


def compute(case: Case, deadline: dict[str, Any]) -> dict[str, Any]:
    """The date, the last instant, the explanation and the calendar they come from."""
    try:
        rule = case.bundle.counting(deadline["roll"])
        due = case.calendar.add(date.fromisoformat(deadline["from"]), deadline["amount"], rule=rule)
        due_at = case.calendar.due_at(due.due, rule)
    except (ValueError, CalendarError) as error:
        raise EngineError("bad_amount", detail=f"{deadline['name']}: {error}") from error
    basis = [deadline["basis"]] if deadline["basis"] else []
    before = deadline["first_due"] if deadline.get("extended") else ""
    return {
        "due": due.due.isoformat(),
        "due_at": due_at.isoformat(),
        "why": [*([f"原定 {before}，已延期"] if before else []), *due.why, *basis],
        "why_en": [*([f"was due {before}, extended"] if before else []), *due.why_en, *basis],
        "provisional": due.provisional,
        "calendar": case.calendar.version,
    }


def facts_of(deadline: dict[str, Any]) -> dict[str, Any]:
    """What the effects say about a deadline."""
    return {
        "name": deadline["name"],
        "unit": deadline["unit"],
        "due": date.fromisoformat(deadline["due"]),
        "due_at": datetime.fromisoformat(deadline["due_at"]),
        "rule": deadline["rule"],
        "why": tuple(deadline["why"]),
        "why_en": tuple(deadline["why_en"]),
        "provisional": deadline["provisional"],
        "calendar": deadline["calendar"],
    }


def find(case: Case, task: CaseTask, name: str) -> str:
    """The id of the deadline of this name in force at a task: the task's own, else the nearest scope around it."""
    found = scopes.in_force(case.deadlines, task).get(name)
    if found is None:
        raise EngineError("unknown_deadline", element=element_of(task), detail=name)
    return found


def clear(case: Case, scope: int) -> None:
    """What the deadlines of a scope were for has ended."""
    for deadline_id in case.deadlines.of(scope):
        deadline = case.deadlines.pop(deadline_id)
        case.emit(fx.DeadlineCleared(deadline_id, deadline["name"]))


def extend(case: Case, task: CaseTask, extension: dict[str, str]) -> None:
    """`<hy:extend>`: the deadline in force here moves to a later date; an earlier one moves nothing."""
    deadline_id = find(case, task, extension["deadline"])
    deadline = case.deadlines[deadline_id]
    until = date_of(case, task, case.evaluate(task, extension["until"]))
    if until > deadline["due"]:
        recompute(case, deadline_id, amount=until)


def recompute(case: Case, deadline_id: str, *, amount: str = "", shorten: bool = True) -> None:
    """Compute a running deadline anew (another calendar, another amount); say so if it moves.

    Without `shorten` it is never brought forward: it keeps its date and says which one was computed.
    """
    old = case.deadlines[deadline_id]
    new = {**old, "amount": amount or old["amount"]}
    new.update(compute(case, new))
    if amount:
        new["extended"] = new["due"] > old["first_due"]
        new.update(compute(case, new))
    kept = not shorten and new["due_at"] < old["due_at"]
    if kept:
        new = as_it_was(old, new)
    case.deadlines[deadline_id] = new
    if new["due_at"] != old["due_at"]:
        first = date.fromisoformat(old["first_due"])
        case.emit(fx.DeadlineMoved(deadline_id, first_due=first, **facts_of(new)))
        case.moved[deadline_id] = None
    elif new["provisional"] != old["provisional"] or (new["calendar"] != old["calendar"] and new["why"] != old["why"]):
        case.emit(fx.DeadlineConfirmed(deadline_id, kept=kept, **facts_of(new)))


def as_it_was(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """A deadline whose new date is earlier and that keeps its old one."""
    return {
        **new,
        "due": old["due"],
        "due_at": old["due_at"],
        "why": [*new["why"], f"不提前，仍为 {old['due']}"],
        "why_en": [*new["why_en"], f"not brought forward, still {old['due']}"],
    }


def hand_on(case: Case, deadline_id: str, unit: str) -> None:
    """A running deadline is another unit's now; its date stays."""
    deadline = case.deadlines[deadline_id] = {**case.deadlines[deadline_id], "unit": unit}
    first = date.fromisoformat(deadline["first_due"])
    case.emit(fx.DeadlineMoved(deadline_id, first_due=first, **facts_of(deadline)))
