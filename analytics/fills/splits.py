"""The parts of the shop's days, and on which days they are others now."""

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import Connection, sql

from analytics.fills import statements
from analytics.fills.composing import by_basis, compose, listed, raw, updates
from analytics.metrics import Fact, Scope, stored
from analytics.models.splits import FACTS, PARTS

FirstOrder = tuple[Any, ...]
"""(customer, whether of paid ones alone, order, when it was placed, ...)."""

# All that was sold, cancelled or given back of some orders, by when. Uses orderfact_partner_order,
# refundfact_partner_order.
MOMENTS: Final = """
SELECT o.placed_at, o.cancelled_at, r.occurred_at
FROM analytics_orderfact o
LEFT JOIN analytics_refundfact r ON r.partner_id = o.partner_id AND r.order_id = o.order_id
WHERE o.partner_id = %(partner)s AND o.order_id = ANY(%(orders)s)
"""
# Uses orderfact_partner_customer.
ORDERS_OF: Final = """
SELECT order_id FROM analytics_orderfact WHERE partner_id = %(partner)s AND customer_id = ANY(%(customers)s)
"""


@cache
def _statement() -> sql.Composed:
    columns = by_basis(stored(Scope.SHOP, Fact.ORDERS))
    return compose(
        "shop_parts.sql",
        facts=raw(FACTS),
        joins=raw("\n".join(part.joins for part in PARTS.values())),
        parts=listed(f"('{dimension.value}', {part.part})" for dimension, part in PARTS.items()),
        columns=listed(columns),
        aggregates=listed(columns.values()),
        updates=updates(columns),
    )


def fill_parts(connection: Connection[Any], days: list[date], *, partner_id: UUID, timezone: str) -> None:
    """Recompute the parts of some days from orders, refunds and cancellations."""
    dimensions = [dimension.value for dimension in PARTS]
    values = {"partner": partner_id, "timezone": timezone, "days": days, "dimensions": dimensions}
    statements.rows(connection, _statement(), values)


def won_anew(before: Collection[FirstOrder], after: Collection[FirstOrder]) -> set[UUID]:
    """Customers whose first purchase is another order than before, or was at another time."""
    (was, now) = ({row[:4] for row in rows if row[1]} for rows in (before, after))
    return {customer for customer, *_ in was ^ now}


def days_of_customers(
    connection: Connection[Any], customers: Collection[UUID], *, partner_id: UUID, timezone: str
) -> set[date]:
    """The days on which anything of all orders of some customers counts."""
    if not customers:
        return set()
    values = {"partner": partner_id, "customers": list(customers)}
    orders = {row[0] for row in connection.execute(ORDERS_OF, values)}
    return days_of_orders(connection, orders, partner_id=partner_id, timezone=timezone)


def days_of_orders(
    connection: Connection[Any], orders: Collection[UUID], *, partner_id: UUID, timezone: str
) -> set[date]:
    """The days on which some orders were placed or cancelled, or something of them was given back."""
    if not orders:
        return set()
    zone = ZoneInfo(timezone)
    rows = connection.execute(MOMENTS, {"partner": partner_id, "orders": list(orders)})
    moments: set[datetime | None] = {moment for row in rows for moment in row}
    return {moment.astimezone(zone).date() for moment in moments if moment is not None}
