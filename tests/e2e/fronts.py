"""One address for services that listen on ports of their own: what a reverse proxy does in production."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

_OWN: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "server", "date", "content-length"})


class _Handler(BaseHTTPRequestHandler):
    """Passes a request on as it is; a service that is away is a 502."""

    protocol_version = "HTTP/1.1"
    ports: Mapping[str, int]

    def pass_on(self) -> None:
        """Ask the service and hand back what it says."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        prefix = max((one for one in self.ports if self.path.startswith(one)), key=len)
        upstream = http.client.HTTPConnection("127.0.0.1", self.ports[prefix], timeout=60)
        try:
            upstream.request(self.command, self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            self._answer(answer.status, answer.getheaders(), answer.read())
        except (OSError, http.client.HTTPException) as error:
            self._answer(502, [("Content-Type", "text/plain")], repr(error).encode())
        finally:
            upstream.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The services log enough."""


@contextmanager
def front(port: int, ports: Mapping[str, int]) -> Iterator[str]:
    """Serve `{path prefix: port}` at 127.0.0.1:`port` for the time of the block; its URL."""
    verbs = {f"do_{verb}": _Handler.pass_on for verb in ("GET", "POST", "PUT")}
    handler = type("Handler", (_Handler,), {"ports": ports, **verbs})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()
    thread.join()
