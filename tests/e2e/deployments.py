"""An installation as in production: every role of every service a process of its own, one account per service.

Each process knows the database and the broker account of its own service and no other.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from services.common.bus.definitions import agency_permissions, definitions, service_permissions
from services.common.clock import FileClock
from services.common.testing import guards
from services.common.testing.brokers import Broker
from services.huiyin import settling
from services.huiyin.clients import Client
from services.huiyin.parts import PARTS, WEB
from tests.e2e.fronts import front

ROOT: Final = Path(__file__).parents[2]
HUIYIN: Final = str(Path(sys.executable).with_name("huiyin"))
DIRECTORY: Final = ROOT / "processes/yunting/demo/directory.yaml"
START: Final = datetime.fromisoformat("2026-02-26T09:00+08:00")
_GRACE: Final = 20.0  # seconds a process gets to end by itself

Name = tuple[str, str, int]
"""Service, role, number."""


def everybody(workers: int = 1) -> list[Name]:
    """Every role of every service; workflow may have several workers."""
    roles = [(part.name, role) for part in PARTS.values() for role in (WEB, *part.loops)]
    copies = {("workflow", "work"): workers}
    return [(*name, number) for name in roles for number in range(copies.get(name, 1))]


@dataclass(slots=True)
class Deployment:
    """Where everything is, and the processes that run."""

    home: Path
    databases: Mapping[str, str]
    brokers: Mapping[str, str]
    agencies: Mapping[str, str]
    clock: FileClock
    ports: Mapping[str, int]
    url: str = ""  # of all services together
    secret: str = field(default_factory=lambda: secrets.token_hex(24))
    running: dict[Name, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self, *services: str) -> dict[str, str]:
        """What a process of these services is told; a broker only where it is for one service."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
        env |= {f"HUIYIN_{name.upper()}_DATABASE_URL": self.databases[name] for name in services}
        if len(services) == 1:
            env["HUIYIN_BROKER_URL"] = self.brokers[services[0]]
            env["HUIYIN_LISTEN"] = f"127.0.0.1:{self.ports[services[0]]}"
        return env | {
            "HUIYIN_HOME": str(self.home),
            "HUIYIN_CLOCK": f"file:{self.clock.path}",
            "HUIYIN_SECRET_KEY": self.secret,
            "HUIYIN_LOG_FORMAT": "json",
            "PYTHONFAULTHANDLER": "1",
        }

    def command(self, *arguments: str, services: Sequence[str] = tuple(PARTS), timeout: float = 300) -> str:
        """Run `huiyin …` with the databases of these services; what it printed. Fails when the command does."""
        done = subprocess.run(
            [HUIYIN, *arguments],
            env=self.environment(*services) | {"HUIYIN_LOG_LEVEL": "WARNING"},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, f"huiyin {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *names: Name) -> None:
        """Start these processes; logs go to `<home>/<name>.log`, one after the other where one starts again."""
        for name in names:
            with self.log(name).open("ab") as log:
                command = [HUIYIN, "run", *name[:2]]
                env = self.environment(name[0])
                self.running[name] = subprocess.Popen(command, env=env, cwd=self.home, stdout=log, stderr=log)

    def stop(self, *names: Name) -> None:
        """End these processes as an administrator does; one that does not end by itself is a failure."""
        gone = [self.running.pop(name) for name in names]
        for process in gone:
            process.terminate()
        for process in gone:
            process.wait(_GRACE)

    def kill(self, name: Name) -> int:
        """SIGKILL; the process id it had. Whoever watches starts it again."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()
        return process.pid

    def log(self, name: Name) -> Path:
        """Where a process writes."""
        return self.home / f"{'-'.join(map(str, name))}.log"

    def demand_alive(self) -> None:
        """Nobody has ended by himself."""
        for name, process in self.running.items():
            code = process.poll()
            assert code is None, f"{name} → {code}\n{self.log(name).read_text('utf-8', 'replace')[-3000:]}"

    def autopsy(self) -> str:
        """What every process is doing, for a test that failed: how it ended, or where it stands (it dies of it)."""
        found = []
        for name, process in self.running.items():
            if (code := process.poll()) is None:
                process.send_signal(signal.SIGABRT)  # faulthandler writes where every thread stands
                process.wait(_GRACE)
            said = self.log(name).read_text("utf-8", "replace")
            found.append(f"--- {name} {'ran' if code is None else f'had ended: {code}'}\n{said[-2500:]}")
        return "\n".join(found)

    @property
    def vhost(self) -> str:
        """The virtual host of the broker."""
        return next(iter(self.brokers.values())).rpartition("/")[2]

    def of(self, service: str) -> list[Name]:
        """The running processes of a service."""
        return [name for name in self.running if name[0] == service]

    def settle(self, timeout: float = 120) -> dict[str, dict[str, Any]]:
        """Wait until nothing is under way in any service; what they say then."""
        with closing(Client(self.url)) as client:
            return settling.wait(client, timeout)


@contextmanager
def deployed(
    home: Path,
    broker: Broker,
    databases: Mapping[str, str],
    *,
    package: Path = ROOT / "processes/yunting/2026",
    directory: Path = DIRECTORY,
    start: datetime = START,
    connectors: Sequence[str] = (),
) -> Iterator[Deployment]:
    """A deployed installation with this package and directory whose processes are yet to be started; ends those that
    are.
    """
    web = dict(zip(PARTS, guards.free_ports(len(PARTS)), strict=True))
    (address,) = guards.free_ports(1)
    with _accounts(broker, connectors) as (brokers, agencies):
        clock = FileClock(home / "clock", start=start)
        made = Deployment(home, databases, brokers, agencies, clock, web)
        made.command("init", "--package", str(package), "--directory", str(directory))
        with front(address, {f"{part.prefix}/": web[part.name] for part in PARTS.values()}) as made.url:
            try:
                yield made
            finally:
                for process in made.running.values():
                    process.kill()
                for process in made.running.values():
                    process.wait()


@contextmanager
def _accounts(broker: Broker, connectors: Sequence[str]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """A virtual host with the deployed definitions: URLs of the services' accounts, and of the connectors'."""
    mark = secrets.token_hex(3)
    wanted = {f"svc-{name}-{mark}": service_permissions(name) for name in PARTS}
    wanted |= {f"agency-{name}.{mark}": agency_permissions(name) for name in connectors}
    with broker.vhost() as vhost:
        document = definitions(connectors, vhost)
        del document["vhosts"]
        broker.api("POST", "definitions", document)
        for user, permissions in wanted.items():
            broker.api("PUT", f"users/{user}", {"password": mark, "tags": ""})
            broker.api("PUT", f"permissions/{quote(vhost)}/{user}", permissions._asdict())
        try:
            urls = [broker.url(vhost, user, mark) for user in wanted]
            yield dict(zip(PARTS, urls, strict=False)), dict(zip(connectors, urls[len(PARTS) :], strict=True))
        finally:
            for user in wanted:
                broker.api("DELETE", f"users/{user}")
