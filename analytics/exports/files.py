"""Tables written as files. Text stays text: what looks like a formula is none."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from xlsxwriter import Workbook

from analytics.exports.tables import Cell, Table

CHUNK_BYTES: Final = 65_536
# A spreadsheet computes what begins so, or reads past it to what does.
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# A spreadsheet's numbers have no more digits than this: longer ones are written as text.
_DIGITS: Final = 15
MOST_ROWS: Final = 1_048_575
"""Rows of a sheet below its header; what is beyond is left to CSV."""


class Format(NamedTuple):
    """How a file is named and served."""

    extension: str
    content_type: str


FORMATS: Final = {
    "CSV": Format("csv", "text/csv; charset=utf-8"),
    "XLSX": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "PDF": Format("pdf", "application/pdf"),
}


def harmless(text: str) -> str:
    """Text that a spreadsheet shows as it is, with an apostrophe before what it would compute."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def csv_chunks(table: Table) -> Iterator[bytes]:
    """A table as CSV (RFC 4180, UTF-8), a chunk at a time; times are UTC, null is empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(table.headers)
    for row in table.rows:
        writer.writerow([_written(cell) for cell in row])
        if buffer.tell() >= CHUNK_BYTES:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def workbook_chunks(tables: Iterable[Table]) -> Iterator[bytes]:
    """Tables as the sheets of one workbook, written row by row to disk and read back in chunks."""
    with tempfile.TemporaryFile() as file:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd hh:mm:ss",
        }
        with Workbook(file, options) as workbook:
            bold = workbook.add_format({"bold": True})
            for table in tables:
                sheet = workbook.add_worksheet(table.name)
                sheet.freeze_panes(1, 0)
                for column, header in enumerate(table.headers):
                    sheet.write_string(0, column, header, bold)
                for number, row in enumerate(table.rows, start=1):
                    if number > MOST_ROWS:
                        break
                    for column, cell in enumerate(row):
                        _write(sheet, number, column, cell)
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _write(sheet: "Workbook.worksheet_class", row: int, column: int, cell: Cell) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell.astimezone(UTC).replace(tzinfo=None))
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif len(str(abs(cell)).replace(".", "")) <= _DIGITS:
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, str(cell))
