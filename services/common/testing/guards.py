"""Private servers that can't outlive us: every server runs under a guard, a small process of its own.

The guard holds the reading end of a pipe. It stops the server and removes its directory as soon as the pipe
closes, and a pipe closes however we end: normally, by Ctrl-C, by SIGTERM, even by SIGKILL. Run as a program
this file *is* the guard (`python guards.py <json of Plan>`); it imports nothing of ours and starts at once.
"""

import contextlib
import dataclasses
import json
import os
import pwd
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

GRACE = 10.0  # seconds a server gets to stop before it is killed
PORTS = range(20000, 32768)  # above, an outgoing connection may take one before the server does
SHARES = 8  # of the ports: workers of pytest-xdist look each in its own
_given: set[int] = set()


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to run (argv, env), as which user, where its output goes, how to stop it, what to remove after."""

    argv: list[str]
    env: dict[str, str]
    log: str
    user: str | None = None
    stop: int = signal.SIGTERM
    remove: str | None = None


class Died(RuntimeError):
    """The server ended before it was ready; the text holds the end of its log."""


class Server:
    """A running server under its guard."""

    def __init__(self, plan: Plan) -> None:
        self.log = Path(plan.log)
        self._remove = plan.remove
        # a session of its own: Ctrl-C reaches pytest alone, and pytest closes the pipe in its own time
        self._guard = subprocess.Popen(
            [sys.executable, "-I", __file__, json.dumps(dataclasses.asdict(plan))],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def wait_for_port(self, port: int, seconds: float = 90.0) -> None:
        """Return when 127.0.0.1:port accepts connections; raise Died when the server ends or is too slow."""
        end = time.monotonic() + seconds
        while not is_listening(port):
            if self._guard.poll() is not None or time.monotonic() > end:
                tail = self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""
                raise Died(f"no server on port {port}; its log ends:\n{tail}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server, wait until it is gone and its directory removed. Harmless when called twice."""
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        self._guard.wait(timeout=GRACE + 20)
        if self._remove:
            shutil.rmtree(self._remove, ignore_errors=True)


@contextlib.contextmanager
def serving(plan: Plan, port: int) -> Iterator[Server]:
    """The server of `plan`, listening on 127.0.0.1:port, for the time of the block."""
    server = Server(plan)
    try:
        server.wait_for_port(port)
        yield server
    finally:
        server.stop()


def directory(user: str | None = None) -> Path:
    """A new private directory (0700), owned by `user` where one is given. The guard removes it."""
    path = Path(tempfile.mkdtemp(prefix="huiyin-test-"))
    if user is not None:
        shutil.chown(path, user)
    return path


def is_listening(port: int) -> bool:
    """Whether 127.0.0.1:port accepts connections."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Free loopback ports that this process has not been given yet."""
    found: list[int] = []
    while len(found) < count:
        port = random.choice(_share())  # noqa: S311 (not a secret)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                found.append(port)
    return found


def _share() -> range:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    return PORTS[int(worker) % SHARES :: SHARES] if worker else PORTS


def find(program: str, places: Sequence[str] = ()) -> str | None:
    """The path of a program: the newest in `places` (globs like /usr/lib/x/*/bin), else on PATH."""
    for place in places:
        root, _, pattern = place.lstrip("/").partition("*")
        base = Path("/") / root
        hits = base.glob(f"*{pattern}/{program}") if "*" in place else iter([base / program])
        for hit in sorted(hits, key=_version, reverse=True):
            if os.access(hit, os.X_OK):
                return str(hit)
    return shutil.which(program)


def _version(path: Path) -> list[int]:
    return [int(part) for part in path.parts if part.isdigit()]


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """An environment for a server: only what it needs of ours, and `extra`."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {"LC_ALL": "C.UTF-8", **kept, **extra}


def _guard(plan: Plan) -> None:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: None)  # only the pipe ends us; SIG_IGN would be inherited
    with Path(plan.log).open("ab") as log:
        server = subprocess.Popen(
            plan.argv,
            env=plan.env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=plan.user,
            group=pwd.getpwnam(plan.user).pw_gid if plan.user else None,
            extra_groups=[] if plan.user else None,
            cwd=Path(plan.log).parent,
            start_new_session=True,
        )
    while server.poll() is None:
        if select.select([sys.stdin], [], [], 1.0)[0]:
            _stop(server, plan.stop)
            if plan.remove:
                shutil.rmtree(plan.remove, ignore_errors=True)
            return
    _kill_session(server)  # it ended by itself: its log stays for whoever waits for the port


def _stop(server: subprocess.Popen[bytes], how: int) -> None:
    server.send_signal(how)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(timeout=GRACE)
    _kill_session(server)
    server.wait()


def _kill_session(server: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)  # whatever the server started in its session


if __name__ == "__main__":
    _guard(Plan(**json.loads(sys.argv[1])))
