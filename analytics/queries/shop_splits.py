"""The shop in parts: a page of them in the order of a number, and distinct people counted anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

from psycopg import sql

from analytics.metrics import Additivity, Dimension, Metric, Unit
from analytics.models.splits import FACTS, PARTS, PartOf
from analytics.queries.sessions import Numbers
from analytics.queries.shop_facts import SHOP, SOLD, ShopQuestion
from analytics.queries.statements import composed, fetch, listed, raw
from commerce.access import Actor

SUMMED: Final = [metric for metric in SOLD if metric.additivity is Additivity.SUM]
COUNTED: Final = [metric for metric in SOLD if metric.additivity is not Additivity.SUM]
IN_CALENDAR_ONLY: Final = frozenset({Dimension.PRODUCT})
"""What came back of each product is known by days of the partner's calendar, and not in other zones."""

# Products have a rollup of their own: amounts are those of lines.
_PRODUCTS: Final = PartOf(
    joins="CROSS JOIN LATERAL (SELECT DISTINCT product_id::text AS part FROM commerce_orderline l "
    "WHERE l.partner_id = %(partner)s AND l.order_id = f.order_id) AS line",
    part="line.part",
)
_TABLE: Final = "analytics_shoppart d ON d.dimension = %(dimension)s AND"
_PRODUCT_TABLE: Final = "analytics_shopproduct d ON"

# Uses shoppart_partner_dimension, shopproduct_partner_date.
KEPT: Final = """part AS (
    SELECT COALESCE({part}::text, '') AS part, {sums}
    FROM shop p
    JOIN {table} d.partner_id = p.id AND d.date >= %(from)s AND d.date < %(to)s AND d.currency = p.currency
    GROUP BY 1
)"""
COUNTS: Final = """people AS (
    SELECT o.part, {counts}
    FROM (
        SELECT f.*, {part} AS part
        FROM (
            SELECT 1 AS is_order, o.*, o.customer_id AS bought_by, o.placed_at AS bought_at
            FROM shop p
            JOIN analytics_orderfact o ON o.partner_id = p.id AND o.currency = p.currency
                AND o.placed_at >= commerce_day_start(%(from)s, p.timezone)
                AND o.placed_at < commerce_day_start(%(to)s, p.timezone)
        ) f
        {joins}
    ) o
    GROUP BY 1
)"""
ANEW: Final = """day AS (
    SELECT %(from)s::date AS date, commerce_day_start(%(from)s, %(timezone)s) AS starts_at,
        commerce_day_start(%(to)s, %(timezone)s) AS ends_at
    FROM shop
), fact AS MATERIALIZED ({facts}), part AS (
    SELECT o.part, {aggregates}
    FROM (SELECT f.*, {part} AS part FROM shop p JOIN fact f ON f.currency = p.currency {joins}) o
    GROUP BY 1
)"""
PAGE: Final = """
WITH shop AS ({shop}), {parts}
SELECT p.currency, p.is_fresh, v.* FROM shop p CROSS JOIN (
    SELECT part, {value} AS value, {columns} FROM part {people}
) v
WHERE {after}
ORDER BY v.value {way} NULLS LAST, v.part COLLATE "C" {way} LIMIT %(limit)s
"""
PEOPLE: Final = """
WITH shop AS ({shop}), {people}
SELECT part, {columns} FROM people WHERE part = ANY(%(parts)s)
"""

Place = tuple[Decimal | None, str]
"""(value, part): where in its order a part stands."""


@dataclass(frozen=True, kw_only=True)
class ShopPartRow:
    """A part and its numbers; `value` is the number it was put in order by, None where there is none."""

    part: str
    value: Decimal | None
    numbers: Numbers


class _Stored(dict[str, Any]):
    """Numbers of a part; who bought is counted for all parts of the page when somebody asks."""

    def __init__(self, told: Mapping[str, Any], people: "_People", part: str) -> None:
        super().__init__(told)
        self._people, self._part = people, part

    def __missing__(self, key: str) -> Any:
        if key not in {metric.key for metric in COUNTED}:
            raise KeyError(key)
        self.update(self._people.of(self._part))
        return self[key]


class _People:
    """Distinct people of the parts of a page."""

    def __init__(self, asked: ShopQuestion, by: Dimension, *, actor: Actor) -> None:
        self._asked, self._by, self._actor = asked, by, actor
        self.parts: list[str] = []
        self._found: dict[str, dict[str, int]] | None = None

    def of(self, part: str) -> dict[str, int]:
        """Of one of them; nobody where nobody bought."""
        if self._found is None:
            rows = fetch(
                _people(self._by, self._asked.basis),
                {**self._asked.values, "parts": self.parts},
                actor=self._actor,
            )
            keys = [metric.key for metric in COUNTED]
            self._found = {row[0]: dict(zip(keys, row[1:], strict=True)) for row in rows}
        return self._found.get(part) or {metric.key: 0 for metric in COUNTED}


