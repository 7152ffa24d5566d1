"""Everything that is kept of a person, as one document.

{"format", "madeAt", "partner", "customers", "viewers", "orders", "events", "linkClicks", "refusedEvents",
"derived"}: rows as they are kept, by the names of their columns. An order has its `lines` and `refunds`; an
event its `type` and what else it told; `derived` has, by table, what was computed of the person. E-mail
addresses and phone numbers are kept as keyed hashes alone, and are told as such.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import transaction
from psycopg import Connection, Cursor, sql

from commerce.access import Actor, require
from commerce.ingest.forgotten import ids_in
from commerce.ingest.vocabulary import Kind
from commerce.models import Customer
from commerce.privacy import places, statements
from commerce.privacy.connecting import worker
from commerce.privacy.persons import Name, NoPerson, Person, find_person
from commerce.privacy.refused import Refused, naming
from commerce.record import put_on_record

FORMAT: Final = "liveledger.person/1"
SHOWN: Final = 1000
"""Refused bodies are cut at so many characters: they are anything."""
# The claims that won are the machine's; whose the rows are is told once.
LEFT_OUT: Final = ["versions", "partner_id"]
ORDERS: Final = """
SELECT to_jsonb(o) - %(out)s::text[] || jsonb_build_object(
    'lines', (SELECT COALESCE(jsonb_agg(to_jsonb(l) - %(out)s::text[] ORDER BY l.position), '[]')
        FROM commerce_orderline l WHERE l.partner_id = o.partner_id AND l.order_id = o.id),
    'refunds', (SELECT COALESCE(jsonb_agg(to_jsonb(r) - %(out)s::text[] ORDER BY r.occurred_at, r.id), '[]')
        FROM commerce_refund r WHERE r.partner_id = o.partner_id AND r.order_id = o.id))
FROM commerce_order o
WHERE o.partner_id = %(partner)s
    AND (o.viewer_id = ANY(%(viewers)s) AND o.customer_id IS NULL OR o.customer_id = ANY(%(customers)s))
ORDER BY o.placed_at, o.id
"""
EVENTS: Final = """
SELECT e.kind, to_jsonb(e) - %(out)s::text[] - ARRAY['digest', 'kind', 'view']
FROM erased_event g JOIN commerce_event e
    ON e.partner_id = %(partner)s AND e.occurred_at = g.occurred_at AND e.id = g.id
WHERE g.is_own ORDER BY e.occurred_at, e.id
"""
CLICKS: Final = """
SELECT to_jsonb(k) - %(out)s::text[] FROM kol_linkclick k
WHERE k.partner_id = %(partner)s AND k.visitor <> '' AND k.visitor = ANY(%(names)s) ORDER BY k.clicked_at
"""
# Told under their own names.
TOLD: Final = frozenset({"commerce_customer", "commerce_viewer", "commerce_order"})


def export_person(
    name: Name, *, partner_id: UUID, actor: Actor, reason: str, now: datetime
) -> dict[str, Any]:
    """All that is kept of a person of a partner; that it was taken out is on record, and names nobody.

    Needs the scopes `manage` and `read:pii`. Raises `NoPerson` where nothing is known by the name.
    """
    require(actor, "manage")
    require(actor, "read:pii")
    if partner_id not in actor.partner_ids:
        raise NoPerson("Nobody is known by this id.", field="id")
    with transaction.atomic(using="worker"):
        connection = worker()
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        person = find_person(connection, name, partner_id=partner_id)
        document = _document(connection, person, partner_id=partner_id, now=now)
        counts = {key: len(rows) for key, rows in document.items() if isinstance(rows, list)}
        if not any(counts.values()):
            raise NoPerson("Nothing is known of such a person.", field="person")
        put_on_record(
            actor=actor, partner_id=partner_id, action="export_person", subject_kind="person",
            subject_id=None, now=now, reason=person.without(reason), details=counts, using="worker",
        )  # fmt: skip
    return document


def _document(
    connection: Connection[Any], person: Person, *, partner_id: UUID, now: datetime
) -> dict[str, Any]:
    values = {**statements.values(person, partner_id=partner_id), "out": LEFT_OUT}
    # More statements than one take no values.
    connection.execute(statements.MAPS)
    connection.execute(statements.FIND_EVENTS, values)
    derived: dict[str, dict[str, Any]] = {}
    for table, column, of in places.columns():
        ids = list(person.customers if of is Customer else person.viewers)
        if table not in TOLD:
            rows = _rows(connection, table, column, ids, partner_id=partner_id)
            derived.setdefault(table, {}).update((row["id"], row) for row in rows if _is_of(row, person))
    return {
        "format": FORMAT,
        "madeAt": now.isoformat(),
        "partner": str(partner_id),
        "customers": _rows(
            connection, "commerce_customer", "id", list(person.customers), partner_id=partner_id
        ),
        "viewers": _rows(connection, "commerce_viewer", "id", list(person.viewers), partner_id=partner_id),
        "orders": _read(connection.execute(ORDERS, values)),
        "events": [
            {"type": Kind(kind).name, **_object(row)}
            for kind, row in connection.execute(EVENTS, values).fetchall()
        ],
        "linkClicks": _read(connection.execute(CLICKS, values)),
        "refusedEvents": [
            {"id": str(one.id), "body": one.body.decode(errors="replace")[:SHOWN]}
            for one in naming(connection, person, partner_id=partner_id)
            if _is_own(one, person)
        ],
        "derived": {table: list(rows.values()) for table, rows in sorted(derived.items()) if rows},
    }


def _is_of(row: dict[str, Any], person: Person) -> bool:
    """Whether a row is not of another customer who used the person's device."""
    customer = row.get("customer_id")
    return customer is None or UUID(customer) in person.customers


def _is_own(one: Refused, person: Person) -> bool:
    """Whether a refused event that names the person does not say that it is somebody else's."""
    named = ids_in(one.body)
    return not named or not named.isdisjoint(name for _, name in person.names())


def _rows(
    connection: Connection[Any], table: str, column: str, ids: list[UUID], *, partner_id: UUID
) -> list[Any]:
    statement = sql.SQL(
        "SELECT to_jsonb(t) - %s::text[] FROM {} t WHERE t.partner_id = %s AND t.{} = ANY(%s) ORDER BY t.id"
    ).format(sql.Identifier(table), sql.Identifier(column))
    return _read(connection.execute(statement, [LEFT_OUT, partner_id, ids]))


def _read(cursor: Cursor[Any]) -> list[dict[str, Any]]:
    return [_object(row) for (row,) in cursor.fetchall()]


def _object(row: Any) -> dict[str, Any]:
    """A row of JSON, read or not: that is a setting of the connection."""
    read: dict[str, Any] = orjson.loads(row) if isinstance(row, str) else row
    return read
