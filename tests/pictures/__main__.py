"""`make pictures`: plays the demo year, takes a picture of every page, writes them with their table of contents."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from services.common.testing import browsers
from tests.e2e import cities
from tests.e2e.crawls import Site
from tests.e2e.persons import Town
from tests.pictures.albums import CONTENTS, FOLDER, contents, read
from tests.pictures.tours import HOST, Tour


def main() -> None:
    """Take all pictures anew; what is no longer in the album is gone."""
    groups = read()
    with tempfile.TemporaryDirectory() as home, cities.played(cities.read(), Path(home) / "home") as year:
        rules = f"--host-resolver-rules=MAP {HOST}:80 127.0.0.1:{urlsplit(year.stage.client.url).port}"
        with sync_playwright() as playwright:
            flags, words = [*browsers.FLAGS, rules, "--lang=zh-CN"], {**os.environ, "LANGUAGE": "zh_CN"}
            browser = playwright.chromium.launch(executable_path=browsers.find(), args=flags, env=words)
            town = Town(year.stage.client, browser, lambda _: [], f"http://{HOST}")
            site = Site.of(year.stage.installation)
            tour = Tour(year, town, site, browser.new_page())
            shutil.rmtree(FOLDER, ignore_errors=True)
            FOLDER.mkdir(parents=True)
            for picture, content in tour.go(groups):
                (FOLDER / picture.file).write_bytes(content)
                sys.stdout.write(f"{len(content) // 1024:>4} kB  {picture.file}\n")
            CONTENTS.write_text(contents(groups, site.access()), "utf-8")
            browser.close()


if __name__ == "__main__":
    main()
