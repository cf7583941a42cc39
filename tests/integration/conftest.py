"""Both databases and both transports: what holds for one must hold for the other."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from services.common import db
from services.common.bus import Transport
from services.common.bus.amqp import AmqpTransport
from services.common.bus.local import LocalTransport
from tests.unit.common import letters

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
TRANSPORTS = ["local", pytest.param("amqp", marks=pytest.mark.rabbitmq)]

Open = Callable[..., Transport]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/service.sqlite"
    return str(request.getfixturevalue("postgres")(["workflow"])["workflow"])


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with inbox, outbox and the table of the noting handler."""
    engine = db.connect(database_url)
    letters.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=TRANSPORTS)
def transports(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens transports to one bus: `transports()` for a service, `transports(connector="x")` for an agency."""
    opened: list[Transport] = []
    amqp = request.getfixturevalue("amqp_url") if request.param == "amqp" else None

    def open_transport(connector: str | None = None) -> Transport:
        made: Transport
        if amqp is None:
            made = LocalTransport(tmp_path / "bus", connector=connector)
        else:
            made = AmqpTransport(amqp, connector=connector)
        opened.append(made)
        return made

    yield open_transport
    for transport in opened:
        transport.close()
