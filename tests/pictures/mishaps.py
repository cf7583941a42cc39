"""What administrators are there for, brought about on purpose: a step that fails, a message that cannot be handled."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Final

import pytest
from sqlalchemy import Engine, select, update

from services.common import clock, db, inbox
from services.common.bus import Outgoing
from services.common.bus.local import LocalTransport
from services.contracts import envelopes
from services.contracts.envelopes import Message
from services.huiyin.clients import Client, Unanswered
from services.huiyin.embedded import Installation
from services.notify import papers
from services.notify import tables as t
from services.workflow import backlogs
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


def send_garbage(installation: Installation, connector: str) -> None:
    """An agency's system answers a task that there is not."""
    message = Message(
        id=f"{connector}-1",
        type="task.complete.v1",
        source=f"/agency/{connector}",
        subject="demo",
        time=installation.clock.now(),
        data={"task_id": "none.1", "unit": "housing", "data": {}},
    )
    wire = envelopes.encode(message)
    facts = {"message_id": message.id, "type": message.type, "subject": message.subject, "target": None}
    sent = Outgoing(**facts, headers=wire.headers, body=wire.body, content_type=wire.content_type)
    with contextlib.closing(LocalTransport(installation.settings.bus_dir, connector=connector)) as agency:
        agency.publish([sent])


def take_nothing(installation: Installation, connector: str) -> None:
    """The relay looks at the queue of an agency's system, which has taken nothing."""
    with contextlib.closing(LocalTransport(installation.settings.bus_dir)) as bus:
        lying = bus.untaken([connector])[connector]
        backlogs.note(installation.engines["workflow"], connector, lying, installation.clock.now())
