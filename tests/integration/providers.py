"""A provider reached over HTTP that behaves as a test says, and the file that describes its channel."""

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

FILE = """
channels:
  - id: sms
    label: 短信
    label_en: text message
    address: {{label: 手机号, label_en: mobile number, pattern: '1[0-9]{{10}}'}}
    secrets: {{token: SMS_TOKEN}}
    request:
      url: "http://127.0.0.1:{port}/send?ref={{{{ id|urlencode }}}}"
      headers: {{Content-Type: application/json, Authorization: "Bearer {{{{ secrets.token }}}}"}}
      body: '{{"phone": {{{{ address|tojson }}}}, "text": {{{{ zh.subject|tojson }}}}}}'
      timeout: 0.5
    answer: {{field: code, success: [0], final: [1001], id: data.id}}
    receipts: {{secret: SMS_RECEIPTS, id: msgid, state: stat, delivered: [DELIVRD], undeliverable: [UNDELIV]}}
"""
SECRETS = {"SMS_TOKEN": "t0ken", "SMS_RECEIPTS": "shared"}
TAKEN = (200, {}, b'{"code": 0, "data": {"id": "p-77"}}')
Act = Callable[[BaseHTTPRequestHandler], None]


class Provider:
    """A server for text messages: behaves as `act` says, keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.act: Act = answering(*TAKEN)
        provider = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            def do_POST(self) -> None:
                """Keep, then act."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.asked.append((self.path, dict(self.headers.items()), json.loads(body)))
                provider.act(self)

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


def answering(status: int, headers: dict[str, str], body: bytes) -> Act:
    """Answer like this."""

    def act(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return act


def hanging_up(request: BaseHTTPRequestHandler) -> None:
    """Close without a word."""
    request.connection.close()


def dripping(request: BaseHTTPRequestHandler) -> None:
    """A byte now and then, so that no single read ever times out."""
    try:
        for _ in range(40):
            request.wfile.write(b"H")
            time.sleep(0.1)
    except OSError:
        pass
