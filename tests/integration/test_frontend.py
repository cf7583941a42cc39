"""The bundled scripts and styles work in a real browser, under our content security policy, for everybody."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page

HERE = Path(__file__).parent / "frontend"
STATIC = Path(__file__).parents[2] / "services/common/static"


class Handler(SimpleHTTPRequestHandler):
    """Serves the test page and, under /dist, the bundles; with the policy that our pages have."""

    def translate_path(self, path: str) -> str:
        """The file of an address."""
        return str((STATIC if path.startswith("/dist/") else HERE) / path.lstrip("/"))

    def end_headers(self) -> None:
        """Add the policy."""
        self.send_header("Content-Security-Policy", "default-src 'self'")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def shown(page: Page) -> Iterator[Page]:
    """The test page, loaded, its diagram drawn; fails when the browser complained about anything."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(text_of(message)))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
        page.wait_for_selector('[data-diagram][data-state="shown"]')
        yield page
        server.shutdown()
    assert complaints == []


def text_of(message: ConsoleMessage) -> str:
    """A console line as the browser shows it."""
    return f"{message.type}: {message.text}"


def test_the_look_is_readable_for_everybody(shown: Page, axe: Callable[[Page], list[str]]) -> None:
    """Contrast, names and structure of every part of the look pass WCAG 2.1 AA."""
    assert axe(shown) == []


def test_the_viewer_marks_where_a_case_stands(shown: Page) -> None:
    """Done and current elements are marked, and an id that the diagram no longer has does no harm."""
    done = shown.locator(".djs-element.is-done")
    assert {item.get_attribute("data-element-id") for item in done.all()} == {"start", "flow_1"}
    assert shown.locator(".is-current").get_attribute("data-element-id") == "task_reply"


def test_the_watermark_of_the_viewer_is_visible(shown: Page) -> None:
    """The licence of bpmn-js wants its logo to be seen and not covered."""
    logo = shown.locator(".bjs-powered-by")
    logo.scroll_into_view_if_needed()
    box = logo.bounding_box()
    assert box is not None
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    seen = "([x, y]) => document.elementFromPoint(x, y).closest('.bjs-powered-by') !== null"
    assert shown.evaluate(seen, middle)


def test_a_refused_form_starts_at_its_summary(shown: Page) -> None:
    """The error summary has the focus, so that a screen reader begins there."""
    assert shown.evaluate("document.activeElement.className") == "error-summary"


def test_the_page_fits_a_phone(shown: Page) -> None:
    """On a narrow screen nothing but a table scrolls sideways."""
    shown.set_viewport_size({"width": 360, "height": 740})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 360
