"""The steps of a matter through all services, in one order that is the same however the services run.

A step of workflow is a stimulus of its log; a step of intake is a message it sent; a step of notify is a notice.
They are ordered by time, then case and stimulus, because intake and notify only ever answer a stimulus.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.huiyin.sightings import Sighting, instant, number_of

_RANKS = ("workflow", "intake", "notify")
Step = dict[str, Any]


def steps(seen: Sighting, submitter: Mapping[str, Any]) -> list[Step]:
    """`{service, element, case, actor, at, deadline, why, messages: [{id, type}], …}` in order."""
    types = {one["id"]: one["type"] for service in _RANKS for one in seen.traces.get(service, ())}
    found = [*_workflow(seen, types), *_intake(seen, types, submitter), *_notify(seen, types)]
    return [step for _, step in sorted(found, key=lambda pair: pair[0])]


def _workflow(seen: Sighting, types: Mapping[str, str]) -> Iterator[tuple[Any, Step]]:
    for case in seen.cases:
        for one in case["steps"]:
            cause = [one["cause"]] if one["cause"] in types else []
            sent = [message["id"] for message in one["messages"]]
            yield (
                _order("workflow", one["at"], f"{case['id']}.{one['seq']}.0"),
                {
                    "service": "workflow",
                    "element": one["element"],
                    "case": one["case"],
                    "actor": one["actor"],
                    "at": instant(one["at"]).isoformat(),
                    "deadline": one["deadline"],
                    "why": one["why"],
                    "messages": _messages([*cause, *sent], types),
                    "kind": one["kind"],
                    "unit": one["unit"],
                    "process": case["process"],
                },
            )


def _intake(seen: Sighting, types: Mapping[str, str], submitter: Mapping[str, Any]) -> Iterator[tuple[Any, Step]]:
    for one in seen.traces.get("intake", ()):
        if one["way"] != "out":
            continue
        cause = [one["cause"]] if one["cause"] in types else []
        yield (
            _order("intake", one["at"], one["cause"] or ""),
            {
                "service": "intake",
                "element": one["type"].rpartition(".")[0],
                "case": one["case"],
                "actor": dict(submitter) if not cause else {},
                "at": instant(one["at"]).isoformat(),
                "deadline": None,
                "why": [],
                "messages": _messages([*cause, one["id"]], types),
                "kind": "message",
            },
        )


def _notify(seen: Sighting, types: Mapping[str, str]) -> Iterator[tuple[Any, Step]]:
    notices: dict[str, list[dict[str, Any]]] = {}
    for one in seen.deliveries:
        notices.setdefault(one["message_id"], []).append(one)
    for message, deliveries in notices.items():
        first = deliveries[0]
        people = sorted({one["person"] or one["person_id"] for one in deliveries})
        yield (
            _order("notify", first["created_at"], message),
            {
                "service": "notify",
                "element": first["template"] or first["facts"]["element"],
                "case": message.rpartition(".")[0].rpartition(".")[0] or None,
                "actor": {},
                "at": instant(first["created_at"]).isoformat(),
                "deadline": None,
                "why": [],
                "messages": _messages([message], types),
                "kind": first["kind"],
                "to": people,
            },
        )


def _messages(ids: list[str], types: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"id": key, "type": types[key]} for key in ids if key in types]


def _order(service: str, at: str, stimulus: str) -> tuple[Any, ...]:
    """`stimulus`: `<case>.<seq>.<n>`, or nothing for what no case caused."""
    return (instant(at), number_of(stimulus)[:2], _RANKS.index(service), number_of(stimulus), stimulus)
