"""What every browser test does: sign in by the front door, and take pictures for whoever wants to look."""

from __future__ import annotations

import os
from typing import Final

from playwright.sync_api import Page

from tests.e2e.desks import Desk

SHOTS: Final = os.environ.get("HUIYIN_TEST_SHOTS")
PHONE: Final = {"width": 390, "height": 844}


def sign_in(office: Desk, page: Page, login: str) -> None:
    """By the front door; who was signed in before is no longer."""
    page.context.clear_cookies()
    page.goto(f"{office.client.url}/sign-in")
    enter(office, page, login)
    page.wait_for_url(lambda url: "sign-in" not in url)


def enter(office: Desk, page: Page, login: str) -> None:
    """Fill in the sign-in page that is open."""
    page.get_by_label("用户名").fill(login)
    page.get_by_label("密码").fill(office.cast.passwords[login])
    page.get_by_role("button", name="登录").click()


def shoot(page: Page, name: str) -> None:
    """Pictures of the page on a desk and on a phone, in the folder of HUIYIN_TEST_SHOTS."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
        size = page.viewport_size
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.screenshot(path=f"{SHOTS}/{name}-phone.png", full_page=True)
        assert size is not None
        page.set_viewport_size(size)
