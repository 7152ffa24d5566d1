"""The shop step by step: weeks, months and quarters of the partner's calendar from its days."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from analytics.metrics import METRICS, Metric, Scope, metric_of
from analytics.queries.sessions import Numbers
from analytics.queries.shop import COUNTED, STORED, SUMMED, TRAFFIC, ShopRow, zero
from analytics.queries.shop_apart import ShopApart, ShopStored
from analytics.queries.shop_facts import SOLD, ShopQuestion
from analytics.queries.statements import by_key, composed, fetch, listed, raw
from commerce.access import Actor

BUCKETS: Final = """
SELECT t.place, t.starts_on, t.ends_on, commerce_day_start(t.starts_on, p.timezone) AS starts_at,
    commerce_day_start(t.ends_on, p.timezone) AS ends_at, p.id, COALESCE(%(currency)s, p.currency) AS currency
FROM commerce_partner p
CROSS JOIN unnest(%(starts)s::date[], %(ends)s::date[]) WITH ORDINALITY AS t (starts_on, ends_on, place)
WHERE p.id = ANY(%(partners)s) AND p.id = %(partner)s
"""
# Uses shopperiod_partner_date, shoptraffic_partner_date.
STEPS: Final = """
SELECT b.starts_on, b.starts_at, b.currency, days.*, traffic.*
FROM ({buckets}) b
CROSS JOIN LATERAL (
    SELECT {sums} FROM analytics_shopperiod d
    WHERE d.partner_id = b.id AND d.grain = 'DAY' AND d.date >= b.starts_on AND d.date < b.ends_on
        AND d.currency = b.currency
) days
CROSS JOIN LATERAL (
    SELECT {traffic} FROM analytics_shoptraffic t
    WHERE t.partner_id = b.id AND t.grain = 'DAY' AND t.date >= b.starts_on AND t.date < b.ends_on
) traffic
ORDER BY b.place
"""
# People of several days are counted again. Uses orderfact_partner_placed.
PEOPLE: Final = """
SELECT o.place, {counts}
FROM (
    SELECT b.place, 1 AS is_order, f.*
    FROM ({buckets}) b
    JOIN analytics_orderfact f ON f.partner_id = b.id AND f.currency = b.currency
        AND f.placed_at >= b.starts_at AND f.placed_at < b.ends_at
) o
GROUP BY o.place
"""
PEOPLES_KEYS: Final = frozenset(metric.key for metric in COUNTED)


def is_made_of(metric: Metric, known: Collection[str]) -> bool:
    """Whether a number of the shop is made of those alone whose keys are known."""
    if metric.key in known:
        return True
    parts = [part for part in (metric.numerator, metric.denominator) if part]
    return bool(parts) and all(is_made_of(metric_of(metric.scope, part), known) for part in parts)


_SHOP: Final = [metric for metric in METRICS if metric.scope is Scope.SHOP and not metric.awaits]
OF_HOURS: Final = [m for m in _SHOP if is_made_of(m, {one.key for one in STORED})]
"""What hours have: what is kept of them."""
OF_ZONES: Final = [m for m in _SHOP if is_made_of(m, {one.key for one in SOLD})]
"""What is known in every time zone: what is counted of orders and refunds."""


class _People:
    """Distinct people of steps: counted for all of them when somebody asks."""

    def __init__(self, values: Mapping[str, Any], basis: str, *, actor: Actor) -> None:
        self._values, self._basis, self._actor = values, basis, actor
        self._found: dict[int, dict[str, int]] | None = None

    def of(self, place: int) -> dict[str, int]:
        """Of the step at a place from 1."""
        if self._found is None:
            rows = fetch(_people(self._basis), self._values, actor=self._actor)
            self._found = {row[0]: by_key(COUNTED, row[1:]) for row in rows}
        return self._found.get(place) or dict.fromkeys(PEOPLES_KEYS, 0)


class _Stored(ShopStored):
    """Numbers of a step."""

    def with_people(self, people: _People, place: int) -> "_Stored":
        """The same, that has somewhere to ask for people."""
        self._people, self._place = people, place
        return self

    def __missing__(self, key: str) -> Any:
        if key not in PEOPLES_KEYS:
            return super().__missing__(key)
        self.update(self._people.of(self._place))
        return self[key]


@cache
def _steps(basis: str) -> str:
    return composed(
        STEPS,
        buckets=raw(BUCKETS),
        sums=listed(zero(f"sum(d.{metric.column(basis)})", metric.unit) for metric in SUMMED),
        traffic=listed(zero(f"sum(t.{metric.column(basis)})", metric.unit) for metric in TRAFFIC),
    )


@cache
def _people(basis: str) -> str:
    return composed(
        PEOPLE,
        buckets=raw(BUCKETS),
        counts=listed(zero(metric.aggregate(basis), metric.unit) for metric in COUNTED),
    )


def shop_steps(
    asked: ShopQuestion, days: Sequence[tuple[date, date]], *, actor: Actor, now: datetime
) -> list[ShopRow]:
    """The shop on each stretch [from, to) of days of the partner's calendar: sums of days, people anew."""
    starts, ends = [day[0] for day in days], [day[1] for day in days]
    values = {**asked.values, "starts": starts, "ends": ends}
    people = _People(values, asked.basis, actor=actor)
    apart = ShopApart(
        days,
        actor=actor,
        partner_id=asked.partner_id,
        basis=asked.basis,
        currency=asked.currency,
        now=now,
    )
    found = []
    for place, (day, started_at, currency, *stored) in enumerate(
        fetch(_steps(asked.basis), values, actor=actor)
    ):
        told = by_key([*SUMMED, *TRAFFIC], stored)
        numbers = Numbers(
            stored=_Stored(told, apart.of(place)).with_people(people, place + 1),
            basis=asked.basis,
            currency=currency,
            other_currencies=[],
            computed_at=None,
            is_fresh=True,
        )
        found.append(ShopRow(date=day, started_at=started_at, numbers=numbers))
    return found
