"""Settling orders and refunds, and telling which sessions and days their numbers are in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import Connection

from analytics import staleness
from analytics.fills import marking, splits, statements


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A partner's settings that numbers depend on."""

    partner_id: UUID
    timezone: str
    currency: str
    tail: timedelta
    silence: timedelta
    grace: timedelta
    gone_before: datetime | None = None
    """Events before this are in no log any more: what was made of them stays."""


def rules_of(connection: Connection[Any], *, partner_id: UUID) -> Rules:
    """Read a partner's settings."""
    row = connection.execute(
        "SELECT timezone, currency, tail_seconds, silence_seconds, grace_seconds, events_gone_before FROM "
        "commerce_partner WHERE id = %s",
        [partner_id],
    ).fetchone()
    if row is None:
        raise LookupError(f"There is no partner {partner_id}.")
    return Rules(
        partner_id=partner_id,
        timezone=row[0],
        currency=row[1],
        tail=timedelta(seconds=row[2]),
        silence=timedelta(seconds=row[3]),
        grace=timedelta(seconds=row[4]),
        gone_before=row[5],
    )


class _Touched:
    """Sessions and days whose sales an order or refund is, or was, part of."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.sessions: dict[UUID, datetime] = {}
        self.days: set[date] = set()
        self.placed: set[datetime] = set()

    def add(
        self, rows: Iterable[tuple[UUID | None, datetime | None, datetime | None, datetime | None]]
    ) -> None:
        """Rows of (session, placed, cancelled, refunded)."""
        for session, *moments in rows:
            if moments[0] is not None:
                self.placed.add(moments[0])
            for moment in moments:
                if moment is not None:
                    self.days.add(moment.astimezone(self.zone).date())
                    if session is not None:
                        self.sessions[session] = min(self.sessions.get(session, moment), moment)


TOUCHED = """
SELECT o.session_id, o.placed_at, o.cancelled_at, NULL::timestamptz FROM analytics_orderfact o
WHERE o.partner_id = %(partner)s AND o.order_id = ANY(%(orders)s)
UNION ALL
SELECT o.broadcast_id, o.placed_at, o.cancelled_at, NULL FROM analytics_orderfact o
WHERE o.partner_id = %(partner)s AND o.order_id = ANY(%(orders)s) AND o.broadcast_id IS NOT NULL
UNION ALL
SELECT r.session_id, NULL, NULL, r.occurred_at FROM analytics_refundfact r
WHERE r.partner_id = %(partner)s AND (r.order_id = ANY(%(orders)s) OR r.refund_id = ANY(%(refunds)s))
UNION ALL
-- Where a customer is from, his refunds without an order are from.
SELECT NULL, NULL, NULL, r.occurred_at FROM analytics_refundfact r
WHERE r.partner_id = %(partner)s AND r.order_id IS NULL AND r.customer_id = ANY(%(refunds)s)
"""

# Carts these orders became, by the day they were begun. Uses shopcart_partner_cart.
CARTS_OF = """
SELECT c.date FROM analytics_orderfact f
JOIN analytics_shopcart c ON c.partner_id = f.partner_id AND c.cart_id = f.cart_id AND c.is_first
WHERE f.partner_id = %(partner)s AND f.order_id = ANY(%(orders)s) AND f.cart_id <> ''
"""

# What stands among the ids for orders of its own: refunds, viewers and customers.
ORDERS_OF = """
SELECT order_id FROM commerce_refund WHERE partner_id = %(partner)s AND id = ANY(%(ids)s)
    AND order_id IS NOT NULL
UNION SELECT order_id FROM analytics_refundfact
WHERE partner_id = %(partner)s AND refund_id = ANY(%(ids)s) AND order_id IS NOT NULL
UNION SELECT id FROM commerce_order WHERE partner_id = %(partner)s AND viewer_id = ANY(%(ids)s)
UNION SELECT id FROM commerce_order WHERE partner_id = %(partner)s AND customer_id = ANY(%(ids)s)
UNION SELECT order_id FROM analytics_orderfact WHERE partner_id = %(partner)s AND customer_id = ANY(%(ids)s)
"""

# A refund that lost its order, or whose order is not paid, takes nothing from anybody.
DROP_UNFOUNDED = """
DELETE FROM analytics_refundfact f
WHERE f.partner_id = %(partner)s AND (f.order_id = ANY(%(orders)s) OR f.refund_id = ANY(%(refunds)s))
    AND NOT EXISTS (
        SELECT 1 FROM commerce_refund r
        LEFT JOIN analytics_orderfact o ON o.partner_id = r.partner_id AND o.order_id = r.order_id
        WHERE r.partner_id = f.partner_id AND r.id = f.refund_id
            AND r.order_id IS NOT DISTINCT FROM f.order_id
            AND (r.order_id IS NULL
                OR (o.paid_at IS NOT NULL AND COALESCE(r.currency, o.currency) = o.currency))
    )
