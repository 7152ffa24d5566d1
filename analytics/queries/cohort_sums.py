"""What customers of cohorts bought, as the statements add it up; of rollups where they can tell it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final

from analytics.models.cohorts import (
    DAYS_APART,
    HORIZONS,
    MEASURES,
    MOMENTS,
    STARTS_ON,
    VALUE_OF,
    CohortDimension,
    CohortGrain,
)
from analytics.queries.statements import composed, fetch, listed, raw
from commerce.access import Actor


@dataclass(frozen=True, kw_only=True)
class Bought:
    """What customers bought, added up; `sales` and `orders` by the basis that was asked for."""

    orders: int
    sales: Decimal
    paid_orders: int
    uncosted_orders: int
    """Paid orders whose costs are not known."""
    net_sales: Decimal
    costs: Decimal

    @property
    def profit(self) -> Decimal | None:
        """Net sales less costs; None where the costs of an order are not known."""
        return None if self.uncosted_orders else self.net_sales - self.costs

    def __add__(self, other: "Bought") -> "Bought":
        return Bought(
            orders=self.orders + other.orders,
            sales=self.sales + other.sales,
            paid_orders=self.paid_orders + other.paid_orders,
            uncosted_orders=self.uncosted_orders + other.uncosted_orders,
            net_sales=self.net_sales + other.net_sales,
            costs=self.costs + other.costs,
        )


NOTHING: Final = Bought(
    orders=0, sales=Decimal(0), paid_orders=0, uncosted_orders=0, net_sales=Decimal(0), costs=Decimal(0)
)


# Uses cohortday_partner_dimension, stale_partner_subject.
SHOP: Final = """
SELECT p.timezone, p.week_starts_on, COALESCE(%(currency)s, p.currency)::text,
    NOT EXISTS (SELECT 1 FROM commerce_stale m
        WHERE m.partner_id = p.id AND (m.kind IN ('ORDER', 'CUSTOMER', 'COHORT')
            OR m.kind = 'CAMPAIGN' AND %(split)s = 'KOL')),
    ARRAY(SELECT DISTINCT d.currency::text FROM analytics_cohortday d
        WHERE d.partner_id = p.id AND d.dimension = 'ALL'
            AND d.first_date >= %(from)s AND d.first_date < %(to)s ORDER BY 1)
FROM commerce_partner p WHERE p.id = ANY(%(partners)s) AND p.id = %(partner)s
"""
# The parts of a split worth telling.
PARTS: Final = """
SELECT d.value::text FROM analytics_cohortday d
WHERE d.partner_id = ANY(%(partners)s) AND d.partner_id = %(partner)s AND d.dimension = %(split)s
    AND d.first_date >= %(from)s AND d.first_date < %(to)s AND d.currency = %(currency)s
GROUP BY 1 ORDER BY sum(d.customers) DESC, 1 LIMIT %(parts)s
"""
# Days of which everybody is observed for so long.
DAYS: Final = """
SELECT {cohort}, {part}, sum(d.customers)::bigint, {cells}
FROM analytics_cohortday d
WHERE d.partner_id = ANY(%(partners)s) AND d.partner_id = %(partner)s AND d.dimension = %(split)s
    AND d.first_date >= %(from)s AND d.first_date < %(to)s AND d.first_date < %(world_ends_on)s
    AND d.currency = %(currency)s
GROUP BY 1, 2
"""
# The one day for each number of days of which some are, by the clock. Uses life_partner_first.
MATURING: Final = """
SELECT {cohort}, {part}, h.days, count(*), {sums}
FROM unnest(%(horizons)s::int[]) AS h (days)
JOIN analytics_customerlife t ON t.partner_id = ANY(%(partners)s) AND t.partner_id = %(partner)s
    AND t.first_date = %(world_ends_on)s::date - h.days AND t.first_date >= %(from)s AND t.first_date < %(to)s
    AND t.currency = %(currency)s AND t.first_at < %(world_ends_at)s
CROSS JOIN LATERAL (
    SELECT t.first_at AT TIME ZONE %(timezone)s + make_interval(days => h.days) AS until
) matures
CROSS JOIN LATERAL (
    SELECT {measures} FROM {moments} o
    WHERE o.at AT TIME ZONE %(timezone)s < matures.until AND o.at < %(world_ends_at)s
) d
-- Where the clock was put back it may show less than when somebody was won, who is there all the same.
WHERE h.days = 0 OR matures.until <= %(world_ends_at)s AT TIME ZONE %(timezone)s
GROUP BY 1, 2, 3
"""
# Uses cohortactivity_partner_dimension.
PERIODS: Final = """
SELECT {cohort}, {part}, d.starts_on, max(d.last_at), sum(d.active)::bigint, {sums}
FROM analytics_cohortactivity d
WHERE d.partner_id = ANY(%(partners)s) AND d.partner_id = %(partner)s AND d.dimension = %(split)s
    AND d.grain = %(by)s AND d.first_date >= %(from)s AND d.first_date < %(to)s AND d.currency = %(currency)s
    AND d.starts_on <= %(last_date)s
