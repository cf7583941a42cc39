"""Tables as a workbook."""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Table = Iterable[Sequence[str | int | date]]


def write(*sheets: tuple[str, Table, Sequence[int]]) -> bytes:
    """Sheets as (title, rows, widths of columns); the first row of each, the heads, stays in sight.

    Dates are dates, texts are texts whatever they begin with.
    """
    book = Workbook(write_only=True)
    for title, table, widths in sheets:
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "C2"
        for number, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        for count, row in enumerate(table):
            sheet.append([_cell(sheet, value, bold=count == 0) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(sheet: Any, value: str | int | date, *, bold: bool) -> Any:
    plain: Any = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
    made = WriteOnlyCell(sheet, plain)
    if isinstance(value, str):
        made.data_type = "s"
    if bold:
        made.font = Font(bold=True)
    return made
