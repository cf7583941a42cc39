"""A line to a server that can be cut and mended: a database or a broker that goes away and comes back."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from threading import Lock, Thread
from typing import Final

from services.common.testing import guards

_CHUNK: Final = 65536


class Switch:
    """Forwards 127.0.0.1:`port` to a server while it is on; off, nobody listens and every connection is broken."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        (self.port,) = guards.free_ports(1)
        self._lock = Lock()
        self._listener: socket.socket | None = None
        self._lines: set[socket.socket] = set()
        self._threads: list[Thread] = []

    def on(self) -> None:
        """The server is there."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._start(self._accept, self._listener)

    def off(self) -> None:
        """The server is gone; returns when every line is cut."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        listener.close()
        with self._lock:
            lines, self._lines = self._lines, set()
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start(self, run: object, *arguments: socket.socket) -> None:
        thread = Thread(target=run, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            with self._lock:
                self._lines |= {near, far}
            self._start(self._connect, near, far)

    def _connect(self, near: socket.socket, far: socket.socket) -> None:
        """Both ways until either side ends."""
        back = Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far)
        back.join()
        for line in (near, far):
            line.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
    for line in (source, sink):
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def switch(host: str, port: int) -> Iterator[Switch]:
    """A switch that is off at first, and in the end."""
    made = Switch(host, port)
    try:
        yield made
    finally:
        made.off()
