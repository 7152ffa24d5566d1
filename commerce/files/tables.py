"""Flat CSV: rows with their line numbers, checked against the header."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import orjson

from commerce.files.reading import FileError, Piece, Source
from commerce.ingest.decode import MAX_EVENT_BYTES, Refused

_ESCAPED: Final = range(0xDC80, 0xDD00)


class Row(NamedTuple):
    """One record: the line it begins at, its cells by column, and what is wrong with it as a record."""

    line: int
    cells: dict[str, str]
    problem: str | None = None


def read_rows(source: Source, *, delimiter: str, needed: Iterable[str]) -> Iterator[Row]:
    """The records under a header line; raises FileError when the header lacks a needed column."""
    # Bytes that are no UTF-8 are kept apart, so that only their own record is refused.
    text = io.TextIOWrapper(source.content, encoding="utf-8-sig", errors="surrogateescape", newline="")
    csv.field_size_limit(MAX_EVENT_BYTES)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check(header, needed, source.name)
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                yield _row(line, header, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileError(f"{source.name}: line {reader.line_num}: {error}.") from None
    finally:
        text.detach()


def _check(header: list[str], needed: Iterable[str], name: str) -> None:
    if not header:
        raise FileError(f"{name}: line 1: a header is needed.")
    if twice := sorted({column for column in header if header.count(column) > 1}):
        raise FileError(f"{name}: line 1: the column {twice[0]!r} stands in the header twice.")
    if missing := [column for column in needed if column not in header]:
        has = ", ".join(header)[:300]
        raise FileError(f"{name}: line 1: the mapping needs the column {missing[0]!r}; the header has {has}.")


def _row(line: int, header: list[str], cells: list[str]) -> Row:
    row = dict(zip(header, cells, strict=False))
    if len(cells) != len(header):
        row |= {f"column {place}": cell for place, cell in enumerate(cells[len(header) :], len(header) + 1)}
        return Row(line, row, f"has {len(cells)} cells; the header has {len(header)}")
    for column, cell in row.items():
        if not cell.isascii() and any(ord(letter) in _ESCAPED for letter in cell):
            return Row(line, row, f"column {column!r}: not UTF-8")
    return Row(line, row)


def refused_row(row: Row, *, name: str, rule: str, path: str = "") -> Piece:
    """A row that is no event, whole, for the door to keep with the reason."""
    message = f"{name}, line {row.line}: {rule}."
    kept = {"file": name, "line": row.line, "problem": rule, "row": readable(row)}
    return Piece(orjson.dumps(kept), row.line, Refused("schema", message[:500], path))


def readable(row: Row) -> dict[str, str]:
    """The cells of a row, with the replacement character where bytes were not UTF-8."""
    return {_plain(column): _plain(cell) for column, cell in row.cells.items()}


def _plain(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
