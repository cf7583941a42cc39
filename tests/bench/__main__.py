"""`python -m tests.bench`: measure, print the table, write build/bench.json; 1 where a target is missed."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.common.testing import brokers, databases
from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from tests.bench import (
    bursts,
    crowds,
    growth,
    notices,
    offices,
    profiles,
    scans,
    sizes,
    steps,
    stories,
    whatif,
    workers,
)
from tests.bench.results import Figure, Report

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    rounds: int  # of the contest of steps
    together: int
    live: int
    old: tuple[int, int]  # rounds of a case that is given back
    repeated: int
    crowd: tuple[int, int]
    sample: int
    wide: tuple[int, int]
    recorded: int
    answered: int
    crews: tuple[int, ...]
    profiled: int
    told: int  # notices
    burst: int  # messages of an agency


FULL = Scale(
    rounds=7,
    together=50,
    live=400,
    old=(20, 50),
    repeated=5,
    crowd=(1_000, 100_000),
    sample=40,
    wide=(75, 300),
    recorded=200,
    answered=150,
    crews=(1, 2, 4),
    profiled=20,
    told=60,
    burst=10_000,
)
SMALL = Scale(
    rounds=1,
    together=3,
    live=20,
    old=(5, 6),
    repeated=1,
    crowd=(10, 20),
    sample=2,
    wide=(3, 6),
    recorded=2,
    answered=3,
    crews=(2,),
    profiled=2,
    told=3,
    burst=150,
)


def measure(server: Postgres, broker: Broker, scale: Scale, tell: Callable[[str], None]) -> Report:
    """Everything of the table, on one database server and one broker."""
    story, report, begun = stories.ordinary(), Report(), time.monotonic()

    def add(heading: str, found: tuple[list[Figure], str]) -> None:
        report.add(heading, *found)
        tell(f"{time.monotonic() - begun:5.0f} s  {heading}")

    with contextlib.ExitStack() as stack:
        few, many = (stack.enter_context(offices.opened(server, story)) for _ in range(2))
        add("A step", steps.measure(few, story, scale.rounds, scale.together))
        add("Where it goes, one by one", profiles.measure(few, story, scale.profiled, 1))
        add(f"Where it goes, {scale.together} together", profiles.measure(few, story, 1, scale.together))
        add("What-if", whatif.measure(few.engine, scale.recorded, 3))
        add("Size", sizes.measure(few, story, scale.live))
        add("Growth with age", growth.by_age(few, *scale.old, scale.repeated))
        add("Growth with width", growth.by_width(few, *scale.wide, scale.repeated))
        add("A burst", bursts.measure(server, broker, scale.burst, min(scale.repeated, 3)))
        add("Notices", notices.measure(server, broker, scale.told))
        add("Many workers", workers.measure(few, story, scale.answered, scale.crews))
        for office, count in zip((few, many), scale.crowd, strict=True):
            crowds.gather(office.engine, office.admin, story, count, growth.STANDING)
        add("Growth with open cases", growth.by_crowd(few, many, scale.crowd, scale.sample))
        add("Hot path", scans.measure(many, scale.crowd[1], workers.Standing(story.start.at)))
    return report


def say(text: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{text}\n")


def main() -> int:
    """0 when every target is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--small", action="store_true", help="a few seconds, to see that it runs; numbers mean nothing")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json")
    wanted = parser.parse_args()
    begun = time.monotonic()
    with databases.running(durable=True) as server, brokers.running() as broker:
        report = measure(server, broker, SMALL if wanted.small else FULL, say)
    report.save(wanted.out, {"seconds": round(time.monotonic() - begun), "small": wanted.small})
    sys.stdout.write(f"{report.table()}\n")
    return int(bool(report.missed))


if __name__ == "__main__":
    raise SystemExit(main())
