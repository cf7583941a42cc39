"""What somebody sees of a matter that others handle too: everything, the inside of his units, or what is public.

One rule for every page, list and interface of every service (domain 4-actors): offices that read all matters see
everything. A unit sees its own inside, what offices do, and of another unit what units tell each other. Whoever
proposed the matter sees every stage, but nothing internal. Pure.
"""

from dataclasses import dataclass
from typing import Final

from services.contracts.records import INNER, INTERNAL

REPLY: Final = "reply"
"""The deadline everybody may know: by its name packages tell when the reply is due (processes/README.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """`inside`: somebody who works on the matter, for an office or for `units`."""

    everything: bool = False
    inside: bool = False
    units: frozenset[str] = frozenset()

    def covers(self, unit: str | None) -> bool:
        """Whether he sees what a unit (None: an office) does with every step, person and remark."""
        return self.everything or (self.inside and (unit is None or unit in self.units))

    def reads(self, record: str, unit: str | None) -> bool:
        """Whether he reads a record of this type that was made for a unit; ratings may still be sealed."""
        if record in INNER:
            return self.covers(unit)
        return record not in INTERNAL or self.inside or self.everything

    def knows(self, deadline: str, unit: str | None) -> bool:
        """Whether he is told a deadline of this name that runs for a unit."""
        return deadline == REPLY or self.covers(unit)
