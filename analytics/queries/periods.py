"""A partner's numbers over periods of its calendar, anew from sessions, people and days: three statements.

What the shop's own answer reads apart (visitors, costs, spend, customers) is read as there, when it is asked.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any, Final
from uuid import UUID

from analytics.metrics import BASES, BY_BASIS, METRICS, Additivity, Fact, Metric, Scope, Unit, metric_of
from analytics.queries.readings import Reading, decimal, reading
from analytics.queries.sessions import Numbers
from analytics.queries.shop import shop_numbers
from analytics.queries.statements import column, composed, fetch, listed
from commerce.access import Actor

# A session is one of the period it starts in, by the partner's clock, with all that it earned.
SESSIONS: Final = """
WITH period AS (
    SELECT t.*, p.id AS partner_id, p.tail_seconds * interval '1 second' AS tail,
        commerce_day_start(t.starts_on, p.timezone) AS starts_at,
        commerce_day_start(t.ends_on, p.timezone) AS ends_at
    FROM unnest(%(starts)s::date[], %(ends)s::date[]) WITH ORDINALITY AS t (starts_on, ends_on, place)
    JOIN commerce_partner p ON p.id = %(partner)s AND p.id = ANY(%(partners)s)
), session AS (
    SELECT d.place, d.partner_id, d.tail, r.session_id, r.window_ended_at
    FROM period d
    JOIN analytics_sessionrollup r ON r.partner_id = d.partner_id
        AND r.window_started_at >= d.starts_at AND r.window_started_at < d.ends_at
    JOIN commerce_livesession l ON l.partner_id = d.partner_id AND l.id = r.session_id
        AND l.merged_into_id IS NULL AND l.split_at IS NULL
)"""

# Uses sessionrollup_partner_session, viewing_partner_session_viewer, orderfact_partner_session,
# lead_partner_session_key, shoptraffic_partner_date.
NUMBERS: Final = """{sessions}, counted AS (
    SELECT s.place, count(*) AS sessions, {counts}
    FROM session s
    JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.session_id
    GROUP BY 1
), bought AS (
    SELECT s.place, s.session_id, w.viewer_id, bool_or(o.placed_at < s.window_ended_at) AS during
    FROM session s
    JOIN analytics_orderfact o ON o.partner_id = s.partner_id AND o.session_id = s.session_id
    JOIN analytics_viewing w ON w.partner_id = o.partner_id AND w.session_id = o.session_id
        AND w.viewer_id = o.viewer_id
    WHERE o.paid_at IS NOT NULL AND o.placed_at >= w.first_joined_at
        AND o.placed_at < s.window_ended_at + s.tail
    GROUP BY 1, 2, 3
), people AS (
    SELECT v.place, {people}
    FROM (
        SELECT s.place, w.*, b.viewer_id IS NOT NULL AS has_bought,
            COALESCE(b.during, false) AS has_bought_during
        FROM session s
        JOIN analytics_viewing w ON w.partner_id = s.partner_id AND w.session_id = s.session_id
        LEFT JOIN bought b ON b.place = s.place AND b.session_id = w.session_id AND b.viewer_id = w.viewer_id
    ) v GROUP BY 1
), leads AS (
    SELECT s.place, count(DISTINCT l.key) AS leads
    FROM session s
    JOIN commerce_lead l ON l.partner_id = s.partner_id AND l.session_id = s.session_id
    GROUP BY 1
), traffic AS (
    SELECT d.place, {traffic}
    FROM period d
    JOIN analytics_shoptraffic x ON x.partner_id = d.partner_id AND x.grain = 'DAY'
        AND x.date >= d.starts_on AND x.date < d.ends_on
    GROUP BY 1
)
SELECT d.place, d.starts_at, d.ends_at, COALESCE(c.sessions, 0), COALESCE(l.leads, 0), {columns}
FROM period d
LEFT JOIN counted c USING (place)
LEFT JOIN people p USING (place)
LEFT JOIN leads l USING (place)
LEFT JOIN traffic t USING (place)
ORDER BY 1
"""

# Uses sessionsales_partner_session, orderfact_partner_session.
SALES: Final = """{sessions}, sold AS (
    SELECT s.place, x.currency::text AS currency, {sums}
    FROM session s
    JOIN analytics_sessionsales x ON x.partner_id = s.partner_id AND x.session_id = s.session_id
    GROUP BY 1, 2
), people AS (
    SELECT o.place, o.currency::text AS currency, {counts}
    FROM (
        SELECT s.place, 1 AS is_order, f.* FROM session s
        JOIN analytics_orderfact f ON f.partner_id = s.partner_id AND f.session_id = s.session_id
    ) o GROUP BY 1, 2
)
SELECT place, currency, {columns} FROM sold x FULL JOIN people p USING (place, currency)
"""

# Uses shopperiod_partner_date, orderfact_partner_placed.
SHOP: Final = """
WITH period AS (
    SELECT t.*, p.id AS partner_id, commerce_day_start(t.starts_on, p.timezone) AS starts_at,
        commerce_day_start(t.ends_on, p.timezone) AS ends_at
    FROM unnest(%(starts)s::date[], %(ends)s::date[]) WITH ORDINALITY AS t (starts_on, ends_on, place)
    JOIN commerce_partner p ON p.id = %(partner)s AND p.id = ANY(%(partners)s)
), sold AS (
    SELECT d.place, x.currency::text AS currency, {sums}
    FROM period d
    JOIN analytics_shopperiod x ON x.partner_id = d.partner_id AND x.grain = 'DAY'
        AND x.date >= d.starts_on AND x.date < d.ends_on
    GROUP BY 1, 2
), people AS (
    SELECT o.place, o.currency::text AS currency, {counts}
    FROM (
        SELECT d.place, 1 AS is_order, f.* FROM period d
        JOIN analytics_orderfact f ON f.partner_id = d.partner_id
            AND f.placed_at >= d.starts_at AND f.placed_at < d.ends_at
    ) o GROUP BY 1, 2
)
SELECT place, currency, {columns} FROM sold x FULL JOIN people p USING (place, currency)
"""

# What there is of a viewing and of an order here: people are counted where this is enough to tell them.
OF_VIEWING: Final = frozenset(
    {
        "viewer_id",
        "views",
        "likes",
        "comments",
        "shares",
        "follows",
        "product_clicks",
        "cta_clicks",
        "cart_adds",
        "checkouts",
        "has_bought",
        "has_bought_during",
    }
)
OF_ORDER: Final = frozenset({"is_order", "customer_id", "paid_at"})


def _stored(scope: Scope) -> list[Metric]:
    return [m for m in METRICS if m.scope is scope and m.fact is not Fact.DERIVED]


def _is_told_by(expression: str, row: str, known: frozenset[str]) -> bool:
    return set(re.findall(rf"\b{row}\.(\w+)", expression)) <= known


COUNTS: Final = [
    m
    for m in _stored(Scope.SESSION)
    if m.fact is not Fact.ORDERS and m.unit is not Unit.MOMENT and m.additivity is not Additivity.NONE
]
PEOPLE: Final = [m for m in COUNTS if m.fact is Fact.PEOPLE and _is_told_by(m.expression, "v", OF_VIEWING)]
LEADS: Final = [m for m in COUNTS if m.fact is Fact.LEADS]
OF_TRAFFIC: Final = [
    metric.column(basis)
    for metric in _stored(Scope.SHOP)
    if metric.fact in (Fact.TRAFFIC, Fact.CARTS)
    for basis in (BASES if metric.fact in BY_BASIS else ("",))
]


def _amounts(scope: Scope, *, distinct: bool) -> list[tuple[Metric, str]]:
    """(metric, basis) of the stored amounts that are counted anew, or of all."""
    return [
        (metric, basis)
        for metric in _stored(scope)
        if metric.fact is Fact.ORDERS
        for basis in BASES
        if not distinct
        or (metric.additivity is Additivity.DISTINCT and _is_told_by(metric.aggregate(basis), "o", OF_ORDER))
    ]


def parts_of(metric: Metric) -> tuple[Metric, ...]:
    """What a metric is divided from; itself, where it is no quotient."""
    if not metric.is_quotient:
        return (metric,)
    return tuple(metric_of(metric.scope, key) for key in (metric.numerator, metric.denominator))


def is_apart(metric: Metric) -> bool:
    """Whether a number of the shop is read apart, or divided from one that is."""
    return metric.scope is Scope.SHOP and any(part.fact is Fact.DERIVED for part in parts_of(metric))


@dataclass(frozen=True, kw_only=True)
class PeriodNumbers:
    """A partner's numbers over one period of its calendar."""

    starts_at: datetime
    ends_at: datetime
    sessions: int
    """That began in it."""
    sums: Mapping[str, Decimal]
    """Over sessions, people once for each; a peak is the highest."""
    people: Mapping[str, Decimal]
    """Distinct ones, over all sessions together."""
    amounts: dict[tuple[Scope, str], dict[str, Decimal]] = field(default_factory=dict)
    """By scope and currency: sums by column, and distinct people by column and `anew`."""
    traffic: dict[str, Decimal] = field(default_factory=dict)
    """Visits and carts of the shop, by column; empty where there were none."""
    shop: Callable[[str, str], Numbers]
    """Reads all numbers of the shop in a basis and a currency."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened in it."""
        return not self.sessions and not self.amounts and not self.traffic

    def currencies(self) -> list[str]:
        """That something was sold in."""
        return sorted({currency for _, currency in self.amounts})

    def total(self, metric: Metric, *, basis: str, currency: str) -> Decimal:
        """A stored number added up over sessions or days, people once for each of them."""
        if metric.fact is Fact.ORDERS:
            found = self.amounts.get((metric.scope, currency), {})
            return found.get(metric.column(basis), Decimal(0))
        if metric.fact in (Fact.TRAFFIC, Fact.CARTS):
            return self.traffic.get(metric.column(basis), Decimal(0))
        if is_apart(metric):
            return decimal(self._read(metric, basis=basis, currency=currency).value or 0)
        return self.sums[metric.key]

    def parts(self, metric: Metric, *, basis: str, currency: str) -> tuple[Decimal, Decimal] | None:
        """What a quotient is divided from: the sums of both; None for what is no quotient."""
        if not metric.is_quotient:
            return None
        if is_apart(metric):
            told = self._read(metric, basis=basis, currency=currency)
            return decimal(told.numerator or 0), decimal(told.denominator or 0)
        above, below = (
            self.total(metric_of(metric.scope, key), basis=basis, currency=currency)
            for key in (metric.numerator, metric.denominator)
        )
        return above, below

    def value(self, metric: Metric, *, basis: str, currency: str) -> Decimal | None:
        """The number of the period.

        None for a quotient of nothing, people who cannot be told apart, and what the shop says is not known.
        """
        if is_apart(metric):
            value = self._read(metric, basis=basis, currency=currency).value
            return None if value is None else decimal(value)
        if (parts := self.parts(metric, basis=basis, currency=currency)) is not None:
            return parts[0] * metric.per / parts[1] if parts[1] else None
        if metric.additivity is not Additivity.DISTINCT:
            return self.total(metric, basis=basis, currency=currency)
        if metric.fact is Fact.ORDERS:
            if (metric, basis) not in _amounts(metric.scope, distinct=True):
                return None
            found = self.amounts.get((metric.scope, currency), {})
            return found.get(_anew(metric.column(basis)), Decimal(0))
        return self.people.get(metric.key)

    def _read(self, metric: Metric, *, basis: str, currency: str) -> Reading:
        return reading(metric, self.shop(basis, currency))


