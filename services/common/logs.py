"""Log lines that machines can read: every line carries `action`, a stable word for what happened."""

from __future__ import annotations

import logging
import sys
from typing import Any, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger


def get(name: str) -> FilteringBoundLogger:
    """A logger; its first argument is the action: `log.info("message_parked", message_id=…)`."""
    return cast(FilteringBoundLogger, structlog.get_logger(module=name))


def setup(level: str = "INFO", style: str = "console", *, stream: Any = None) -> None:
    """Send all lines, ours and the libraries', to `stream` (default stderr) as `console` text or one `json`
    per line."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, _library],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ending(style)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("pika", "alembic", "sqlalchemy.engine", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.ERROR if noisy == "pika" else logging.WARNING)
    structlog.configure(
        processors=[*_SHARED, _action, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _ending(style: str) -> list[Processor]:
    if style == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [structlog.dev.ConsoleRenderer(colors=False, event_key="action", pad_event_to=24)]


def _action(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """What structlog calls the event is our action."""
    line["action"] = line.pop("event")
    return line


def _library(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """A library's line has a sentence, not an action; it gets the common action `library`."""
    line["message"] = line.pop("event")
    line["action"] = "library"
    return line


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
