"""A migration is taken back: the case goes on under the version before, as if nothing had been changed.

It can be taken back while it is the last thing that has happened and while it has moved no token: what the target's
diagram has sent, recorded or started meanwhile cannot be unsaid.
"""

from datetime import date
from typing import Any

from services.workflow.engine import carrying, deadlines, settling
from services.workflow.engine import effects as fx
from services.workflow.engine.cases import Case
from services.workflow.engine.problems import Unexpected
from services.workflow.engine.spiff.events import BoundaryEvent


def demand_unmoved(case: Case, before: Case) -> None:
    """Raise Unexpected if tokens do not stand where they stood before the migration."""
    if places(case) != places(before) or case.facts["records"] != before.facts["records"] or case.is_finished:
        raise Unexpected("migration_acted", detail=case.case_id)


def places(case: Case) -> set[int]:
    """The tokens by number; events on activities have none of their own."""
    tasks = (task for workflow in case.workflow.workflows() for task in workflow.open.values())
    return {task.id for task in tasks if not isinstance(task.task_spec, BoundaryEvent)}


def put_back(case: Case, before: Case) -> None:
    """Say what is different between the case as it is and as it was; numbers once drawn are not drawn again."""
    before.counters = {key: max(count, before.counters.get(key, 0)) for key, count in case.counters.items()}
    for deadline_id in [key for key in case.deadlines if key not in before.deadlines]:
        before.emit(fx.DeadlineCleared(deadline_id, case.deadlines[deadline_id]["name"]))
    for deadline_id, deadline in before.deadlines.items():
        if not same_date(case.deadlines.get(deadline_id), deadline):
            first = date.fromisoformat(deadline["first_due"])
            before.emit(fx.DeadlineMoved(deadline_id, first_due=first, **deadlines.facts_of(deadline)))
    put_waits_back(case, before)
    for number, entry in before.tasks.items():
        carrying.tell_task(before, case, number, entry, case.tasks[number])
    carrying.tell_sides(before, case)


def same_date(now: dict[str, Any] | None, was: dict[str, Any]) -> bool:
    """Whether a deadline runs and is due when it was."""
    return now is not None and all(now[name] == was[name] for name in ("due_at", "provisional", "rule"))


def put_waits_back(case: Case, before: Case) -> None:
    """Timers and subscriptions as they were."""
    for wait_id in [key for key in case.waits if key not in before.waits]:
        timer = case.waits[wait_id]["kind"] == "timer"
        before.emit(fx.TimerCleared(wait_id) if timer else fx.Unsubscribed(wait_id))
    for wait_id, wait in before.waits.items():
        now = case.waits.get(wait_id)
        if now is None or now.get("due_at") != wait.get("due_at"):
            before.emit(settling.told(before, wait_id, wait))
