"""Deadlines set, moved and cleared: each is shown with how it was computed and keeps its first date."""

from __future__ import annotations

from services.workflow import engine as e
from services.workflow.effects.scene import Row, Scene


def set_(scene: Scene, effect: e.DeadlineSet) -> None:
    """A deadline begins to run."""
    row = {
        "id": effect.deadline_id,
        "case_id": scene.case_id,
        "matter_id": scene.matter_id,
        "name": effect.name,
        "unit": effect.unit,
        "state": "open",
        "due": effect.due,
        "due_at": effect.due_at,
        "first_due": effect.due,
        "rule": effect.rule,
        "why": list(effect.why),
        "calendar": effect.calendar,
        "provisional": effect.provisional,
        "set_at": scene.at,
    }
    scene.changes.deadlines.append(row)
    scene.deadlines[effect.deadline_id] = row
    _emit(scene, row)


def moved(scene: Scene, effect: e.DeadlineMoved) -> None:
    """A running deadline gets another date or is another unit's; tasks that refer to it move along.

    One that is due when it was first is not shown as moved: a migration was taken back, or only the unit is another.
    """
    _emit(scene, _rewritten(scene, effect, "open" if effect.due == effect.first_due else "moved"))


def confirmed(scene: Scene, effect: e.DeadlineConfirmed) -> None:
    """A new calendar leaves the date where it is; nobody is told but the ledger, which shows how sure it is."""
    before = scene.deadlines[effect.deadline_id]["state"]
    _emit(scene, _rewritten(scene, effect, before), "deadline.confirmed.v1")


def _rewritten(scene: Scene, effect: e.DeadlineMoved | e.DeadlineConfirmed, state: str) -> Row:
    news = {
        "state": state,
        "unit": effect.unit,
        "due": effect.due,
        "due_at": effect.due_at,
        "why": list(effect.why),
        "provisional": effect.provisional,
        "calendar": effect.calendar,
        "rule": effect.rule,
    }
    scene.changes.deadlines_moved.append(
        {"b_id": effect.deadline_id, **{f"b_{name}": value for name, value in news.items()}}
    )
    row = {**scene.deadlines[effect.deadline_id], **news}
    scene.deadlines[effect.deadline_id] = row
    return row


def cleared(scene: Scene, effect: e.DeadlineCleared) -> None:
    """What was due is done or no longer asked for."""
    scene.changes.deadlines_cleared.append({"b_id": effect.deadline_id, "b_cleared_at": scene.at})
    row = {**scene.deadlines[effect.deadline_id], "state": "cleared"}
    scene.deadlines[effect.deadline_id] = row
    _emit(scene, row)


def _emit(scene: Scene, row: Row, type_: str = "deadline.changed.v1") -> None:
    data = {
        **scene.ids,
        "deadline_id": row["id"],
        "name": row["name"],
        "label": scene.edition.label("deadline", row["name"]),
        "unit": row["unit"],
        "state": row["state"],
        "due": row["due"].isoformat(),
        "due_at": row["due_at"].isoformat(),
        "why": list(row["why"]),
        "rule": row["rule"],
        "calendar": row["calendar"],
        "provisional": row["provisional"],
    }
    scene.emit(type_, data)
