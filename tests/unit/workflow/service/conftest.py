"""Fixtures of the workflow service's tests: the office on SQLite, built once and copied for every test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.common import db
from tests.unit.workflow.service import office as offices
from tests.unit.workflow.service.office import Office


@pytest.fixture(scope="session")
def office_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the office in it, closed."""
    path = tmp_path_factory.mktemp("office") / "workflow.sqlite"
    offices.furnish(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture
def office(office_file: Path, tmp_path: Path) -> Iterator[Office]:
    """A fresh office."""
    shutil.copy(office_file, tmp_path / "workflow.sqlite")
    found = Office(db.connect(f"sqlite:///{tmp_path}/workflow.sqlite"))
    yield found
    found.engine.dispose()
