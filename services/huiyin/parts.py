"""What each service offers: its web application and its loops, all in the same shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Final

from flask import Flask
from sqlalchemy import Engine

from services.common import bus, db
from services.common.bus import Transport
from services.common.clock import Clock
from services.common.config import Settings
from services.intake import app as intake_app
from services.intake import loops as intake_loops
from services.notify import app as notify_app
from services.notify import loops as notify_loops
from services.workflow import app as workflow_app
from services.workflow import loops as workflow_loops


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a loop runs in: settings, time, when to stop, and the service's database."""

    settings: Settings
    clock: Clock
    stop: Event
    engine: Engine

    def transport(self) -> Transport:
        """A transport of the caller's own: one belongs to one thread."""
        return bus.connect(self.settings)


Loop = Callable[[Surroundings], None]


@dataclass(frozen=True, slots=True)
class Part:
    """One service: where its pages are mounted, how its app is made, and its loops by role."""

    name: str
    prefix: str
    create: Callable[[Settings, Clock, Engine], Flask]
    loops: Mapping[str, Loop]


PARTS: Final[Mapping[str, Part]] = {
    "intake": Part(
        "intake",
        "",
        intake_app.create,
        {
            "consume": lambda here: intake_loops.consume(here.transport(), here.engine, here.clock, here.stop),
            "work": lambda here: intake_loops.work(here.engine, here.clock, here.stop, here.settings.zone),
            "relay": lambda here: intake_loops.relay(here.transport(), here.engine, here.clock, here.stop),
        },
    ),
    "workflow": Part(
        "workflow",
        "/workflow",
        workflow_app.create,
        {
            "consume": lambda here: workflow_loops.consume(here.transport(), here.engine, here.clock, here.stop),
            "work": lambda here: workflow_loops.work(here.engine, here.clock, here.stop),
            "relay": lambda here: workflow_loops.relay(here.transport(), here.engine, here.clock, here.stop),
            "tick": lambda here: workflow_loops.tick(here.engine, here.clock, here.stop),
        },
    ),
    "notify": Part(
        "notify",
        "/notify",
        notify_app.create,
        {
            "consume": lambda here: notify_loops.consume(here.transport(), here.engine, here.clock, here.stop),
            "work": lambda here: notify_loops.work(here.settings, here.engine, here.clock, here.stop),
            "relay": lambda here: notify_loops.relay(here.transport(), here.engine, here.clock, here.stop),
            "dispatch": lambda here: notify_loops.send(here.settings, here.engine, here.clock, here.stop),
        },
    ),
}
"""The three services; intake has the root of the address."""

WEB: Final = "web"
ROLES: Final = (WEB, "consume", "work", "relay", "tick", "dispatch")


def surroundings(part: Part, settings: Settings, clock: Clock, stop: Event) -> Surroundings:
    """Everything a loop of `part` needs; the database is not opened yet."""
    return Surroundings(settings, clock, stop, db.connect(settings.databases[part.name]))
