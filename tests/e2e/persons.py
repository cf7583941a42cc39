"""People at their browsers: what they do on pages, and where they sign in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from services.huiyin import settling
from services.huiyin.clients import Client
from tests.e2e.browsing import PHONE, SHOTS

Axe = Callable[[Page], list[str]]
DESK: Final = {"width": 1280, "height": 860}
_INPUTS: Final = "input, textarea, select"
_FIELDS: Final = 120  # no page has more places for the focus


@dataclass(slots=True)
class Person:
    """Somebody at a browser of his own."""

    town: Town
    page: Page

    @property
    def main(self) -> Locator:
        """What the page is about."""
        return self.page.locator("main")

    def go(self, path: str) -> None:
        """To an address of this installation."""
        self.page.goto(self.town.url + path)

    def place(self, name: str) -> None:
        """To one of the places of the main navigation."""
        self.page.get_by_role("navigation", name="主导航").get_by_role("link", name=name, exact=True).click()

    def open(self, task: str, title: str = "") -> None:
        """A task of the work list, by its name and by the title of its matter."""
        self.place("待办")
        row = self.page.get_by_role("row").filter(has_text=title or self.town.title)
        row.get_by_role("link", name=task, exact=True).click()
        expect(self.page.locator("h1")).to_have_text(task)

    def fill(self, texts: Mapping[str, str], within: Locator | None = None) -> None:
        """Type into the fields of these labels, or choose there."""
        for label, text in texts.items():
            found = (within or self.page).get_by_label(label).and_(self.page.locator(_INPUTS)).first
            if found.and_(self.page.locator("select")).count():
                found.select_option(label=text)
            else:
                found.fill(text)

    def choose(self, question: str, *answers: str, within: Locator | None = None) -> None:
        """Tick answers of a question."""
        group = (within or self.page).get_by_role("group", name=question)
        for answer in answers:
            group.get_by_label(answer, exact=True).check()

    def tick(self, *labels: str) -> None:
        """Tick single boxes."""
        for label in labels:
            self.page.get_by_role("checkbox", name=label).check()

    def press(self, button: str = "提交") -> None:
        """Press a button and wait until everything that comes of it has come."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=True).click()
        settling.wait(self.town.client)

    def sees(self, *texts: str) -> None:
        """These words stand on the page."""
        for text in texts:
            expect(self.main).to_contain_text(text)

    def is_told(self, *texts: str) -> None:
        """The summary of what is wrong says so."""
        for text in texts:
            expect(self.page.locator(".error-summary")).to_contain_text(text)

    def look(self, name: str) -> None:
        """The page is readable for everybody; a picture is in the folder of HUIYIN_TEST_SHOTS."""
        if SHOTS:
            self.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
        assert self.town.axe(self.page) == [], self.page.url


@dataclass(slots=True)
class Town:
    """A running installation, `title` of the matter people look for, and everybody's browser."""

    client: Client
    browser: Browser
    axe: Axe
    url: str
    title: str = ""
    _contexts: dict[tuple[str, str], BrowserContext] = field(default_factory=dict)

    def stranger(self, **options: Any) -> Person:
        """Somebody who is not signed in."""
        return Person(self, _page_of(self._context("", "zh", options)))

    def person(self, login: str, *, phone: bool = False, script: bool = True, language: str = "zh") -> Person:
        """Somebody who is signed in, at the browser he had before."""
        new = (login, language) not in self._contexts
        options = {"viewport": PHONE if phone else DESK, "java_script_enabled": script}
        page = _page_of(self._context(login, language, options))
        if new:
            page.goto(f"{self.url}/sign-in?lang={language}")
            page.locator("[name=login]").fill(login)
            page.locator("[name=password]").fill(self.client.passwords[login])
            page.locator("main form button").click()
            page.wait_for_url(lambda url: "sign-in" not in url)
        return Person(self, page)

    def _context(self, login: str, language: str, options: Mapping[str, Any]) -> BrowserContext:
        if (login, language) not in self._contexts:
            wanted = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": DESK, **options}
            self._contexts[login, language] = self.browser.new_context(**wanted)
        return self._contexts[login, language]

    def close(self) -> None:
        """Close everybody's browser."""
        for context in self._contexts.values():
            context.close()


def _page_of(context: BrowserContext) -> Page:
    return context.pages[0] if context.pages else context.new_page()


def move_focus(page: Page, to: Locator) -> None:
    """Press the tabulator until the focus is there."""
    for _ in range(_FIELDS):
        if to.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {to}")
