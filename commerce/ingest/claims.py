"""Entities from claims: what events say of an entity, each group of attributes won by one of them.

A claim has a key that says which of two wins, whatever came first; so the outcome does not depend on the
order of arrival. `LATEST` groups keep the greatest key, `EARLIEST` ones the least.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from psycopg import Connection, sql

EARLIEST = frozenset({"started_at", "first_purchase_at", "first_paid_at", "cancelled_at"})


class Claim(NamedTuple):
    """Attributes of one entity, stated together."""

    entity: UUID
    group: str
    key: list[Any]
    values: dict[str, Any]


def settle(
    connection: Connection[Any], *, table: str, partner_id: UUID, claims: Iterable[Claim]
) -> dict[UUID, set[str]]:
    """Write the winning claims into `table`; answers which groups of which entities changed."""
    by_entity: dict[UUID, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_entity[claim.entity].append(claim)
    if not by_entity:
        return {}
    # Locked in the order of their ids, so that two transactions never wait for each other in a circle.
    known = connection.execute(
        sql.SQL(
            "SELECT id, versions FROM {} WHERE partner_id = %s AND id = ANY(%s) ORDER BY id FOR UPDATE"
        ).format(sql.Identifier(table)),
        [partner_id, list(by_entity)],
    ).fetchall()
    changed: dict[UUID, set[str]] = {}
    rows: list[dict[str, Any]] = []
    columns: set[str] = set()
    for entity, versions in known:
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
            changed[entity] = won
            columns.update(changes)
            rows.append({"id": entity, "versions": versions, "changes": changes})
    if changed:
        names = sql.SQL(", ").join(map(sql.Identifier, sorted(columns)))
        connection.execute(
            sql.SQL(
                "UPDATE {table} t SET versions = u.versions, ({names}) = "
                "(SELECT {names} FROM jsonb_populate_record(t, u.changes)) "
                "FROM jsonb_to_recordset(%s::jsonb) AS u (id uuid, versions jsonb, changes jsonb) "
                "WHERE t.partner_id = %s AND t.id = u.id"
            ).format(table=sql.Identifier(table), names=names)
            if len(columns) > 1
            else sql.SQL(
                "UPDATE {table} t SET versions = u.versions, {names} = "
                "(SELECT {names} FROM jsonb_populate_record(t, u.changes)) "
                "FROM jsonb_to_recordset(%s::jsonb) AS u (id uuid, versions jsonb, changes jsonb) "
                "WHERE t.partner_id = %s AND t.id = u.id"
            ).format(table=sql.Identifier(table), names=names),
            # One document: arrays of texts are quoted one by one in Python.
            [orjson.dumps(rows, default=str).decode(), partner_id],
        )
    return changed
