"""Fixtures of intake's unit tests: the city on SQLite, built once and copied for every test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from services.common import db
from services.intake import accounts, ledger
from services.intake import app as application
from tests.unit.intake import worlds
from tests.unit.intake.readers import Reader
from tests.unit.intake.worlds import World


@pytest.fixture(scope="package", autouse=True)
def _known_passwords() -> Iterator[None]:
    """Accounts of tests protect nothing: signing in hundreds of times need not cost a tenth of a second each."""
    with accounts.known_passwords():
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the city in it, closed."""
    home = tmp_path_factory.mktemp("city")
    worlds.build(f"sqlite:///{home}/intake.sqlite", home).engine.dispose()
    return home / "intake.sqlite"


@pytest.fixture
def world(template: Path, tmp_path: Path) -> Iterator[World]:
    """A fresh city."""
    shutil.copy(template, tmp_path / "intake.sqlite")
    world = worlds.open_(f"sqlite:///{tmp_path}/intake.sqlite", tmp_path)
    yield world
    world.engine.dispose()


@pytest.fixture
def app(world: World) -> Flask:
    """Intake over the city, with its package published."""
    with db.begin(world.engine) as conn:
        ledger.apply(conn, worlds.package())
    app = application.create(world.settings, world.clock, world.engine)
    app.testing = True
    return app


@pytest.fixture
def reader(app: Flask) -> Reader:
    """Somebody not signed in."""
    return Reader(app.test_client())
