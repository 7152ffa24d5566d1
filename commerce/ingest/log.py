"""The log: binary COPY straight into the keyed table, and a staging table only when a batch collides."""

import struct
from collections.abc import Sequence
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
NULL: Final = struct.pack("!i", -1)
_SIXTEEN: Final = struct.pack("!i", 16)


class Row(NamedTuple):
    """One row of the log and the event it stands for; session, viewer and product as `field` gives them."""

    parsed: Parsed
    id: bytes
    item: int
    quantity: int | None
    session: bytes
    viewer: bytes
    product: bytes


def field(identity: UUID) -> bytes:
    """An id as a field of the stream, made once for all the rows that hold it."""
    return _SIXTEEN + identity.bytes


_FIXED: Final = struct.Struct("!hi16siqi16siqihihiq")
_NUMBER: Final = struct.Struct("!iq")
_BODY: Final = struct.Struct("!iB")


def _pack(row: Row, *, partner: bytes, received: int) -> bytes:
    parsed, identity, item, quantity, session, viewer, product = row
    sequence, view, properties = parsed.sequence, parsed.view, parsed.properties
    has_body = properties is not None and item == 0
    return b"".join(
        (
            _FIXED.pack(
                14, 16, partner, 8, parsed.at - POSTGRES_EPOCH, 16, identity, 8, received,
                2, parsed.kind, 2, item, 8, parsed.digest,
            ),
            NULL if quantity is None else _NUMBER.pack(8, quantity),
            NULL if sequence is None else _NUMBER.pack(8, sequence),
            NULL if view is None else _NUMBER.pack(8, view),
            session,
            viewer,
            product,
            _BODY.pack(len(properties) + 1, 1) + properties if has_body and properties is not None else NULL,
        )
    )  # fmt: skip


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


def digests(
    connection: Connection[Any], rows: Sequence[Row], *, partner_id: UUID
) -> dict[tuple[bytes, int], int]:
    """Content digests of the events the log has under these identities: {(id, microseconds): digest}."""
    found = connection.execute(
        "SELECT e.id, e.occurred_at, e.digest FROM commerce_event e "
        "JOIN unnest(%s::uuid[], %s::timestamptz[]) AS u (id, at) ON e.id = u.id AND e.occurred_at = u.at "
        "WHERE e.partner_id = %s",
        [[UUID(bytes=row.id) for row in rows], [moment_of(row.parsed.at) for row in rows], partner_id],
    ).fetchall()
    return {(identity.bytes, microseconds_of(moment)): digest for identity, moment, digest in found}
