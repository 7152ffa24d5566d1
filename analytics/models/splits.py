"""The shop by day in parts: by live or not, channel, customer, influencer and country."""

from dataclasses import dataclass
from typing import ClassVar, Final

from django.db import models

from analytics.metrics import Dimension, Fact, Scope, stored
from analytics.models.columns import rollup
from commerce.models import PartnerModel


class LivePart(models.TextChoices):
    """Parts by LIVE."""

    LIVE = "LIVE", "In a live session"
    NON_LIVE = "NON_LIVE", "Elsewhere"


class CustomerPart(models.TextChoices):
    """Parts by CUSTOMER."""

    NEW = "NEW", "New customers"
    RETURNING = "RETURNING", "Returning customers"
    GUEST = "GUEST", "Guests"


@rollup(*stored(Scope.SHOP, Fact.ORDERS))
class ShopPart(PartnerModel):
    """A part of a day of the shop by one dimension, in one currency; the parts of a day are the day.

    Products are in `ShopProduct`, which is of lines.
    """

    date = models.DateField(help_text="The partner's calendar day.")
    dimension = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Dimension])
    part = models.CharField(max_length=36, blank=True, help_text="Empty: none, or not known.")
    currency = models.CharField(max_length=3)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "dimension", "date", "part", "currency"], name="shoppart_partner_dimension"
            ),
        ]


# -- the facts of the shop -------------------------------------------------------------------------

# Of rows `day (date, starts_at, ends_at)`: orders by when they were placed, refunds and cancellations by
# their own time, each with the order it is of. Uses orderfact_partner_placed, orderfact_partner_cancelled,
# refundfact_partner_occurred, orderfact_partner_order.
FACTS: Final = """
SELECT d.date, d.starts_at, o.placed_at AS at, o.currency, o.session_id IS NOT NULL AS is_live, 1 AS is_order,
    o.customer_id, o.paid_at, o.units, o.merchandise, 0::numeric AS refunded, 0::bigint AS refunded_units,
    0::numeric AS cancelled, o.order_id, o.session_id, o.customer_id AS bought_by, o.placed_at AS bought_at
FROM day d
JOIN analytics_orderfact o
    ON o.partner_id = %(partner)s AND o.placed_at >= d.starts_at AND o.placed_at < d.ends_at
UNION ALL
SELECT d.date, d.starts_at, r.occurred_at, r.currency, COALESCE(r.session_id, f.session_id) IS NOT NULL, 0,
    NULL, r.occurred_at, 0, 0, r.amount, r.units, 0, r.order_id, COALESCE(r.session_id, f.session_id),
    CASE WHEN r.order_id IS NULL THEN r.customer_id ELSE f.customer_id END, f.placed_at
FROM day d
JOIN analytics_refundfact r
    ON r.partner_id = %(partner)s AND r.occurred_at >= d.starts_at AND r.occurred_at < d.ends_at
LEFT JOIN analytics_orderfact f ON f.partner_id = r.partner_id AND f.order_id = r.order_id
UNION ALL
SELECT d.date, d.starts_at, o.cancelled_at, o.currency, o.session_id IS NOT NULL, 0, NULL, o.paid_at, 0, 0, 0,
    o.units - o.refunded_units, o.merchandise - o.refunded, o.order_id, o.session_id, o.customer_id,
    o.placed_at
FROM day d
JOIN analytics_orderfact o
    ON o.partner_id = %(partner)s AND o.cancelled_at >= d.starts_at AND o.cancelled_at < d.ends_at
WHERE o.paid_at IS NOT NULL
"""


@dataclass(frozen=True, kw_only=True)
class PartOf:
    """Which part a row `f (order_id, session_id, bought_by, bought_at)` of the facts is in."""

    joins: str = ""
    part: str


# An unpaid order of somebody who has bought nothing yet is a new customer's, as the first paid one is.
# Uses orderfact_partner_customer, commerce_order's key.
_BOUGHT_BEFORE: Final = """(
    SELECT true FROM analytics_orderfact b
    WHERE b.partner_id = %(partner)s AND b.customer_id = f.bought_by AND b.paid_at IS NOT NULL
        AND b.placed_at <= f.bought_at AND (b.placed_at < f.bought_at OR b.order_id <> f.order_id AND (
            SELECT external_id FROM commerce_order x WHERE x.partner_id = %(partner)s AND x.id = b.order_id
        ) COLLATE "C" < (
            SELECT external_id FROM commerce_order x WHERE x.partner_id = %(partner)s AND x.id = f.order_id
        ))
    LIMIT 1
) IS NOT NULL"""
PARTS: Final = {
    Dimension.LIVE: PartOf(part="CASE WHEN f.session_id IS NULL THEN 'NON_LIVE' ELSE 'LIVE' END"),
    Dimension.CHANNEL: PartOf(
        joins="LEFT JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.id = f.session_id",
        part="COALESCE(s.channel, '')",
    ),
    # Of a refund without an order nobody knows whether it is of a first purchase.
    Dimension.CUSTOMER: PartOf(
        part="CASE WHEN f.order_id IS NULL THEN '' WHEN f.bought_by IS NULL THEN 'GUEST' "
        f"WHEN {_BOUGHT_BEFORE} THEN 'RETURNING' ELSE 'NEW' END"
    ),
    # The influencer met last before the order. Uses ordershare_partner_order_collaboration.
    Dimension.KOL: PartOf(
        part="""COALESCE((
            SELECT k.kol_id::text FROM analytics_ordershare h
            JOIN kol_collaboration k ON k.partner_id = h.partner_id AND k.id = h.collaboration_id
            WHERE h.partner_id = %(partner)s AND h.order_id = f.order_id AND h.is_last
            ORDER BY h.collaboration_id LIMIT 1
        ), '')"""
    ),
    Dimension.COUNTRY: PartOf(
        joins="LEFT JOIN commerce_customer c ON c.partner_id = %(partner)s AND c.id = f.bought_by",
        part="COALESCE(c.country, '')",
    ),
}
"""All but products, of which an order may have several."""
