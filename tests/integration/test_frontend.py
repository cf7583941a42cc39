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
    """Done and current elements and the box around; an id that the diagram no longer has does no harm."""
    done = shown.locator(".djs-element.is-done")
    assert {item.get_attribute("data-element-id") for item in done.all()} == {"start", "flow_1", "task_reply"}
    assert shown.locator(".is-current").get_attribute("data-element-id") == "task_review"
    assert shown.locator(".is-around").get_attribute("data-element-id") == "sub_review"


def test_a_wide_diagram_opens_readable_at_the_current_step(shown: Page) -> None:
    """In full size there; the tools show the whole, the current step again, larger and smaller."""
    assert (width(shown, "task_review"), in_sight(shown, "task_review"), in_sight(shown, "start")) == (100, True, False)
    shown.get_by_role("button", name="看全图").click()
    assert width(shown, "task_review") < 50
    assert in_sight(shown, "start")
    assert in_sight(shown, "task_review")
    shown.get_by_role("button", name="看正在办的环节").click()
    assert (width(shown, "task_review"), in_sight(shown, "start")) == (100, False)
    shown.get_by_role("button", name="放大").click()
    assert width(shown, "task_review") == 125
    shown.get_by_role("button", name="缩小").click()
    assert width(shown, "task_review") == 100


def test_the_wheel_scrolls_the_page_and_zooms_with_ctrl(shown: Page) -> None:
    """Who reads down the page is not caught in the picture."""
    shown.locator(".diagram").hover()
    before = shown.evaluate("scrollY")
    shown.mouse.wheel(0, -200)
    shown.wait_for_function("before => scrollY < before", arg=before)
    assert width(shown, "task_review") == 100
    shown.keyboard.down("Control")
    shown.locator(".diagram").hover()
    shown.mouse.wheel(0, -200)
    shown.wait_for_function(f"{_BOX}('task_review').width > 101")


def test_a_diagram_that_cannot_be_had_says_so(page: Page) -> None:
    """In words, in its place; there are no tools for nothing."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.route("**/diagram.bpmn", lambda route: route.fulfill(status=503))
        page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
        page.get_by_text("流程图暂时无法显示。").wait_for()
        assert page.get_by_role("button", name="放大").count() == 0
        server.shutdown()


_BOX = "(id => document.querySelector(`.djs-shape[data-element-id=${id}] rect`).getBoundingClientRect())"


def width(page: Page, element: str) -> int:
    """How wide an activity appears, without its border."""
    return round(page.evaluate(f"({_BOX}('{element}').width)"))


def in_sight(page: Page, element: str) -> bool:
    """Whether an element lies inside the frame of the diagram."""
    inside = """id => {
        const frame = document.querySelector('.diagram').getBoundingClientRect();
        const box = document.querySelector(`.djs-shape[data-element-id=${id}]`).getBoundingClientRect();
        return box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
    }"""
    return bool(page.evaluate(inside, element))


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
