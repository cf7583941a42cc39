"""The web server behind a reverse proxy: whose headers count, and how it ends."""

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from flask import Flask

from services.common import certificates
from services.huiyin import gateway

FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "huiyin.example", "X-Forwarded-For": "10.1.2.3"}


def test_what_the_trusted_proxy_says_counts() -> None:
    """The pages know that they are served over HTTPS, under which name and to whom."""
    with serving(tell, "127.0.0.1") as port:
        assert ask(port, FORWARDED) == "https huiyin.example 10.1.2.3"


@pytest.mark.parametrize("trusted", ["", "192.0.2.1"])
def test_anybody_elses_headers_are_dropped(trusted: str) -> None:
    """Nobody makes a plain connection look like HTTPS, or himself like somebody else."""
    with serving(tell, trusted) as port:
        assert ask(port, {**FORWARDED, "Host": "here"}) == "http here 127.0.0.1"


@pytest.mark.parametrize(("trusted", "header", "told"), [
    ("127.0.0.1", "X-Client-Certificate", "agency-housing"), ("192.0.2.1", "X-Client-Certificate", "None"),
    ("", "X-Client-Certificate", "None"), ("127.0.0.1", "", "None")])  # fmt: skip
def test_a_certificate_is_known_from_the_trusted_proxy_alone(trusted: str, header: str, told: str) -> None:
    """Whoever sends the header himself has no certificate; where no header is set, nobody has one."""
    application = Flask(__name__)
    application.get("/")(lambda: str(certificates.name()))
    with serving(application, trusted, header) as port:
        assert ask(port, {**FORWARDED, "X-Client-Certificate": "agency-housing"}) == told


def test_a_request_under_way_is_answered_before_the_server_ends() -> None:
    """Ending waits for whoever is being served."""
    begun: list[bool] = []
    answers: list[str] = []

    def slow(environ: Any, start_response: Any) -> list[bytes]:
        begun.append(True)
        time.sleep(0.3)
        return tell(environ, start_response)

    with serving(slow) as port:
        asking = Thread(target=lambda: answers.append(ask(port, {"Host": "here"})))
        asking.start()
        while not begun:
            time.sleep(0.01)
    asking.join(5)
    assert answers == ["http here 127.0.0.1"]


def test_a_connection_that_is_kept_open_does_not_keep_the_server() -> None:
    """A program that rests between two requests is hung up on; ending does not wait for it."""
    with serving(tell) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/", headers={"Host": "here"})
        assert connection.getresponse().read() == b"http here 127.0.0.1"
        begun = time.monotonic()
    assert time.monotonic() - begun < 2
    connection.close()


def tell(environ: Any, start_response: Any) -> list[bytes]:
    """Say how the request came."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    said = (environ["wsgi.url_scheme"], environ["HTTP_HOST"], environ["REMOTE_ADDR"])
    return [" ".join(said).encode()]


@contextmanager
def serving(application: Any, trusted: str = "", header: str = "") -> Iterator[int]:
    """A server on a free port; the port."""
    server = gateway.listen(application, "127.0.0.1", 0, trusted, header)
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield server.effective_port
    finally:
        gateway.end(server)
        thread.join(5)
        assert not thread.is_alive()


def ask(port: int, headers: dict[str, str]) -> str:
    """The answer to one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/", headers={**headers, "Connection": "close"})
        return connection.getresponse().read().decode()
    finally:
        connection.close()