def _of_orders(by: Dimension) -> PartOf:
    return _PRODUCTS if by is Dimension.PRODUCT else PARTS[by]


def _exact(metric: Metric) -> str:
    return "" if metric.unit is Unit.MONEY else "::bigint"


def _counts(by: Dimension, basis: str) -> sql.Composable:
    told = _of_orders(by)
    counts = (f"{metric.aggregate(basis)} AS {metric.key}" for metric in COUNTED)
    return raw(composed(COUNTS, counts=listed(counts), part=raw(told.part), joins=raw(told.joins)))


@cache
def _people(by: Dimension, basis: str) -> str:
    keys = listed(metric.key for metric in COUNTED)
    return composed(PEOPLE, shop=raw(SHOP), people=_counts(by, basis), columns=keys)


def _parts(by: Dimension, basis: str, *, is_zoned: bool) -> sql.Composable:
    if is_zoned:
        told = _of_orders(by)
        return raw(
            composed(
                ANEW,
                facts=raw(FACTS),
                aggregates=listed(f"{metric.aggregate(basis)} AS {metric.key}" for metric in SOLD),
                part=raw(told.part),
                joins=raw(told.joins),
            )
        )
    is_product = by is Dimension.PRODUCT
    return raw(
        composed(
            KEPT,
            part=raw("d.product_id" if is_product else "d.part"),
            table=raw(_PRODUCT_TABLE if is_product else _TABLE),
            sums=listed(f"sum(d.{metric.column(basis)}) AS {metric.key}" for metric in SUMMED),
        )
    )


def _value(metric: Metric) -> str:
    if not metric.is_quotient:
        return f"COALESCE({metric.key}, 0)::numeric"
    return f"{metric.numerator}::numeric * {metric.per} / NULLIF({metric.denominator}, 0)"


def is_of_people(metric: Metric) -> bool:
    """Whether distinct people have to be counted for it."""
    return not {metric.key, metric.numerator, metric.denominator}.isdisjoint(one.key for one in COUNTED)


@cache
def _page(
    by: Dimension, basis: str, metric: Metric, *, is_zoned: bool, is_descending: bool, after: str
) -> str:
    way = "DESC" if is_descending else "ASC"
    beyond = "<" if is_descending else ">"
    parts, people = _parts(by, basis, is_zoned=is_zoned), ""
    columns = SOLD if is_zoned else SUMMED
    if is_of_people(metric) and not is_zoned:
        parts = sql.SQL(", ").join([parts, _counts(by, basis)])
        people, columns = "LEFT JOIN people USING (part)", [*SUMMED, *COUNTED]
    last = f'v.part COLLATE "C" {beyond} %(after_part)s'
    of_value = (
        f"(v.value {beyond} %(after_value)s OR v.value IS NULL OR v.value = %(after_value)s AND {last})"
    )
    conditions = {"": "true", "part": f"v.value IS NULL AND {last}", "value": of_value}
    return composed(
        PAGE,
        shop=raw(SHOP),
        parts=parts,
        value=raw(_value(metric)),
        columns=listed(f"COALESCE({one.key}, 0){_exact(one)}" for one in columns),
        people=raw(people),
        after=raw(conditions[after]),
        way=raw(way),
    )


def shop_parts(
    asked: ShopQuestion,
    *,
    by: Dimension,
    metric: Metric,
    is_descending: bool,
    after: Place | None,
    limit: int,
    actor: Actor,
) -> list[ShopPartRow]:
    """The first `limit` parts after a place, in the order of a metric; those without a value come last.

    In another time zone than the partner's all is counted from orders and refunds; without products.
    """
    is_zoned = asked.timezone is not None
    if is_zoned and by in IN_CALENDAR_ONLY:
        raise ValueError("Products are of the partner's calendar.")
    place = "" if after is None else "part" if after[0] is None else "value"
    statement = _page(by, asked.basis, metric, is_zoned=is_zoned, is_descending=is_descending, after=place)
    values = {**asked.values, "dimension": by.value, "limit": limit}
    values |= {"after_value": after and after[0], "after_part": after and after[1]}
    columns = SOLD if is_zoned else [*SUMMED, *(COUNTED if is_of_people(metric) else [])]
    people = _People(asked, by, actor=actor)
    found = [_row(row, columns, people, basis=asked.basis) for row in fetch(statement, values, actor=actor)]
    people.parts = [row.part for row in found]
    return found


def _row(row: Sequence[Any], columns: Sequence[Metric], people: _People, *, basis: str) -> ShopPartRow:
    currency, is_fresh, part, value, *stored = row
    told = {metric.key: one for metric, one in zip(columns, stored, strict=True)}
    return ShopPartRow(
        part=part,
        value=value,
        numbers=Numbers(
            stored=_Stored(told, people, part),
            basis=basis,
            currency=currency,
            other_currencies=[],
            computed_at=None,
            is_fresh=is_fresh,
        ),
    )