GROUP BY 1, 2, 3
"""
# The period that the end of the world cuts through; only of those who did something in it or later.
CUT: Final = """
SELECT {cohort}, {part}, %(cut)s::date, NULL, count(*) FILTER (WHERE d.is_active), {sums}
FROM analytics_customerlife t
CROSS JOIN LATERAL (
    SELECT count(*) AS moments, COALESCE(bool_or(o.is_paid), false) AS is_active, {measures} FROM {moments} o
    WHERE (o.at AT TIME ZONE %(timezone)s)::date >= %(cut)s AND o.at < %(world_ends_at)s
) d
WHERE t.partner_id = ANY(%(partners)s) AND t.partner_id = %(partner)s
    AND t.first_date >= %(from)s AND t.first_date < %(to)s AND t.currency = %(currency)s
    AND (%(by)s <> 'DAY' OR t.first_date >= %(cut)s::date - {days_apart})
    AND GREATEST(t.ordered_at[cardinality(t.ordered_at)], t.refunded_at[cardinality(t.refunded_at)])
        >= commerce_day_start(%(cut)s, %(timezone)s)
    AND d.moments > 0
GROUP BY 1, 2
"""
_KEYS: Final = [measure.key for measure in MEASURES]


def _sum(column: str, *, is_money: bool, of: str = "") -> str:
    """A sum, of no rows as well, that is whole where its parts are."""
    return f"COALESCE(sum({column}){of}, 0)" + ("" if is_money else "::bigint")


def _cells() -> Iterator[str]:
    """For each number of days the customers observed so long, and what they bought in them."""
    for days in HORIZONS:
        of = f" FILTER (WHERE d.first_date < %(world_ends_on)s::date - {days})"
        yield _sum("d.customers", is_money=False, of=of)
        for measure in MEASURES:
            yield _sum(f"d.{measure.column(days)}", is_money=measure.is_money, of=of)


@cache
def _statement(text: str, by: CohortGrain, split: CohortDimension) -> str:
    of_lives = text in (MATURING, CUT)
    value = VALUE_OF[split] if of_lives else "d.value"
    return composed(
        text,
        cohort=raw(STARTS_ON[by].format("t.first_date" if of_lives else "d.first_date")),
        # Without the parts it is the rest.
        part=raw(f"CASE WHEN {value} = ANY(%(told)s) THEN {value}::text END"),
        moments=raw(MOMENTS),
        measures=listed(f"{measure.expression} AS {measure.key}" for measure in MEASURES),
        sums=listed(_sum(f"d.{measure.key}", is_money=measure.is_money) for measure in MEASURES),
        cells=listed(_cells()),
        days_apart=raw(str(DAYS_APART)),
    )


@dataclass(kw_only=True)
class Found:
    """What is told of one cohort: its size, and (customers, what they bought) of its cells."""

    size: int = 0
    periods: dict[date, tuple[int, Bought]] = field(default_factory=dict)
    """By the day the period begins: those active in it."""
    mature: dict[int, tuple[int, Bought]] = field(
        default_factory=lambda: dict.fromkeys(HORIZONS, (0, NOTHING))
    )
    """By the number of days: those observed so long."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which cohorts are asked for, and by whom."""

    actor: Actor
    by: CohortGrain
    split: CohortDimension
    basis: str
    values: Mapping[str, Any]

    def rows(self, text: str, **values: Any) -> list[tuple[Any, ...]]:
        """What a statement answers."""
        return fetch(_statement(text, self.by, self.split), {**self.values, **values}, actor=self.actor)

    def bought(self, sums: Sequence[Any]) -> Bought:
        """Sums by their names, of the basis asked for."""
        told = dict(zip(_KEYS, sums, strict=True))
        return Bought(
            orders=told["orders_placed" if self.basis == "PLACED" else "orders_paid"],
            sales=told[f"sales_{self.basis.lower()}"],
            paid_orders=told["orders_paid"],
            uncosted_orders=told["uncosted_orders"],
            net_sales=told["sales_net"],
            costs=told["costs"],
        )


Key = tuple[date, str | None]
"""A cohort: the day its period begins, and the part; None for the rest."""


def add_days(found: dict[Key, Found], question: Question) -> None:
    """Sizes, and what was bought within days of the first purchase."""
    width = 1 + len(MEASURES)
    for start, part, size, *cells in question.rows(DAYS):
        one = found.setdefault((start, part), Found())
        one.size += size
        for place, days in enumerate(HORIZONS):
            customers, *sums = cells[place * width : (place + 1) * width]
            one.mature[days] = (customers, question.bought(sums))
    for start, part, days, customers, *sums in question.rows(MATURING):
        one = found.setdefault((start, part), Found())
        if days == 0:
            one.size += customers
        else:
            before, bought = one.mature[days]
            one.mature[days] = (before + customers, bought + question.bought(sums))


def add_periods(found: dict[Key, Found], question: Question, *, cut: date | None) -> None:
    """What was bought in periods; `cut` is the one in which the observed world ends."""
    rows = question.rows(PERIODS)
    if any(start == cut and last_at >= question.values["world_ends_at"] for _, _, start, last_at, *_ in rows):
        rows = [row for row in rows if row[2] != cut] + question.rows(CUT, cut=cut)
    for cohort, part, start, _, active, *sums in rows:
        one = found.setdefault((cohort, part), Found())
        one.periods[start] = (active, question.bought(sums))
