"""An installation for a day's work, with one matter that goes through the hands of its people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from services.huiyin import settling
from tests.e2e.desks import Desk, desk
from tests.e2e.persons import Axe, Town


@dataclass(slots=True, kw_only=True)
class Days(Town):
    """The town of an office; `matter` is the one that goes round."""

    office: Desk
    matter: str = ""

    def take(self, matter: str) -> None:
        """This matter is the one that goes round."""
        self.matter = matter
        self.title = str(self._known["title"])

    @property
    def number(self) -> str:
        """Its number."""
        return str(self._known["no"])

    @property
    def _known(self) -> Mapping[str, Any]:
        return self.client.get(f"/api/v1/matters/{self.matter}", self.office.cast.holder("congress_office", None))

    def pass_time(self, until: datetime) -> None:
        """Let time pass, resting at every instant at which something is due by itself."""
        while (due := settling.next_due(settling.wait(self.client))) is not None and due <= until:
            self.office.clock.advance(due)
        self.office.clock.advance(until)
        settling.wait(self.client)


@contextmanager
def days(home: Path, units: Sequence[str], browser: Browser, axe: Axe) -> Iterator[Days]:
    """A fresh installation with the people of these units."""
    with desk(home, units) as office:
        made = Days(client=office.client, browser=browser, axe=axe, url=office.client.url, office=office)
        try:
            yield made
        finally:
            made.close()


def at(day: str) -> datetime:
    """The beginning of a day in Yunting."""
    return datetime.fromisoformat(f"{day}T00:00+08:00")
