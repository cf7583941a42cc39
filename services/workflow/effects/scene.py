"""The case and the moment in which effects happened, and where their rows and messages go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.contracts.envelopes import Message
from services.workflow.editions import Edition
from services.workflow.store import Changes

Row = Mapping[Any, Any]


@dataclass(slots=True)
class Scene:
    """One step of one case. `deadlines` and `tasks` hold the earlier rows its effects refer to, by id."""

    case_id: str
    matter_id: str
    matter_no: str | None
    title: str
    process: str
    edition: Edition
    seq: int
    at: datetime
    actor: dict[str, Any]
    cause: str | None
    texts: Mapping[str, str]
    deadlines: dict[str, dict[str, Any]]
    tasks: dict[str, Row]
    connectors_of: Callable[[str], tuple[str, ...]]
    changes: Changes
    warnings: Sequence[Mapping[str, str]] = ()  # remarks on the answer that caused the step
    status: str = "running"
    outcome: str | None = None
    state_name: str | None = None
    _sent: int = 0

    def emit(self, type_: str, data: dict[str, Any], unit: str | None = None) -> None:
        """Queue a message to the services and, where connectors speak for `unit`, to these agencies too."""
        self._post(type_, data, None)
        for connector in self.connectors_of(unit) if unit else ():
            self._post(type_, data, connector)

    def next_id(self) -> str:
        """The next derived message id of this step."""
        self._sent += 1
        return f"{self.case_id}.{self.seq}.{self._sent}"

    def _post(self, type_: str, data: dict[str, Any], target: str | None) -> None:
        message = Message(
            id=self.next_id(),
            type=type_,
            source="/workflow",
            subject=self.matter_id,
            time=self.at,
            data=data,
            correlation_id=self.case_id,
            causation_id=self.cause or f"{self.case_id}.{self.seq}",
        )
        self.changes.messages.append((message, target))

    @property
    def ids(self) -> dict[str, Any]:
        """Case and matter, as most messages carry them."""
        return {"case_id": self.case_id, "matter_id": self.matter_id}
