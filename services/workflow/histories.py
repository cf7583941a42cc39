"""What happened in the cases of a matter: every stimulus of the log with its element, deadline and messages.

The log keeps ids of tasks, timers and subscriptions; which element of the diagram they stood for comes out of
playing the log once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from services.common.sights import Sight
from services.workflow import chain, replays, visibility
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.speakers import Speaker


@dataclass(slots=True)
class _Known:
    """What the effects so far say: elements by id of task, timer or subscription; deadlines by id and by task."""

    elements: dict[str, str] = field(default_factory=dict)
    units: dict[str, str | None] = field(default_factory=dict)
    limits: dict[str, e.DeadlineSet | e.DeadlineMoved | e.DeadlineConfirmed] = field(default_factory=dict)
    limit_of: dict[str, str] = field(default_factory=dict)

    def rename(self, names: Mapping[str, str]) -> None:
        self.elements = {key: names.get(element, element) for key, element in self.elements.items()}

    def learn(self, effects: Iterable[e.Effect]) -> None:
        for effect in effects:
            match effect:
                case e.TaskOpened() | e.TaskMigrated():
                    self.elements[effect.task_id], self.units[effect.task_id] = effect.element, effect.unit
                    self.limit_of[effect.task_id] = effect.deadline or ""
                case e.TaskChanged():
                    self.units[effect.task_id] = effect.unit
                case e.TimerSet():
                    self.elements[effect.timer_id] = effect.element
                case e.Subscribed():
                    self.elements[effect.subscription_id] = effect.element
                case e.DeadlineSet() | e.DeadlineMoved() | e.DeadlineConfirmed():
                    self.limits[effect.deadline_id] = effect
                case _:
                    pass


def of_case(conn: Connection, case: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """The steps of one case, first to last.

    `{case, seq, kind, element, task, record, unit, actor, at, deadline, why, why_en, cause, messages: [{id, type,
    target}]}`; `deadline` is the date by which the task done was due, and `why` how that was computed.
    """
    known, replay = _Known(), replays.Replay(conn, case["id"])
    heard = _messages(conn, case["matter_id"])
    log = replays.log(conn, case["id"])
    broken = chain.first_broken(log)
    found: list[dict[str, Any]] = []
    for row in log:
        found.append(_step(row, known, heard.get(f"{case['id']}.{row['seq']}", ())))
        if broken is not None and row["seq"] >= broken:
            continue  # somebody has changed the log: it can be shown, not played
        try:
            effects = replay.play(row)
        except e.EngineError:
            continue  # the log stays readable where today's engine cannot follow it
        known.rename(replay.names)
        known.learn(effects)
    return found


def told(
    steps: Iterable[Mapping[str, Any]], tasks: Iterable[Mapping[Any, Any]], sees: Sight, speaker: Speaker
) -> list[Mapping[str, Any]]:
    """The steps of a case as somebody may read them; `tasks` are the tasks of the case.

    What was done out of his sight he reads as the public stage, without person, deadline and messages; what a clock or
    a message did, only where he sees everything.
    """
    by_id = {task["id"]: task for task in tasks}
    found = (_told(step, by_id.get(str(step["task"])), sees, speaker) for step in steps)
    return [step for step in found if step is not None]


def _told(
    step: Mapping[str, Any], task: Mapping[Any, Any] | None, sees: Sight, speaker: Speaker
) -> Mapping[str, Any] | None:
    if sees.everything or (task is not None and visibility.shown(task, sees, speaker) is task):
        return step
    if step["kind"] == "start" or (task is None and step["kind"] in _BY_PEOPLE and sees.covers(step["unit"])):
        return step if sees.inside else {**step, **_STAGE}
    if step["kind"] == "record" and sees.reads(step["record"], step["unit"]):
        return {**step, **_STAGE}
    if step["kind"] == "complete_task" and task is not None and task["public_name"]:
        return {**step, **_STAGE, "element": task["public_name"]}
    return None


_BY_PEOPLE: Final = frozenset({"record", "operator"})
_STAGE: Final[Mapping[str, Any]] = {
    "task": None,
    "actor": {},
    "deadline": None,
    "why": [],
    "why_en": [],
    "cause": None,
    "messages": [],
}
"""What a step keeps to itself for those who only learn that a stage was reached."""


def _step(row: RowMapping, known: _Known, heard: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    data = chain.payload_of(bytes(row["payload"]))
    key = str(data.get("task") or data.get("timer") or data.get("subscription") or "")
    plain = data.get("record") or data.get("verb") or data.get("process") or data.get("name") or ""
    limit = known.limits.get(known.limit_of.get(key, ""))
    return {
        "case": row["case_id"],
        "seq": row["seq"],
        "kind": row["kind"],
        "element": str(known.elements.get(key) or plain or row["kind"]),
        "task": data.get("task"),
        "record": data.get("record") if row["kind"] == "record" else None,
        "unit": known.units.get(key) or data.get("unit"),
        "actor": row["actor"],
        "at": row["at"].isoformat(),
        "deadline": limit.due.isoformat() if limit else None,
        "why": list(limit.why) if limit else [],
        "why_en": list(limit.why_en) if limit else [],
        "cause": row["cause"],
        "messages": [dict(one) for one in heard],
    }


def _messages(conn: Connection, matter_id: str) -> dict[str, list[dict[str, Any]]]:
    """What was sent about a matter, by the stimulus `<case>.<seq>` that sent it."""
    c = t.outbox_.c
    query = select(c.message_id, c.type, c.target).where(c.subject == matter_id).order_by(c.id)
    sent: dict[str, list[dict[str, Any]]] = {}
    for row in conn.execute(query):
        line = {"id": row.message_id, "type": row.type, "target": row.target}
        sent.setdefault(row.message_id.rpartition(".")[0], []).append(line)
    return sent
