"""Products, orders and refused events: found by id, and listed."""

import datetime as dt
import enum
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry
from django.db.models import QuerySet

from analytics.graphql.pages import (
    Connection,
    Info,
    Node,
    Siblings,
    computed,
    connection_of,
    needs,
    node_id,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.products import PRODUCT_LETTER
from analytics.graphql.values import Money, money
from analytics.queries import Settled, settled_orders
from commerce import models, queries
from commerce.graphql.sessions import LETTER as SESSION_LETTER
from config.api.scalars import BigInt, CurrencyCode, parse_date_time

ORDER_LETTER: Final = "O"
REJECTION_LETTER: Final = "R"


@strawberry.type(description="Something a partner sells.")
class Product(Node):
    external_id: str = strawberry.field(description="The id its source gave it, the SKU as a rule.")
    source: str = strawberry.field(description="Who tells about it.")
    name: str = strawberry.field(description="Its name; empty when none was told.")
    price: Money | None = strawberry.field(description="Its latest price; null when none was told.")
    image_url: str | None = strawberry.field(description="Where a picture of it is.")
    stock: BigInt | None = strawberry.field(description="How many are left; null when nobody told.")


@strawberry.enum(description="How the session of an order was found; the first rule that applies.")
class AssignmentMethod(enum.Enum):
    EXPLICIT = strawberry.enum_value("EXPLICIT", description="The order names the session or its content.")
    VIEWER = strawberry.enum_value(
        "VIEWER",
        description="Its viewer or customer watched the session and ordered until its end plus the tail.",
    )
    LINK = strawberry.enum_value(
        "LINK",
        description="Its viewer or customer followed a tracking link of the session within the day before.",
    )
    CODE = strawberry.enum_value("CODE", description="It was placed with a promo code of the session.")


@strawberry.type(description="Which session an order belongs to, and why.")
class OrderAssignment:
    session_id: strawberry.ID = strawberry.field(
        description="The session's id, for `liveSession` and `node`."
    )
    method: AssignmentMethod = strawberry.field(description="How it was found.")
    confidence: Decimal = strawberry.field(description="From 0 to 1.")


@strawberry.type(description="An order, as its events state it.")
class Order(Node):
    external_id: str = strawberry.field(description="Its transaction id at its source.")
    source: str = strawberry.field(description="Who tells about it.")
    placed_at: dt.datetime = strawberry.field(description="When it was placed.")
    paid_at: dt.datetime | None = strawberry.field(description="When it was paid; null while it is not.")
    cancelled_at: dt.datetime | None = strawberry.field(description="When it was cancelled.")
    units: BigInt = strawberry.field(description="How many items.")
    currency: CurrencyCode | None = strawberry.field(
        description="Its currency; null where it states none and is not settled yet."
    )
    merchandise: Money | None = strawberry.field(description="Its lines minus the seller's discount.")
    shipping: Money | None = strawberry.field(description="Shipping, which is in no sales unless asked for.")
    tax: Money | None = strawberry.field(description="Tax, which is in no sales unless asked for.")
    seller_discount: Money | None = strawberry.field(description="What the seller took off.")
    platform_discount: Money | None = strawberry.field(
        description="What the platform paid of it; not subtracted."
    )
    identity: strawberry.Private[UUID]
    siblings: strawberry.Private[Siblings]

    @computed(description="Which session it belongs to; null for one that belongs to none.")
    def assignment(self, info: Info) -> OrderAssignment | None:
        settled = _settled(info, self.siblings).get(self.identity)
        if settled is None or settled.session_id is None:
            return None
        return OrderAssignment(
            session_id=node_id(SESSION_LETTER, settled.session_id),
            method=AssignmentMethod[settled.method],
            confidence=settled.confidence,
        )

    @computed(description="What was given back of it, at most its merchandise; null while it is not settled.")
    def refunded(self, info: Info) -> Money | None:
        settled = _settled(info, self.siblings).get(self.identity)
        return None if settled is None else money(settled.refunded, settled.currency)


def _settled(info: Info, siblings: Siblings) -> Mapping[UUID, Settled]:
    return siblings.load("settled", partial(settled_orders, actor=needs(info, "read")))


@strawberry.type(description="An event that was refused at the door, kept to be sent again after a fix.")
class Rejection(Node):
    code: str = strawberry.field(description="Why, as a word.")
    path: str = strawberry.field(
        description="Where in the event, as a JSON pointer; empty for the whole of it."
    )
    message: str = strawberry.field(description="Why, in words.")
    source: str = strawberry.field(description="Who sent it, as far as it can be read.")
    event_id: str = strawberry.field(description="The event's id, as far as it can be read.")
    times: BigInt = strawberry.field(description="How often this very event was refused.")
    received_at: dt.datetime = strawberry.field(description="When it came last.")
    redriven_at: dt.datetime | None = strawberry.field(description="When it was accepted after all.")


def shown_product(row: models.Product) -> Product:
    """A product as the API shows it."""
    price = None if row.price is None or not row.currency else money(row.price, row.currency)
    return Product(
        id=node_id(PRODUCT_LETTER, row.id),
        external_id=row.external_id,
        source=row.source,
        name=row.name,
        price=price,
        image_url=row.image_url or None,
        stock=None if row.stock is None else BigInt(row.stock),
    )


def shown_order(row: models.Order, siblings: Siblings) -> Order:
    """An order as the API shows it."""

    def amount(value: Decimal) -> Money | None:
        return money(value, row.currency) if row.currency else None

    assert row.placed_at is not None  # Orders without a purchase are not listed.
    return Order(
        id=node_id(ORDER_LETTER, row.id),
        external_id=row.external_id,
        source=row.source,
        placed_at=row.placed_at,
        paid_at=row.paid_at,
        cancelled_at=row.cancelled_at,
        units=BigInt(row.units),
        currency=CurrencyCode(row.currency) if row.currency else None,
        merchandise=amount(row.merchandise),
        shipping=amount(row.shipping),
        tax=amount(row.tax),
        seller_discount=amount(row.seller_discount),
        platform_discount=amount(row.platform_discount),
        identity=row.id,
        siblings=siblings,
    )


def shown_rejection(row: models.Rejection) -> Rejection:
    """A refused event as the API shows it: without its body, which may hold personal data."""
    return Rejection(
        id=node_id(REJECTION_LETTER, row.id),
        code=row.code,
        path=row.path,
        message=row.message,
        source=row.source,
        event_id=row.event_id,
        times=BigInt(row.times),
        received_at=row.received_at,
        redriven_at=row.redriven_at,
    )


# -- lists -------------------------------------------------------------------------------------


def listed(
    rows: "QuerySet[Any]",
    *,
    column: str,
    is_descending: bool,
    kind: Callable[[str], Any],
    first: int,
    after: str | None,
    node: Callable[[Any, Siblings], Any],
) -> Connection[Any]:
    """A page of rows in the order of a column and their ids; siblings are asked together."""
    size, name = page_size(first), f"{rows.model.__name__} {column}"
    found = queries.page(
        rows,
        ordering=queries.Ordering(column=column, is_descending=is_descending),
        after=read_cursor(after, order=name, kinds=(kind, UUID)),
        limit=size + 1,
    )
    siblings = Siblings([row.pk for row in found[:size]])
    return connection_of(
        found,
        size=size,
        after=after,
        cursor=lambda row: write_cursor(name, (getattr(row, column), row.pk)),
        node=lambda row: node(row, siblings),
    )


@strawberry.input(description="Which orders to list; every condition given has to hold.")
class OrderFilter:
    placed_from: dt.datetime | None = strawberry.field(
        default=None, description="Placed at this moment or later."
    )
    placed_to: dt.datetime | None = strawberry.field(default=None, description="Placed before this moment.")
    external_id: str | None = strawberry.field(default=None, description="With this transaction id.")


@strawberry.input(description="Which refused events to list; every condition given has to hold.")
class RejectionFilter:
    code: str | None = strawberry.field(default=None, description="Refused for this reason.")
    is_open: bool | None = strawberry.field(
        default=None, description="True: not accepted since. False: accepted after all."
    )


SearchArgument = Annotated[
    str | None, strawberry.argument(description="This text is in name or external id.")
]
OrderFilterArgument = Annotated[
    OrderFilter | None, strawberry.argument(description="Which ones; all when left out.")
]
RejectionFilterArgument = Annotated[
    RejectionFilter | None, strawberry.argument(description="Which ones; all when left out.")
]


def list_products(info: Info, *, search: str | None, first: int, after: str | None) -> Connection[Product]:
    """Products by external id."""
    rows = queries.products(actor=needs(info, "read"), search=search)
    return listed(
        rows,
        column="external_id",
        is_descending=False,
        kind=str,
        first=first,
        after=after,
        node=lambda row, _: shown_product(row),
    )


def list_orders(info: Info, *, where: OrderFilter | None, first: int, after: str | None) -> Connection[Order]:
    """Orders, the latest first."""
    told = where or OrderFilter()
    rows = queries.orders(
        actor=needs(info, "read"),
        placed_from=told.placed_from,
        placed_to=told.placed_to,
        external_id=told.external_id,
    )
    return listed(
        rows,
        column="placed_at",
        is_descending=True,
        kind=parse_date_time,
        first=first,
        after=after,
        node=shown_order,
    )


def list_rejections(
    info: Info, *, where: RejectionFilter | None, first: int, after: str | None
) -> Connection[Rejection]:
    """Refused events, the latest first."""
    told = where or RejectionFilter()
    rows = queries.rejections(actor=needs(info, "manage", "ingest"), code=told.code, is_open=told.is_open)
    return listed(
        rows,
        column="received_at",
        is_descending=True,
        kind=parse_date_time,
        first=first,
        after=after,
        node=lambda row, _: shown_rejection(row),
    )
