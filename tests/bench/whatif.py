"""Recorded cases under another package: how many a second and core, from their logs in the database to the report."""

from __future__ import annotations

import time
from statistics import median

from sqlalchemy import Engine

from services.common import db
from services.workflow.whatifs import play
from tests.bench.results import Figure
from tests.bench.stories import FOLDER
from tests.processes.packages import package_in


def measure(engine: Engine, cases: int, rounds: int) -> tuple[list[Figure], str]:
    """The latest `cases` that were played, tried out under their own package, which is compiled anew each time."""
    package, found = package_in(FOLDER), list[float]()
    for _ in range(rounds):
        with db.read(engine) as conn:
            begun = time.process_time()
            report = play(conn, package.version, package, limit=cases)
            found.append(time.process_time() - begun)
        if len(report.trials) != cases or any(trial.differences for trial in report.trials):
            raise RuntimeError("the same package must tell no differences")
    figure = Figure("what-if, cases a second and core", cases / median(found), "/s", "at least", 50)
    return [figure], f"{rounds} rounds of {cases} cases, median"
