"""What can move a case. Nothing else can."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["start", "complete_task", "message", "timer", "record", "operator"]


@dataclass(frozen=True, slots=True)
class Stimulus:
    """One thing that happened to a case, as it is logged and replayed.

    `at` is the instant of its arrival (aware), never the sender's claim. `actor` and `data` hold codes, facts and
    hashes, no texts:

    * `start`: {"process", "matter": facts, "vars": {…}, "event": id of the start event (optional)}
    * `complete_task`: {"task": task id, "data": facts of its form}
    * `message`: {"subscription": id} or {"name", "key"}, and "data"
    * `timer`: {"timer": timer id}; `at` is the instant it was due
    * `record`: {"record": type, "task": task id or None, "data": facts, "unit", "role"}
    * `operator`: {"verb": …} as `verbs.VERBS` lists them

    Any stimulus may bring "pins": {"<extension point>/<unit>": process id}, the units' own diagrams in force.
    """

    kind: Kind
    at: datetime
    actor: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
