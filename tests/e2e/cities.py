"""The demo year as its visitors find it: everybody signed in, and what each of them came to by links."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext

from services.huiyin import homes, scenes, years
from services.huiyin.scenes import Stage
from services.huiyin.seasons import Season
from services.huiyin.years import Year
from tests.e2e.crawls import Crawl, Kind, Site, crawl

PEOPLE: Final = {
    "deputy": "shen.ruochuan",
    "congress office": "zhang.wei",
    "government office": "li.jing",
    "unit liaison": "guo.qiang",
    "administrator": "yang.fan",
    "process owner": "zhou.min",
    "the public": "",
}
READER: Final = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": {"width": 1280, "height": 860}}


@dataclass(frozen=True, slots=True)
class PlayedYear:
    """A year that was played on a stage that still runs; nobody writes on it."""

    year: Year
    season: Season
    stage: Stage


@dataclass(frozen=True, slots=True)
class City:
    """A running installation after the demo year."""

    site: Site
    contexts: dict[str, BrowserContext]
    crawls: dict[str, Crawl]

    def samples(self) -> dict[str, list[str]]:
        """One page of every view, for the first person who came to it."""
        seen: set[Kind] = set()
        chosen: dict[str, list[str]] = {}
        for role, crawled in self.crawls.items():
            for kind, addresses in crawled.found.items():
                view = Kind(kind.service, kind.view)
                if view not in seen and addresses[0] in crawled.html:
                    seen.add(view)
                    chosen.setdefault(role, []).append(addresses[0])
        return chosen


def read() -> Year:
    """The year's files."""
    settings = homes.settings()
    return years.load(settings, scenes.script(settings))


@contextmanager
def played(year: Year, home: Path) -> Iterator[PlayedYear]:
    """Play a year in a fresh home; what a fate says and nobody did is a failure."""
    with scenes.stage(year.script, home) as stage:
        season = years.season(year, stage)
        for _ in season.play():
            pass
        yield PlayedYear(year, season, stage)


@contextmanager
def visited(played: PlayedYear, browser: Browser) -> Iterator[City]:
    """Put everybody in his browser and follow all links."""
    site, contexts, passwords = Site.of(played.stage.installation), {}, played.year.script.cast.passwords
    for role, login in PEOPLE.items():
        contexts[role] = context = browser.new_context(**READER)
        if login:
            sign_in(context, site.url, login, passwords[login])
    yield City(site, contexts, {role: crawl(site, one.request) for role, one in contexts.items()})
    for context in contexts.values():
        context.close()


def sign_in(context: BrowserContext, url: str, login: str, password: str) -> None:
    """By the front door."""
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.locator("main form button").first.click()
    page.wait_for_url(f"{url}/")
    page.close()
