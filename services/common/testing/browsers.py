"""Chromium and Chinese fonts for browser tests: the one of HUIYIN_TEST_CHROMIUM, else an installed one."""

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONTS = ("/usr/share/fonts", "/usr/local/share/fonts")
# nothing here may look for updates or talk to anybody but the page under test
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Missing(RuntimeError):
    """Chromium is not installed: Debian package `chromium`, or set HUIYIN_TEST_CHROMIUM to its path."""

    def __init__(self) -> None:
        super().__init__(str(self.__doc__))


def find() -> str:
    """The path of an installed Chromium or Chrome; raises Missing."""
    candidates = (os.environ.get("HUIYIN_TEST_CHROMIUM"), *map(shutil.which, NAMES))
    path = next(filter(None, candidates), None)
    if path is None:
        raise Missing
    return path


def has_chinese_fonts() -> bool:
    """Whether a font with Chinese characters is installed; without one pages show empty boxes."""
    if shutil.which("fc-list"):
        listed = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
        return bool(listed.stdout.strip())
    return any(any(Path(place).rglob("*CJK*")) for place in FONTS)
