"""The common name in a client's certificate, as the reverse proxy has verified it and says in a header.

The header counts when it comes from the trusted proxy itself. It is turned into something no request can hold, so
that a server without this guard knows no certificate at all.
"""

from collections.abc import Callable
from typing import Any, Final

from flask import request

_ENVIRON: Final = "huiyin.certificate"
Wsgi = Callable[[Any, Any], Any]


def guard(application: Wsgi, trusted_proxy: str, header: str) -> Wsgi:
    """The application, which is told the name in `header` if the connection comes from the proxy ("*": any)."""
    variable = f"HTTP_{header.upper().replace('-', '_')}"

    def guarded(environ: Any, start_response: Any) -> Any:
        name = environ.pop(variable, "") if header else ""
        if name and trusted_proxy in ("*", environ["REMOTE_ADDR"]):
            environ[_ENVIRON] = name
        return application(environ, start_response)

    return guarded


def name() -> str | None:
    """The common name of this request's certificate, or None."""
    found: str | None = request.environ.get(_ENVIRON)
    return found
