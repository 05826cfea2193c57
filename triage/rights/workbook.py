"""Tables as a workbook (XLSX): one sheet each, the header stays in sight, columns fit.

Every cell is written as text, so that nothing in it becomes a formula, a link or a number: codes
of agencies keep their zeros. Source: ECMA-376 (SpreadsheetML); OWASP, "CSV Injection".
"""

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Final

import xlsxwriter

from triage.rights.tables import Table

TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""Source: IANA media types, registered 2010."""

_WIDEST_CHARS: Final = 60
_NARROWEST_CHARS: Final = 8
_CELL_CHARS: Final = 32_767
"""So much fits into a cell. Source: ECMA-376 part 1, 18.18.93 (limit of the common programs)."""


def as_xlsx(tables: Iterable[Table], *, made_at: datetime) -> bytes:
    """The file, a sheet a table in this order; the same tables and time make the same file."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": made_at.replace(tzinfo=None)})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
    for table in tables:
        sheet = book.add_worksheet(table.title)
        for column, width in enumerate(_widths(table)):
            sheet.set_column(column, column, width)
        for row, cells in enumerate((table.header, *table.rows)):
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell[:_CELL_CHARS], plain if row else bold)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(table.rows), len(table.header) - 1)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    book.close()
    return out.getvalue()


def _widths(table: Table) -> list[int]:
    """Characters a column: as wide as its longest cell, within bounds."""
    columns = zip(table.header, *table.rows, strict=True)
    longest = (max(len(cell) for cell in column) + 2 for column in columns)
    return [min(max(one, _NARROWEST_CHARS), _WIDEST_CHARS) for one in longest]