def _anew(name: str) -> str:
    return f"{name}_anew"


def _of_sessions(metric: Metric) -> str:
    how = "max" if metric.additivity is Additivity.MAX else "sum"
    return f"{how}({column(metric, '', events='r', orders='r')}) AS {metric.key}"


@cache
def _numbers() -> str:
    return composed(
        NUMBERS,
        sessions=listed([SESSIONS]),
        counts=listed(_of_sessions(metric) for metric in COUNTS),
        people=listed(
            f"{metric.expression.replace('count(*)', 'count(DISTINCT v.viewer_id)')} AS {metric.key}"
            for metric in PEOPLE
        ),
        columns=listed(
            [
                *(f"COALESCE(c.{m.key}, 0)" for m in COUNTS),
                *(f"COALESCE(p.{m.key}, 0)" for m in PEOPLE),
                *(f"t.{name}" for name in OF_TRAFFIC),
            ]
        ),
        traffic=listed(f"sum(x.{name}) AS {name}" for name in OF_TRAFFIC),
    )


@cache
def _sales(statement: str, scope: Scope) -> str:
    summed, anew = _amounts(scope, distinct=False), _amounts(scope, distinct=True)
    return composed(
        statement,
        sessions=listed([SESSIONS]),
        sums=listed(f"sum(x.{one.column(basis)}) AS {one.column(basis)}" for one, basis in summed),
        counts=listed(f"{one.aggregate(basis)} AS {_anew(one.column(basis))}" for one, basis in anew),
        columns=listed(
            [
                *(f"COALESCE(x.{one.column(basis)}, 0)" for one, basis in summed),
                *(f"COALESCE(p.{_anew(one.column(basis))}, 0)" for one, basis in anew),
            ]
        ),
    )


