"""One address for the pages of all services, as a proxy does it in production."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask
from waitress import create_server  # type: ignore[import-untyped, unused-ignore]
from waitress.proxy_headers import proxy_headers_middleware  # type: ignore[import-untyped, unused-ignore]
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from services.common import certificates
from services.huiyin.parts import PARTS

THREADS = 8
FORWARDED = frozenset({"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"})


def compose(apps: Mapping[str, Flask]) -> Any:
    """The WSGI application of all services: intake at `/`, the others below their prefixes."""
    root = next(apps[part.name] for part in PARTS.values() if not part.prefix)
    return DispatcherMiddleware(root, {part.prefix: apps[part.name] for part in PARTS.values() if part.prefix})


def mount(name: str, app: Flask) -> Any:
    """The WSGI application of one service alone, at the place it has under the common address."""
    prefix = PARTS[name].prefix
    return DispatcherMiddleware(_nothing, {prefix: app}) if prefix else app


def listen(application: Any, host: str, port: int, trusted_proxy: str = "", certificate_header: str = "") -> Any:
    """A server that is bound but does not serve yet: `run()` serves, `end` ends it, `effective_port` tells.

    Forwarded headers, and that of a verified certificate, count from `trusted_proxy` alone and are dropped otherwise.
    """
    forwarded = proxy_headers_middleware(
        application, trusted_proxy=trusted_proxy or None, trusted_proxy_headers=set(FORWARDED)
    )  # not by `create_server`: the guard has to see who is really connected
    return create_server(
        certificates.guard(forwarded, trusted_proxy, certificate_header),
        host=host,
        port=port,
        threads=THREADS,
        ident="huiyin",
        clear_untrusted_proxy_headers=False,
    )


def end(server: Any) -> None:
    """Answer what is under way, then close, connections that are kept alive too.

    A thread that answers needs the server until it is done; the connections belong to the thread of `run`, which
    ends when the last of them is flushed.
    """
    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(partial(_hang_up, server))


def _hang_up(server: Any) -> None:
    for channel in list(server.active_channels.values()):
        channel.close_when_flushed = True
    server.close()


def _nothing(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b""]
