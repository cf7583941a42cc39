"""`huiyin agency verify` and `sandbox` on a real RabbitMQ: a good client passes, others fail where they misbehave."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from services.common.bus.amqp import AmqpTransport
from services.common.bus.definitions import agency_permissions
from services.common.bus.link import LinkLost
from services.common.bus.management import Management
from services.common.clock import SystemClock
from services.common.testing import guards
from services.common.testing.brokers import Broker
from services.contracts import messages
from services.huiyin.cli import main
from services.huiyin.grounds import Ground, prepared
from services.huiyin.standins import Standin
from services.huiyin.talks import Talk
from services.huiyin.trials import POINTS, Trial
from tests.e2e.houses import until

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "docs/examples/python/agency.py"


def told(broker: Broker) -> dict[str, str]:
    """The settings of an administrator."""
    account = f"{quote(broker.user)}:{quote(broker.password)}"
    return {
        "HUIYIN_SECRET_KEY": "s" * 40,
        "HUIYIN_BROKER_URL": broker.url(),
        "HUIYIN_BROKER_ADMIN_URL": broker.api_url.replace("://", f"://{account}@"),
    }


@contextmanager
def ground(broker: Broker) -> Iterator[Ground]:
    """A place for a connector that nobody knows."""
    management = Management(broker.api_url, broker.user, broker.password)
    with prepared(management, broker.url(), f"t{secrets.token_hex(4)}", "verify") as made:
        yield made


@contextmanager
def beside(place: Ground, made: Standin) -> Iterator[None]:
    """A client that runs beside the trial and comes back when it is cut off."""
    stop = Event()

    def run() -> None:
        while not stop.is_set():
            try:
                list(made.turn(0.1))
            except LinkLost:
                made.transport.close()
        made.transport.close()

    thread = Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()


class Careless(Standin):
    """Answers whatever comes as often as it comes, and sends once, taken or not."""

    def _send(self) -> Any:
        for one in self._waiting:
            self.transport.publish([one.message])
        self._waiting.clear()
        self._seen.clear()
        return iter(())


def judged(place: Ground, patience: float = 10.0) -> Mapping[str, bool | None]:
    """What comes of the client that is there, by point."""
    return {one.point: one.passed for one in Trial(Talk(place, "housing", patience), 0.5).run()}


def test_the_client_of_the_examples_passes(broker: Broker, tmp_path: Path) -> None:
    """By the command, as a process beside it: every point, and nothing is left at the broker."""
    connector = f"t{secrets.token_hex(4)}"
    command = [sys.executable, "-m", "services.huiyin.cli", "agency", "verify", connector, "--json"]
    env = {**told(broker), "HUIYIN_HOME": str(tmp_path), "PATH": ""}
    trial = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert trial.stderr is not None
    url = trial.stderr.readline().split()[-1]
    words = [sys.executable, str(EXAMPLE), url, connector, f"--store={tmp_path / 'store'}"]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(words, stderr=log) as example:
        out, err = trial.communicate(timeout=100)
        example.kill()
    report = json.loads(out)
    assert [one for one in report["points"] if not one["passed"]] == [], err
    assert [one["point"] for one in report["points"]] == [*POINTS]
    assert (report["passed"], trial.returncode) == (True, 0)
    names = [one["name"] for kind in ("vhosts", "users") for one in broker.api("GET", kind)]
    assert [name for name in names if connector in name] == []


def test_an_account_that_was_there_before_outlives_the_trial(broker: Broker) -> None:
    """It comes in with its own password, and keeps its rights elsewhere when the place is taken down."""
    management, connector = Management(broker.api_url, broker.user, broker.password), f"t{secrets.token_hex(4)}"
    user = f"agency-{connector}"
    broker.api("PUT", f"users/{user}", {"password": "geheim", "tags": ""})
    rights = agency_permissions(connector)._asdict()
    broker.api("PUT", f"permissions/%2F/{user}", rights)
    with prepared(management, broker.url(), connector, "verify") as place:
        assert not place.has_password
        own = AmqpTransport(place.url.replace(user, f"{user}:geheim", 1), connector=connector)
        assert own.receive(connector, 1, 0.1) == []
        own.close()
    assert broker.api("GET", f"users/{user}/permissions") == [{"user": user, "vhost": "/", **rights}]
    broker.api("DELETE", f"users/{user}")


def test_a_sandbox_wants_a_unit_of_its_city(broker: Broker, tmp_path: Path) -> None:
    """Which units there are is told, and nothing is made."""
    done = CliRunner().invoke(main, ["agency", "sandbox", "nobody"], env={**told(broker), "HUIYIN_HOME": str(tmp_path)})
    assert done.exit_code == 1
    assert "housing" in done.output
    assert "the fictional city has no such unit" in done.output


@pytest.mark.long
@pytest.mark.timeout(240)
def test_the_client_of_the_examples_works_in_the_sandbox(broker: Broker, tmp_path: Path) -> None:
    """In a year that runs by itself its unit's tasks are done by it alone; when it ends, nothing is left."""
    [port] = guards.free_ports(1)
    command = [sys.executable, "-m", "services.huiyin.cli", "agency", "sandbox", "housing", "--day", "0.2"]
    env = {**told(broker), "HUIYIN_HOME": str(tmp_path), "HUIYIN_LISTEN": f"127.0.0.1:{port}"}
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=env, cwd=ROOT, text=True, **pipes) as sandbox:
        assert sandbox.stderr is not None
        url = sandbox.stderr.readline().split()[-1]
        words = [sys.executable, str(EXAMPLE), url, "housing", f"--store={tmp_path / 'store'}"]
        with (tmp_path / "log").open("w") as log, subprocess.Popen(words, stderr=log) as example:
            until(lambda: (tmp_path / "log").read_text("utf-8").count("accepted: ") >= 10, 200)
            sandbox.terminate()
            assert sandbox.wait(60) == 0
            example.kill()
    assert "huiyin-sandbox-housing" not in [one["name"] for one in broker.api("GET", "vhosts")]


