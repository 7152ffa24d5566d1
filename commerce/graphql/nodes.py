"""Anything by its id."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from analytics.graphql import follow_ups, lifetime, reviews
from analytics.graphql.pages import Info, Node, Siblings, needs, read_node_id
from analytics.graphql.products import PRODUCT_LETTER
from commerce import queries
from commerce.graphql import actors, customers, facts, sessions, spend, violations

Finder = Callable[[Info, UUID], Node | None]
"""What finds an object of one type that the actor may see."""


def _first(rows: "QuerySet[Any]", identity: UUID, shown: Callable[[Any], Node]) -> Node | None:
    row = rows.filter(id=identity).first()
    return None if row is None else shown(row)


def _partner(info: Info, identity: UUID) -> Node | None:
    rows = {row.id: row for row in queries.partners(actor=info.context.actor)}
    return actors.shown_partner(rows[identity]) if identity in rows else None


def _product(info: Info, identity: UUID) -> Node | None:
    return _first(queries.products(actor=needs(info, "read")), identity, facts.shown_product)


def _order(info: Info, identity: UUID) -> Node | None:
    siblings = Siblings([identity])
    rows = queries.orders(actor=needs(info, "read"))
    return _first(rows, identity, lambda row: facts.shown_order(row, siblings))


def _rejection(info: Info, identity: UUID) -> Node | None:
    rows = queries.rejections(actor=needs(info, "manage", "ingest"))
    return _first(rows, identity, facts.shown_rejection)


FINDERS: Final[dict[str, Finder]] = {
    actors.LETTER: _partner,
    sessions.LETTER: sessions.session_by_id,
    PRODUCT_LETTER: _product,
    follow_ups.LETTER: follow_ups.list_by_id,
    lifetime.LETTER: lifetime.run_by_id,
    facts.ORDER_LETTER: _order,
    customers.CUSTOMER_LETTER: customers.customer_by_id,
    facts.REJECTION_LETTER: _rejection,
    violations.LETTER: violations.violation_by_id,
    reviews.LETTER: reviews.review_by_id,
    spend.LETTER: spend.spend_by_id,
}


def find_node(info: Info, text: str, *, finders: Mapping[str, Finder]) -> Node | None:
    """The object of an id; None for an id of nothing, or of nothing the actor may see."""
    told = read_node_id(text)
    if told is None or told[0] not in finders:
        return None
    return finders[told[0]](info, told[1])
