"""The products of a session with their numbers."""

from functools import partial
from typing import Annotated, Final
from uuid import UUID

import strawberry

from analytics.graphql.metrics import Kpis, ProductMetric, declared, declared_metric
from analytics.graphql.pages import (
    Connection,
    Info,
    Siblings,
    connection_of,
    needs,
    node_id,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.values import Direction, Provenance, SalesBasis
from analytics.metrics import Scope, definition_version
from analytics.queries import Numbers, SoldProduct, session_products
from config.api.scalars import CurrencyCode, parse_decimal

PRODUCT_LETTER: Final = "G"
VERSION: Final = definition_version(Scope.PRODUCT)


@strawberry.type(
    description="The numbers of a product in a session: one field a metric, in one currency and basis."
)
@declared(Scope.PRODUCT)
class SessionProductKpis(Kpis):
    basis: SalesBasis = strawberry.field(description="Which orders count, and at which value.")
    currency: CurrencyCode = strawberry.field(
        description="The one currency of all amounts and order counts here."
    )
    definition_version: int = strawberry.field(
        description="Grows when the meaning of any of these numbers changes."
    )
    provenance: Provenance = strawberry.field(description="Where the numbers come from.")

    def __init__(self, numbers: Numbers, **given: object) -> None:
        super().__init__(numbers, **given)


@strawberry.type(description="A product in a session.")
class SessionProduct:
    product_id: strawberry.ID = strawberry.field(description="The product's id, for `node`.")
    external_id: str = strawberry.field(description="The id its source gave it, the SKU as a rule.")
    source: str = strawberry.field(description="Who tells about it.")
    name: str = strawberry.field(description="Its name; empty when none was told.")
    image_url: str | None = strawberry.field(description="Where a picture of it is.")
    kpis: SessionProductKpis = strawberry.field(description="Its numbers in this session.")


@strawberry.input(description="An order of the products of a session.")
class SessionProductOrder:
    field: ProductMetric = strawberry.field(description="The number to order by; what has none is lowest.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


ProductOrderArgument = Annotated[
    SessionProductOrder | None,
    strawberry.argument(description="In which order; most clicks first when left out."),
]
ProductSearchArgument = Annotated[
    str | None, strawberry.argument(description="This text is in the product's name or external id.")
]
(DEFAULT_ORDER,) = (metric for metric in ProductMetric if metric.name == "PRODUCT_CLICKS")


def _shown(row: SoldProduct) -> SessionProduct:
    numbers = row.numbers
    return SessionProduct(
        product_id=node_id(PRODUCT_LETTER, row.product_id),
        external_id=row.external_id,
        source=row.source,
        name=row.name,
        image_url=row.image_url or None,
        kpis=SessionProductKpis(
            numbers,
            basis=SalesBasis[numbers.basis],
            currency=numbers.currency,
            definition_version=VERSION,
            provenance=Provenance.MEASURED,
        ),
    )


def products_of_session(
    info: Info,
    siblings: Siblings,
    session_id: UUID,
    *,
    search: str | None,
    order_by: SessionProductOrder | None,
    basis: SalesBasis,
    currency: CurrencyCode | None,
    first: int,
    after: str | None,
) -> Connection[SessionProduct]:
    """A page of a session's products, read for all of its page of sessions at once."""
    actor, size = needs(info, "read"), page_size(first)
    order = order_by or SessionProductOrder(field=DEFAULT_ORDER)
    sort = declared_metric(Scope.PRODUCT, order.field)
    name = f"products {sort.key} {order.direction.name} {basis.name}"
    place = read_cursor(after, order=name, kinds=(parse_decimal, UUID))
    answer = partial(
        session_products,
        actor=actor,
        sort=sort,
        is_descending=order.direction is Direction.DESC,
        basis=basis.name,
        currency=currency,
        search=search,
        after=None if place is None else (place[0], place[1]),
        limit=size + 1,
    )
    rows = siblings.load((name, currency, search, size, after), answer)[session_id]
    return connection_of(
        rows,
        size=size,
        after=after,
        cursor=lambda row: write_cursor(name, (format(row.sort_value, "f"), row.product_id)),
        node=_shown,
    )
