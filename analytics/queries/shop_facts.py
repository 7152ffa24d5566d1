"""What of the shop is asked, and its numbers in any time zone: from orders and refunds themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from analytics.metrics import METRICS, Fact, Scope, Unit
from analytics.models.splits import FACTS
from analytics.queries.sessions import Numbers
from analytics.queries.statements import by_key, composed, fetch, listed, raw
from commerce.access import Actor

SOLD: Final = [metric for metric in METRICS if metric.scope is Scope.SHOP and metric.fact is Fact.ORDERS]
"""What is counted of orders and refunds: known in every time zone."""


@dataclass(frozen=True, kw_only=True)
class ShopQuestion:
    """Days [starts_on, ends_on) of a shop; without a currency the partner's, without a zone its calendar."""

    partner_id: UUID
    starts_on: date
    ends_on: date
    basis: str
    currency: str | None = None
    timezone: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        """What the statements ask with."""
        return {
            "partner": self.partner_id,
            "from": self.starts_on,
            "to": self.ends_on,
            "currency": self.currency,
            "timezone": self.timezone,
        }


@dataclass(frozen=True, kw_only=True)
class Step:
    """A stretch of time [started_at, ended_at) that begins on a day of the calendar, and its numbers."""

    date: date
    started_at: datetime
    ended_at: datetime
    numbers: Numbers


SHOP: Final = """
SELECT p.id, p.timezone, COALESCE(%(currency)s, p.currency) AS currency,
    NOT EXISTS (
        SELECT 1 FROM commerce_stale m WHERE m.partner_id = p.id AND m.kind = 'ORDER'
    ) AS is_fresh
FROM commerce_partner p WHERE p.id = ANY(%(partners)s) AND p.id = %(partner)s
"""
"""One row of the actor's partner; none of another's."""

DAYS: Final = """
WITH shop AS ({shop}), day AS (
    SELECT t.starts_on AS date, t.place,
        commerce_day_start(t.starts_on, COALESCE(%(timezone)s, p.timezone)) AS starts_at,
        commerce_day_start(t.ends_on, COALESCE(%(timezone)s, p.timezone)) AS ends_at
    FROM shop p
    CROSS JOIN unnest(%(starts)s::date[], %(ends)s::date[]) WITH ORDINALITY AS t (starts_on, ends_on, place)
), fact AS MATERIALIZED ({facts})
SELECT d.date, d.starts_at, d.ends_at, p.currency, p.is_fresh,
    ARRAY(SELECT DISTINCT currency::text FROM fact ORDER BY 1), {columns}
FROM shop p
CROSS JOIN day d
LEFT JOIN fact o ON o.date = d.date AND o.currency = p.currency
GROUP BY d.date, d.place, d.starts_at, d.ends_at, p.currency, p.is_fresh
ORDER BY d.place
"""
# By the clock of the zone, as hours of the partner's calendar are.
HOURS: Final = """
WITH shop AS ({shop}), day AS (
    SELECT %(from)s::date AS date, commerce_day_start(%(from)s, %(timezone)s) AS starts_at,
        commerce_day_start(%(to)s, %(timezone)s) AS ends_at
    FROM shop
), hour AS (
    SELECT at, (at AT TIME ZONE %(timezone)s)::date AS date FROM (
        SELECT DISTINCT
            hour - (hour AT TIME ZONE %(timezone)s - date_trunc('hour', hour AT TIME ZONE %(timezone)s)) AS at
        FROM day d
        CROSS JOIN generate_series(d.starts_at, d.ends_at - interval '1 microsecond', '1 hour') AS hour
        ORDER BY 1 LIMIT %(limit)s
    ) shown
), fact AS MATERIALIZED (
    SELECT *, at - (at AT TIME ZONE %(timezone)s - date_trunc('hour', at AT TIME ZONE %(timezone)s)) AS hour
    FROM ({facts}) f
)
SELECT h.date, h.at, h.at + interval '1 hour', p.currency, p.is_fresh, ARRAY[]::text[], {columns}
FROM shop p
CROSS JOIN hour h
LEFT JOIN fact o ON o.hour = h.at AND o.currency = p.currency
GROUP BY h.date, h.at, p.currency, p.is_fresh
ORDER BY h.at
"""


@cache
def _statement(statement: str, basis: str) -> str:
    columns = (f"{m.aggregate(basis)}{'' if m.unit is Unit.MONEY else '::bigint'}" for m in SOLD)
    return composed(statement, shop=raw(SHOP), facts=raw(FACTS), columns=listed(columns))


def _step(row: Sequence[Any], basis: str) -> Step:
    day, started_at, ended_at, currency, is_fresh, currencies, *sold = row
    return Step(
        date=day,
        started_at=started_at,
        ended_at=ended_at,
        numbers=Numbers(
            stored=by_key(SOLD, sold),
            basis=basis,
            currency=currency,
            other_currencies=[other for other in currencies if other != currency],
            computed_at=None,
            is_fresh=is_fresh,
        ),
    )


def facts_of_days(asked: ShopQuestion, days: Sequence[tuple[date, date]], *, actor: Actor) -> list[Step]:
    """What was sold on each stretch [from, to) of days of the zone asked for; none for another's shop."""
    starts, ends = [day[0] for day in days], [day[1] for day in days]
    values = {**asked.values, "starts": starts, "ends": ends}
    return [_step(row, asked.basis) for row in fetch(_statement(DAYS, asked.basis), values, actor=actor)]


def facts_of_hours(asked: ShopQuestion, *, limit: int, actor: Actor) -> list[Step]:
    """What was sold in each of the first `limit` hours of the days asked for, by the clock of the zone."""
    values = {**asked.values, "limit": limit}
    return [_step(row, asked.basis) for row in fetch(_statement(HOURS, asked.basis), values, actor=actor)]
