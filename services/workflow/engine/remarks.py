"""What a package's tables have to say about an answer: `<hy:task check="D07, D08">`.

Asked by whoever takes the answer in, before anything moves. A step never asks: what the log says was accepted stays
accepted, whatever the time of replay makes of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.workflow.engine.cases import Case
from services.workflow.engine.problems import EngineError
from services.workflow.engine.scopes import names_in
from services.workflow.engine.spiff.trees import element_of
from services.workflow.engine.verbs import task_of

OUTPUTS = ("severity", "path", "text", "text_en")
"""What a table of checks gives for each row hit."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One row hit: an error refuses the answer, a warning goes along with it. `path` is empty for the whole answer."""

    severity: Literal["error", "warning"]
    path: str
    text: str
    text_en: str


def remarks(case: Case, task_id: str, answer: dict[str, Any], at: datetime) -> list[Remark]:
    """Ask the tables of an open task about an answer, with every variable there; changes nothing.

    Raises Unexpected for a closed task, EngineError where a table fails or gives what is no remark.
    """
    if task_id in case.sides:
        return []  # the tables are about the diagram's own answers
    task = task_of(case, task_id)
    hy = task.task_spec.extensions.get("task", {})
    facts = {"answer": answer, "now": max(case.now, at).astimezone(case.zone).isoformat()}
    found: list[Remark] = []
    for decision in names_in(hy.get("check", "")):
        outputs = case.outcome_of(decision, task, facts).outputs or []
        rows = outputs if isinstance(outputs, list) else [outputs]
        found += [read(row, element_of(task), decision) for row in rows]
    return found


def read(row: dict[str, Any], element: str, decision: str) -> Remark:
    """The remark in the outputs of a row; raises EngineError."""
    severity, path, text, text_en = (row.get(name) for name in OUTPUTS)
    if severity not in ("error", "warning") or not isinstance(text, str) or not isinstance(path or "", str):
        raise EngineError("bad_remark", element=element, detail=f"{decision}: {severity} {text}"[:80])
    return Remark(severity, path or "", text, str(text_en or text))
