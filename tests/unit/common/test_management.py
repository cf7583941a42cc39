"""The broker's management interface: what is no such interface is said to be none."""

from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_server
from threading import Thread

import pytest

from services.common.bus.management import Management, Unreachable


@contextmanager
def answering(said: bytes) -> Iterator[int]:
    """A port that says this to whoever asks, once."""
    with create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            line, _ = server.accept()
            with line:
                line.recv(1000)
                line.sendall(said)

        thread = Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize(
    "said",
    [
        b"AMQP\x00\x00\x09\x01",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[",
    ],
    ids=["the broker's own port", "another website", "cut off"],
)
def test_what_is_no_management_interface_is_unreachable(said: bytes) -> None:
    """A wrong port in the settings ends a command with a word; the password is not in it."""
    with answering(said) as port, pytest.raises(Unreachable) as caught:
        Management.at(f"http://admin:pass-word@127.0.0.1:{port}").call("GET", "users")
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert "pass-word" not in str(caught.value)
