"""Settings: read once at the edge from the environment, checked as a whole, immutable afterwards.

Every variable has its row in docs/settings.md; a test compares the two.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import services

SERVICES = ("intake", "workflow", "notify")
FILE_KINDS = ("pdf", "ofd", "docx", "xlsx", "png", "jpeg")
"""The kinds of attachments that can be told by their content."""
_MB = 1024 * 1024
_SECRET_MIN = 32
_PROCESSES = Path(services.__file__).resolve().parent.parent / "processes"

VARIABLES = {
    "HUIYIN_HOME": "./var",
    "HUIYIN_INTAKE_DATABASE_URL": "",
    "HUIYIN_WORKFLOW_DATABASE_URL": "",
    "HUIYIN_NOTIFY_DATABASE_URL": "",
    "HUIYIN_BROKER_URL": "",
    "HUIYIN_BROKER_ADMIN_URL": "",
    "HUIYIN_SECRET_KEY": "",
    "HUIYIN_CLOCK": "",
    "HUIYIN_PROCESSES": str(_PROCESSES),
    "HUIYIN_SMTP_URL": "",
    "HUIYIN_MAIL_FROM": "huiyin@localhost",
    "HUIYIN_CHANNELS": "",
    "HUIYIN_FILES": "",
    "HUIYIN_FILE_MAX_MB": "20",
    "HUIYIN_FILES_PER_MATTER": "10",
    "HUIYIN_FILE_KINDS": ",".join(FILE_KINDS),
    "HUIYIN_CLAMD": "",
    "HUIYIN_LISTEN": "127.0.0.1:8000",
    "HUIYIN_TRUSTED_PROXY": "",
    "HUIYIN_CERTIFICATE_HEADER": "",
    "HUIYIN_ZONE": "Asia/Shanghai",
    "HUIYIN_LOG_LEVEL": "INFO",
    "HUIYIN_LOG_FORMAT": "console",
}
"""Every variable that is read, with its default; an empty value counts as unset."""


class ConfigError(Exception):
    """The settings do not hold together; `problems` lists every reason as (variable, Chinese, English)."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        self.problems = problems
        lines = [f"  {name}: {zh} / {en}" for name, zh, en in problems]
        super().__init__("\n".join(["配置有误 / the settings are wrong:", *lines]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where attachments are kept and which are taken; `clamd`: host:port or unix:/path of the virus scanner, or ""."""

    folder: Path
    most_bytes: int
    per_matter: int
    kinds: tuple[str, ...]
    clamd: str

    @property
    def request_bytes(self) -> int:
        """The largest request that may bring files: several at once, and the form around them."""
        return 4 * self.most_bytes + 2 * _MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation is told from outside. Values that may hold passwords are not shown by `repr`."""

    home: Path
    databases: Mapping[str, str] = field(repr=False)
    """SQLAlchemy URL per service."""
    broker_url: str = field(repr=False)
    """amqp(s) URL, or "" for the local transport."""
    broker_admin_url: str = field(repr=False)
    """http(s) URL of the broker's management interface, or ""; only `huiyin agency` needs it."""
    secret_key: str = field(repr=False)
    clock_file: Path | None
    processes: Path
    smtp_url: str = field(repr=False)
    """smtp(s)://[user:password@]host:port, or "" = no mail is sent."""
    mail_from: str
    channels: Path | None
    """The file that describes further channels to people, or None."""
    env: Mapping[str, str] = field(repr=False)
    """The environment as it was read: that file names the variables which hold its secrets."""
    files: Files
    host: str
    port: int
    trusted_proxy: str
    """Address of the reverse proxy whose X-Forwarded headers count, "*" for any, "" for none."""
    certificate_header: str
    """The header in which that proxy names the client certificate it has verified, or "" = none is known."""
    zone: ZoneInfo
    log_level: str
    log_format: str

    @property
    def bus_dir(self) -> Path:
        """Where the local transport keeps its files."""
        return self.home / "bus"


def load(env: Mapping[str, str]) -> Settings:
    """Read and check all settings; raises `ConfigError` with every problem at once.

    Without a broker (the embedded default) a missing secret key is generated into `HUIYIN_HOME/secret`.
    """
    reader = _Reader(env)
    settings = _read(reader)
    if reader.problems:
        raise ConfigError(reader.problems)
    return settings


class _Reader:
    """Takes values out of the environment and collects what is wrong with them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[tuple[str, str, str]] = []
        for name in sorted(set(env) - set(VARIABLES)):
            if name.startswith("HUIYIN_") and not name.startswith("HUIYIN_TEST_"):
                self.complain(name, "没有这个设置项", "there is no such setting")

    def text(self, name: str) -> str:
        return self.env.get(name, "").strip() or VARIABLES[name]

    def complain(self, name: str, zh: str, en: str) -> None:
        self.problems.append((name, zh, en))

    def url(self, name: str, schemes: tuple[str, ...], *, default: str = "") -> str:
        value = self.text(name) or default
        if value and urlsplit(value).scheme not in schemes:
            listed = ", ".join(f"{scheme}://" for scheme in schemes)
            self.complain(name, f"地址必须以 {listed} 开头", f"the address must start with {listed}")
        return value

    def choice(self, name: str, allowed: tuple[str, ...], value: str) -> str:
        if value not in allowed:
            listed = ", ".join(allowed)
            self.complain(name, f"只能是：{listed}", f"must be one of: {listed}")
        return value


def _read(reader: _Reader) -> Settings:
    home = Path(reader.text("HUIYIN_HOME")).absolute()
    databases = {service: _database(reader, service, home) for service in SERVICES}
    broker = reader.url("HUIYIN_BROKER_URL", ("amqp", "amqps"))
    host, port = _listen(reader)
    return Settings(
        home=home,
        databases=databases,
        broker_url=broker,
        broker_admin_url=reader.url("HUIYIN_BROKER_ADMIN_URL", ("http", "https")),
        clock_file=_clock(reader),
        processes=_processes(reader),
        smtp_url=reader.url("HUIYIN_SMTP_URL", ("smtp", "smtps")),
        mail_from=reader.text("HUIYIN_MAIL_FROM"),
        channels=_channels(reader),
        env=reader.env,
        files=_files(reader, home),
        host=host,
        port=port,
        trusted_proxy=_trusted_proxy(reader),
        certificate_header=_header(reader),
        zone=_zone(reader),
        log_level=reader.choice(
            "HUIYIN_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), reader.text("HUIYIN_LOG_LEVEL").upper()
        ),
        log_format=reader.choice("HUIYIN_LOG_FORMAT", ("console", "json"), reader.text("HUIYIN_LOG_FORMAT")),
        secret_key=_secret(reader, home, embedded=not broker),  # last: it may write a file
    )


def _database(reader: _Reader, service: str, home: Path) -> str:
    name = f"HUIYIN_{service.upper()}_DATABASE_URL"
    schemes = ("sqlite", "postgresql", "postgresql+psycopg")
    return reader.url(name, schemes, default=f"sqlite:///{home / service}.sqlite")


def _processes(reader: _Reader) -> Path:
    path = Path(reader.text("HUIYIN_PROCESSES")).absolute()
    if "HUIYIN_PROCESSES" in reader.env and not path.is_dir():
        reader.complain("HUIYIN_PROCESSES", f"目录不存在：{path}", f"there is no such directory: {path}")
    return path


def _channels(reader: _Reader) -> Path | None:
    path = Path(reader.text("HUIYIN_CHANNELS")).absolute() if reader.text("HUIYIN_CHANNELS") else None
    if path is not None and not path.is_file():
        reader.complain("HUIYIN_CHANNELS", f"文件不存在：{path}", f"there is no such file: {path}")
    return path


def _files(reader: _Reader, home: Path) -> Files:
    kinds = tuple(reader.text("HUIYIN_FILE_KINDS").replace(" ", "").split(","))
    for kind in kinds:
        reader.choice("HUIYIN_FILE_KINDS", FILE_KINDS, kind)
    clamd = reader.text("HUIYIN_CLAMD")
    host, _, port = clamd.rpartition(":")
    if clamd and not clamd.startswith("unix:/") and not (host and port.isdigit()):
        reader.complain("HUIYIN_CLAMD", "写成 host:port 或 unix:/路径", "write host:port or unix:/path")
    return Files(
        folder=Path(reader.text("HUIYIN_FILES") or home / "files").absolute(),
        most_bytes=_whole(reader, "HUIYIN_FILE_MAX_MB", 1024) * _MB,
        per_matter=_whole(reader, "HUIYIN_FILES_PER_MATTER", 100),
        kinds=kinds,
        clamd=clamd,
    )


def _whole(reader: _Reader, name: str, most: int) -> int:
    value = reader.text(name)
    if not value.isascii() or not value.isdigit() or not 0 < int(value) <= most:
        reader.complain(name, f"应为 1 至 {most} 的整数", f"must be a whole number from 1 to {most}")
        return 1
    return int(value)


def _clock(reader: _Reader) -> Path | None:
    value = reader.text("HUIYIN_CLOCK")
    if not value:
        return None
    if not value.startswith("file:/"):
        reader.complain("HUIYIN_CLOCK", "留空，或写 file:/路径", "leave it empty or write file:/path")
        return None
    return Path(value.removeprefix("file:"))


def _listen(reader: _Reader) -> tuple[str, int]:
    host, _, port = reader.text("HUIYIN_LISTEN").rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        reader.complain("HUIYIN_LISTEN", "应写成 host:port（主机和端口）", "write it as host:port")
        return host, 0
    return host, int(port)


def _trusted_proxy(reader: _Reader) -> str:
    value = reader.text("HUIYIN_TRUSTED_PROXY")
    try:
        return value if value in ("", "*") else str(ip_address(value))
    except ValueError:
        reader.complain(
            "HUIYIN_TRUSTED_PROXY", "留空，或写一个 IP 地址，或 *", "leave it empty, write one IP address or *"
        )
        return ""


def _header(reader: _Reader) -> str:
    value = reader.text("HUIYIN_CERTIFICATE_HEADER")
    if not re.fullmatch(r"(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)?", value):
        reader.complain("HUIYIN_CERTIFICATE_HEADER", "不是请求头的名称", "this is no name of a header")
    return value


def _zone(reader: _Reader) -> ZoneInfo:
    value = reader.text("HUIYIN_ZONE")
    try:
        return ZoneInfo(value)
    except (OSError, ValueError, KeyError):  # zoneinfo raises any of them, depending on how the name is wrong
        reader.complain("HUIYIN_ZONE", f"没有这个时区：{value}", f"there is no such time zone: {value}")
        return ZoneInfo("UTC")


def _secret(reader: _Reader, home: Path, *, embedded: bool) -> str:
    value = reader.text("HUIYIN_SECRET_KEY")
    if value:
        if len(value) < _SECRET_MIN:
            reader.complain(
                "HUIYIN_SECRET_KEY", f"至少 {_SECRET_MIN} 个字符", f"needs at least {_SECRET_MIN} characters"
            )
        return value
    if not embedded:
        reader.complain("HUIYIN_SECRET_KEY", "接入消息服务器时必须设置", "must be set when a broker is used")
        return value
    return "" if reader.problems else _kept_secret(home / "secret")


def _kept_secret(path: Path) -> str:
    """The secret of an embedded installation: made once, readable by its owner only.

    Linked into place complete, so that two processes starting together agree on one.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_text("ascii").strip()
