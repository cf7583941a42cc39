"""Provides what the tests need from outside Python: finds it, installs it on Debian, or says what to do."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.common.testing import brokers, browsers, databases, guards

POLICY = Path("/usr/sbin/policy-rc.d")


@dataclass(frozen=True)
class Need:
    """One thing the tests need, the Debian packages that bring it, and where it is (None: missing)."""

    name: str
    packages: tuple[str, ...]
    find: Callable[[], str | None]


class Unmet(RuntimeError):
    """Something is missing and can't be installed from here."""


def _broker() -> str | None:
    return os.environ.get("HUIYIN_TEST_AMQP_URL") or (
        guards.find("epmd", ("/usr/lib/erlang/bin",)) and guards.find("rabbitmq-server", brokers.PLACES)
    )


def _database() -> str | None:
    return os.environ.get("HUIYIN_TEST_POSTGRES_URL") or (
        guards.find("initdb", databases.PLACES) and guards.find("postgres", databases.PLACES)
    )


def _browser() -> str | None:
    try:
        return browsers.find()
    except browsers.Missing:
        return None


NEEDS = (
    Need("RabbitMQ", ("rabbitmq-server",), _broker),
    Need("PostgreSQL", ("postgresql",), _database),
    Need("Chromium", ("chromium", "chromium-l10n"), _browser),
    Need("Chinese fonts", ("fonts-noto-cjk",), lambda: "installed" if browsers.has_chinese_fonts() else None),
)


def provide(needs: tuple[Need, ...] = NEEDS) -> None:
    """Make sure every need is met and print where; raises Unmet with what to install."""
    missing = [need for need in needs if need.find() is None]
    if missing:
        if not can_install():
            raise Unmet(advice(missing))
        install([package for need in missing for package in need.packages])
    still = [need for need in needs if need.find() is None]
    if still:
        raise Unmet(advice(still))
    for need in needs:
        print(f"{need.name}: {without_password(need.find() or '')}")


def can_install() -> bool:
    """Whether we are root on a Debian."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def advice(missing: list[Need]) -> str:
    """What a person has to do about missing needs."""
    names = ", ".join(need.name for need in missing)
    packages = " ".join(package for need in missing for package in need.packages)
    return (
        f"The tests need {names}. On Debian or Ubuntu: sudo apt-get install {packages}. "
        "Elsewhere install them by hand or point HUIYIN_TEST_AMQP_URL, HUIYIN_TEST_POSTGRES_URL and "
        "HUIYIN_TEST_CHROMIUM at them."
    )


def install(packages: list[str]) -> None:
    """Install Debian packages without starting the services they bring; raises Unmet."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"installing {' '.join(packages)} …", flush=True)
    with no_services():
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            done = subprocess.run(
                ["apt-get", "--quiet=2", *command], env=env, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise Unmet(f"apt-get {' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


@contextlib.contextmanager
def no_services() -> Iterator[None]:
    """Debian starts a server when its package arrives, open to the network; not while this holds."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def without_password(place: str) -> str:
    """A path as it is, a URL without its account."""
    return place if "@" not in place else f"{place.split('://')[0]}://{place.rsplit('@', 1)[1]}"
