"""A real PostgreSQL for tests: the one named by HUIYIN_TEST_POSTGRES_URL, else a private one.

The private server runs from installed binaries on a free loopback port with passwords (scram) and without
fsync: it is thrown away, and a killed *process* loses nothing that way, only a power cut would. Whoever measures asks
for one that is durable, as in production.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from services.common.testing import guards

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
SERVICES = ("intake", "workflow", "notify")
SETTINGS = (
    "unix_socket_directories=",
    "listen_addresses=127.0.0.1",
    "max_connections=100",
    "log_min_messages=warning",
)
FLEETING = ("fsync=off", "full_page_writes=off")
DURABLE = ("shared_buffers=512MB", "max_wal_size=4GB")


class Missing(RuntimeError):
    """PostgreSQL is not installed: Debian package `postgresql`, or set HUIYIN_TEST_POSTGRES_URL."""

    def __init__(self) -> None:
        super().__init__(str(self.__doc__))


@dataclass(frozen=True)
class Postgres:
    """A server with an administrator's URL (`postgresql://user:password@host:port/postgres`)."""

    admin_url: str

    @contextlib.contextmanager
    def databases(self, names: Sequence[str] = SERVICES) -> Iterator[dict[str, str]]:
        """A fresh database per name, each with a role that enters no other; SQLAlchemy URLs by name."""
        mark = secrets.token_hex(4)
        made = {name: f"huiyin_{name}_{mark}" for name in names}
        passwords = {name: secrets.token_hex(12) for name in names}
        try:
            for name, database in made.items():
                self._create(database, passwords[name])
            yield {name: self._url(database, passwords[name]) for name, database in made.items()}
        finally:
            for database in made.values():
                self.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
                self.run("DROP ROLE IF EXISTS {}", database)

    def run(self, statement: str, *identifiers: str) -> None:
        """Run one administrator's statement, its `{}` filled with quoted identifiers."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, identifiers)))

    def _create(self, database: str, password: str) -> None:
        self.run(f"CREATE ROLE {{}} LOGIN PASSWORD '{password}'", database)
        self.run("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'", database, database)
        self.run("REVOKE ALL ON DATABASE {} FROM PUBLIC", database)

    def _url(self, database: str, password: str) -> str:
        server = urlsplit(self.admin_url)
        return f"postgresql+psycopg://{database}:{password}@{server.hostname}:{server.port or 5432}/{database}"


@contextlib.contextmanager
def running(*, durable: bool = False) -> Iterator[Postgres]:
    """A PostgreSQL for the time of the block; raises Missing or guards.Died."""
    if given := os.environ.get("HUIYIN_TEST_POSTGRES_URL"):
        yield Postgres(given)
        return
    postgres, initdb = guards.find("postgres", PLACES), guards.find("initdb", PLACES)
    if postgres is None or initdb is None:
        raise Missing
    with started(postgres, initdb, SETTINGS + (DURABLE if durable else FLEETING)) as server:
        yield server


@contextlib.contextmanager
def started(postgres: str, initdb: str, settings: Sequence[str]) -> Iterator[Postgres]:
    """A private server from these binaries with these settings."""
    user = unprivileged_user()
    base = guards.directory(user)
    (port,) = guards.free_ports(1)
    password = secrets.token_hex(16)
    initialise(initdb, base, password, user)
    argv = [postgres, "-D", str(base / "data"), "-p", str(port)]
    for setting in settings:
        argv += ["-c", setting]
    plan = guards.Plan(
        argv=argv,
        env=guards.environment({}),
        log=str(base / "server.log"),
        user=user,
        stop=signal.SIGQUIT,  # at once, without a checkpoint
        remove=str(base),
    )
    server = Postgres(f"postgresql://postgres:{quote(password)}@127.0.0.1:{port}/postgres")
    with guards.serving(plan, port):
        wait_for_start(server)
        yield server


def wait_for_start(server: Postgres, seconds: float = 60.0) -> None:
    """Return when the server takes connections: it listens a moment before it has started up."""
    end = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(server.admin_url).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                raise guards.Died(f"PostgreSQL takes no connections: {error}") from error
            time.sleep(0.1)
        else:
            return


def initialise(initdb: str, base: Path, password: str, user: str | None) -> None:
    """Create the data directory `base/data`, whose administrator `postgres` has this password."""
    secret = base / "password"
    secret.write_text(password)
    if user is not None:
        os.chown(secret, pwd.getpwnam(user).pw_uid, -1)
    options = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"]
    done = subprocess.run(
        [initdb, "-D", str(base / "data"), f"--pwfile={secret}", *options],
        env=guards.environment({}),
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        cwd=base,
        capture_output=True,
        text=True,
        check=False,
    )
    secret.unlink()
    if done.returncode:
        shutil.rmtree(base)
        raise guards.Died(f"initdb failed:\n{done.stdout}{done.stderr}")


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: `postgres` or `nobody` then, else None (we ourselves)."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
