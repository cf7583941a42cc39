"""Many matters at once, written straight into the tables: for tests of how long things take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from services.common import db
from services.intake import tables as t
from tests.unit.intake.worlds import FORM, World

STATES: Final = ("in_handling", "replied", "completed")
TOPICS: Final = ("城建环资", "教科文卫", "财政经济", "农业农村")
OPEN: Final = {"opened_message": "x"}
DONE: Final = {**OPEN, "closed_message": "y", "closed_reason": "done"}
_TASKS: Final = (OPEN, DONE, DONE)


def fill(world: World, count: int) -> None:
    """Submit the usual suggestion, and put so many more under way: proposers, units, deadlines, tasks, records."""
    world.submit()
    base, now = world.rows(t.matter)[0], world.clock.now()
    with db.begin(world.engine) as conn:
        for table, rows in _rows(base, now, count).items():
            conn.execute(table.insert(), rows)


def _rows(base: dict[str, Any], now: Any, count: int) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {
        table: []
        for table in (t.matter, t.proposer, t.led_matter, t.led_unit, t.led_deadline, t.led_task, t.led_record)
    }
    for n in range(count):
        key, due = f"m-{n}", now + timedelta(days=n % 90)
        own = {"case_id": f"c-{n}", "matter_id": key}
        about = {"id": key, "no": key, "tracker": key, "title": f"{FORM['title']}{key}", "topic": TOPICS[n % 4]}
        line = {"state": STATES[n % 3], "open_tasks": 1, "next_due_at": due, "next_due": due.date()}
        limit = {"name": "reply", "state": "open", "due_at": due, "due": due.date(), "why": ["自交办之日起三个月"]}
        rated = {"record": "feedback", "data": {"deputy": "d-1", "unit": "edu"}, "at": now}
        found[t.matter].append({**base, **about})
        found[t.proposer] += [
            {"matter_id": key, "person_id": f"d-{p + 1}", "position": p, "name": name}
            for p, name in enumerate(("李云", "韩若溪"))
        ]
        found[t.led_matter].append({"matter_id": key, **line, "next_deadline": f"{key}.d1"})
        found[t.led_unit].append({"matter_id": key, "unit": ("edu", "traffic")[n % 2], "role": "lead"})
        found[t.led_deadline].append({"deadline_id": f"{key}.d1", **own, **limit})
        found[t.led_task] += [
            {"task_id": f"{key}.{p}", **own, **_NOTHING, **said, "name": "办理", "opened_as_of": now}
            for p, said in enumerate(_TASKS)
        ]
        found[t.led_record].append({"record_id": f"{key}.r1", **own, **rated})
    for task in found[t.led_task]:
        task["closed_as_of"] = now + timedelta(hours=1) if task["closed_message"] else None
    return found


_NOTHING: Final = {"closed_message": None, "closed_reason": None}
