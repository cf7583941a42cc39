"""What a step asks the world to do. The service turns effects into rows and messages in the step's own transaction."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Effect:
    """Base of all effects; `kind` is the name it is logged under."""

    kind: ClassVar[str]

    def as_dict(self) -> dict[str, Any]:
        """As plain data with its kind."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDescribed(Effect):
    """What the diagram says of a task and who has it: `person`, if it is for one person alone.

    `deadline` is the id of the deadline. `beside`: the task beside which somebody is asked. `apart` are elements that
    must have been done by others than whoever does the task; `scope` is where it stands: the boxes around it, with
    positions.
    """

    task_id: str
    element: str
    name: str
    process: str
    role: str
    unit: str | None
    person: str | None = None
    form: str
    deadline: str | None
    public: str
    accepts: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    scope: str = ""
    beside: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOpened(TaskDescribed):
    """Somebody has something to do.

    `initial` is what the form holds before anybody has written into it, if the diagram says so. Of a task beside
    another one `question` is what is asked (a reference to a text).
    """

    kind = "task_opened"
    initial: dict[str, Any] | None = None
    question: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMigrated(TaskDescribed):
    """An open task follows the diagram of another version; what is not named here is as it was."""

    kind = "task_migrated"
    delegate: str | None = None


@dataclass(frozen=True, slots=True)
class TaskClosed(Effect):
    """`reason`: done | revoked | withdrawn | returned | expired."""

    kind = "task_closed"
    task_id: str
    element: str
    reason: str


@dataclass(frozen=True, slots=True)
class TaskChanged(Effect):
    """The task has gone to somebody else; `delegate` is the person who acts for whoever it is for."""

    kind = "task_changed"
    task_id: str
    role: str
    unit: str | None
    person: str | None = None
    delegate: str | None = None


@dataclass(frozen=True, slots=True)
class DeadlineSet(Effect):
    """A named deadline of the case has begun to run. `due_at` is the last instant that is in time."""

    kind = "deadline_set"
    deadline_id: str
    name: str
    unit: str | None
    due: date
    due_at: datetime
    rule: str
    why: tuple[str, ...]
    why_en: tuple[str, ...]
    provisional: bool
    calendar: str


@dataclass(frozen=True, slots=True)
class DeadlineMoved(Effect):
    """The deadline has another date; `first_due` stays what it was at the beginning."""

    kind = "deadline_moved"
    deadline_id: str
    name: str
    unit: str | None
    due: date
    due_at: datetime
    rule: str
    first_due: date
    why: tuple[str, ...]
    why_en: tuple[str, ...]
    provisional: bool
    calendar: str


@dataclass(frozen=True, slots=True)
class DeadlineConfirmed(Effect):
    """The deadline keeps its date under another calendar; why it is this date, or how sure, has changed.

    `kept`: an earlier date was computed, but it is not brought forward.
    """

    kind = "deadline_confirmed"
    deadline_id: str
    name: str
    unit: str | None
    due: date
    due_at: datetime
    rule: str
    why: tuple[str, ...]
    why_en: tuple[str, ...]
    provisional: bool
    calendar: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class DeadlineCleared(Effect):
    """What the deadline was for has ended."""

    kind = "deadline_cleared"
    deadline_id: str
    name: str


@dataclass(frozen=True, slots=True)
class TimerSet(Effect):
    """Wake the case at this instant (also sent when the instant moves)."""

    kind = "timer_set"
    timer_id: str
    due_at: datetime
    element: str


@dataclass(frozen=True, slots=True)
class TimerCleared(Effect):
    """Nobody waits for this timer any more."""

    kind = "timer_cleared"
    timer_id: str


@dataclass(frozen=True, slots=True)
class Subscribed(Effect):
    """The case waits for this message with this key."""

    kind = "subscribed"
    subscription_id: str
    name: str
    key: str
    element: str


@dataclass(frozen=True, slots=True)
class Unsubscribed(Effect):
    """The case no longer waits for it."""

    kind = "unsubscribed"
    subscription_id: str


@dataclass(frozen=True, slots=True)
class Sent(Effect):
    """The diagram throws a message."""

    kind = "sent"
    name: str
    key: str
    data: dict[str, Any]
    element: str


@dataclass(frozen=True, slots=True)
class Recorded(Effect):
    """A record of the case: what its schema in the contracts says it means."""

    kind = "recorded"
    record_id: str
    record: str
    data: dict[str, Any]
    element: str
    task_id: str | None
    unit: str | None
    role: str | None


@dataclass(frozen=True, slots=True)
class Milestone(Effect):
    """The matter is now in this reporting state."""

    kind = "milestone"
    state: str
    element: str


@dataclass(frozen=True, slots=True)
class Noticed(Effect):
    """Tell these people, with this text of the package. `to` is resolved: `role:<role>@<unit>`, `person:<id>`."""

    kind = "noticed"
    template: str
    to: tuple[str, ...]
    element: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseStarted(Effect):
    """Start another case of the same matter."""

    kind = "case_started"
    process: str
    data: dict[str, Any]
    element: str


@dataclass(frozen=True, slots=True)
class Finished(Effect):
    """The case has ended; `outcome` is the id of the end event."""

    kind = "finished"
    outcome: str
