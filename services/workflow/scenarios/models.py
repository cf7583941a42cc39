"""A scenario as it was written, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from services.workflow.engine import Stimulus


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must be true at a moment; only what is given is looked at.

    `tasks` are all open tasks, as `element` or `element@unit`. `deadlines` are due dates by `name` or `name@unit`.
    `records`, `notices` and `messages` are numbers so far by type. `milestones` must have come in this order, others
    may stand between. `cases` are outcomes by process, `open` for a running one.
    """

    tasks: tuple[str, ...] | None = None
    deadlines: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, int] = field(default_factory=dict)
    notices: Mapping[str, int] = field(default_factory=dict)
    messages: Mapping[str, int] = field(default_factory=dict)
    milestones: tuple[str, ...] = ()
    cases: Mapping[str, str] = field(default_factory=dict)
    state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One line of `when`. Exactly one of `do`, `message`, `record`, `operator`, `advance`, `finish`, `then` is set.

    `refused`: the answer to the task must be refused, for the fields at exactly these paths, or for `four_eyes`.
    `unreached`: units whose own systems take nothing while time passes up to this line.
    """

    at: str | None = None
    matter: str | None = None
    who: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    do: str | None = None
    refused: tuple[str, ...] | None = None
    message: str | None = None
    record: str | None = None
    operator: Mapping[str, Any] | None = None
    advance: bool = False
    unreached: tuple[str, ...] = ()
    finish: bool = False
    then: Expectation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Given, when, then. `at` is local time where the package applies; `matters` are the facts a case gets.

    `own` are units whose own systems do the inside.
    """

    title: str
    title_en: str
    package: str
    calendar: str
    at: str
    matters: tuple[Mapping[str, Any], ...]
    auto: bool
    own: tuple[str, ...]
    acts: tuple[Act, ...]
    then: Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened. `deadline` is the due date of the task done, `messages` what others got to hear."""

    service: str = "workflow"
    element: str
    case: str
    actor: Mapping[str, Any]
    at: str
    deadline: str | None = None
    why: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As `huiyin walk --json` prints it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Failure:
    """What did not come as the scenario says; `act` is the number of the line in `when`, 0 for `then`."""

    act: int
    text: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What happened, what went wrong, the matters' states at the end by matter id, and the logs by case id."""

    steps: tuple[Step, ...]
    failures: tuple[Failure, ...]
    final_state: Mapping[str, str]
    logs: Mapping[str, Sequence[Stimulus]]

    @property
    def passed(self) -> bool:
        """Whether everything came as the scenario says."""
        return not self.failures
