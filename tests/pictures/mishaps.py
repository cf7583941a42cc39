"""What administrators are there for, brought about on purpose: a step that fails, a message that cannot be handled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
from sqlalchemy import Engine, select, update

from services.common import clock, db, inbox
from services.huiyin.clients import Client, Unanswered
from services.notify import papers
from services.notify import tables as t
from services.workflow import engine as e

TYPE: Final = "task.opened.v1"


def park(engine: Engine) -> None:
    """The last such message of the notify service is as it would be after eight failures."""
    c = t.inbox.c
    with db.begin(engine) as conn:
        last = conn.scalar(select(c.id).where(c.type == TYPE).order_by(c.id.desc()).limit(1))
        values = {"state": inbox.PARKED, "code": "failed", "attempts": 8, "error": "LookupError: no such template"}
        conn.execute(update(t.inbox).where(c.id == last).values(**values))


def fall_silent(engine: Engine, person: str) -> None:
    """Two notices to somebody could not be put into the message centre: letters stand in for them."""
    c = t.delivery.c
    with db.begin(engine) as conn:
        mine = select(c.id).join(t.notice).where(c.person_id == person, t.notice.c.kind == "notice")
        for key in conn.scalars(mine.order_by(c.created_at.desc(), c.id).limit(2)).all():
            conn.execute(update(t.delivery).where(c.id == key).values(state="suppressed", reason="no_account"))
            papers.stand_in(conn, key, clock.SystemClock().now())


def break_down(client: Client, path: str, answer: Mapping[str, Any], login: str) -> None:
    """Somebody does a task and the process cannot carry it out: an incident keeps the answer."""

    def broken(*_arguments: Any) -> Any:
        raise e.EngineError("no_flow", element="gw_mode")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(e, "step", broken)
        try:
            client.post(path, answer, login)
        except Unanswered as error:
            if error.status != 503:
                raise
