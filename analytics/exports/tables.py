"""What can be taken out of an ended session: each table with its headers, row by row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from analytics.metrics import METRICS, Metric, Scope, Unit, metric_of
from analytics.queries import IN_TREND, Numbers, session_products, session_trends
from analytics.queries.audiences import session_traffic
from analytics.queries.comments import session_comments
from analytics.queries.showings import session_showings
from commerce.access import Actor

Cell = str | int | Decimal | datetime | bool | None
Row = Sequence[Cell]
PAGE: Final = 100
COMMENTS: Final = 2000
"""Comments read at once."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: its name, its columns, and its rows, read as they are written."""

    name: str
    headers: Sequence[str]
    rows: Iterator[Row]


def _columns(scope: Scope) -> list[Metric]:
    return [metric for metric in METRICS if metric.scope is scope]


def _headers(metrics: Sequence[Metric]) -> list[str]:
    """Keys of metrics; a quotient is its two parts and what they make."""
    return [metric.key for metric in metrics]


def _value(metric: Metric, numbers: Numbers) -> Cell:
    """A metric's value; a quotient is divided exactly to nine decimals, and empty over nothing."""
    if not metric.is_quotient:
        told: Cell = numbers.stored[metric.key]
        return told
    above, below = (Decimal(numbers.stored[key]) for key in (metric.numerator, metric.denominator))
    return round(above / below, 9) if below else None


def _trend(session_id: UUID, actor: Actor) -> Table:
    found = session_trends([session_id], actor=actor, metrics=IN_TREND).get(session_id)

    def rows() -> Iterator[Row]:
        for place, minute in enumerate(found.minutes if found else ()):
            values = (column[place] for column in found.columns) if found else ()
            yield [minute, *(_whole(metric, value) for metric, value in zip(IN_TREND, values, strict=True))]

    return Table(name="Trend", headers=["minute", *_headers(IN_TREND)], rows=rows())


def _whole(metric: Metric, value: float | None) -> Cell:
    if value is None:
        return None
    return round(Decimal(repr(value)), 4) if metric.unit is Unit.MONEY else int(value)


def _products(session_id: UUID, actor: Actor) -> Table:
    metrics = _columns(Scope.PRODUCT)

    def rows() -> Iterator[Row]:
        after: tuple[Decimal, UUID] | None = None
        while True:
            page = session_products(
                [session_id],
                actor=actor,
                sort=metric_of(Scope.PRODUCT, "product_clicks"),
                is_descending=True,
                basis="PAID",
                currency=None,
                search=None,
                after=after,
                limit=PAGE,
            )[session_id]
            for product in page:
                values = (_value(metric, product.numbers) for metric in metrics)
                yield [product.external_id, product.name, product.numbers.currency, *values]
            if len(page) < PAGE:
                return
            after = (page[-1].sort_value, page[-1].product_id)

    return Table(name="Products", headers=["sku", "title", "currency", *_headers(metrics)], rows=rows())


def _showings(session_id: UUID, actor: Actor) -> Table:
    metrics = _columns(Scope.SHOWING)

    def rows() -> Iterator[Row]:
        for shown in session_showings([session_id], actor=actor)[session_id]:
            values = (_value(metric, shown.numbers) for metric in metrics)
            about = (shown.number, shown.external_id, shown.name, shown.featured_at, shown.unfeatured_at)
            yield [*about, shown.numbers.currency, *values]

    headers = ["number", "sku", "title", "featured_at", "unfeatured_at", "currency", *_headers(metrics)]
    return Table(name="Showings", headers=headers, rows=rows())


def _traffic(session_id: UUID, actor: Actor) -> Table:
    metrics = _columns(Scope.SOURCE)

    def rows() -> Iterator[Row]:
        for row in session_traffic([session_id], actor=actor, basis="PAID", currency=None)[session_id]:
            values = (_value(metric, row.numbers) for metric in metrics)
            yield [row.source, row.sub_source, row.is_paid, row.numbers.currency, *values]

    headers = ["source", "sub_source", "is_paid", "currency", *_headers(metrics)]
    return Table(name="Traffic", headers=headers, rows=rows())


def _comments(session_id: UUID, actor: Actor) -> Table:
    def rows() -> Iterator[Row]:
        after: tuple[datetime, UUID] | None = None
        while page := session_comments([session_id], actor=actor, limit=COMMENTS, after=after).get(
            session_id
        ):
            for comment in page:
                yield [comment.at, comment.text, comment.is_question, comment.language]
            after = (page[-1].at, page[-1].id)

    # Without who wrote it: that takes a scope of its own, and a ticket has none.
    return Table(name="Comments", headers=["at", "text", "is_question", "language"], rows=rows())


TABLES: Final[dict[str, Callable[[UUID, Actor], Table]]] = {
    "TREND": _trend,
    "PRODUCTS": _products,
    "SHOWINGS": _showings,
    "TRAFFIC": _traffic,
    "COMMENTS": _comments,
}
