"""Does the log still tell the truth? Chain and replay, case by case; for operators, not for the hot path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, select

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
    def sound(self) -> bool:
        """Nothing is wrong with the case."""
        return self.broken is None and self.agrees


def run(engine: Engine) -> Iterator[Verdict]:
    """Judge every case, each in a transaction of its own, so that the office can go on working."""
    with db.read(engine) as conn:
        ids = list(conn.execute(select(t.case_.c.id).order_by(t.case_.c.id)).scalars())
    for case_id in ids:
        yield judge(engine, case_id)


def judge(engine: Engine, case_id: str) -> Verdict:
    """Judge one case; a state or log the engine cannot follow does not agree."""
    with db.read(engine) as conn:
        broken = chain.first_broken(replays.log(conn, case_id))
        try:
            agrees = cases.replay(conn, case_id)
        except e.EngineError:
            agrees = False
    return Verdict(case_id, broken, agrees)
