"""Kills processes with -9 at random moments, one after the other, and starts each again at once."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from typing import Final

from tests.e2e.deployments import Deployment, Name

_GAP: Final = 0.5


@dataclass(frozen=True, slots=True)
class Kill:
    """Which process died when: seconds since the beginning, business time, commands done until then."""

    seconds: float
    at: datetime
    name: Name
    pid: int
    done: int


class Killer:
    """Runs between `with` and its end.

    A moment is drawn as a number of commands from the last one, so that a slow machine sees as many kills as a
    fast one; where no commands come (everybody waits for the clock) `patience` seconds count instead. Two kills
    are at least `_GAP` seconds apart: dying faster than one can start proves nothing.
    """

    def __init__(self, deployment: Deployment, seed: int, pace: tuple[int, int], patience: float) -> None:
        self._deployment, self._chance = deployment, random.Random(seed)
        self._pace, self._patience = pace, patience
        self._stop, self._begin = Event(), time.monotonic()
        self._thread = Thread(target=self._run, name="killer")
        self.kills: list[Kill] = []
        self.ended: list[str] = []
        self.done = 0

    def noticed(self) -> None:
        """A command was accepted."""
        self.done += 1

    def __enter__(self) -> Killer:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Let everybody live."""
        self._stop.set()
        self._thread.join()

    def counts(self) -> Counter[Name]:
        """How often each was killed."""
        return Counter(kill.name for kill in self.kills)

    def _run(self) -> None:
        everybody = list(self._deployment.running)
        while not self._stop.is_set():
            for name in self._chance.sample(everybody, len(everybody)):
                self._wait()
                if self._stop.wait(_GAP + self._chance.uniform(0, 0.5)):
                    return
                self._kill(name)

    def _wait(self) -> None:
        goal, end = self.done + self._chance.randint(*self._pace), time.monotonic() + self._patience
        while self.done < goal and time.monotonic() < end and not self._stop.wait(0.05):
            self._look_after()

    def _look_after(self) -> None:
        """Nobody shall end by himself; who does is noted and started again."""
        for name, process in list(self._deployment.running.items()):
            if (code := process.poll()) is not None:
                said = self._deployment.log(name).read_text("utf-8", "replace")
                self.ended.append(f"{name} ended by itself: {code}\n{said[-2000:]}")
                self._deployment.start(name)

    def _kill(self, name: Name) -> None:
        pid = self._deployment.kill(name)
        self._deployment.start(name)
        now = self._deployment.clock.now()
        self.kills.append(Kill(time.monotonic() - self._begin, now, name, pid, self.done))
