"""Fixtures of notify's unit tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.notify import worlds
from tests.unit.notify.worlds import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fresh office."""
    world = worlds.build(tmp_path)
    yield world
    world.engine.dispose()
