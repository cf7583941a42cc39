"""What people and systems answer to a task of the small process: drawn by the task's id, so every driver agrees."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

SEED: Final = 20260226
UNITS: Final = ("construction_group", "urban_management", "housing", "water", "education", "power_supply")
AGENCY_UNIT: Final = "housing"
"""The unit whose own system does its tasks over the queue."""
_BODY: Final = "您提出的建议收悉。经研究,现答复如下:有关问题已列入本年度工作计划,按时间节点推进,并及时通报进展。"
_COMMITMENT: Final = {"text": "完成改造工程", "responsible": "分管负责人"}


@dataclass(frozen=True, slots=True)
class Task:
    """What an answer depends on."""

    id: str
    matter_id: str
    element: str
    role: str
    unit: str | None
    person: str | None
    opened_on: date


@dataclass(frozen=True, slots=True)
class Plan:
    """How many days somebody takes, and what he answers; None is silence, until a timer ends it."""

    days: int
    data: dict[str, Any] | None


def plan(task: Task, today: date) -> Plan:
    """The answer to a task; the same for everybody who asks."""
    chance = random.Random(f"{SEED}:{task.id}")
    days = chance.choice((0, 0, 0, 3, 6))
    return Plan(days, _ANSWERS[task.element](chance, task, today))


def _handover(chance: random.Random, _task: Task, today: date) -> dict[str, Any]:
    units = chance.sample(UNITS, chance.choice((1, 1, 2, 3)))
    shares = [{"unit": unit, "role": "co_handler"} for unit in units]
    shares[0]["role"] = "lead"
    mode = "sole" if len(units) == 1 else "lead"
    return {"mode": mode, "assignments": shares, "extra": {"handed_over_on": today.isoformat()}}


def _receipt(chance: random.Random, task: Task, _today: date) -> dict[str, Any] | None:
    fate = chance.random()
    if fate < 0.1:
        return None
    if fate > 0.1 + 0.08:
        return {"verdict": "accepted"}
    return {
        "verdict": "return_requested",
        "return_reason": "not_our_duty",
        "return_text": "经核对职责规定,该事项不属于本单位职责范围,建议由有关单位承办。",
        "proposed_unit": next(unit for unit in UNITS if unit != task.unit),
        "head_signed": True,
    }


def _return_decision(chance: random.Random, _task: Task, today: date) -> dict[str, Any]:
    wise = {"reason": "经核对部门职责后决定。", "extra": {"decided_on": today.isoformat()}}
    if chance.random() < 0.5:
        return {**wise, "decision": "refuse"}
    return {**wise, "decision": "accept", "new_unit": "finance"}


def _opinion(_chance: random.Random, _task: Task, _today: date) -> dict[str, Any]:
    return {
        "answer_text": "我单位同意配合办理,已列入本年度工作计划。",
        "outcome_class": "solved",
        "quotable": True,
        "contact_person": "李明",
        "contact_phone": "0000-5550102",
    }


def _draft(chance: random.Random, _task: Task, today: date) -> dict[str, Any]:
    open_end = chance.random() < 0.25
    due = (today + timedelta(days=60)).isoformat()
    return {
        "title": "关于对市十五届人大五次会议建议的答复",
        "doc_no": f"云函〔{today.year}〕{chance.randint(1, 9999)}号",
        "body_text": _BODY,
        "outcome_class": "in_progress" if open_end else "solved",
        **({"commitments": [{**_COMMITMENT, "due": due}]} if open_end else {}),
        "publication_attribute": "proactive",
        "contact_person": "王强",
        "contact_phone": "0000-5550101",
    }


def _review(step: str) -> Callable[[random.Random, Task, date], dict[str, Any]]:
    def review(chance: random.Random, _task: Task, _today: date) -> dict[str, Any]:
        if chance.random() < 0.07:
            return {"step": step, "verdict": "return", "reasons": ["not_concrete"]}
        return {"step": step, "verdict": "approve"}

    return review


def _feedback(chance: random.Random, _task: Task, _today: date) -> dict[str, Any] | None:
    fate = chance.random()
    if fate < 0.1:
        return None
    if fate < 0.2:
        return {"attitude": "satisfied", "result": "dissatisfied", "reason": "没有说明何时解决,希望继续办理。"}
    return {"attitude": "satisfied", "result": chance.choice(("satisfied", "basically_satisfied"))}


def _progress(chance: random.Random, _task: Task, _today: date) -> dict[str, Any]:
    done = chance.random() < 0.7
    return {"text": "工程按计划推进。", "percent": 100 if done else 50, "extra": {"apply_close_out": done}}


def _check(chance: random.Random, _task: Task, _today: date) -> dict[str, Any]:
    return {"decision": "refuse", "reason": "现场尚未完工。"} if chance.random() < 0.15 else {"decision": "accept"}


def _always(data: Mapping[str, Any]) -> Callable[[random.Random, Task, date], dict[str, Any]]:
    return lambda _chance, _task, _today: dict(data)


_ANSWERS: Final[Mapping[str, Callable[[random.Random, Task, date], dict[str, Any] | None]]] = {
    "task_handover": _handover,
    "task_receipt": _receipt,
    "task_return_decision": _return_decision,
    "task_co_opinion": _opinion,
    "task_unit_assign": _always({"section": "业务一科", "officer": "王强"}),
    "task_prepare": _always({"plan_text": "实地调研,听取代表意见,会同有关单位研究解决措施。"}),
    "task_draft": _draft,
    "task_review_content": _review("content"),
    "task_review_format": _review("format"),
    "task_review_leader": _review("leader"),
    "task_feedback": _feedback,
    "task_redo_order": _always({"reason": "代表对办理结果不满意,请重新办理。"}),
    "task_progress": _progress,
    "task_close_out": _always({"result": "done", "evidence_text": "竣工验收报告和现场照片。"}),
    "task_close_check": _check,
}
