"""Rows of a roster file: a header that names the columns, then one account a row."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from commerce import tables
from kol.refusals import Refused

COLUMNS: Final = ("name", "platform", "handle", "followers", "followers_on", "country", "agency", "note")
LARGEST_TEXT: Final = 200 * 1024
"""Bytes of a CSV text that is part of a request."""
MOST_ROWS: Final = 2000
LAYOUT: Final = tables.Layout(columns=COLUMNS, needed=COLUMNS[:3], most_rows=MOST_ROWS)


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
    with _refused(field):
        return [roster_row(row) for row in tables.read_csv(text, layout=LAYOUT)]


def roster_row(row: tables.Row) -> RosterRow:
    """A row of a table with a roster's columns."""
    return RosterRow(line=row.line, **row.cells)


@contextmanager
def _refused(field: str) -> Iterator[None]:
    try:
        yield
    except tables.Unreadable as unreadable:
        raise Refused(field, message=unreadable.message) from None
