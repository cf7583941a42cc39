"""What happened before, as people tell it: who did which step, what he wrote, who passed what on to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from services.common.sights import Sight
from services.workflow import cases, chain, documents, records, replays, visibility, worklists
from services.workflow.speakers import Speaker
from services.workflow.web.shown import read_records
from services.workflow.web.words import actor_name, record_name, unit_name, verb_name

_TOLD: Final = frozenset({"complete_task", "record", "operator"})
"""What people do; timers and messages are in the log."""


def of_matter(conn: Connection, matter_id: str, speaker: Speaker) -> list[dict[str, Any]]:
    """Everything people did about a matter, the latest first: {at, what, who, unit, note, records, …}.

    Of what is not theirs to know, deputies and other units read the public stage with the records they may read.
    """
    sees = visibility.sight(conn, matter_id, speaker)
    lines = [line for case in cases.of_matter(conn, matter_id) for line in _of_case(conn, case["id"], sees, speaker)]
    found = [line if line["open"] else {**line, **_STAGE, "what": line["public"]} for line in lines if _is_told(line)]
    order = sorted(range(len(found)), key=lambda n: (found[n]["at"], n), reverse=True)
    return [found[n] for n in order]


_STAGE: Final[Mapping[str, Any]] = {"who": "", "note": None}
"""What a line keeps to itself for those who only learn that a stage was reached."""


def _is_told(line: Mapping[str, Any]) -> bool:
    return bool(line["open"] or (line["public"] and line["records"]))


def _of_case(conn: Connection, case_id: str, sees: Sight, speaker: Speaker) -> list[dict[str, Any]]:
    steps = {row["id"]: row for row in worklists.of_case(conn, case_id)}
    made = _Made(read_records(conn, records.of_case(conn, case_id, speaker)))
    rows = [
        (row, chain.payload_of(bytes(row["payload"]))) for row in replays.log(conn, case_id) if row["kind"] in _TOLD
    ]
    texts = documents.load(conn, set().union(*(documents.references(_note(data)) for _, data in rows)))
    return [
        {
            "at": row["at"],
            "what": _what(row["kind"], data, steps.get(str(data.get("task")))),
            "open": _is_open(data, steps.get(str(data.get("task"))), sees, speaker),
            "public": _public(row["kind"], data, steps.get(str(data.get("task")))),
            "who": actor_name(row["actor"]),
            "unit": unit_name(row["actor"].get("unit")),
            "note": documents.expand(_note(data), texts),
            "records": made.by(row, data),
        }
        for row, data in rows
    ]


def _is_open(data: Mapping[str, Any], task: Mapping[Any, Any] | None, sees: Sight, speaker: Speaker) -> bool:
    """Whether an act is told whole: by the unit of its task, else by the one it was done for."""
    return sees.covers(data.get("unit")) if task is None else visibility.shown(task, sees, speaker) is task


class _Made:
    """The records of a case, given out to the acts that made them, in the order in which both happened."""

    def __init__(self, found: Sequence[Mapping[str, Any]]) -> None:
        self._left: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
        for record in sorted(found, key=lambda one: int(str(one["id"]).rpartition(".r")[2])):
            self._left.setdefault((record["at"], record["task_id"], record["record"]), []).append(record)

    def by(self, row: Mapping[Any, Any], data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """What an act has made: a record that was added, a reminder, or what came of the answer to a form."""
        task, kind = data.get("task"), data.get("record")
        keys = [key for key in self._left if key[:2] == (row["at"], task) and key[2] == (kind or key[2])]
        if row["kind"] == "record" or (row["kind"] == "operator" and data.get("verb") == "urge"):
            return [self._left[key].pop(0) for key in keys[:1] if self._left[key]]
        if row["kind"] == "operator":
            return []
        return [record for key in keys for record in self._left.pop(key)]


def _note(data: Mapping[str, Any]) -> Any:
    """What somebody wrote when he used a verb; a record shows its own texts."""
    return data.get("note") or data.get("text") if "verb" in data else None


def _public(kind: str, data: Mapping[str, Any], task: Mapping[Any, Any] | None) -> str:
    """What those outside read of an act: the public name of its step, or what was recorded."""
    if kind == "record":
        return record_name(str(data.get("record")))
    return str(task["public_name"] or "") if task is not None and kind == "complete_task" else ""


def _what(kind: str, data: Mapping[str, Any], task: Mapping[Any, Any] | None) -> str:
    name = str(task["name"]) if task is not None else ""
    if kind == "record":
        return record_name(str(data.get("record")))
    if kind == "operator":
        return verb_name(str(data.get("verb")), name)
    return name
