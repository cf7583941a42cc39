"""What can go wrong in a step, as codes; the words are in `services/workflow/problems.py`."""

from typing import Any


class EngineError(Exception):
    """A step could not be made. The case as it was before the step is untouched; the live object is spoilt.

    `code` is stable, `element` the BPMN id where it happened (empty if unknown), `detail` names the fact.
    """

    def __init__(self, code: str, *, element: str = "", detail: str = "") -> None:
        super().__init__(f"{code} at {element or 'the case'}: {detail}" if detail else f"{code} at {element}")
        self.code, self.element, self.detail = code, element, detail

    def as_dict(self) -> dict[str, Any]:
        """For an incident row or a log line."""
        return {"code": self.code, "element": self.element, "detail": self.detail}


class Unexpected(EngineError):
    """The stimulus does not fit the state: a closed task, a message nobody waits for, a record not accepted.

    Nothing has been changed; the live case may be used further.
    """
