"""Every line is for machines as well: one JSON object with `action`, whoever wrote it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from services.common import logs


@pytest.fixture(autouse=True)
def restore() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_json_lines_carry_the_action_and_where_it_happened() -> None:
    """action, level, time, module and the facts; exceptions with their trace."""
    stream = io.StringIO()
    logs.setup("INFO", "json", stream=stream)
    log = logs.get("services.x")

    log.info("message_parked", message_id="m-1", 原因="坏")
    log.debug("not_shown")
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        log.exception("work_failed")

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["action"], first["message_id"], first["原因"]) == ("message_parked", "m-1", "坏")
    assert (first["level"], first["module"]) == ("info", "services.x")
    assert first["timestamp"].endswith("Z")
    assert "RuntimeError: broken" in second["exception"]


def test_lines_of_libraries_carry_an_action_too() -> None:
    """What libraries say through logging has the action `library`; their chatter below warnings is dropped."""
    stream = io.StringIO()
    logs.setup("INFO", "json", stream=stream)

    logging.getLogger("sqlalchemy.engine").info("SELECT 1")
    logging.getLogger("waitress").warning("queue depth %d", 5)

    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["action"], line["message"], line["level"]) == ("library", "queue depth 5", "warning")


def test_console_lines_begin_with_what_happened() -> None:
    """For people: one line, readable."""
    stream = io.StringIO()
    logs.setup("INFO", "console", stream=stream)
    logs.get("x").warning("database_wait", database="db")
    assert "database_wait" in stream.getvalue()
    assert "database=db" in stream.getvalue()
