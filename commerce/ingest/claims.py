"""Entities from claims: what events say of an entity, each group of attributes won by one of them.

A claim has a key that says which of two wins, whatever came first; so the outcome does not depend on the
order of arrival. `LATEST` groups keep the greatest key, `EARLIEST` ones the least.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from psycopg import Connection, Cursor, sql

EARLIEST = frozenset({"started_at", "first_purchase_at", "first_paid_at", "cancelled_at", "occurred_at"})
COMPARED: Final = {"commerce_product": ("cost", "currency")}
"""Columns whose values before are told beside what won: numbers hang on them, and most say the same again."""


class Claim(NamedTuple):
    """Attributes of one entity, stated together."""

    entity: UUID
    group: str
    key: list[Any]
    values: dict[str, Any]


class Changed(NamedTuple):
    """What won: the groups that changed of each entity, and the rows to write; `before`: as text."""

    groups: dict[UUID, set[str]]
    rows: list[dict[str, Any]]
    columns: set[str]
    before: dict[UUID, list[str | None]]


def settle(
    connection: Connection[Any], *, partner_id: UUID, claims: Mapping[str, Sequence[Claim]]
) -> dict[str, Changed]:
    """Write the winning claims into their tables; two round trips for all of them."""
    by_table: dict[str, dict[UUID, list[Claim]]] = {}
    for table, stated in claims.items():
        by_entity: dict[UUID, list[Claim]] = defaultdict(list)
        by_table[table] = by_entity
        for claim in stated:
            by_entity[claim.entity].append(claim)
    with connection.pipeline():
        # All locks first, always in one order.
        held = {
            table: _lock(connection, table, list(by_entity), partner_id=partner_id)
            for table, by_entity in by_table.items()
            if by_entity
        }
        found = {table: cursor.fetchall() for table, cursor in held.items()}
    changed = {table: _won(by_table[table], rows) for table, rows in found.items()}
    with connection.pipeline():
        for table, won in changed.items():
            if won.rows:
                _update(connection, table, won, partner_id=partner_id)
    return changed


def _lock(connection: Connection[Any], table: str, ids: list[UUID], *, partner_id: UUID) -> Cursor[Any]:
    compared = sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(column)) for column in COMPARED.get(table, ())
    )
    # In the order of their ids, so that two transactions never wait for each other in a circle.
    return connection.execute(
        sql.SQL(
            "SELECT id, versions::text, ARRAY[{}]::text[] FROM {} "
            "WHERE partner_id = %s AND id = ANY(%s) ORDER BY id FOR UPDATE"
        ).format(compared, sql.Identifier(table)),
        [partner_id, ids],
    )


def _won(
    by_entity: Mapping[UUID, Sequence[Claim]], found: Sequence[tuple[UUID, str, list[str | None]]]
) -> Changed:
    changed = Changed({}, [], set(), {})
    for entity, text, before in found:
        versions: dict[str, Any] = orjson.loads(text)
        changes: dict[str, Any] = {}
        won: set[str] = set()
        for claim in by_entity[entity]:
            held = versions.get(claim.group)
            if held is not None and (claim.key >= held if claim.group in EARLIEST else claim.key <= held):
                continue
            versions[claim.group] = claim.key
            changes.update(claim.values)
            won.add(claim.group)
        if won:
            changed.groups[entity] = won
            changed.before[entity] = before
            changed.columns.update(changes)
            changed.rows.append({"id": entity, "versions": versions, "changes": changes})
    return changed


def _update(connection: Connection[Any], table: str, won: Changed, *, partner_id: UUID) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, sorted(won.columns)))
    connection.execute(
        sql.SQL(
            "UPDATE {table} t SET versions = u.versions, {target} = "
            "(SELECT {names} FROM jsonb_populate_record(t, u.changes)) "
            "FROM jsonb_to_recordset(%s::jsonb) AS u (id uuid, versions jsonb, changes jsonb) "
            "WHERE t.partner_id = %s AND t.id = u.id"
        ).format(
            table=sql.Identifier(table),
            # A list in brackets takes a row; a single column does not.
            target=names if len(won.columns) == 1 else sql.SQL("({})").format(names),
            names=names,
        ),
        # One document: arrays of texts are quoted one by one in Python.
        [orjson.dumps(won.rows, default=str).decode(), partner_id],
    )
