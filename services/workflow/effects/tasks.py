"""Tasks opened, changed and closed: rows of the work lists, and `task.opened` / `task.closed` for everybody."""

from __future__ import annotations

from typing import Any, Final

from services.workflow import documents
from services.workflow import engine as e
from services.workflow.editions import Form
from services.workflow.effects.scene import Row, Scene

_HOLDING: Final = ("role", "unit", "person", "delegate")


def opened(scene: Scene, effect: e.TaskOpened) -> None:
    """A new task: its row, and the message that lets an agency do it over the queue."""
    limit = scene.deadlines.get(effect.deadline or "")
    row = {
        **_described(scene, effect, limit),
        "id": effect.task_id,
        "case_id": scene.case_id,
        "matter_id": scene.matter_id,
        "package_version": scene.edition.version,
        "delegate": None,
        "delegated_by": None,
        "beside": effect.beside,
        "question": {"text": effect.question, "by": scene.actor} if effect.beside else None,
        "initial": effect.initial,
        "state": "open",
        "opened_at": scene.at,
    }
    scene.changes.tasks.append(row)
    scene.tasks[effect.task_id] = row
    scene.emit("task.opened.v1", opened_words(scene, row, limit), effect.unit)


def _described(scene: Scene, effect: e.TaskOpened | e.TaskMigrated, limit: Row | None) -> dict[str, Any]:
    """What the diagram says of a task, as columns."""
    form = _form(scene, effect.form, effect.beside)
    same = ("element", "process", "role", "unit", "person", "scope")
    return {
        **{name: getattr(effect, name) for name in same},
        "name": effect.name if effect.beside is None else f"{form.title if form else ''}：{effect.name}",
        "public_name": effect.public or None,
        "form": effect.form or None,
        "record": form.record if form else None,
        "accepts": list(effect.accepts),
        "apart": list(effect.apart) or None,
        "deadline": limit["name"] if limit else None,
        "deadline_id": effect.deadline,
        "due": limit["due"] if limit else None,
        "due_at": limit["due_at"] if limit else None,
    }


def changed(scene: Scene, effect: e.TaskChanged) -> None:
    """A task goes to somebody else under its old id: revoked from the one unit or person, opened for the other."""
    news: dict[str, Any] = {name: getattr(effect, name) for name in _HOLDING}
    news["delegated_by"] = scene.actor if effect.delegate else None
    scene.changes.tasks_changed.append({"b_id": effect.task_id, **{f"b_{name}": v for name, v in news.items()}})
    before = scene.tasks[effect.task_id]
    after = {**before, **news}
    scene.tasks[effect.task_id] = after
    if (before["unit"], before["person"]) != (effect.unit, effect.person):
        _emit_closed(scene, before, "revoked", successor=effect.task_id)
    limit = scene.deadlines.get(before["deadline_id"] or "")
    scene.emit("task.opened.v1", opened_words(scene, after, limit), effect.unit)


def migrated(scene: Scene, effect: e.TaskMigrated) -> None:
    """A task follows another version under its old id; whoever has it is told what is asked of him now."""
    before = scene.tasks[effect.task_id]
    limit = scene.deadlines.get(effect.deadline or "")
    news = _described(scene, effect, limit)
    scene.changes.tasks_migrated.append({"b_id": effect.task_id, **{f"b_{name}": v for name, v in news.items()}})
    passed = (before["role"], before["unit"], before["person"]) != (effect.role, effect.unit, effect.person)
    if passed:  # nobody has claimed it there; who had delegated it is kept for the way back
        holding = {**{name: getattr(effect, name) for name in _HOLDING}, "delegated_by": before["delegated_by"]}
        scene.changes.tasks_changed.append({"b_id": effect.task_id, **{f"b_{name}": v for name, v in holding.items()}})
        news["delegate"] = effect.delegate
    after = {**before, **news}
    scene.tasks[effect.task_id] = after
    words = opened_words(scene, after, limit)
    if passed:
        _emit_closed(scene, before, "migrated", successor=effect.task_id)
    else:
        words["previous_version"] = before["package_version"]
    scene.emit("task.opened.v1", words, effect.unit)


def closed(scene: Scene, effect: e.TaskClosed) -> None:
    """A task ends, for whatever reason; nobody may act on it any more."""
    reason = _reason(scene, effect)
    scene.changes.tasks_closed.append(
        {
            "b_id": effect.task_id,
            "b_reason": reason,
            "b_closed_at": scene.at,
            "b_closed_by": scene.actor,
            "b_account": scene.actor.get("account"),
            "b_warnings": [*scene.warnings] if reason == "done" and scene.warnings else None,
        }
    )
    _emit_closed(scene, scene.tasks[effect.task_id], reason, successor=None)


def _reason(scene: Scene, effect: e.TaskClosed) -> str:
    """What the clock takes away after its due date has expired; what somebody takes away is revoked."""
    due = scene.tasks[effect.task_id]["due_at"]
    by_clock = effect.reason == "revoked" and not scene.actor.get("account")
    return "expired" if by_clock and due is not None and due <= scene.at else effect.reason


def _emit_closed(scene: Scene, row: Row, reason: str, successor: str | None) -> None:
    scene.emit("task.closed.v1", closed_words(scene, row, reason, successor), row["unit"])


def closed_words(scene: Scene, row: Row, reason: str, successor: str | None) -> dict[str, Any]:
    """What `task.closed` says of a task."""
    return {
        "task_id": row["id"],
        **scene.ids,
        "reason": reason,
        "by": scene.actor,
        "at": scene.at.isoformat(),
        "successor_task_id": successor,
    }


def opened_words(scene: Scene, row: Row, limit: Row | None) -> dict[str, Any]:
    """What `task.opened` says of a task."""
    form = _form(scene, row["form"], row["beside"])
    asked = documents.expand((row["question"] or {}).get("text"), scene.texts)
    return {
        "task_id": row["id"],
        **scene.ids,
        "matter_no": scene.matter_no,
        "title": scene.title,
        "element": row["element"],
        "name": row["name"],
        "public_name": row["public_name"],
        "role": row["role"],
        "unit": row["unit"],
        "person": row["person"],
        "delegate": row["delegate"],
        "beside": row["beside"],
        "question": asked or None,
        "form": row["form"],
        "form_schema": form.schema if form else None,
        "record": row["record"],
        "initial": documents.expand(row["initial"], scene.texts),
        "deadline": _limit_words(limit),
        "process_version": scene.edition.version,
        "opened_at": row["opened_at"].isoformat(),
    }


def _form(scene: Scene, form: str | None, beside: str | None) -> Form | None:
    """The form of a task; of one beside another that of its record."""
    return scene.edition.record_form(e.CONSULTATION) if beside else scene.edition.form(form)


def _limit_words(limit: Row | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    return {
        "name": limit["name"],
        "due": limit["due"].isoformat(),
        "due_at": limit["due_at"].isoformat(),
        "why": list(limit["why"]),
    }
