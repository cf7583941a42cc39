"""Every page that six people and the public come to by links, in a city at work: none fails, all are readable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from services.huiyin import crowds, homes, scenes
from services.huiyin.walks import Walk
from tests.e2e.crawls import Crawl, Kind, Site, crawl

pytestmark = pytest.mark.timeout(300)
PEOPLE: Final = {
    "deputy": "shen.ruochuan",
    "congress office": "zhang.wei",
    "government office": "li.jing",
    "unit liaison": "guo.qiang",
    "administrator": "yang.fan",
    "process owner": "zhou.min",
    "the public": "",
}
NOT_HERE: Final = {
    "intake:connectors.edit": "the demo has no connectors",
    "intake:drafts.draft": "nobody has begun a draft",
    "intake:drafts.invitation": "nobody is invited to co-sign",
    "intake:parked.show": "nothing is parked",
    "notify:messages.start": "leads on to the messages",
    "notify:parked.show": "nothing is parked",
    "workflow:batches.batch": "begins with a choice in the work list",
    "workflow:parked.show": "nothing is parked",
    "workflow:studio.draft": "nobody has begun a draft",
    "workflow:studio.file": "nobody has begun a draft",
    "workflow:tasks.home": "leads on to the tasks",
    "workflow:verbs.add_co_handler": "nobody co-handles side by side at this moment",
}
"""Views to which this city has no link, and why."""
READER: Final = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": {"width": 1280, "height": 860}}


@dataclass(frozen=True, slots=True)
class City:
    """A running installation after the demo's walk, with everybody in his browser and what each of them came to."""

    site: Site
    contexts: dict[str, BrowserContext]
    crawls: dict[str, Crawl]


@pytest.fixture(scope="module")
def city(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The demo as its visitors find it: one suggestion closed out, the others under way."""
    script = scenes.script(homes.settings())
    with scenes.stage(script, tmp_path_factory.mktemp("city") / "home") as stage:
        walk = Walk(stage.client, script.cast, stage.clock, script.scenario, script.forms, script.zone)
        assert walk.play().failures == []
        assert len(list(crowds.gather(walk, script))) > 20
        stage.client.close()
        site, contexts = Site.of(stage.installation), {}
        for role, login in PEOPLE.items():
            contexts[role] = context = browser.new_context(**READER)
            if login:
                sign_in(context, site.url, login, script.cast.passwords[login])
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


def test_no_link_leads_to_an_error(city: City) -> None:
    """Who is shown a link may follow it, and what it leads to works."""
    refused = {role: found.refused for role, found in city.crawls.items() if found.refused}
    assert refused == {}


def test_every_view_is_reached_by_somebody(city: City) -> None:
    """A page without a link to it is a page nobody has."""
    reached = {f"{kind.service}:{kind.view}" for found in city.crawls.values() for kind in found.found}
    assert " ".join(sorted(city.site.pages() - reached)) == " ".join(sorted(NOT_HERE))


def test_every_kind_of_page_is_readable_and_quiet(city: City, axe: Callable[[Page], list[str]]) -> None:
    """WCAG 2.1 AA, and not one complaint of the browser."""
    found: dict[str, list[str]] = {}
    for role, addresses in samples(city).items():
        page, said = city.contexts[role].new_page(), list[str]()
        page.on("console", partial(complain, said))
        page.on("pageerror", partial(grumble, said))
        for address in addresses:
            page.goto(city.site.url + address)
            for diagram in page.locator("[data-diagram]").all():
                diagram.and_(page.locator("[data-state=shown]")).wait_for(state="attached")
            if faults := [*said, *axe(page)]:
                found[address] = faults
            said.clear()
        page.close()
    assert found == {}


def samples(city: City) -> dict[str, list[str]]:
    """One address of every view, for the first person who came to it."""
    seen: set[Kind] = set()
    chosen: dict[str, list[str]] = {}
    for role, crawled in city.crawls.items():
        for kind, addresses in crawled.found.items():
            view = Kind(kind.service, kind.view)
            if view not in seen and addresses[0] in crawled.html:
                seen.add(view)
                chosen.setdefault(role, []).append(addresses[0])
    return chosen


def complain(said: list[str], message: ConsoleMessage) -> None:
    """Keep what the browser finds wrong, not what it merely mentions."""
    if message.type in ("error", "warning"):
        said.append(message.text)


def grumble(said: list[str], error: object) -> None:
    """Keep what a script died of."""
    said.append(str(error))