def _names(scope: Scope) -> list[str]:
    summed, anew = _amounts(scope, distinct=False), _amounts(scope, distinct=True)
    return [*(one.column(basis) for one, basis in summed), *(_anew(one.column(basis)) for one, basis in anew)]


def period_numbers(
    days: Sequence[tuple[date, date]], *, partner_id: UUID, actor: Actor, now: datetime
) -> list[PeriodNumbers]:
    """Numbers of each [first day, day after the last) of a partner's calendar, in the order given.

    Customers won in a period are told of as far as they have come by now.
    """
    values = {
        "partner": partner_id,
        "starts": [starts_on for starts_on, _ in days],
        "ends": [ends_on for _, ends_on in days],
    }
    read = partial(shop_numbers, actor=actor, partner_id=partner_id, now=now)
    found = [_period(row, _shop(read, *days[row[0] - 1])) for row in fetch(_numbers(), values, actor=actor)]
    if found:
        for statement, scope in ((SALES, Scope.SESSION), (SHOP, Scope.SHOP)):
            names = _names(scope)
            for place, currency, *amounts in fetch(_sales(statement, scope), values, actor=actor):
                told = {name: Decimal(value) for name, value in zip(names, amounts, strict=True)}
                found[place - 1].amounts[scope, currency] = told
    return found


def _shop(read: Callable[..., Numbers], starts_on: date, ends_on: date) -> Callable[[str, str], Numbers]:
    """Reads the shop over these days, once for a basis and a currency."""
    return cache(
        lambda basis, currency: read(starts_on=starts_on, ends_on=ends_on, basis=basis, currency=currency)
    )


def _period(row: tuple[Any, ...], shop: Callable[[str, str], Numbers]) -> PeriodNumbers:
    _, starts_at, ends_at, sessions, leads, *rest = row
    traffic = rest[len(COUNTS) + len(PEOPLE) :]
    people = {metric.key: Decimal(value) for metric, value in zip(PEOPLE, rest[len(COUNTS) :], strict=False)}
    return PeriodNumbers(
        starts_at=starts_at,
        ends_at=ends_at,
        sessions=sessions,
        sums={metric.key: Decimal(value) for metric, value in zip(COUNTS, rest, strict=False)},
        people=people | {metric.key: Decimal(leads) for metric in LEADS},
        traffic={
            name: Decimal(value) for name, value in zip(OF_TRAFFIC, traffic, strict=True) if value is not None
        },
        shop=shop,
    )
