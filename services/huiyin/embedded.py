"""The whole installation in one process: every loop a thread, one web address."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine

from services.common import bells, db, migrations
from services.common import clock as clocks
from services.common.clock import Clock
from services.common.config import Settings
from services.huiyin import gateway
from services.huiyin.parts import PARTS, Surroundings

_JOIN = 10.0  # seconds to wait for a loop to end


@dataclass(slots=True)
class Installation:
    """Runs between `with` and its end; `port` 0 takes any free one."""

    settings: Settings
    port: int | None = None
    stop: Event = field(init=False)
    clock: Clock = field(init=False)
    engines: dict[str, Engine] = field(init=False)
    _server: Any = field(init=False, default=None)
    _threads: list[Thread] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.clock, self.stop = clocks.from_settings(self.settings), Event()
        self.engines = {name: db.connect(self.settings.databases[name]) for name in PARTS}

    @property
    def url(self) -> str:
        """The address of the pages."""
        return f"http://{self.settings.host}:{self._server.effective_port}"

    def migrate(self) -> None:
        """Wait for the databases and bring them up to date."""
        for name, engine in self.engines.items():
            db.wait(engine)
            migrations.migrate(name, self.settings.databases[name])

    def __enter__(self) -> Self:
        """Migrate, bind the address, start everything."""
        self.migrate()
        apps = {part.name: part.create(self.settings, self.clock, self.engines[part.name]) for part in PARTS.values()}
        port = self.settings.port if self.port is None else self.port
        told = self.settings.trusted_proxy, self.settings.certificate_header
        self._server = gateway.listen(gateway.compose(apps), self.settings.host, port, *told)
        self._start("web", self._server.run)
        for part in PARTS.values():
            here = Surroundings(self.settings, self.clock, self.stop, self.engines[part.name])
            for role, loop in part.loops.items():
                self._start(f"{part.name}-{role}", loop, here)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything and let go of the files."""
        self.stop.set()
        bells.ring_all()
        gateway.end(self._server)
        for thread in self._threads:
            thread.join(_JOIN)
        for engine in self.engines.values():
            engine.dispose()

    def _start(self, name: str, run: Any, *arguments: Any) -> None:
        thread = Thread(target=run, args=arguments, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
