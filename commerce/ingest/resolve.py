"""From the ids of sources to ours: one round trip a batch for what the process does not know yet."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection, sql

from commerce.models import new_id

Name = tuple[str, str]
"""(source, id at the source)"""

REMEMBERED: Final = 500_000


class Directory:
    """The entities of one kind: names to ids, with a memory of what was committed."""

    def __init__(self, table: str) -> None:
        self.table = table
        self._known: dict[tuple[UUID, str, str], UUID] = {}

    def resolve(
        self, connection: Connection[Any], names: Iterable[Name], *, partner_id: UUID
    ) -> dict[Name, UUID]:
        """Ids of all names; unknown entities become placeholders."""
        found: dict[Name, UUID] = {}
        unknown: set[Name] = set()
        for name in names:
            if (held := self._known.get((partner_id, *name))) is not None:
                found[name] = held
            else:
                unknown.add(name)
        if unknown:
            found.update(self._look_up(connection, sorted(unknown), partner_id=partner_id))
        return found

    def remember(self, ids: dict[Name, UUID], *, partner_id: UUID) -> None:
        """Keep ids for the next batch; only after the transaction that made them has been committed."""
        if len(self._known) > REMEMBERED:
            self._known.clear()
        self._known.update({(partner_id, *name): identity for name, identity in ids.items()})

    def forget(self) -> None:
        """Drop everything known (another database, a restored backup)."""
        self._known.clear()

    def _look_up(
        self, connection: Connection[Any], names: list[Name], *, partner_id: UUID
    ) -> dict[Name, UUID]:
        found = self._select(connection, names, partner_id=partner_id)
        missing = [name for name in names if name not in found]
        if missing:
            # In one order for all, so that two transactions making the same rows never deadlock.
            connection.execute(
                sql.SQL(
                    "INSERT INTO {} (id, partner_id, source, external_id) "
                    "SELECT id, %s, source, external_id FROM jsonb_to_recordset(%s::jsonb) "
                    "AS u (id uuid, source text, external_id text) "
                    "ORDER BY source, external_id ON CONFLICT DO NOTHING"
                ).format(sql.Identifier(self.table)),
                [
                    partner_id,
                    _document([{"id": new_id(), "source": s, "external_id": e} for s, e in missing]),
                ],
            )
            found.update(self._select(connection, missing, partner_id=partner_id))
        return found

    def _select(
        self, connection: Connection[Any], names: list[Name], *, partner_id: UUID
    ) -> dict[Name, UUID]:
        rows = connection.execute(
            sql.SQL(
                "SELECT t.source, t.external_id, t.id FROM {} t "
                "JOIN jsonb_to_recordset(%s::jsonb) AS u (source text, external_id text) "
                "USING (source, external_id) "
                "WHERE t.partner_id = %s"
            ).format(sql.Identifier(self.table)),
            [
                _document([{"source": source, "external_id": external} for source, external in names]),
                partner_id,
            ],
        ).fetchall()
        return {(source, external): identity for source, external, identity in rows}


def _document(rows: list[dict[str, Any]]) -> str:
    """Rows as one JSON parameter: arrays of texts are quoted one by one in Python."""
    return orjson.dumps(rows).decode()


SESSIONS = Directory("commerce_livesession")
PRODUCTS = Directory("commerce_product")
CUSTOMERS = Directory("commerce_customer")
VIEWERS = Directory("commerce_viewer")
ORDERS = Directory("commerce_order")
REFUNDS = Directory("commerce_refund")
