"""What buyers and viewers of live sessions are worth, as it was last worked out."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from analytics.queries.statements import fetch
from commerce.access import Actor

# Uses liveltvindex_partner_kol.
INDEX: Final = """
SELECT i.currency, i.live_customers, i.other_customers, i.live_value, i.other_value, i.low, i.high, i.months,
    i.computed_at
FROM analytics_liveltvindex i JOIN commerce_partner p ON p.id = i.partner_id
WHERE i.partner_id = ANY(%(partners)s) AND i.partner_id = %(partner)s
    AND i.kol_id IS NOT DISTINCT FROM %(kol)s AND i.currency = COALESCE(%(currency)s, p.currency)
"""
# Uses viewerworth_partner_group.
VIEWERS: Final = """
SELECT w.currency, w.is_returning, w.has_bought, w.viewings, w.customers, w.buyers, w.value, w.computed_at
FROM analytics_viewerworth w JOIN commerce_partner p ON p.id = w.partner_id
WHERE w.partner_id = ANY(%(partners)s) AND w.partner_id = %(partner)s
    AND w.currency = COALESCE(%(currency)s, p.currency)
ORDER BY w.has_bought, w.is_returning
"""


@dataclass(frozen=True, kw_only=True)
class IndexMonth:
    """Both groups of one month of first purchases: how many customers, and the mean value of one."""

    month: date
    live_customers: int
    live_value: Decimal
    other_customers: int
    other_value: Decimal


@dataclass(frozen=True, kw_only=True)
class Index:
    """Customers won live beside others, as `LiveLtvIndex` has it; values None where nothing is compared."""

    currency: str
    live_customers: int
    other_customers: int
    live_value: Decimal | None
    other_value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    months: list[IndexMonth]
    computed_at: datetime


@dataclass(frozen=True, kw_only=True)
class ViewerGroup:
    """Viewers of ended sessions, once a session, as `ViewerWorth` has them."""

    currency: str
    is_returning: bool
    has_bought: bool
    viewings: int
    customers: int
    buyers: int
    value: Decimal
    computed_at: datetime


def live_ltv_index(
    *, actor: Actor, partner_id: UUID, kol_id: UUID | None, currency: str | None
) -> Index | None:
    """The index of a partner, or of who an influencer won live; None where there was nothing to compare."""
    values = {"partner": partner_id, "kol": kol_id, "currency": currency}
    rows = fetch(INDEX, values, actor=actor)
    return _index(rows[0]) if rows else None


def _index(row: tuple[Any, ...]) -> Index:
    currency, live, other, live_value, other_value, low, high, months, computed_at = row
    return Index(
        currency=currency, live_customers=live, other_customers=other, live_value=live_value,
        other_value=other_value, low=low, high=high, computed_at=computed_at,
        months=[
            IndexMonth(
                month=date.fromisoformat(told["month"]),
                live_customers=told["live_customers"],
                live_value=Decimal(told["live_value"]),
                other_customers=told["other_customers"],
                other_value=Decimal(told["other_value"]),
            )
            for told in orjson.loads(months)
        ],
    )  # fmt: skip


def viewer_worth(*, actor: Actor, partner_id: UUID, currency: str | None) -> list[ViewerGroup]:
    """The groups there are, those who did not buy first."""
    rows = fetch(VIEWERS, {"partner": partner_id, "currency": currency}, actor=actor)
    return [
        ViewerGroup(
            currency=row[0], is_returning=row[1], has_bought=row[2], viewings=row[3], customers=row[4],
            buyers=row[5], value=row[6], computed_at=row[7],
        )
        for row in rows
    ]  # fmt: skip
