"""The shop in parts: one field a number that can be split, a page of parts in the order of one of them."""

import enum
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry
from babel import Locale

from analytics.graphql.dimensions import ShopDimension
from analytics.graphql.metrics import Kpis, annotation, declared_metric, describe, of_scope, reader
from analytics.graphql.pages import (
    Connection,
    Info,
    bad_input,
    connection_of,
    needs,
    node_id,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.products import PRODUCT_LETTER
from analytics.graphql.values import Direction, SalesBasis
from analytics.metrics import Dimension, Metric, Scope, dimensions
from analytics.models.splits import CustomerPart, LivePart
from analytics.queries import Numbers
from analytics.queries.parts import kol_names, product_names
from analytics.queries.shop_facts import ShopQuestion
from analytics.queries.shop_splits import IN_CALENDAR_ONLY, ShopPartRow, shop_parts
from commerce.access import Actor
from commerce.models import Channel
from config.api.scalars import CurrencyCode

KOL_LETTER: Final = "K"
NOT_KNOWN: Final = "Not known"
SPLIT: Final = [metric for metric in of_scope(Scope.SHOP) if dimensions(metric)]
COUNTRIES: Final[Mapping[str, str]] = Locale("en").territories
"""English names by their two letters."""


@strawberry.enum(description="The numbers of the shop.")
class ShopMetric(enum.Enum):
    vars().update(
        {
            metric.key.upper(): strawberry.enum_value(metric.key.upper(), description=describe(metric))
            for metric in of_scope(Scope.SHOP)
        }
    )


@strawberry.input(description="An order of parts of the shop.")
class ShopPartOrder:
    metric: ShopMetric = strawberry.field(
        description="The number to order by: one that can be split. Parts without a value come last."
    )
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


def _split(kpis: type[Kpis]) -> type[Kpis]:
    """Give a type one field for each metric that can be split."""
    for metric in SPLIT:
        kpis.__annotations__[metric.key] = annotation(metric)
        setattr(kpis, metric.key, strawberry.field(description=describe(metric)))
    kpis._readers = {metric.key: reader(metric) for metric in SPLIT}
    return kpis


@strawberry.type(
    description="The numbers of a part of the shop: one field a metric that can be split, in one currency "
    "and basis. People are counted in each part: who is in two of them counts in both."
)
@_split
class ShopPartKpis(Kpis):
    basis: SalesBasis = strawberry.field(description="Which orders count, and at which value.")
    currency: CurrencyCode = strawberry.field(description="The one currency of all amounts here.")

    def __init__(self, numbers: Numbers, **given: object) -> None:
        super().__init__(numbers, **given)


@strawberry.type(description="A part of the shop.")
class ShopPart:
    key: str | None = strawberry.field(
        description="Its value: LIVE or NON_LIVE; a channel; NEW, RETURNING or GUEST; the id of a product or "
        "influencer; a country's two letters. Null: none, or not known."
    )
    label: str = strawberry.field(description="Its name for people.")
    kpis: ShopPartKpis = strawberry.field(description="Its numbers.")


DimensionArgument = Annotated[
    ShopDimension,
    strawberry.argument(description="How orders are told apart; the catalogue says which numbers can be."),
]
PartOrderArgument = Annotated[
    ShopPartOrder | None, strawberry.argument(description="By sales, the most first, when left out.")
]

# -- what parts are called ---------------------------------------------------------------------

Named = Callable[[str], tuple[str | None, str]]
"""(key, label) of a part by its stored value."""
NOTHING: Final = {Dimension.CHANNEL: "No live session", Dimension.KOL: "No influencer"}
WORDS: Final[dict[Dimension, Mapping[str, str]]] = {
    Dimension.LIVE: dict(LivePart.choices),
    Dimension.CHANNEL: dict(Channel.choices),
    Dimension.CUSTOMER: dict(CustomerPart.choices),
    Dimension.COUNTRY: COUNTRIES,
}
LETTERS: Final = {Dimension.PRODUCT: PRODUCT_LETTER, Dimension.KOL: KOL_LETTER}


def _names(by: Dimension, values: Sequence[str], *, actor: Actor) -> Named:
    """What tells the key and label of a part; names are read for all of them at once."""
    words = WORDS.get(by)
    if words is None:
        read = product_names if by is Dimension.PRODUCT else kol_names
        found = read([UUID(value) for value in values if value], actor=actor)
        words = {str(identity): name for identity, name in found.items()}
    return partial(_named, by=by, words=words)


def _named(value: str, *, by: Dimension, words: Mapping[str, str]) -> tuple[str | None, str]:
    if not value:
        return None, NOTHING.get(by, NOT_KNOWN)
    letter = LETTERS.get(by)
    fallback = NOT_KNOWN if letter else value
    return (node_id(letter, UUID(value)) if letter else value), words.get(value, fallback)


# -- a page ------------------------------------------------------------------------------------


def shop_split(
    info: Info,
    asked: ShopQuestion,
    *,
    by: ShopDimension,
    order: ShopPartOrder | None,
    first: int,
    after: str | None,
) -> Connection[ShopPart]:
    """A page of the parts of a shop's period."""
    actor, size, dimension = needs(info, "read"), page_size(first), Dimension[by.name]
    order = order or ShopPartOrder(metric=ShopMetric["SALES"])
    metric = declared_metric(Scope.SHOP, order.metric)
    if dimension not in dimensions(metric):
        raise bad_input(f"{order.metric.name} cannot be split by {by.name}; the catalogue says what can be.")
    if asked.timezone is not None and dimension in IN_CALENDAR_ONLY:
        raise bad_input(f"Parts by {by.name} are of the partner's own calendar: leave timezone out.")
    name = f"parts {by.name} {metric.key} {order.direction.name} {asked.basis}"
    place = read_cursor(after, order=name, kinds=(Decimal, str))
    rows = shop_parts(
        asked,
        by=dimension,
        metric=metric,
        is_descending=order.direction is Direction.DESC,
        after=None if place is None else (place[0], place[1] or ""),
        limit=size + 1,
        actor=actor,
    )
    named = _names(dimension, [row.part for row in rows[:size]], actor=actor)
    return connection_of(
        rows,
        size=size,
        after=after,
        cursor=lambda row: write_cursor(name, (row.value, row.part)),
        node=lambda row: _part(row, named),
    )


def _part(row: ShopPartRow, named: Named) -> ShopPart:
    key, label = named(row.part)
    numbers = row.numbers
    given: dict[str, Any] = {"basis": SalesBasis[numbers.basis], "currency": numbers.currency}
    return ShopPart(key=key, label=label, kpis=ShopPartKpis(numbers, **given))


def chosen(metrics: list[ShopMetric], *, most: int) -> list[Metric]:
    """The metrics that were chosen; BAD_USER_INPUT for too many, and for one twice."""
    found = [declared_metric(Scope.SHOP, metric) for metric in metrics]
    if not 1 <= len(found) <= most:
        raise bad_input(f"metrics has one to {most} entries.")
    if len(set(found)) < len(found):
        raise bad_input("metrics names each number once.")
    return found
