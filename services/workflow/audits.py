"""Does the log still tell the truth? Chain and replay, case by case; for operators, not for the hot path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, select, update

from services.common import db
from services.workflow import cases, chain, replays
from services.workflow import engine as e
from services.workflow import tables as t


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken` is the first log row that does not fit its chain; `agrees` whether replay gives the state."""

    case_id: str
    broken: int | None
    agrees: bool

    @property
    def finding(self) -> str | None:
        """`chain` where the log was changed, `replay` where it does not give the state; None for a sound case."""
        if self.broken is not None:
            return "chain"
        return None if self.agrees else "replay"

    @property
    def sound(self) -> bool:
        """Nothing is wrong with the case."""
        return self.finding is None


def run(engine: Engine) -> Iterator[Verdict]:
    """Judge every case, each in a transaction of its own, so that the office can go on working.

    What is wrong with a case is kept with it, for its page and the list of cases; it runs on.
    """
    with db.read(engine) as conn:
        ids = list(conn.execute(select(t.case_.c.id).order_by(t.case_.c.id)).scalars())
    for case_id in ids:
        verdict = judge(engine, case_id)
        with db.begin(engine) as conn:
            changed = t.case_.c.unsound.is_distinct_from(verdict.finding)
            conn.execute(update(t.case_).where(t.case_.c.id == case_id, changed).values(unsound=verdict.finding))
        yield verdict


def judge(engine: Engine, case_id: str) -> Verdict:
    """Judge one case; a state or log the engine cannot follow does not agree."""
    with db.read(engine) as conn:
        broken = chain.first_broken(replays.log(conn, case_id))
        try:
            agrees = cases.replay(conn, case_id)
        except e.EngineError:
            agrees = False
    return Verdict(case_id, broken, agrees)
