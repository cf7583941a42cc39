"""Attachments in a real browser: chosen, told what is wrong, removed, handed in, downloaded."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import FilePayload, Page
from werkzeug.serving import make_server

from services.common import db
from services.intake import accounts, ledger
from services.intake import app as application
from tests.unit.intake import papers, worlds
from tests.unit.intake.readers import WRITTEN
from tests.unit.intake.worlds import PASSWORD, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The city."""
    with accounts.known_passwords():
        world = worlds.build(f"sqlite:///{tmp_path}/intake.sqlite", tmp_path)
        with db.begin(world.engine) as conn:
            ledger.apply(conn, worlds.package())
        yield world
    world.engine.dispose()


@pytest.fixture
def deputy(world: World, page: Page) -> Iterator[Page]:
    """A deputy who has written a suggestion and not sent it yet."""
    server = make_server("127.0.0.1", 0, application.create(world.settings, world.clock, world.engine), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    page.goto(f"http://127.0.0.1:{server.port}/sign-in?next=/matters/new")
    page.get_by_label("用户名").fill("liyun")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/matters/new")
    for name in ("title", "body.situation", "body.analysis", "body.request"):
        page.locator(f'[name="{name}"]').fill(WRITTEN[name])
    yield page
    server.shutdown()


def file(name: str, content: bytes) -> FilePayload:
    """A file as the browser is given it."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_a_deputy_attaches_removes_and_hands_in(deputy: Page, axe: Callable[[Page], list[str]]) -> None:
    """A wrong file is told at its field; Enter sends the form and removes nothing; the rest goes with the matter."""
    chosen = [file("现场照片.pdf", papers.PDF), file("网页.pdf", papers.HTML), file("平面图.png", papers.PNG)]
    deputy.get_by_label("附件", exact=True).set_input_files(chosen)
    deputy.get_by_role("button", name="添加所选附件").click()
    assert "网页.pdf：这种文件不能收" in deputy.get_by_role("alert").inner_text()
    assert axe(deputy) == []
    deputy.get_by_role("button", name="删去附件：平面图.png").click()
    deputy.get_by_text("草稿已保存。").wait_for()
    assert deputy.get_by_role("link", name="平面图.png").count() == 0
    assert axe(deputy) == []
    deputy.locator('[name="title"]').press("Enter")
    deputy.wait_for_url(lambda url: "drafts" not in url)
    with deputy.expect_download() as loading:
        deputy.get_by_role("link", name="现场照片.pdf").click()
    assert (loading.value.suggested_filename, loading.value.path().read_bytes()) == ("现场照片.pdf", papers.PDF)
    assert axe(deputy) == []
