"""What a check found, in words for the owner of the process: what is wrong and how to cure it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Words(NamedTuple):
    """Reason and cure of one finding code, Chinese and English; `{…}` are filled with the facts."""

    reason: str
    reason_en: str
    cure: str
    cure_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a check found. `file` is relative to the package, `element` the XML id (or None)."""

    code: str
    severity: Severity
    file: str
    element: str | None
    reason: str
    reason_en: str
    cure: str
    cure_en: str

    def as_dict(self) -> dict[str, str | None]:
        """The finding as JSON-ready mapping, keys as documented in `processes/README.md`."""
        return asdict(self)


class Refused(Exception):
    """A document was refused; `findings` says why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{found.file}: {found.reason_en}" for found in self.findings))


def word(
    table: Mapping[str, Words],
    code: str,
    *,
    file: str,
    element: str | None = None,
    severity: Severity = "error",
    **facts: object,
) -> Finding:
    """Put finding `code` of `table` into words. The facts fill the placeholders of its four texts."""
    reason, reason_en, cure, cure_en = (text.format(**facts) for text in table[code])
    return Finding(
        code=code,
        severity=severity,
        file=file,
        element=element,
        reason=reason,
        reason_en=reason_en,
        cure=cure,
        cure_en=cure_en,
    )
