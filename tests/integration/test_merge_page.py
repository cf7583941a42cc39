"""Merging in a real browser, by keyboard alone: tick, add by number, choose the main one, take it back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from services.intake import accounts
from services.intake import app as application
from tests.unit.intake import groups, worlds
from tests.unit.intake.worlds import PASSWORD, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The city with three matters in handling."""
    with accounts.known_passwords():
        world = worlds.build(f"sqlite:///{tmp_path}/intake.sqlite", tmp_path)
        groups.three(world)
        yield world
    world.engine.dispose()


@pytest.fixture
def clerk(world: World, page: Page) -> Iterator[Page]:
    """The congress office at its ledger."""
    server = make_server("127.0.0.1", 0, application.create(world.settings, world.clock, world.engine), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    page.goto(f"http://127.0.0.1:{server.port}/sign-in?next=/ledger")
    page.get_by_label("用户名").fill("clerk")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ledger")
    yield page
    server.shutdown()


def test_the_office_merges_and_takes_back_by_keyboard(
    clerk: Page, world: World, axe: Callable[[Page], list[str]]
) -> None:
    """Nothing typed is lost when something is missing; every page on the way is readable for everybody."""
    for number in ("183003", "183001"):
        clerk.get_by_label(f"勾选{number}").press("Space")
    clerk.get_by_role("button", name="并案").press("Enter")
    clerk.get_by_label("按编号加入").fill("002")
    assert axe(clerk) == []
    clerk.get_by_label("按编号加入").press("Enter")
    assert clerk.get_by_label("勾选第183002号").is_checked()
    clerk.get_by_label("以第183001号为主件").press("ArrowDown")
    clerk.get_by_role("button", name="确认并案").press("Enter")
    assert "请填写" in clerk.get_by_role("alert").inner_text()
    assert axe(clerk) == []
    clerk.get_by_label("并案理由").fill("都是同一条路")
    clerk.get_by_role("button", name="确认并案").press("Enter")
    clerk.get_by_text("已并案：").wait_for()
    main = next(no for no in ("183002", "183003") if groups.groups(world)[no] is None)
    assert sorted(no for no, into in groups.groups(world).items() if into == main) == sorted(
        {"183001", "183002", "183003"} - {main}
    )
    assert axe(clerk) == []
    clerk.get_by_role("link", name="第183001号").press("Enter")
    clerk.get_by_role("link", name="撤销并案").press("Enter")
    clerk.get_by_label("撤销理由").fill("不是同一路段")
    assert axe(clerk) == []
    clerk.get_by_role("button", name="确认撤销并案").press("Enter")
    clerk.get_by_text("恢复单独办理").wait_for()
    assert groups.groups(world)["183001"] is None
