"""A program to be killed: intake and workflow on SQLite files and the local bus. usage: python -m … <home>"""

import sys
import threading
from pathlib import Path

from sqlalchemy import Connection

from services.common import db, loops, outbox
from services.common.bus.local import LocalTransport
from services.common.handling import Context
from services.contracts.envelopes import Message
from tests.unit.common.letters import START, StillClock, closed, desk, inbox_, note, outbox_


def answer(conn: Connection, message: Message, context: Context) -> None:
    """Note it and answer."""
    note(conn, message, context)
    outbox.add(conn, outbox_, closed(message.id, message.subject, causation_id=message.id), now=START)


def main(home: Path) -> None:
    """Run until killed."""
    stop, clock = threading.Event(), StillClock()
    for name in ("intake", "workflow"):
        engine = db.connect(f"sqlite:///{home}/{name}.sqlite")
        for target, arguments in (
            (loops.relay, (LocalTransport(home / "bus"), engine, outbox_, clock, stop)),
            (loops.consume, (LocalTransport(home / "bus"), engine, inbox_, name, clock, stop)),
            (loops.work, (desk(engine, name, {"matter.numbered.v1": answer}), stop)),
        ):
            threading.Thread(target=target, args=arguments, daemon=True).start()
    print("up", flush=True)  # noqa: T201
    stop.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