"""

SUM_REFUNDS = """
UPDATE analytics_orderfact o SET refunded = r.amount, refunded_units = r.units
FROM (
    SELECT order_id, sum(amount) AS amount, sum(units) AS units FROM analytics_refundfact
    WHERE partner_id = %(partner)s AND order_id = ANY(%(orders)s) GROUP BY order_id
) r
WHERE o.partner_id = %(partner)s AND o.order_id = r.order_id
"""

CUSTOMERS_OF = """
SELECT customer_id FROM analytics_refundfact
WHERE partner_id = %(partner)s AND refund_id = ANY(%(refunds)s) AND order_id IS NULL
    AND customer_id IS NOT NULL
UNION
SELECT customer_id FROM commerce_refund
WHERE partner_id = %(partner)s AND id = ANY(%(refunds)s) AND order_id IS NULL AND customer_id IS NOT NULL
UNION
SELECT customer_id FROM analytics_orderfact
WHERE partner_id = %(partner)s AND order_id = ANY(%(orders)s) AND customer_id IS NOT NULL
UNION
SELECT COALESCE(o.customer_id, v.customer_id) FROM commerce_order o
LEFT JOIN commerce_viewer v ON v.partner_id = o.partner_id AND v.id = o.viewer_id
WHERE o.partner_id = %(partner)s AND o.id = ANY(%(orders)s)
    AND COALESCE(o.customer_id, v.customer_id) IS NOT NULL
"""

# The first order of each customer, of all and of those paid, with the session it is of.
FIRST_ORDERS = """
SELECT c.customer_id, only_paid, f.order_id, f.placed_at, f.session_id, f.broadcast_id
FROM unnest(%(customers)s::uuid[]) AS c (customer_id)
CROSS JOIN (VALUES (false), (true)) AS counted (only_paid)
CROSS JOIN LATERAL (
    SELECT f.order_id, f.placed_at, f.session_id, f.broadcast_id FROM analytics_orderfact f
    JOIN commerce_order o ON o.partner_id = f.partner_id AND o.id = f.order_id
    WHERE f.partner_id = %(partner)s AND f.customer_id = c.customer_id
        AND (f.paid_at IS NOT NULL OR NOT only_paid)
    ORDER BY f.placed_at, o.external_id COLLATE "C" LIMIT 1
) f
"""


def settle_orders(
    connection: Connection[Any],
    ids: list[UUID],
    *,
    rules: Rules,
    now: datetime,
    waiting_since: datetime | None = None,
) -> None:
    """Settle orders and refunds and mark what their numbers are in, as what waits since then.

    `ids` are of orders, of refunds, and of viewers and customers, for all of whose orders they stand.
    """
    values: dict[str, Any] = {
        "partner": rules.partner_id,
        "ids": ids,
        "refunds": ids,
        "tail": rules.tail,
        "now": now,
    }
    orders = {row[0] for row in connection.execute(ORDERS_OF, values)} | set(ids)
    values["orders"] = list(orders)
    values["customers"] = [row[0] for row in connection.execute(CUSTOMERS_OF, values)]
    touched = _Touched(ZoneInfo(rules.timezone))
    touched.add(connection.execute(TOUCHED, values).fetchall())
    touched.days.update(day for (day,) in connection.execute(CARTS_OF, values))
    first = set(connection.execute(FIRST_ORDERS, values).fetchall())
    statements.rows(connection, statements.plain("settle_orders.sql"), values)
    connection.execute(DROP_UNFOUNDED, values)
    statements.rows(connection, statements.plain("settle_refunds.sql"), values)
    connection.execute(SUM_REFUNDS, values)
    touched.add(connection.execute(TOUCHED, values).fetchall())
    touched.days.update(day for (day,) in connection.execute(CARTS_OF, values))
    marks = staleness.Marks(partner_id=rules.partner_id, now=min(now, waiting_since or now))
    for session, since in touched.sessions.items():
        marks.sales_of(session, since=since)
    # Whose first order is another now is a new buyer in another session.
    now_first = set(connection.execute(FIRST_ORDERS, values).fetchall())
    others = splits.won_anew(first, now_first)
    touched.days |= splits.days_of_customers(
        connection, others, partner_id=rules.partner_id, timezone=rules.timezone
    )
    first ^= now_first
    elsewhere = {session for row in first for session in row[-2:] if session is not None}
    for other in sorted(elsewhere - touched.sessions.keys()):
        marks.totals_of(other)
    for day in touched.days:
        marks.day(day)
    for customer in values["customers"]:
        marks.customer(customer)
    marking.orders_changed(connection, marks, moments=touched.placed, people=ids, timezone=rules.timezone)
    marks.write(connection)
