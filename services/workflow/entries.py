"""Messages that may start a process beside `matter.submitted`, and the variable in which the case finds their facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

VARIABLES: Final[Mapping[str, str]] = {
    "withdrawal.requested": "withdrawal",
    "matter.secrecy_changed": "secrecy_change",
}
