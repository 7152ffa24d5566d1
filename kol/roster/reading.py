"""Rows of a roster file: a header that names the columns, then one account a row."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from kol.refusals import Refused

COLUMNS: Final = ("name", "platform", "handle", "followers", "followers_on", "country", "agency", "note")
NEEDED: Final = COLUMNS[:3]
LARGEST_TEXT: Final = 200 * 1024
"""Bytes of a CSV text that is part of a request."""
MOST_ROWS: Final = 2000
LONGEST_CELL: Final = 20_000


@dataclass(frozen=True, kw_only=True)
class RosterRow:
    """One row as it stands in the file: texts without blanks around them, an empty one where none is."""

    line: int
    name: str
    platform: str
    handle: str
    followers: str = ""
    followers_on: str = ""
    country: str = ""
    agency: str = ""
    note: str = ""


def read_csv(text: str, *, field: str = "csv") -> list[RosterRow]:
    """The rows of a CSV text with commas, semicolons or tabs; raises `Refused` for what is no such text."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_TEXT:
        raise Refused(field, message="At most 200 KiB.")
    if "\0" in text:
        raise Refused(field, message="Text must not contain the NUL character.")
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LARGEST_TEXT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    told: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            told.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Refused(field, message=f"Line {begins} is no CSV: {error}.") from None
    if not told:
        raise Refused(field, message="It is empty: a header names the columns.")
    return rows_of(told[0][1], told[1:], field=field)


def rows_of(
    header: Sequence[Any], told: Iterable[tuple[int, Sequence[Any]]], *, field: str = "csv"
) -> list[RosterRow]:
    """Rows of a table, each with the line it begins at; those that are blank are left out."""
    columns = ["_".join(plain(name).lower().split()) for name in header]
    _check(columns, field)
    found: list[RosterRow] = []
    for line, cells in told:
        texts = [plain(cell) for cell in cells]
        if not any(texts):
            continue
        if any(texts[len(columns) :]):
            raise Refused(field, message=f"Line {line} has more cells than the header has columns.")
        if len(found) == MOST_ROWS:
            raise Refused(field, message=f"At most {MOST_ROWS} rows.")
        row = dict.fromkeys(COLUMNS, "")
        row |= {name: text for name, text in zip(columns, texts, strict=False) if name}
        found.append(RosterRow(line=line, **row))
    if not found:
        raise Refused(field, message="There are no rows below the header.")
    return found


def _check(columns: Sequence[str], field: str) -> None:
    known = ", ".join(COLUMNS)
    for name in columns:
        if name and name not in COLUMNS:
            raise Refused(field, message=f"There is no column {name[:100]!r}; the columns are {known}.")
        if name and columns.count(name) > 1:
            raise Refused(field, message=f"The column {name!r} stands in the header twice.")
    for name in NEEDED:
        if name not in columns:
            raise Refused(field, message=f"The column {name!r} is missing; the columns are {known}.")


def plain(cell: Any) -> str:
    """A cell as a text: whole numbers without decimals, days as days."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()[:LONGEST_CELL]
