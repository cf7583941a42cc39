"""Knowing that nothing is under way: no message waits or travels, no timer is due, in all three services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.common.clock import monotonic, sleep
from services.common.health import is_settled
from services.huiyin.clients import Client, Unanswered
from services.huiyin.parts import PARTS

POLL = 0.02  # seconds
TIMEOUT = 120.0
_WAITING = ("outbox_pending", "inbox_pending", "timers_due")


class Unsettled(Exception):
    """安装没有平静下来。The installation did not settle in time, or something needs an administrator."""


def ask(client: Client) -> dict[str, dict[str, Any]]:
    """What every service says about itself."""
    return {part.name: client.get(f"{part.prefix}/health/settled") for part in PARTS.values()}


def wait(client: Client, timeout: float = TIMEOUT) -> dict[str, dict[str, Any]]:
    """Wait until all is settled; the last answers. Raises `Unsettled` that names what is not."""
    end = monotonic() + timeout
    while True:
        answers = _listen(client)
        if len(answers) == len(PARTS) and is_settled(answers):
            return answers
        if monotonic() > end:
            raise Unsettled(f"{timeout:g} 秒内没有平静 / not settled within {timeout:g} s: {unsettled(answers)}")
        sleep(POLL)


def next_due(answers: Mapping[str, Mapping[str, Any]]) -> datetime | None:
    """The earliest instant at which any service has something to do by itself."""
    found = [answer["next_due"] for answer in answers.values() if answer.get("next_due")]
    return min((datetime.fromisoformat(text) for text in found), default=None)


def unsettled(answers: Mapping[str, Mapping[str, Any]]) -> str:
    """What waits where, in words; "" for nothing."""
    found = [
        f"{service}: {name} = {answer[name]}"
        for service, answer in answers.items()
        for name in _WAITING
        if answer.get(name)
    ]
    for service, answer in answers.items() if not found else ():
        sent = sum(sender["sent"][service] for sender in answers.values())
        if sent != answer["received"]:
            found.append(f"{service}: received = {answer['received']} of {sent}")
    return "; ".join(found) or ("" if answers else "no answer")


def _listen(client: Client) -> dict[str, dict[str, Any]]:
    """The answers up to the first service that is busy or silent; the busiest is asked first."""
    answers: dict[str, dict[str, Any]] = {}
    for name in sorted(PARTS, reverse=True):
        try:
            answer = client.get(f"{PARTS[name].prefix}/health/settled")
        except Unanswered as error:
            if error.status not in (0, 502, 503):
                raise
            break  # still starting, or restarting
        _check(name, answer)
        answers[name] = answer
        if any(answer.get(what) for what in _WAITING):
            break
    return answers


def _check(service: str, answer: Mapping[str, Any]) -> None:
    """What no waiting will settle."""
    for name in ("inbox_parked", "incidents"):
        if answer.get(name):
            raise Unsettled(f"{service}: {name} = {answer[name]}")
