"""The shop over days of the partner's calendar, and over each day or hour of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from analytics.metrics import METRICS, Additivity, Apart, Fact, Scope, Unit
from analytics.queries.sessions import Numbers
from analytics.queries.shop_apart import ShopApart, ShopStored
from analytics.queries.statements import by_key, composed, fetch, listed
from commerce.access import Actor

STORED: Final = [m for m in METRICS if m.scope is Scope.SHOP and m.fact is not Fact.DERIVED]
SUMMED: Final = [m for m in STORED if m.fact is Fact.ORDERS and m.additivity is Additivity.SUM]
# Visits and carts have no currency.
TRAFFIC: Final = [metric for metric in STORED if metric.fact is not Fact.ORDERS]
# People of several days are not the days' people added up: they are counted again, from the orders.
COUNTED: Final = [m for m in STORED if m.additivity is not Additivity.SUM]

# Uses shopperiod_partner_date, shoptraffic_partner_date, orderfact_partner_placed, stale_partner_subject.
PERIOD: Final = """
SELECT COALESCE(%(currency)s, p.currency),
    NOT EXISTS (SELECT 1 FROM commerce_stale m WHERE m.partner_id = p.id
        AND (m.kind IN ('ORDER', 'CUSTOMER', 'CAMPAIGN')
        OR (m.kind = 'DAY' AND m.subject >= %(from)s::date::text AND m.subject < %(to)s::date::text))),
    ARRAY(SELECT DISTINCT d.currency::text FROM analytics_shopperiod d
        WHERE d.partner_id = p.id AND d.grain = 'DAY' AND d.date >= %(from)s AND d.date < %(to)s ORDER BY 1),
    days.*, traffic.*, people.*
FROM commerce_partner p
CROSS JOIN LATERAL (
    SELECT {sums} FROM analytics_shopperiod d
    WHERE d.partner_id = p.id AND d.grain = 'DAY' AND d.date >= %(from)s AND d.date < %(to)s
        AND d.currency = COALESCE(%(currency)s, p.currency)
) days
CROSS JOIN LATERAL (
    SELECT {traffic} FROM analytics_shoptraffic t
    WHERE t.partner_id = p.id AND t.grain = 'DAY' AND t.date >= %(from)s AND t.date < %(to)s
) traffic
CROSS JOIN LATERAL (
    SELECT {counts} FROM (
        SELECT 1 AS is_order, f.* FROM analytics_orderfact f
        WHERE f.partner_id = p.id AND f.currency = COALESCE(%(currency)s, p.currency)
            AND f.placed_at >= commerce_day_start(%(from)s, p.timezone)
            AND f.placed_at < commerce_day_start(%(to)s, p.timezone)
    ) o
) people
WHERE p.id = ANY(%(partners)s) AND p.id = %(partner)s
"""

# Every day or hour of the period by the clock of the partner, also those without a sale.
DAYS: Final = """
SELECT t.date, t.starts_at, p.currency_asked, {columns}
FROM (SELECT id, timezone, COALESCE(%(currency)s, currency) AS currency_asked FROM commerce_partner
    WHERE id = ANY(%(partners)s) AND id = %(partner)s) p
CROSS JOIN LATERAL (
    SELECT day::date AS date, commerce_day_start(day::date, p.timezone) AS starts_at
    FROM generate_series(%(from)s::date::timestamp, %(to)s::date - interval '1 day', '1 day') AS day
    ORDER BY 1 LIMIT %(limit)s
) t
LEFT JOIN analytics_shopperiod d ON d.partner_id = p.id AND d.grain = 'DAY' AND d.date = t.date
    AND d.currency = p.currency_asked
LEFT JOIN analytics_shoptraffic v ON v.partner_id = p.id AND v.grain = 'DAY' AND v.date = t.date
ORDER BY t.starts_at
"""
HOURS: Final = """
SELECT t.date, t.starts_at, p.currency_asked, {columns}
FROM (SELECT id, timezone, COALESCE(%(currency)s, currency) AS currency_asked FROM commerce_partner
    WHERE id = ANY(%(partners)s) AND id = %(partner)s) p
