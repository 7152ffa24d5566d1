"""Tables of a fixed row size, read and written whole: nothing is made of a row by itself."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from psycopg import Connection, sql

Rows = np.ndarray[Any, Any]

HEADER: Final = b"PGCOPY\n\xff\r\n\0".ljust(19, b"\0")
TRAILER: Final = b"\xff\xff"
"""Around the rows of PostgreSQL's binary COPY format."""
NUMBER: Final = ">f8"
COUNT: Final = ">i4"
IDENTITY: Final = "V16"


def _layout(columns: Mapping[str, str]) -> "np.dtype[Any]":
    """A row in that format: how many fields, and each after its size."""
    row = [("fields", ">i2")]
    for name, kind in columns.items():
        row += [(f"size of {name}", ">i4"), (name, kind)]
    return np.dtype(row)


def read(
    connection: Connection[Any], statement: str, values: Mapping[str, Any], *, columns: Mapping[str, str]
) -> Rows:
    """The rows of a statement whose columns are of these kinds and never null."""
    copied = f"COPY ({statement}) TO STDOUT (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(copied, values) as copy:
        told = b"".join(copy)
    return np.frombuffer(memoryview(told)[len(HEADER) : -len(TRAILER)], dtype=_layout(columns))


def write(
    connection: Connection[Any], table: str, columns: Mapping[str, str], *, values: Mapping[str, Rows]
) -> None:
    """Add rows to a table of just these columns, in their order."""
    filled = np.zeros(len(next(iter(values.values()))), dtype=_layout(columns))
    filled["fields"] = len(columns)
    for name, kind in columns.items():
        filled[f"size of {name}"] = np.dtype(kind).itemsize
        filled[name] = values[name]
    copied = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table))
    with connection.cursor() as cursor, cursor.copy(copied) as copy:
        copy.write(HEADER + filled.tobytes() + TRAILER)
