"""The ledger as a file: the same lines as on the page, and a column for every local field the records have."""

import csv as csv_
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from services.common import pages as page_tools
from services.contracts.codes import MATTER_KINDS, MATTER_STATES, OUTCOME_CLASSES
from services.intake.listings import Line, LocalFields
from services.intake.standings import STANDINGS
from services.intake.statistics import Head
from services.intake.web import labels
from services.intake.web.words import columns, say

Cell = str | int | date
Table = Iterable[Sequence[Cell]]
_WIDTHS: Final = {1: 14, 2: 44}
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")


def rows(lines: Iterable[Line], fields: LocalFields) -> Iterator[Sequence[Cell]]:
    """The heads, then one row per line."""
    yield [*columns(), *(labels.local_field_label(record, name) for record, name in fields)]
    for line in lines:
        yield [*_cells(line), *(_plain(values.get(line.matter_id)) for values in fields.values())]


def csv(table: Table) -> bytes:
    """As text with a mark; a cell that a spreadsheet would run as a formula gets an apostrophe."""
    text = io.StringIO()
    writer = csv_.writer(text)
    for row in table:
        writer.writerow([_harmless(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def xlsx(table: Table, head: Head) -> bytes:
    """As a workbook with the numbers on a sheet of their own; see `workbooks`."""
    # few processes ever write one, and the library takes a tenth of a second to load
    from services.intake.web import workbooks

    widths = [_WIDTHS.get(number, 18) for number in range(1, len(columns()) + 1)]
    return workbooks.write((say("ledger"), table, widths), (say("statistics"), _numbers(head), (24, 12)))


def _numbers(head: Head) -> Iterator[Sequence[Cell]]:
    """What the ledger counts: where all stand, how many are handled together, states and classes."""
    yield say("what"), say("matters")
    yield say("received"), head.total.number
    yield from ((labels.word(STANDINGS, count.code), count.number) for count in head.standings)
    yield say("groups", count=head.groups), head.merged.number
    yield say("overdue"), head.overdue.number
    yield from ((labels.word(MATTER_STATES, count.code), count.number) for count in head.states)
    yield from ((labels.word(OUTCOME_CLASSES, count.code), count.number) for count in head.classes)


def _cells(line: Line) -> list[Cell]:
    return [
        labels.number_label(line.no),
        line.title,
        labels.word(MATTER_KINDS, line.kind),
        line.topic,
        labels.session_label(line.session_id),
        say("and_others", name=line.lead, count=line.co_count + 1) if line.co_count else line.lead,
        line.delegation,
        page_tools.format_datetime(line.submitted_at),
        labels.word(MATTER_STATES, line.state),
        labels.class_label(line.outcome_class, line.session_id),
        "、".join(labels.share(unit, role) for unit, role in line.units),
        "、".join(line.tasks),
        line.deadline,
        line.due or "",
        ";".join(line.why),
        say("yes") if line.overdue else "",
        say("yes") if line.key else "",
        labels.group_label(line.group),
    ]


def _plain(value: Any) -> Cell:
    """A local field as one cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, list):
        return "、".join(str(_plain(one)) for one in value)
    if isinstance(value, Mapping):
        return ";".join(f"{name}:{_plain(one)}" for name, one in value.items())
    return value if isinstance(value, int) else str(value)


def _harmless(cell: Cell) -> str:
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return f"'{text}" if isinstance(cell, str) and _FORMULA.match(text) else text
