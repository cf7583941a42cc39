"""A real RabbitMQ for tests: the one named by HUIYIN_TEST_AMQP_URL, else a private node.

The private node has its own epmd, cookie, ports and directories, listens on loopback only and runs beside a
system node. Its management plugin hands out virtual hosts: one per test is cheap, one node per test is not
(10 s). An outside broker needs that plugin, too: HUIYIN_TEST_RABBITMQ_API, by default port 15672 of its host.
"""

import contextlib
import os
import secrets
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from services.common.bus.management import Management, Refused, Unreachable
from services.common.testing import guards

# not /usr/sbin: Debian's wrappers there `su` to another user and drop the environment
PLACES = ("/usr/lib/rabbitmq/bin", "/usr/lib/rabbitmq/lib/*/sbin", "/opt/homebrew/sbin", "/usr/local/sbin")
QUIET = "+sbwt none +sbwtdcpu none +sbwtdio none"  # idle schedulers sleep: the machine is shared
TCP = "listeners.tcp.local = 127.0.0.1:{amqp}\n"
CONF = """\
management.tcp.ip = 127.0.0.1
management.tcp.port = {api}
default_user = {user}
default_pass = {password}
loopback_users = none
max_message_size = 1048576
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
log.file.level = warning
"""


class Missing(RuntimeError):
    """RabbitMQ is not installed: Debian package `rabbitmq-server`, or set HUIYIN_TEST_AMQP_URL."""

    def __init__(self) -> None:
        super().__init__(str(self.__doc__))


@dataclass(frozen=True)
class Broker:
    """A running broker and its administrator's account."""

    address: str  # host:port of AMQP
    api_url: str  # of the management plugin
    user: str
    password: str

    def url(self, vhost: str = "/", user: str | None = None, password: str | None = None) -> str:
        """An AMQP URL of a virtual host, for the administrator or for another account."""
        account = f"{quote(user or self.user)}:{quote(password or self.password)}"
        return f"amqp://{account}@{self.address}/{quote(vhost, safe='')}"

    @contextlib.contextmanager
    def vhost(self) -> Iterator[str]:
        """A fresh virtual host where the administrator may do everything; yields its name."""
        name = f"test-{secrets.token_hex(4)}"
        self.api("PUT", f"vhosts/{name}")
        try:
            yield name
        finally:
            self.api("DELETE", f"vhosts/{name}")

    def api(self, method: str, path: str, body: object = None) -> Any:
        """One call of the management API (`users/…`, `permissions/…`, `definitions`); its JSON or None."""
        return Management(self.api_url, self.user, self.password).call(method, path, body)


@contextlib.contextmanager
def running() -> Iterator[Broker]:
    """A broker for the time of the block; raises Missing or guards.Died."""
    if given := os.environ.get("HUIYIN_TEST_AMQP_URL"):
        yield outside(given)
        return
    with private() as broker:
        yield broker


def outside(url: str) -> Broker:
    """The running broker of an AMQP URL."""
    parts = urlsplit(url)
    api = os.environ.get("HUIYIN_TEST_RABBITMQ_API", f"http://{parts.hostname}:15672")
    address = f"{parts.hostname}:{parts.port or 5672}"
    return Broker(address, api, parts.username or "guest", parts.password or "guest")


@contextlib.contextmanager
def private(conf: str = TCP, plugins: str = "rabbitmq_management") -> Iterator[Broker]:
    """A node of one's own; `conf` says where it listens for AMQP (`{amqp}` is a free port). Raises Missing."""
    server, epmd = guards.find("rabbitmq-server", PLACES), guards.find("epmd", ("/usr/lib/erlang/bin",))
    if server is None or epmd is None:
        raise Missing
    base = guards.directory()
    amqp, distribution, api, names = guards.free_ports(4)
    broker = Broker(f"127.0.0.1:{amqp}", f"http://127.0.0.1:{api}", "huiyin", secrets.token_hex(16))
    own = CONF.format(api=api, user=broker.user, password=broker.password)
    configure(base, own + conf.replace("{amqp}", str(amqp)), plugins)
    env = environment(base, amqp, distribution, names)
    # a throw-away node is killed: an orderly stop takes eight seconds
    stop = signal.SIGKILL
    mapper = [epmd, "-port", str(names), "-address", "127.0.0.1"]
    daemon = guards.Plan(mapper, env, str(base / "epmd.log"), stop=stop)
    node = guards.Plan([server], env, str(base / "console.log"), stop=stop, remove=str(base))
    with guards.serving(daemon, names), guards.serving(node, amqp) as process:
        process.wait_for_port(api)
        wait_for_api(broker)
        yield broker


def configure(base: Path, conf: str, plugins: str) -> None:
    """Write the node's configuration and its secret cookie."""
    for name in ("mnesia", "log", "home"):
        (base / name).mkdir()
    (base / "rabbitmq.conf").write_text(conf)
    (base / "enabled_plugins").write_text(f"[{plugins}].\n")
    cookie = base / "home/.erlang.cookie"
    cookie.write_text(secrets.token_hex(20))
    cookie.chmod(0o400)


def environment(base: Path, amqp: int, distribution: int, names: int) -> dict[str, str]:
    """The environment that keeps a node private: home, name, ports, files."""
    return guards.environment(
        {
            "HOME": str(base / "home"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RUNNING_UNDER_SYSTEMD": "true",  # the script then becomes the node instead of waiting for it
            "RABBITMQ_NODENAME": f"test{amqp}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(amqp),
            "RABBITMQ_DIST_PORT": str(distribution),
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(base / "mnesia"),
            "RABBITMQ_LOG_BASE": str(base / "log"),
            "RABBITMQ_CONFIG_FILE": str(base / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(base / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(base / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(base / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{127,0,0,1}} {QUIET}",
        }
    )


def wait_for_api(broker: Broker, seconds: float = 30.0) -> None:
    """Return when the management API answers: it listens a moment before it knows its account."""
    end = time.monotonic() + seconds
    while True:
        try:
            broker.api("GET", "whoami")
        except (Unreachable, Refused) as error:
            if time.monotonic() > end:
                raise guards.Died(f"RabbitMQ's management API does not answer: {error}") from error
            time.sleep(0.2)
        else:
            return
