"""The log: binary COPY straight into the keyed table, and a staging table only when a batch collides."""

import struct
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, errors

from commerce.ingest.decode import Parsed
from commerce.ingest.moments import microseconds_of

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


def field(identity: UUID) -> bytes:
    """An id as a field of the stream, made once for all the rows that hold it."""
    return _SIXTEEN + identity.bytes


_FIXED: Final = struct.Struct("!hi16siqi16siqihihiq")
_NUMBER: Final = struct.Struct("!iq")
_BODY: Final = struct.Struct("!iB")


class Rows:
    """Rows of the log as they go into the stream."""

    def __init__(self, *, partner_id: UUID, received: int) -> None:
        self.keys: list[tuple[bytes, int]] = []
        """(id, microseconds since 1970) of each row."""
        self._partner = partner_id.bytes
        self._received = received - POSTGRES_EPOCH
        self._packed: list[bytes] = []

    def add(
        self, parsed: Parsed, identity: bytes, item: int, quantity: int | None,
        session: bytes, viewer: bytes, product: bytes,
    ) -> None:  # fmt: skip
        """Add a row; session, viewer and product as `field` gives them. Without keywords: called for each."""
        at, sequence, view = parsed.at, parsed.sequence, parsed.view
        properties = parsed.properties if item == 0 else None
        self.keys.append((identity, at))
        self._packed += (
            _FIXED.pack(
                14, 16, self._partner, 8, at - POSTGRES_EPOCH, 16, identity, 8, self._received,
                2, parsed.kind, 2, item, 8, parsed.digest,
            ),
            NULL if quantity is None else _NUMBER.pack(8, quantity),
            NULL if sequence is None else _NUMBER.pack(8, sequence),
            NULL if view is None else _NUMBER.pack(8, view),
            session,
            viewer,
            product,
        )  # fmt: skip
        self._packed += (NULL,) if properties is None else (_BODY.pack(len(properties) + 1, 1), properties)

    def stream(self) -> bytes:
        """All rows as PostgreSQL's binary COPY format."""
        return b"".join((_HEADER, *self._packed, _TRAILER))


def write(connection: Connection[Any], rows: Rows) -> dict[int, int]:
    """Write rows; answers which events the log already had: positions of their first rows, and digests."""
    stream = rows.stream()
    try:
        with connection.transaction():
            _copy(connection, "commerce_event", stream)
    except errors.UniqueViolation:
        return _write_around(connection, rows.keys, stream)
    return {}


def _copy(connection: Connection[Any], table: str, stream: bytes) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.write(stream)


def _write_around(
    connection: Connection[Any], keys: Sequence[tuple[bytes, int]], stream: bytes
) -> dict[int, int]:
    """The same through a staging table, leaving out what the log has: an event goes in whole or not."""
    connection.execute("CREATE TEMP TABLE staged (LIKE commerce_event, position serial) ON COMMIT DROP")
    _copy(connection, "staged", stream)
    # The row of an event's first item stands for the event; those of its further items follow it at once.
    added = connection.execute(
        f"INSERT INTO commerce_event ({COLUMNS}) SELECT {COLUMNS} FROM staged WHERE item = 0 "
        "ON CONFLICT (partner_id, occurred_at, id) DO NOTHING RETURNING id, occurred_at"
    ).fetchall()
    new = {(identity.bytes, microseconds_of(moment)) for identity, moment in added}
    connection.execute(
        f"INSERT INTO commerce_event ({COLUMNS}) SELECT {COLUMNS} FROM staged "
        "WHERE item > 0 AND position - item = ANY(%s) ON CONFLICT (partner_id, occurred_at, id) DO NOTHING",
        [[place for place, key in enumerate(keys, 1) if key in new]],
    )
    # Each by the key alone: a join, planned for a table without statistics, may scan the whole log.
    held = connection.execute(
        "SELECT s.position, (SELECT e.digest FROM commerce_event e WHERE e.partner_id = s.partner_id "
        "AND e.occurred_at = s.occurred_at AND e.id = s.id) FROM staged s WHERE item = 0"
    ).fetchall()
    connection.execute("DROP TABLE staged")
    return {place - 1: digest for place, digest in held if keys[place - 1] not in new}
