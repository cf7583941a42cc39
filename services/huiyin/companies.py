"""A fresh installation of separate processes for a walk, as in production: one process per service and role.

Databases and broker are those of the environment (they must be empty); without them files below a fresh home.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.common import clock as clocks
from services.common import db, migrations
from services.common.clock import FileClock
from services.common.config import Settings
from services.huiyin import homes, settling
from services.huiyin.clients import Client
from services.huiyin.parts import PARTS
from services.huiyin.scenes import Script
from services.intake import seed as intake_seed
from services.workflow import seed as workflow_seed

_END: Final = 20.0  # seconds a process gets to end by itself
_KEEP: Final = ("HUIYIN_BROKER_URL", *(f"HUIYIN_{name.upper()}_DATABASE_URL" for name in PARTS))


class Ended(Exception):
    """一个进程意外结束。A process ended by itself; the text says which and what it said last."""


@contextmanager
def company(settings: Settings, script: Script, home: Path, workers: int) -> Iterator[tuple[Client, FileClock]]:
    """Run all roles, `workers` of workflow's; ends every process it started."""
    clock = FileClock(home / "clock", start=script.start)
    env = _environment(settings, home)
    fresh = homes.settings(env)
    _furnish(fresh, script)
    running = [_spawn(name, role, env, home, n) for name, role, n in _roles(workers)]
    try:
        client = Client(f"http://{env['HUIYIN_LISTEN']}", script.cast.passwords)
        settling.wait(client)
        yield client, clock
        _demand_alive(running, home)
    except settling.Unsettled:
        _demand_alive(running, home)
        raise
    finally:
        for process in running:
            process.terminate()
        for process in running:
            _end(process)


def _environment(settings: Settings, home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEEP if os.environ.get(name)}
    return {
        **kept,
        "HUIYIN_HOME": str(home),
        "HUIYIN_CLOCK": f"file:{home / 'clock'}",
        "HUIYIN_SECRET_KEY": settings.secret_key,
        "HUIYIN_LISTEN": f"127.0.0.1:{_free_port()}",
        "HUIYIN_PROCESSES": str(settings.processes),
        "HUIYIN_LOG_LEVEL": "INFO",
        "HUIYIN_LOG_FORMAT": "json",
        "HUIYIN_SMTP_URL": "",
    }


def _furnish(settings: Settings, script: Script) -> None:
    now = clocks.from_settings(settings).now()
    for name in PARTS:
        migrations.migrate(name, settings.databases[name])
    engines = {name: db.connect(settings.databases[name]) for name in ("workflow", "intake")}
    workflow_seed.publish(engines["workflow"], script.package_dir, now)
    intake_seed.load(engines["intake"], script.directory, now)
    for engine in engines.values():
        engine.dispose()


def _roles(workers: int) -> Iterator[tuple[str, str, int]]:
    yield "all", "web", 0
    for part in PARTS.values():
        for role in part.loops:
            copies = workers if (part.name, role) == ("workflow", "work") else 1
            yield from ((part.name, role, number) for number in range(copies))


def _spawn(name: str, role: str, env: Mapping[str, str], home: Path, number: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "services.huiyin.cli", "run", name, role]
    with (home / f"{name}-{role}-{number}.log").open("wb") as log:
        return subprocess.Popen(command, env={**os.environ, **env}, stdout=log, stderr=subprocess.STDOUT)  # noqa: S603  ourselves


def _demand_alive(running: list[subprocess.Popen[bytes]], home: Path) -> None:
    for process in running:
        if process.poll() is not None:
            name = "-".join(str(word) for word in process.args[-2:])  # type: ignore[index]
            said = "\n".join(path.read_text("utf-8")[-1500:] for path in sorted(home.glob(f"{name}-*.log")))
            raise Ended(f"{name} → {process.returncode}\n{said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