def test_the_stand_in_passes_though_it_sends_twice(broker: Broker, tmp_path: Path) -> None:
    """The same message counts once; `huiyin agency simulate` comes back after it was cut off."""
    with ground(broker) as place:
        command = [sys.executable, "-m", "services.huiyin.cli", "agency", "simulate", "--as", place.connector]
        env = {**told(broker), "HUIYIN_BROKER_URL": place.url, "HUIYIN_HOME": str(tmp_path)}
        with subprocess.Popen([*command, "--behave", "twice"], env=env, cwd=ROOT, stderr=subprocess.PIPE) as standin:
            found = judged(place, 15.0)
            standin.terminate()
            said = standin.communicate()[1].decode()
    assert {*found.values()} == {True}
    assert "消息服务器连不上" in said
    assert "Traceback" not in said
    assert standin.returncode == 0


def test_a_careless_client_fails_where_it_is_careless(broker: Broker) -> None:
    """It answers a message that comes twice, and loses what the broker did not take."""
    with ground(broker) as place:
        transport = AmqpTransport(place.url, connector=place.connector)
        with beside(place, Careless(transport, place.connector, SystemClock(), "accept")):
            found = judged(place, 4.0)
    assert {point for point, passed in found.items() if not passed} == {"redelivery", "confirms"}


def test_garbage_and_silence_end_the_trial(broker: Broker) -> None:
    """The rest is said not to have been tried."""
    with ground(broker) as place:
        assert judged(place, 0.2) == {"answers": False, **dict.fromkeys([*POINTS][1:])}
        transport = AmqpTransport(place.url, connector=place.connector)
        with beside(place, Standin(transport, place.connector, SystemClock(), "garbage")):
            found = judged(place)
    assert (found["answers"], found["envelope"], found["settles"]) == (True, False, None)


def test_what_the_trial_tells_is_what_the_contract_says(broker: Broker) -> None:
    """The invented tasks keep to the schema, but for the field of tomorrow."""
    with ground(broker) as place, closing(AmqpTransport(place.url, connector=place.connector)):
        talk = Talk(place, "housing", 0.1)
        talk.open()
        [message] = talk.told.values()
        assert messages.validate(message.type, message.data).keys() == message.data.keys()
