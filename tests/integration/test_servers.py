"""The servers of the test suite are real, private and never left behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pika
import pika.exceptions
import psycopg
import pytest
from playwright.sync_api import Page

from services.common.testing import guards
from services.common.testing.brokers import Broker

ROOT = Path(__file__).parents[2]


def test_a_virtual_host_carries_quorum_queues(amqp_url: str) -> None:
    """A message sent to a quorum queue of the fresh virtual host comes back."""
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        channel.queue_declare("q", durable=True, arguments={"x-queue-type": "quorum"})
        channel.confirm_delivery()
        channel.basic_publish("", "q", "回音".encode(), mandatory=True)
        _, _, body = channel.basic_get("q", auto_ack=True)
    assert body is not None
    assert body.decode() == "回音"


def test_an_account_without_permission_is_kept_out(broker: Broker) -> None:
    """An account made through the management API enters a virtual host only after it is permitted to."""
    broker.api("PUT", "users/bureau", {"password": "secret", "tags": ""})
    with broker.vhost() as vhost:
        parameters = pika.URLParameters(broker.url(vhost, "bureau", "secret"))
        with pytest.raises(pika.exceptions.ProbableAccessDeniedError):
            pika.BlockingConnection(parameters)
        broker.api("PUT", f"permissions/{vhost}/bureau", {"configure": "", "write": "", "read": ".*"})
        pika.BlockingConnection(parameters).close()
    broker.api("DELETE", "users/bureau")


def test_each_service_has_a_database_of_its_own(postgres: Callable[..., dict[str, str]]) -> None:
    """The role of one service writes to its database and can't enter the one of another."""
    urls = {name: url.replace("+psycopg", "") for name, url in postgres().items()}
    assert set(urls) == {"intake", "workflow", "notify"}
    with psycopg.connect(urls["intake"]) as connection:
        connection.execute("CREATE TABLE t (x text)")
    account = urls["intake"].rpartition("/")[0]
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(f"{account}/{urls['workflow'].rpartition('/')[2]}")


def test_the_browser_shows_chinese_in_shanghai_time(page: Page) -> None:
    """A page of the test browser belongs to a Chinese reader in Shanghai."""
    page.set_content("<h1>件件有回音</h1>")
    assert page.inner_text("h1") == "件件有回音"
    assert page.evaluate("new Intl.DateTimeFormat().resolvedOptions().timeZone") == "Asia/Shanghai"


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_server_dies_with_its_owner(end: signal.Signals, tmp_path: Path) -> None:
    """However its owner ends, a server is stopped and its directory removed."""
    (port,) = guards.free_ports(1)
    private = tmp_path / "private"
    private.mkdir()
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(port), str(private)], cwd=ROOT)
    wait_until(lambda: guards.is_listening(port))

    owner.send_signal(end)
    owner.wait(timeout=10)

    wait_until(lambda: not guards.is_listening(port))
    wait_until(lambda: not private.exists())


# a shell that runs pytest in the background makes its children ignore Ctrl-C
OWNER = """
import signal, sys, time
from services.common.testing import guards
signal.signal(signal.SIGINT, signal.default_int_handler)
port, private = sys.argv[1:]
argv = [sys.executable, "-m", "http.server", port, "--bind", "127.0.0.1"]
guards.Server(guards.Plan(argv, guards.environment({}), private + "/log", remove=private))
time.sleep(60)
"""


def test_a_server_that_fails_tells_why(tmp_path: Path) -> None:
    """The end of a server's log is the error of whoever waited for it."""
    plan = guards.Plan(["/bin/sh", "-c", "echo no licence; exit 3"], {}, str(tmp_path / "log"))
    (port,) = guards.free_ports(1)
    with pytest.raises(guards.Died, match="no licence"), guards.serving(plan, port):
        pass


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return when it holds; fail when it doesn't in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true in time"
        time.sleep(0.05)
