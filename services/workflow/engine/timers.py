"""When timers are due. A timer on a deadline moves when the deadline moves; no timer reads a clock."""

import re
from calendar import monthrange
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from typing import Any

from services.workflow.calendars import CalendarError
from services.workflow.engine import deadlines, scopes
from services.workflow.engine import effects as fx
from services.workflow.engine.cases import Case
from services.workflow.engine.problems import EngineError
from services.workflow.engine.spiff.events import BoundaryEvent, BoundaryEventSplit, Timer, Wait, bare_timer, fire
from services.workflow.engine.spiff.trees import CANCELLED, FINISHED, FUTURE, CaseTask, element_of

DURATION = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,7})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,11}(?:\.[0-9]{1,6})?)S)?)?"
)


def set_timer(case: Case, task: CaseTask, position: int, timer: Timer) -> None:
    """An event begins to wait for its instant."""
    wait = timer.wait
    entry: dict[str, Any] = {"kind": "timer", "task": task.id, "position": position}
    if wait.kind == "deadline":
        entry["deadline"] = deadlines.find(case, task, wait.deadline)
        due_at = on_deadline(case, entry["deadline"], wait)
    elif wait.kind == "cycle":
        entry["left"], due_at, entry["every"] = begin_cycle(case, text_of(case, task, wait.source), task)
    else:
        due_at = instant_of(case, text_of(case, task, wait.source), task)
    timer_id = case.draw("t")
    case.waits[timer_id] = {**entry, "due_at": due_at.isoformat()}
    case.emit(fx.TimerSet(timer_id, due_at, element_of(task)))


def on_deadline(case: Case, deadline_id: str, wait: Wait) -> datetime:
    """The instant an offset and a time of day away from a deadline; without both, its last instant."""
    deadline = case.deadlines[deadline_id]
    if not wait.offset and not wait.at:
        return datetime.fromisoformat(deadline["due_at"])
    day = date.fromisoformat(deadline["due"])
    try:
        if wait.offset:
            day = case.calendar.add(day, wait.offset).due
        return case.calendar.instant(day, wait.at or case.bundle.counting("").day_end)
    except (ValueError, CalendarError) as error:
        raise EngineError("bad_offset", detail=f"{wait.offset} {wait.at}") from error


def text_of(case: Case, task: CaseTask, source: str) -> str:
    """The ISO text of a timer: written bare by modelers, or an expression."""
    bare = bare_timer(source)
    if bare is not None:
        return bare
    value = case.evaluate(task, source)
    if not isinstance(value, str):
        raise EngineError("bad_timer", element=element_of(task), detail=source[:80])
    return value


def instant_of(case: Case, text: str, task: CaseTask) -> datetime:
    """The instant of an ISO date, date-time or duration from now; a bare date ends with its day."""
    try:
        if text.upper().startswith("P"):
            return later(case, case.now, text)
        if len(text) == len("2026-02-27"):
            return case.calendar.instant(date.fromisoformat(text), "24:00")
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=case.zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise EngineError("bad_timer", element=element_of(task), detail=text[:80]) from error


def later(case: Case, begin: datetime, text: str) -> datetime:
    """The instant an ISO 8601 duration after another; raises ValueError or OverflowError.

    Years and months are counted in the calendar's zone, to the last day of a month that is too short.
    """
    match = DURATION.fullmatch(text.upper())
    if match is None:
        raise ValueError(text)
    years, months, weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    local = begin.astimezone(case.zone)
    count = local.year * 12 + local.month - 1 + int(years) * 12 + int(months)
    year, month = count // 12, count % 12 + 1
    if year > MAXYEAR:
        raise OverflowError(text)
    moved = local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1])).astimezone(UTC)
    return moved + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def begin_cycle(case: Case, text: str, task: CaseTask) -> tuple[int, datetime, str]:
    """How often (-1: for ever), when first, and every how long, of `R3/PT24H` or `R/2026-01-01T09:00/P7D`."""
    parts = text.strip().split("/")
    if not parts[0].upper().startswith("R") or len(parts) not in (2, 3) or not parts[-1].upper().startswith("P"):
        raise EngineError("bad_timer", element=element_of(task), detail=text[:80])
    count = parts[0][1:]
    if count and not count.isdigit():
        raise EngineError("bad_timer", element=element_of(task), detail=text[:80])
    first = instant_of(case, parts[1], task)
    if (count and not int(count)) or instant_of(case, parts[-1], task) <= case.now:
        raise EngineError("bad_timer", element=element_of(task), detail=text[:80])
    return (int(count) if count else -1), first, parts[-1]


def ring(case: Case, timer_id: str) -> None:
    """The instant has come: wake the event; a repeating one goes on waiting."""
    wait = case.waits[timer_id]
    task = case.workflow.get_task_from_id(wait["task"])
    repeats = isinstance(task.task_spec, BoundaryEvent) and not task.task_spec.cancel_activity
    if "every" not in wait or not repeats:
        fire(task, wait["position"])
        return
    task.task_spec.repeat(task)
    wait["left"] -= 1
    if wait["left"] == 0:
        case.waits.pop(timer_id)
        task._set_state(CANCELLED)  # it has rung for the last time; what it started goes on
        case.emit(fx.TimerCleared(timer_id))
        return
    due_at = later(case, datetime.fromisoformat(wait["due_at"]), wait["every"])
    wait["due_at"] = due_at.isoformat()
    case.emit(fx.TimerSet(timer_id, due_at, element_of(task)))


def follow(case: Case, deadline_id: str) -> None:
    """A deadline has moved: move the timers that hang on it, and arm again the reminders that now lie ahead."""
    rearm(case, deadline_id)
    for timer_id, wait in case.waits.items():
        task = case.workflow.find(wait["task"]) if wait.get("deadline") == deadline_id else None
        if task is None:
            continue
        timer = waiting_for(task, wait["position"])
        due_at = on_deadline(case, deadline_id, timer.wait)
        if due_at.isoformat() != wait["due_at"]:
            wait["due_at"] = due_at.isoformat()
            case.emit(fx.TimerSet(timer_id, due_at, element_of(task)))


def rearm(case: Case, deadline_id: str) -> None:
    """Reminders on a running activity that rang for the old date wait again where their new instant is to come."""
    for workflow in case.workflow.workflows():
        for activity in list(workflow.open.values()):
            split = activity.parent
            if split is None or not isinstance(split.task_spec, BoundaryEventSplit) or activity.triggered:
                continue
            if isinstance(activity.task_spec, BoundaryEvent):
                continue
            armed = {child.task_spec.name for child in split.children if not child._state & FINISHED}
            limits = scopes.in_force(case.deadlines, activity)
            for spec in split.task_spec.outputs:
                if spec.name not in armed and is_ahead(case, spec, limits, deadline_id):
                    spec._update(split._add_child(spec, FUTURE))


def is_ahead(case: Case, spec: Any, limits: dict[str, str], deadline_id: str) -> bool:
    """Whether a boundary event is a reminder on this deadline whose instant is still to come."""
    timer = spec.event_definition if isinstance(spec, BoundaryEvent) and not spec.cancel_activity else None
    if not isinstance(timer, Timer) or limits.get(timer.wait.deadline) != deadline_id:
        return False
    return on_deadline(case, deadline_id, timer.wait) > case.now


def waiting_for(task: CaseTask, position: int) -> Timer:
    """The timer definition at a position of a waiting event."""
    definition = task.task_spec.event_definition
    definitions = getattr(definition, "event_definitions", None) or [definition]
    return definitions[position]  # type: ignore[no-any-return]
