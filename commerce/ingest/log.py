"""The log: binary COPY straight into the keyed table, and a staging table only when a batch collides."""

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection, errors

from commerce.ingest.decode import Parsed
from commerce.ingest.moments import microseconds_of, moment_of

# PostgreSQL counts microseconds from 2000-01-01.
POSTGRES_EPOCH: Final = 946_684_800_000_000
COLUMNS: Final = (
    "partner_id, occurred_at, id, received_at, kind, item, digest, "
    "quantity, sequence, view, session_id, viewer_id, product_id, properties"
)
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
_TRAILER: Final = struct.pack("!h", -1)
_NULL: Final = struct.pack("!i", -1)


class Row(NamedTuple):
    """One row of the log and the event it stands for."""

    parsed: Parsed
    id: bytes
    item: int
    quantity: int | None
    session: bytes | None
    viewer: bytes | None
    product: bytes | None


@lru_cache(maxsize=128)
def _layout(quantity: bool, sequence: bool, view: bool, session: bool, viewer: bool, product: bool) -> struct.Struct:
    """The binary layout of a row with these columns present; an absent one is a length of -1."""
    number, identity = {True: "iq", False: "i"}, {True: "i16s", False: "i"}
    return struct.Struct(
        "!h i16s iq i16s iq ih ih iq".replace(" ", "")
        + number[quantity]
        + number[sequence]
        + number[view]
        + identity[session]
        + identity[viewer]
        + identity[product]
    )


def _pack(row: Row, *, partner: bytes, received: int) -> bytes:
    parsed = row.parsed
    sequence, view = parsed.sequence, parsed.view
    layout = _layout(
        row.quantity is not None,
        sequence is not None,
        view is not None,
        row.session is not None,
        row.viewer is not None,
        row.product is not None,
    )
    values: list[Any] = [
        14, 16, partner, 8, parsed.at - POSTGRES_EPOCH, 16, row.id, 8, received, 2, parsed.kind, 2, row.item, 8, parsed.digest,
    ]  # fmt: skip
    for number in (row.quantity, sequence, view):
        values += (-1,) if number is None else (8, number)
    for identity in (row.session, row.viewer, row.product):
        values += (-1,) if identity is None else (16, identity)
    packed = layout.pack(*values)
    if row.item or parsed.properties is None:
        return packed + _NULL
    return packed + struct.pack("!iB", len(parsed.properties) + 1, 1) + parsed.properties


def write(connection: Connection[Any], rows: Sequence[Row], *, partner_id: UUID, received: int) -> set[int]:
    """Write rows; answers the positions of those the log already had (by event identity)."""
    partner, received = partner_id.bytes, received - POSTGRES_EPOCH
    stream = _HEADER + b"".join([_pack(row, partner=partner, received=received) for row in rows]) + _TRAILER
    try:
        with connection.transaction():
            _copy(connection, "commerce_event", stream)
    except errors.UniqueViolation:
        return _write_around(connection, rows, stream)
    return set()


def _copy(connection: Connection[Any], table: str, stream: bytes) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.write(stream)


def _write_around(connection: Connection[Any], rows: Sequence[Row], stream: bytes) -> set[int]:
    """The same through a staging table, leaving out what the log has."""
    connection.execute("CREATE TEMP TABLE staged (LIKE commerce_event) ON COMMIT DROP")
    _copy(connection, "staged", stream)
    added = connection.execute(
        f"INSERT INTO commerce_event ({COLUMNS}) SELECT {COLUMNS} FROM staged "
        "ON CONFLICT (partner_id, occurred_at, id) DO NOTHING RETURNING id, occurred_at"
    ).fetchall()
    connection.execute("DROP TABLE staged")
    new = {(identity.bytes, moment) for identity, moment in added}
    return {position for position, row in enumerate(rows) if (row.id, moment_of(row.parsed.at)) not in new}


def digests(connection: Connection[Any], rows: Sequence[Row], *, partner_id: UUID) -> dict[tuple[bytes, int], int]:
    """Content digests of the events the log has under these identities: {(id, microseconds): digest}."""
    found = connection.execute(
        "SELECT e.id, e.occurred_at, e.digest FROM commerce_event e "
        "JOIN unnest(%s::uuid[], %s::timestamptz[]) AS u (id, at) ON e.id = u.id AND e.occurred_at = u.at "
        "WHERE e.partner_id = %s",
        [[UUID(bytes=row.id) for row in rows], [moment_of(row.parsed.at) for row in rows], partner_id],
    ).fetchall()
    return {(identity.bytes, microseconds_of(moment)): digest for identity, moment, digest in found}
