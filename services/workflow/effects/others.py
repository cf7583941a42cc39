"""Timers, subscriptions, messages, records, milestones, notices and the end of a case."""

from __future__ import annotations

from services.contracts.messages import MESSAGES
from services.workflow import documents
from services.workflow import engine as e
from services.workflow.effects.scene import Scene


def timer_set(scene: Scene, effect: e.TimerSet) -> None:
    """A timer waits for its instant."""
    scene.changes.timers[effect.timer_id] = {
        "id": effect.timer_id,
        "case_id": scene.case_id,
        "element": effect.element,
        "due_at": effect.due_at,
        "held": False,
    }


def timer_cleared(scene: Scene, effect: e.TimerCleared) -> None:
    """A timer fired or is no longer needed."""
    scene.changes.clear_timer(effect.timer_id)


def subscribed(scene: Scene, effect: e.Subscribed) -> None:
    """The case waits for a message; early ones that fit are woken after the step."""
    wide = effect.key == scene.matter_id  # several cases of one matter may wait for a matter-wide interrupt
    scene.changes.subscriptions[effect.subscription_id] = {
        "id": effect.subscription_id,
        "case_id": scene.case_id,
        "name": effect.name,
        "key": effect.key,
        "scope": scene.case_id if wide else "",
    }
    scene.changes.awaited.add((effect.name, effect.key))


def unsubscribed(scene: Scene, effect: e.Unsubscribed) -> None:
    """The case no longer waits for that message."""
    scene.changes.unsubscribe(effect.subscription_id)


def sent(scene: Scene, effect: e.Sent) -> None:
    """A message thrown by a diagram: one of the catalogue goes out, any other to whichever case waits."""
    data = documents.expand(effect.data, scene.texts)
    known = MESSAGES.get(f"{effect.name}.v1")
    if known is not None:
        known_here = {"letter_id": effect.key, "withdrawn_at": scene.at.isoformat(), **scene.ids}
        scene.emit(known.type, {**known_here, **data}, data.get("unit"))
        return
    _queue(scene, "message", effect.name, effect.key, "waiting", dict(effect.data))
    scene.changes.awaited.add((effect.name, effect.key))


def case_started(scene: Scene, effect: e.CaseStarted) -> None:
    """Another case of the same matter is to start; a worker does it after this transaction."""
    _queue(scene, "start", effect.process, scene.matter_id, "ready", dict(effect.data))


def _queue(scene: Scene, kind: str, name: str, key: str, state: str, data: dict[str, object]) -> None:
    scene.changes.early.append(
        {
            "message_id": scene.next_id(),
            "kind": kind,
            "name": name,
            "key": key,
            "matter_id": scene.matter_id,
            "case_id": scene.case_id,
            "data": data,
            "state": state,
            "at": scene.at,
        }
    )


def recorded(scene: Scene, effect: e.Recorded) -> None:
    """A fact of the ledger: kept here for the task page, sent whole to those who count and report."""
    scene.changes.records.append(
        {
            "id": effect.record_id,
            "case_id": scene.case_id,
            "matter_id": scene.matter_id,
            "record": effect.record,
            "data": effect.data,
            "element": effect.element,
            "task_id": effect.task_id,
            "unit": effect.unit,
            "role": effect.role,
            "actor": scene.actor,
            "at": scene.at,
        }
    )
    data = {
        "record_id": effect.record_id,
        **scene.ids,
        "record": effect.record,
        "data": documents.expand(effect.data, scene.texts),
        "unit": effect.unit,
        "role": effect.role,
        "actor": scene.actor,
        "at": scene.at.isoformat(),
        "element": effect.element or None,
        "task_id": effect.task_id,
    }
    scene.emit("record.added.v1", data)


def milestone(scene: Scene, effect: e.Milestone) -> None:
    """The matter reaches a reporting state (glossary 3.3)."""
    scene.state_name = effect.state
    scene.changes.matter_states.append({"b_matter_id": scene.matter_id, "b_state": effect.state})
    scene.emit("milestone.reached.v1", {**scene.ids, "state": effect.state, "at": scene.at.isoformat()})


def noticed(scene: Scene, effect: e.Noticed) -> None:
    """Somebody is to be told; notify knows how."""
    notice_id = scene.next_id()
    data = {
        "notice_id": notice_id,
        "template": effect.template,
        "process_version": scene.edition.version,
        "to": [_address(target) for target in effect.to],
        "matter": {
            "matter_id": scene.matter_id,
            "matter_no": scene.matter_no,
            "title": scene.title,
        },
        "facts": documents.expand(dict(effect.data), scene.texts),
        "at": scene.at.isoformat(),
    }
    scene.emit("notice.requested.v1", data)


def _address(target: str) -> dict[str, str | None]:
    """`role:<role>@<unit>` or `person:<id>` as the catalogue's address."""
    kind, _, rest = target.partition(":")
    if kind == "person":
        return {"person": rest}
    role, _, unit = rest.partition("@")
    return {"role": role, "unit": unit or None}


def finished(scene: Scene, effect: e.Finished) -> None:
    """The case has come to its end."""
    scene.status, scene.outcome = "ended", effect.outcome
    scene.changes.ended.append(scene.case_id)
    scene.emit("case.closed.v1", {**case_words(scene), "outcome": effect.outcome})


def case_words(scene: Scene) -> dict[str, object]:
    """What `case.opened` and `case.closed` have in common."""
    return {
        **scene.ids,
        "process": scene.process,
        "process_version": scene.edition.version,
        "at": scene.at.isoformat(),
    }


def migrated(scene: Scene, previous: str) -> None:
    """The case goes on under another version than `previous`, and so do its open tasks."""
    scene.changes.versions.append({"b_case_id": scene.case_id, "b_version": scene.edition.version})
    scene.emit("case.migrated.v1", {**case_words(scene), "previous_version": previous, "by": scene.actor})
