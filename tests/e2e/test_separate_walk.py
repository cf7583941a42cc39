"""Every role a process of its own, over RabbitMQ and PostgreSQL, every service alone in its database."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy.engine import make_url

from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from services.huiyin.parts import PARTS
from services.workflow.scenarios import load
from tests.e2e.commands import huiyin, read
from tests.e2e.deployments import ROOT, Deployment, deployed, everybody

BEGIN = datetime.fromisoformat(load((ROOT / "processes/yunting/demo/walk.yaml").read_bytes()).at)
pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, broker: Broker, postgres_server: Postgres
) -> Iterator[Deployment]:
    """Fourteen processes that know their own service's database and broker account only."""
    home = tmp_path_factory.mktemp("deployment")
    start = BEGIN.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    with postgres_server.databases() as databases, deployed(home, broker, databases, start=start) as made:
        made.start(*everybody())
        made.settle()
        yield made
        made.demand_alive()
        made.stop(*list(made.running))


@pytest.fixture(scope="module")
def played(deployment: Deployment) -> dict[str, Any]:
    """What `huiyin walk --json --url` says of it."""
    found: dict[str, Any] = json.loads(deployment.command("walk", "--json", "--url", deployment.url, services=()))
    return found


def test_the_walk_ends_closed(played: dict[str, Any]) -> None:
    """Every expectation of the script holds."""
    assert played["failures"] == []
    assert (played["final_state"], played["state"]) == ("closed", "closed_out")


def test_its_steps_are_those_of_one_process(played: dict[str, Any], tmp_path: Path) -> None:
    """On SQLite and the local bus the same comes out to the last character.

    Message ids included: all of them are derived from matter, case and stimulus. (Only the id of a
    `message.rejected` is drawn, and nothing is rejected here.)
    """
    assert read(huiyin(tmp_path, "walk", "--json")) == played


@pytest.mark.usefixtures("played")
def test_no_service_can_read_another_ones_database(deployment: Deployment) -> None:
    """The server refuses the connection to all six pairs, and each account owns what it works with."""
    for own, other in permutations(PARTS, 2):
        account, target = make_url(deployment.databases[own]), make_url(deployment.databases[other])
        trespass = account.set(drivername="postgresql", database=target.database)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(trespass.render_as_string(hide_password=False))
    for name in PARTS:
        home = make_url(deployment.databases[name]).set(drivername="postgresql")
        with psycopg.connect(home.render_as_string(hide_password=False)) as connection:
            row = connection.execute("SELECT count(*) FROM inbox WHERE state = 'done'").fetchone()
            assert row is not None
            assert row[0] > 0
