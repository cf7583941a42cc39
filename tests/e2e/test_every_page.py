"""Every page that six people and the public come to by links, in a city at work: none fails, all are readable."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.e2e.cities import City

pytestmark = pytest.mark.timeout(600)
NOT_HERE: Final = {
    "intake:connectors.edit": "the demo has no connectors",
    "intake:drafts.draft": "nobody has begun a draft",
    "intake:drafts.invitation": "nobody is invited to co-sign",
    "intake:files.download": "nothing is attached to anything",
    "intake:merges.ask_to_separate": "nobody waits for the reply to a main matter",
    "intake:parked.show": "nothing is parked",
    "intake:publics.file": "nothing is attached to anything",
    "notify:messages.start": "leads on to the messages",
    "notify:parked.show": "nothing is parked",
    "workflow:calendars.adoption": "every case counts by the newest calendar",
    "workflow:connectors.message": "no agency's system is connected",
    "workflow:connectors.show": "no agency's system is connected",
    "workflow:parked.show": "nothing is parked",
    "workflow:studio.draft": "nobody has begun a draft",
    "workflow:studio.file": "nobody has begun a draft",
    "workflow:studio.what_if": "nobody has begun a draft",
    "workflow:tasks.home": "leads on to the tasks",
    "workflow:verbs.add_co_handler": "nobody co-handles side by side at this moment",
}
"""Views to which this city has no link, and why."""


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
    for role, addresses in city.samples().items():
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


def complain(said: list[str], message: ConsoleMessage) -> None:
    """Keep what the browser finds wrong, not what it merely mentions."""
    if message.type in ("error", "warning"):
        said.append(message.text)


def grumble(said: list[str], error: object) -> None:
    """Keep what a script died of."""
    said.append(str(error))
