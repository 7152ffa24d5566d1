"""Tables of a fixed row size, read and written whole: nothing is made of a row by itself."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from psycopg import Connection, sql

Rows = np.ndarray[Any, Any]

HEADER: Final = b"PGCOPY\n\xff\r\n\0".ljust(19, b"\0")
TRAILER: Final = b"\xff\xff"
"""Around the rows of PostgreSQL's binary COPY format."""
BEFORE_ELEMENTS: Final = 20
"""Bytes of an array of one dimension, as it is sent, that come before its elements and their sizes."""
TOGETHER: Final = 100_000
"""Rows of one array: an answer holds a gigabyte at most."""
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
) -> dict[str, Rows]:
    """The columns of a statement, which are named so, of these kinds and never null; in no order."""
    arrays = ", ".join(f"array_send(array_agg({name}))" for name in columns)
    packed = (
        f"SELECT {arrays} FROM (SELECT *, row_number() OVER () / {TOGETHER} AS part FROM ({statement}) t) u "
        "GROUP BY part"
    )
    told = connection.execute(packed, values, binary=True).fetchall()
    return {
        name: np.concatenate([np.empty(0, kind), *(_elements(row[place], kind) for row in told)])
        for place, (name, kind) in enumerate(columns.items())
    }


def _elements(sent: bytes, kind: str) -> Rows:
    told: Rows = np.frombuffer(sent, dtype=[("size", ">i4"), ("element", kind)], offset=BEFORE_ELEMENTS)
    return told["element"]


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
