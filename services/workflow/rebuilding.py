"""A case's state written anew from its log: the repair of a state that was damaged or cannot be read."""

from __future__ import annotations

from sqlalchemy import Connection, update

from services.common.problems import Problem
from services.workflow import chain, replays, store
from services.workflow import engine as e
from services.workflow import tables as t


def rebuild(conn: Connection, case_id: str) -> int:
    """Play the log and store the state it gives; how many rows. Nothing else changes, for tasks and timers are rows.

    Raises `Problem` not_found, and chain_broken for a log that was changed itself; `engine.EngineError` where today's
    engine cannot play it.
    """
    if case_id not in store.lock_cases(conn, [case_id]):
        raise Problem("not_found", 404)
    log = replays.log(conn, case_id)
    broken = chain.first_broken(log)
    if broken is not None:
        raise Problem("chain_broken", 409, row=broken)
    played = replays.Replay(conn, case_id)
    for row in log:
        played.play(row)
    state = e.dump(played.standing)
    conn.execute(
        update(t.case_).where(t.case_.c.id == case_id).values(state=state, state_seq=log[-1]["seq"], unsound=None)
    )
    return len(log)
