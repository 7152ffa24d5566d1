"""From the ids of sources to ours: two round trips a batch for what the process does not know yet."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection, Cursor, sql

from commerce.models import new_id

Name = tuple[str, str]
"""(source, id at the source)"""
Ids = dict[Name, UUID]

REMEMBERED: Final = 500_000


class Directory:
    """The entities of one kind: names to ids, with a memory of what was committed."""

    def __init__(self, table: str) -> None:
        self.table = table
        self._known: dict[UUID, Ids] = {}

    def known(self, names: Iterable[Name], *, partner_id: UUID) -> tuple[Ids, list[Name]]:
        """Ids out of memory, and the names it does not hold."""
        held = self._known.get(partner_id, {})
        found: Ids = {}
        unknown: list[Name] = []
        for name in names:
            if (identity := held.get(name)) is not None:
                found[name] = identity
            else:
                unknown.append(name)
        return found, sorted(unknown)

    def remember(self, ids: Ids, *, partner_id: UUID) -> None:
        """Keep ids for the next batch; only after the transaction that made them has been committed."""
        if sum(map(len, self._known.values())) > REMEMBERED:
            self._known.clear()
        self._known.setdefault(partner_id, {}).update(ids)

    def select(self, connection: Connection[Any], names: list[Name], *, partner_id: UUID) -> Cursor[Any]:
        """Ask for (source, id at the source, id) of those that exist."""
        return connection.execute(
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
        )

    def insert(self, connection: Connection[Any], names: list[Name], *, partner_id: UUID) -> Cursor[Any]:
        """Make placeholders; answers as `select` for those that were made here."""
        return connection.execute(
            # In one order for all, so that two transactions making the same rows never deadlock.
            sql.SQL(
                "INSERT INTO {} (id, partner_id, source, external_id) "
                "SELECT id, %s, source, external_id FROM jsonb_to_recordset(%s::jsonb) "
                "AS u (id uuid, source text, external_id text) "
                "ORDER BY source, external_id ON CONFLICT DO NOTHING RETURNING source, external_id, id"
            ).format(sql.Identifier(self.table)),
            [
                partner_id,
                _document([{"id": new_id(), "source": s, "external_id": e} for s, e in names]),
            ],
        )


def resolve(
    connection: Connection[Any], wanted: Mapping[Directory, Iterable[Name]], *, partner_id: UUID
) -> tuple[dict[Directory, Ids], dict[Directory, Ids]]:
    """Ids of all names, and among them those to be remembered; unknown entities become placeholders."""
    found: dict[Directory, Ids] = {}
    missing: dict[Directory, list[Name]] = {}
    for directory, names in wanted.items():
        found[directory], unknown = directory.known(names, partner_id=partner_id)
        if unknown:
            missing[directory] = unknown
    learnt: dict[Directory, Ids] = {directory: {} for directory in missing}
    # Between the two looks somebody else may have made what was missing in the first.
    for ask in (Directory.select, Directory.insert, Directory.select):
        if not missing:
            break
        with connection.pipeline():
            asked = [
                (directory, ask(directory, connection, names, partner_id=partner_id))
                for directory, names in missing.items()
            ]
            for directory, cursor in asked:
                learnt[directory].update({(source, told): identity for source, told, identity in cursor})
        missing = {
            directory: left
            for directory, names in missing.items()
            if (left := [name for name in names if name not in learnt[directory]])
        }
    for directory, ids in learnt.items():
        found[directory].update(ids)
    return found, learnt


def _document(rows: list[dict[str, Any]]) -> str:
    """Rows as one JSON parameter: arrays of texts are quoted one by one in Python."""
    return orjson.dumps(rows).decode()


SESSIONS = Directory("commerce_livesession")
PRODUCTS = Directory("commerce_product")
CUSTOMERS = Directory("commerce_customer")
VIEWERS = Directory("commerce_viewer")
ORDERS = Directory("commerce_order")
REFUNDS = Directory("commerce_refund")
VIOLATIONS = Directory("commerce_violation")
SPENDS = Directory("commerce_spend")
DIRECTORIES: Final = (SESSIONS, VIEWERS, CUSTOMERS, PRODUCTS, ORDERS, REFUNDS, VIOLATIONS, SPENDS)
