"""The pictures in the manual: one of every page people read, and none that nobody knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest

from services.common import clock as clocks
from services.common import db
from services.huiyin import homes
from services.huiyin.parts import PARTS
from tests.e2e.crawls import Site
from tests.e2e.desks import START
from tests.pictures import albums
from tests.pictures.albums import CONTENTS, DOCS, FOLDER, Picture

NO_PICTURE: Final = {
    "intake:contracts.asyncapi": "a file",
    "intake:contracts.schema": "a file",
    "intake:files.download": "a file",
    "intake:ledgers.export_csv": "a file",
    "intake:ledgers.export_xlsx": "a file",
    "intake:parked.show": "as notify:parked.show",
    "intake:publics.file": "a file",
    "notify:messages.start": "leads on to the messages",
    "workflow:cases.diagram": "a diagram's text",
    "workflow:packages.diagram": "a diagram's text",
    "workflow:parked.show": "as notify:parked.show",
    "workflow:tasks.home": "leads on to the tasks",
}
"""Addresses that are no page, or one that another picture shows."""
MOST: Final = 6 * 1024 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The three services of an empty installation."""
    settings, _ = homes.fresh(tmp_path_factory.mktemp("album") / "home", START)
    clock = clocks.from_settings(settings)
    engines = {name: db.connect(settings.databases[name]) for name in PARTS}
    yield Site("", {part.name: part.create(settings, clock, engines[part.name]) for part in PARTS.values()})
    for engine in engines.values():
        engine.dispose()


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    """The album's pictures."""
    return [picture for group in albums.read() for picture in group.pictures]


def test_every_page_has_a_picture(site: Site, pictures: list[Picture]) -> None:
    """Of all three services; a new page needs an entry in the album."""
    assert sorted(site.pages() ^ {picture.view for picture in pictures}) == sorted(NO_PICTURE)


def test_the_folder_is_what_the_album_says(site: Site, pictures: list[Picture]) -> None:
    """Every picture is there, none is left over, the page of all pages is that of the album."""
    assert [name for name, count in Counter(picture.name for picture in pictures).items() if count > 1] == []
    assert {path.name for path in FOLDER.iterdir()} == {picture.file for picture in pictures}
    assert CONTENTS.read_text("utf-8") == albums.contents(albums.read(), site.access())


def test_the_manual_shows_pictures_that_are_there() -> None:
    """Whatever a document links to."""
    texts = [path.read_text("utf-8") for path in (*DOCS.glob("*.md"), *DOCS.parent.glob("README*.md"))]
    shown = {name for text in texts for name in re.findall(r"pictures/([\w-]+\.png)", text)}
    assert shown - {path.name for path in FOLDER.iterdir()} == set()


def test_the_folder_is_small(pictures: list[Picture]) -> None:
    """Pictures that are taken anew stay in the history for ever."""
    assert sum((FOLDER / picture.file).stat().st_size for picture in pictures) < MOST