CROSS JOIN LATERAL (
    SELECT DISTINCT (hour AT TIME ZONE p.timezone)::date AS date,
        -- Where the clock moves by less than an hour, an hour still begins where it shows a full one.
        hour - (hour AT TIME ZONE p.timezone - date_trunc('hour', hour AT TIME ZONE p.timezone)) AS starts_at
    FROM generate_series(commerce_day_start(%(from)s, p.timezone),
        commerce_day_start(%(to)s, p.timezone) - interval '1 microsecond', '1 hour') AS hour
    ORDER BY 2 LIMIT %(limit)s
) t
LEFT JOIN analytics_shopperiod d ON d.partner_id = p.id AND d.grain = 'HOUR' AND d.started_at = t.starts_at
    AND d.currency = p.currency_asked
LEFT JOIN analytics_shoptraffic v ON v.partner_id = p.id AND v.grain = 'HOUR' AND v.started_at = t.starts_at
ORDER BY t.starts_at
"""


@dataclass(frozen=True, kw_only=True)
class ShopRow:
    """A day or an hour."""

    date: date
    started_at: datetime
    numbers: Numbers


def zero(key: str, unit: Unit) -> str:
    """A sum that is 0 where nothing is, of its unit's type."""
    return f"COALESCE({key}, 0)" + ("" if unit is Unit.MONEY else "::bigint")


@cache
def _period(basis: str) -> str:
    return composed(
        PERIOD,
        sums=listed(zero(f"sum(d.{metric.column(basis)})", metric.unit) for metric in SUMMED),
        traffic=listed(zero(f"sum(t.{metric.column(basis)})", metric.unit) for metric in TRAFFIC),
        counts=listed(zero(metric.aggregate(basis), metric.unit) for metric in COUNTED),
    )


@cache
def _rows(statement: str, basis: str) -> str:
    return composed(
        statement,
        columns=listed(
            zero(f"{'v' if metric in TRAFFIC else 'd'}.{metric.column(basis)}", metric.unit)
            for metric in STORED
        ),
    )


def shop_numbers(
    *,
    actor: Actor,
    partner_id: UUID,
    starts_on: date,
    ends_on: date,
    basis: str,
    currency: str | None,
    now: datetime,
) -> Numbers:
    """The shop's numbers over the days [starts_on, ends_on); what customers became until now."""
    values = {"partner": partner_id, "from": starts_on, "to": ends_on, "currency": currency}
    ((asked, is_fresh, currencies, *stored),) = fetch(_period(basis), values, actor=actor)
    days = [(starts_on, ends_on)]
    apart = ShopApart(days, actor=actor, partner_id=partner_id, basis=basis, currency=currency, now=now)
    told = by_key([*SUMMED, *TRAFFIC, *COUNTED], stored)
    return Numbers(
        stored=ShopStored(told, apart.of(0)),
        basis=basis,
        currency=asked,
        other_currencies=[other for other in currencies if other != asked],
        computed_at=None,
        is_fresh=is_fresh,
    )


def shop_rows(
    *,
    actor: Actor,
    partner_id: UUID,
    starts_on: date,
    ends_on: date,
    basis: str,
    currency: str | None,
    is_hourly: bool,
    limit: int,
    now: datetime,
) -> list[ShopRow]:
    """The first `limit` days or hours of [starts_on, ends_on), also those without a sale.

    An hour has what is stored of hours alone.
    """
    values = {"partner": partner_id, "from": starts_on, "to": ends_on, "currency": currency, "limit": limit}
    rows = fetch(_rows(HOURS if is_hourly else DAYS, basis), values, actor=actor)
    days = [(row[0], row[0] + timedelta(days=1)) for row in rows]
    apart = ShopApart(days, actor=actor, partner_id=partner_id, basis=basis, currency=currency, now=now)
    return [_row(row, basis, None if is_hourly else apart.of(place)) for place, row in enumerate(rows)]


def _row(row: Sequence[Any], basis: str, later: Callable[[Apart], Mapping[str, Any]] | None) -> ShopRow:
    day, started_at, currency, *stored = row
    told = by_key(STORED, stored)
    numbers = Numbers(
        stored=told if later is None else ShopStored(told, later),
        basis=basis,
        currency=currency,
        other_currencies=[],
        computed_at=None,
        is_fresh=True,
    )
    return ShopRow(date=day, started_at=started_at, numbers=numbers)
