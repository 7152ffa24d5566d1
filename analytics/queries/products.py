"""The products of sessions with their numbers, a page each, of a whole page of sessions by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

from analytics.metrics import METRICS, Fact, Metric, Scope, metric_of
from analytics.queries.sessions import Numbers
from analytics.queries.statements import by_key, column, composed, fetch, listed, raw
from commerce.access import Actor

STORED: Final = [m for m in METRICS if m.scope is Scope.PRODUCT and m.fact is not Fact.DERIVED]
MOMENTS: Final = [metric for metric in STORED if metric.fact is Fact.SHOWINGS]
NOTHING: Final = Decimal(-1)
"""What a quotient without a denominator sorts as: below all others."""

# Uses sessionproduct_partner_product, sessionproductsales_partner, sessionshowing_partner_moment.
STATEMENT: Final = """
WITH session AS (
    SELECT s.partner_id, s.id, COALESCE(%(currency)s, s.currency, p.currency) AS currency
    FROM commerce_livesession s JOIN commerce_partner p ON p.id = s.partner_id
    WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
), e AS (
    SELECT e.* FROM analytics_sessionproduct e
    JOIN session s ON s.partner_id = e.partner_id AND s.id = e.session_id
), o AS (
    SELECT o.* FROM analytics_sessionproductsales o
    JOIN session s ON s.partner_id = o.partner_id AND s.id = o.session_id AND s.currency = o.currency
), w AS (
    SELECT w.partner_id, w.session_id, w.product_id, {moments} FROM analytics_sessionshowing w
    JOIN session s ON s.partner_id = w.partner_id AND s.id = w.session_id
    GROUP BY 1, 2, 3
), numbers AS (
    SELECT partner_id, session_id, product_id, {sort}::numeric AS sort_value, {columns}
    FROM e
    FULL JOIN o USING (partner_id, session_id, product_id)
    FULL JOIN w USING (partner_id, session_id, product_id)
), placed AS (
    SELECT n.*, d.source, d.external_id, d.name, d.image_url,
        row_number() OVER (PARTITION BY n.session_id ORDER BY n.sort_value {way}, n.product_id {way}) AS place
    FROM numbers n JOIN commerce_product d ON d.partner_id = n.partner_id AND d.id = n.product_id
    WHERE (%(search)s::text IS NULL OR d.name ILIKE %(search)s OR d.external_id ILIKE %(search)s)
        AND (%(after_value)s::numeric IS NULL
            OR (n.sort_value, n.product_id) {beyond} (%(after_value)s::numeric, %(after_id)s::uuid))
)
SELECT p.session_id, s.currency, p.product_id, p.source, p.external_id, p.name, p.image_url, p.sort_value,
    {names}
FROM placed p JOIN session s ON s.partner_id = p.partner_id AND s.id = p.session_id
WHERE p.place <= %(limit)s
ORDER BY p.session_id, p.place
"""


@dataclass(frozen=True, kw_only=True)
class SoldProduct:
    """A product in a session, with its numbers and the value it is sorted by."""

    product_id: UUID
    source: str
    external_id: str
    name: str
    image_url: str
    sort_value: Decimal
    numbers: Numbers


def _column(metric: Metric, basis: str) -> str:
    return column(metric, basis, events="e", orders="o", showings="w")


def _sorted_by(metric: Metric, basis: str) -> str:
    if not metric.is_quotient:
        return _column(metric, basis)
    above, below = (
        _column(metric_of(metric.scope, key), basis)
        for key in (metric.numerator, metric.denominator)
    )
    return f"COALESCE(round({above}::numeric / NULLIF({below}, 0), 12), {NOTHING})"


@cache
def _statement(sort: Metric, basis: str, is_descending: bool) -> str:
    return composed(
        STATEMENT,
        sort=raw(_sorted_by(sort, basis)),
        way=raw("DESC" if is_descending else "ASC"),
        beyond=raw("<" if is_descending else ">"),
        columns=listed(f"{_column(metric, basis)} AS {metric.key}" for metric in STORED),
        moments=listed(f"{metric.expression} AS {metric.key}" for metric in MOMENTS),
        names=listed(f"p.{metric.key}" for metric in STORED),
    )


def pattern(search: str | None) -> str | None:
    """The LIKE pattern of a text anywhere."""
    if not search:
        return None
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def session_products(
    session_ids: Sequence[UUID],
    *,
    actor: Actor,
    sort: Metric,
    is_descending: bool,
    basis: str,
    currency: str | None,
    search: str | None,
    after: tuple[Decimal, UUID] | None,
    limit: int,
) -> dict[UUID, list[SoldProduct]]:
    """Up to `limit` products after a place, by session (an empty list where there is none)."""
    value, identity = after or (None, None)
    rows = fetch(
        _statement(sort, basis, is_descending),
        {
            "sessions": list(session_ids),
            "currency": currency,
            "search": pattern(search),
            "after_value": value,
            "after_id": identity,
            "limit": limit,
        },
        actor=actor,
    )
    found: dict[UUID, list[SoldProduct]] = {session: [] for session in session_ids}
    for row in rows:
        found[row[0]].append(_product(row, basis))
    return found


def _product(row: tuple[Any, ...], basis: str) -> SoldProduct:
    _, currency, product_id, source, external_id, name, image_url, sort_value, *values = row
    numbers = Numbers(
        stored=by_key(STORED, values),
        basis=basis,
        currency=currency,
        other_currencies=[],
        computed_at=None,
        is_fresh=True,
    )
    return SoldProduct(
        product_id=product_id,
        source=source,
        external_id=external_id,
        name=name,
        image_url=image_url,
        sort_value=sort_value,
        numbers=numbers,
    )
