"""Fixtures that every test may use: real servers, a fresh place in them per test, a browser page.

A missing server skips the tests that need it on a laptop; where CI=true a skipped test is a failure.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page, sync_playwright

from services.common.testing import brokers, browsers, databases
from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from tests import workers

# which fixture stands for which marker: `pytest -m "not browser"` needs no marks in the tests
MARKERS = {"broker": "rabbitmq", "postgres_server": "postgres", "chromium": "browser"}

Say = Callable[[str], None]


def pytest_configure() -> None:
    """Temporary files lie in memory where there is room, unless TMPDIR says where; no example has to be quick."""
    if "TMPDIR" not in os.environ and (place := workers.memory()) is not None:
        os.environ["TMPDIR"] = tempfile.tempdir = str(place)
    settings.register_profile("shared machine", settings(deadline=None))
    settings.load_profile("shared machine")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test that uses a server with that server's marker; workers begin with the longest files."""
    for item in items:
        for fixture, marker in MARKERS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
    if hasattr(config, "workerinput"):
        items.sort(key=workers.turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`pytest -n 2` deals out whole files."""
    from tests.dealing import Dealing  # whoever asks for no workers need not have pytest-xdist

    return Dealing(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests said, which may have run in another process."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    for report in reports:
        if getattr(report, "when", "") == "call":
            for line in [text for name, text in report.user_properties if name == "said"]:
                terminalreporter.write_line(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test is a failure."""
    report = yield
    if not hasattr(report, "wasxfail"):
        refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI a skipped file is a failure."""
    report = yield
    refuse_skip(report)
    return report


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure that tells its reason, where CI=true."""
    if os.environ.get("CI") == "true" and report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"A skipped test is a failure in CI. {reason}"


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Say:
    """Tells a number to whoever runs the tests, in the summary at the end."""
    return partial(record_property, "said")


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """A real RabbitMQ: `broker.vhost()`, `broker.url(vhost, user, password)`, `broker.api(method, path)`."""
    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(brokers.running())
        except brokers.Missing as missing:
            pytest.skip(str(missing))
        yield found


@pytest.fixture
def amqp_url(broker: Broker) -> Iterator[str]:
    """The URL of a fresh virtual host of the test's own."""
    with broker.vhost() as vhost:
        yield broker.url(vhost)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A real PostgreSQL; tests use `postgres`."""
    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(databases.running())
        except databases.Missing as missing:
            pytest.skip(str(missing))
        yield found


@pytest.fixture
def postgres(postgres_server: Postgres) -> Iterator[Callable[..., dict[str, str]]]:
    """Makes fresh databases with a role each: `postgres()` gives {"intake": url, "workflow": …, "notify": …}.

    `postgres(["workflow"])` makes just that one. Everything is dropped after the test.
    """
    with contextlib.ExitStack() as stack:

        def make(names: Sequence[str] = databases.SERVICES) -> dict[str, str]:
            return stack.enter_context(postgres_server.databases(names))

        yield make


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of an installed Chromium."""
    try:
        return browsers.find()
    except browsers.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for the session."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(browsers.FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page of a Chinese reader in Shanghai, without cookies of other tests."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1280, "height": 860})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """`axe(page) == []`: what WCAG 2.1 AA finds wrong on the page, as `rule: selector`."""
    source = (Path(__file__).parents[1] / "frontend/node_modules/axe-core/axe.min.js").read_text("utf-8")
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}

    def check(page: Page) -> list[str]:
        page.wait_for_load_state()  # a click has waited for the answer only, not for all of it
        page.evaluate(source)
        found = page.evaluate("options => axe.run(document, options)", options)["violations"]
        return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]

    return check
