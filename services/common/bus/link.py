"""One connection to RabbitMQ, driven by hand: nothing runs in the background, the owner's thread does all
the I/O.

pika's SelectConnection calls back; `Link` turns that into calls that return, and every way a connection or
channel can end into one exception, `LinkLost`. (BlockingConnection hides the confirms, and pika 2 drops it.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pika
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.credentials import ExternalCredentials
from pika.exceptions import AMQPError, ChannelClosedByBroker, ChannelClosedByClient

from services.common.clock import monotonic

HEARTBEAT = 30
BLOCKED_TIMEOUT = 30
_CONNECT_TIMEOUT = 15.0
_CLOSE_TIMEOUT = 3.0


class LinkLost(Exception):
    """The connection, the channel or the consumer ended; connect again."""


class Refused(LinkLost):
    """The broker closed the channel because of what was asked; `code` is its reply (403, 404, 406 …)."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        super().__init__(f"{code} {text}")


def parameters(url: str) -> pika.URLParameters:
    """Connection parameters from an amqp(s) URL, with the patience this system needs.

    An amqps URL without an account leaves it to the certificate among its `ssl_options` to say who we are.
    """
    wanted = pika.URLParameters(url)
    if wanted.ssl_options is not None and urlsplit(url).username is None:
        wanted.credentials = ExternalCredentials()
    wanted.heartbeat = HEARTBEAT
    wanted.blocked_connection_timeout = BLOCKED_TIMEOUT
    wanted.socket_timeout = 5
    wanted.stack_timeout = 10
    return wanted


class Link:
    """An open connection; belongs to the thread (and the process) that made it."""

    def __init__(self, url: str) -> None:
        """Connect; raises `LinkLost` with the broker's reason."""
        self._lost: Exception | None = None
        self._loop = IOLoop()
        self._loop.activate_poller()
        self._open = False
        self._connection = pika.SelectConnection(
            parameters(url),
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_end,
            on_close_callback=self._on_end,
            custom_ioloop=self._loop,
        )
        try:
            self.run(lambda: self._open, _CONNECT_TIMEOUT, needed=True)
        except LinkLost:
            self.close()
            raise

    def run(self, until: Callable[[], bool], timeout: float, *, needed: bool = False) -> bool:
        """Do I/O until `until()` holds or `timeout` seconds passed; returns `until()`.

        Raises `LinkLost` when the link ended, or (`needed`) when the time is over.
        """
        end = monotonic() + timeout
        left = timeout
        while not until():
            self._check()
            self._turn(left)  # at least once, so that even without patience heartbeats are answered
            left = end - monotonic()
            if left <= 0:
                break
        self._check()
        done = until()
        if needed and not done:
            raise LinkLost(f"the broker did not answer within {timeout:g} s")
        return done

    def open_channel(self) -> Channel:
        """A new channel; when the broker closes it, the whole link counts as lost (see `forgive`)."""
        opened: list[Channel] = []
        channel = self._connection.channel(on_open_callback=opened.append)
        channel.add_on_close_callback(self._on_channel_end)
        self.run(lambda: bool(opened), _CONNECT_TIMEOUT, needed=True)
        return channel

    def ask(self, method: Callable[..., Any], **arguments: Any) -> Any:
        """Call a channel method that the broker answers and wait for the answer; `Refused` when it says
        no."""
        answers: list[Any] = []
        method(callback=answers.append, **arguments)
        self.run(lambda: bool(answers), _CONNECT_TIMEOUT, needed=True)
        return answers[0]

    def forgive(self) -> None:
        """Go on after a `Refused`: only the channel ended, the connection is fine."""
        if self._connection.is_open and isinstance(self._lost, Refused):
            self._lost = None

    def lose(self, reason: Exception) -> None:
        """For callbacks: the link is of no use any more."""
        self._lost = self._lost or reason

    def close(self) -> None:
        """Close and release the sockets; never raises. Unsettled messages go back to their queues."""
        try:
            if not (self._connection.is_closed or self._connection.is_closing):
                self._connection.close()
            end = monotonic() + _CLOSE_TIMEOUT
            while not self._connection.is_closed and monotonic() < end:
                self._turn(end - monotonic())
        except (AMQPError, OSError) as error:
            self._lost = self._lost or error
        finally:
            self._loop.deactivate_poller()
            self._loop.close()

    def _turn(self, seconds: float) -> None:
        """Wait for the next I/O or timer, at most `seconds`, and run its callbacks."""
        timer = self._loop.call_later(max(seconds, 0.0), lambda: None)
        try:
            self._loop.poll()
            self._loop.process_timeouts()
        finally:
            self._loop.remove_timeout(timer)

    def _check(self) -> None:
        if isinstance(self._lost, LinkLost):
            raise self._lost
        if self._lost is not None:
            raise LinkLost(f"{type(self._lost).__name__}: {self._lost}") from self._lost

    def _on_open(self, _connection: Any) -> None:
        self._open = True

    def _on_end(self, _connection: Any, reason: Exception | str) -> None:
        self.lose(reason if isinstance(reason, Exception) else LinkLost(reason))

    def _on_channel_end(self, _channel: Channel, reason: Exception) -> None:
        if isinstance(reason, ChannelClosedByBroker):
            self.lose(Refused(reason.reply_code, reason.reply_text))
        elif not isinstance(reason, ChannelClosedByClient):
            self.lose(reason)
