"""What several browser tests look at: the demo year, played once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e import cities
from tests.e2e.cities import City, PlayedYear


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedYear]:
    """The whole demo year on a stage that still runs: look, and write nothing."""
    with cities.played(cities.read(), tmp_path_factory.mktemp("year") / "home") as played:
        yield played


@pytest.fixture(scope="session")
def city(year: PlayedYear, browser: Browser) -> Iterator[City]:
    """The year as six people find it by links."""
    with cities.visited(year, browser) as city:
        yield city
