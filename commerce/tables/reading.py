"""Tables that people keep, as rows of texts: CSV, or the first sheet of an XLSX workbook."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

LARGEST_SHEET: Final = 20 * 1024 * 1024
"""Bytes of a workbook when it is unpacked."""
LARGEST_FIELD: Final = 16 * 1024 * 1024
MOST_COLUMNS: Final = 50
LONGEST_CELL: Final = 20_000
DIGITS: Final = 15
"""What a number in a workbook has of them; the others come of how it is stored."""


class Unreadable(Exception):  # noqa: N818 - a verdict on a file, not a fault of the program
    """Why a file is no such table; the message is for whoever made the file."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a table looks like: a header that names columns, in any order, then rows."""

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    """Columns that have to be there."""
    most_rows: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table: the line it begins at, and a text for each column of the layout."""

    line: int
    cells: Mapping[str, str]
    """Without blanks around them; an empty one where there is none."""


def read_file(path: Path, *, layout: Layout) -> list[Row]:
    """The rows of a file, by its name a workbook or CSV; raises `Unreadable` and OSError."""
    content = path.read_bytes()
    if path.suffix.lower() == ".xlsx":
        return read_workbook(content, layout=layout)
    return read_csv(decoded(content), layout=layout)


def decoded(content: bytes) -> str:
    """The text of a CSV file; raises `Unreadable`."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("The file is not in UTF-8.") from None


def read_csv(text: str, *, layout: Layout) -> list[Row]:
    """The rows of a CSV text with commas, semicolons or tabs; raises `Unreadable`."""
    if "\0" in text:
        raise Unreadable("Text must not contain the NUL character.")
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LARGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    told: list[tuple[int, Sequence[Any]]] = []
    begins = 1
    try:
        for cells in reader:
            told.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(f"Line {begins} is no CSV: {error}.") from None
    return rows_of(told, layout=layout)


def read_workbook(content: bytes, *, layout: Layout) -> list[Row]:
    """The rows of the first sheet of an XLSX workbook; raises `Unreadable`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST_SHEET:
                raise Unreadable("The workbook is too large when it is unpacked.")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = book.worksheets[0].iter_rows(
            # One row more than there may be, so that it is seen to be there.
            max_col=MOST_COLUMNS,
            max_row=layout.most_rows + 2,
            values_only=True,
        )
        told = [(line, list(cells)) for line, cells in enumerate(rows, 1)]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, SyntaxError):
        raise Unreadable("The file is no XLSX workbook.") from None
    return rows_of(told, layout=layout)


def rows_of(told: Iterable[tuple[int, Sequence[Any]]], *, layout: Layout) -> list[Row]:
    """The rows below the header, each with the line it begins at; those that are blank are left out."""
    lines = iter(told)
    header = next(lines, None)
    if header is None:
        raise Unreadable("It is empty: a header names the columns.")
    columns = ["_".join(plain(name).lower().split()) for name in header[1]]
    _check(columns, layout)
    found: list[Row] = []
    for line, cells in lines:
        texts = [plain(cell) for cell in cells]
        if not any(texts):
            continue
        if any(texts[len(columns) :]):
            raise Unreadable(f"Line {line} has more cells than the header has columns.")
        if len(found) == layout.most_rows:
            raise Unreadable(f"At most {layout.most_rows} rows.")
        named = {name: text for name, text in zip(columns, texts, strict=False) if name}
        found.append(Row(line=line, cells={**dict.fromkeys(layout.columns, ""), **named}))
    if not found:
        raise Unreadable("There are no rows below the header.")
    return found


def _check(columns: Sequence[str], layout: Layout) -> None:
    known = ", ".join(layout.columns)
    for name in columns:
        if name and name not in layout.columns:
            raise Unreadable(f"There is no column {name[:100]!r}; the columns are {known}.")
        if name and columns.count(name) > 1:
            raise Unreadable(f"The column {name!r} stands in the header twice.")
    for name in layout.needed:
        if name not in columns:
            raise Unreadable(f"The column {name!r} is missing; the columns are {known}.")


def plain(cell: Any) -> str:
    """A cell as a text: whole numbers without decimals, others as they are shown, days as days."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(cell, f".{DIGITS}g")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()[:LONGEST_CELL]
