"""The lives of customers: how each was won, and what came of it so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from analytics.queries.statements import fetch
from commerce.access import Actor

# Uses life_partner_customer.
STATEMENT: Final = """
SELECT l.customer_id, l.currency, l.first_at, l.session_id, l.channel, l.kol_id, l.product_id,
    o.orders, o.last_at, o.placed, o.paid,
    o.net - COALESCE((SELECT sum(amount) FROM unnest(l.refunded) AS r (amount)), 0)
FROM analytics_customerlife l
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE is_paid) AS orders, max(at) FILTER (WHERE is_paid) AS last_at,
        sum(placed) AS placed, sum(placed) FILTER (WHERE is_paid) AS paid, sum(net) AS net
    FROM unnest(l.ordered_at, l.is_paid, l.placed, l.net) AS o (at, is_paid, placed, net)
) o
WHERE l.partner_id = ANY(%(partners)s) AND l.customer_id = ANY(%(customers)s)
"""


@dataclass(frozen=True, kw_only=True)
class Life:
    """A customer with a paid order: the first purchase, and orders in its currency from then on."""

    currency: str
    first_at: datetime
    session_id: UUID | None
    channel: str
    kol_id: UUID | None
    product_id: UUID | None
    orders: int
    """Paid ones."""
    last_at: datetime
    """When the latest paid order was placed."""
    sales: dict[str, Decimal]
    """By basis; NET less linked and unlinked refunds and cancellations."""


def lives_of(customer_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, Life]:
    """Lives by customer; who never paid for an order has none."""
    rows = fetch(STATEMENT, {"customers": list(customer_ids)}, actor=actor)
    return {row[0]: _life(*row[1:8], last_at=row[8], sales=row[9:12]) for row in rows}


def _life(
    currency: str,
    first_at: datetime,
    session_id: UUID | None,
    channel: str,
    kol_id: UUID | None,
    product_id: UUID | None,
    orders: int,
    *,
    last_at: datetime,
    sales: Sequence[Decimal],
) -> Life:
    return Life(
        currency=currency, first_at=first_at, session_id=session_id, channel=channel, kol_id=kol_id,
        product_id=product_id, orders=orders, last_at=last_at,
        sales=dict(zip(("PLACED", "PAID", "NET"), sales, strict=True)),
    )  # fmt: skip
