"""Customers: who they are as far as the shop says, how they were won, and what they bought."""

import datetime as dt
from functools import partial
from typing import Annotated, Final
from uuid import UUID

import strawberry

from analytics.graphql.kpis import BasisArgument
from analytics.graphql.lifetime import CustomerPrediction, predictions_of
from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    Node,
    Siblings,
    bad_input,
    computed,
    needs,
    node_id,
    own_id,
)
from analytics.graphql.products import PRODUCT_LETTER
from analytics.graphql.values import Money, SalesBasis, money
from analytics.queries.lives import Life, lives_of
from commerce import models, queries
from commerce.graphql.broadcasts import Channel
from commerce.graphql.facts import SearchArgument, listed
from commerce.graphql.sessions import LETTER as SESSION_LETTER
from config.api.scalars import BigInt, CurrencyCode

CUSTOMER_LETTER: Final = "U"
KOL_LETTER: Final = "K"
SCOPE: Final = "read:audience"


@strawberry.type(description="How a customer was won: by the first paid order.")
class Acquisition:
    at: dt.datetime = strawberry.field(description="When it was placed.")
    session_id: strawberry.ID | None = strawberry.field(
        description="The live session it belongs to; null: it was not live."
    )
    channel: Channel | None = strawberry.field(description="That session's channel; null: it was not live.")
    kol_id: strawberry.ID | None = strawberry.field(
        description="The influencer met last before it; null: nobody was."
    )
    product_id: strawberry.ID | None = strawberry.field(
        description="The product that its largest line is of."
    )


@strawberry.type(
    description="What a customer bought from the first purchase on, in the currency of that purchase."
)
class Purchases:
    orders: BigInt = strawberry.field(description="Paid orders.")
    last_at: dt.datetime = strawberry.field(description="When the latest paid order was placed.")
    currency: CurrencyCode = strawberry.field(description="The currency of the first purchase.")
    life: strawberry.Private[Life]

    @computed(description="Merchandise by basis; NET less refunds with and without an order.")
    def sales(self, basis: BasisArgument = SalesBasis.PAID) -> Money:
        return money(self.life.sales[basis.name], self.life.currency)


@strawberry.type(description="Somebody a shop knows by a customer id. Needs the scope `read:audience`.")
class Customer(Node):
    external_id: str = strawberry.field(description="The id its source gave the customer.")
    source: str = strawberry.field(description="Who tells about it.")
    country: str | None = strawberry.field(description="Two letters; null when none was told.")
    gender: str | None = strawberry.field(description="As it was told; null when it was not.")
    age_band: str | None = strawberry.field(description="Years of age, as 25-34; null when none was told.")
    consents_to_marketing: bool | None = strawberry.field(
        description="Whether the customer agreed to be approached; null: never asked."
    )
    consents_to_profiling: bool | None = strawberry.field(
        description="Whether the customer agreed to be profiled; null: never asked."
    )
    identity: strawberry.Private[UUID]
    siblings: strawberry.Private[Siblings]

    def _life(self, info: Info) -> Life | None:
        read = partial(lives_of, actor=needs(info, SCOPE))
        return self.siblings.load("life", read).get(self.identity)

    @computed(description="How the customer was won; null before the first paid order.")
    def acquisition(self, info: Info) -> Acquisition | None:
        life = self._life(info)
        if life is None:
            return None
        return Acquisition(
            at=life.first_at,
            session_id=_id(SESSION_LETTER, life.session_id),
            channel=Channel[life.channel] if life.channel else None,
            kol_id=_id(KOL_LETTER, life.kol_id),
            product_id=_id(PRODUCT_LETTER, life.product_id),
        )

    @computed(description="What the customer bought; null before the first paid order.")
    def purchases(self, info: Info) -> Purchases | None:
        life = self._life(info)
        if life is None:
            return None
        return Purchases(
            orders=BigInt(life.orders), last_at=life.last_at, currency=CurrencyCode(life.currency), life=life
        )

    @computed(
        description="What the customer is expected to buy; null before the day after the first paid order, "
        "and of who does not want to be profiled."
    )
    def prediction(self, info: Info) -> CustomerPrediction | None:
        read = partial(predictions_of, actor=needs(info, SCOPE))
        return self.siblings.load("prediction", read).get(self.identity)


@strawberry.input(one_of=True, description="Which customer is meant: exactly one of these.")
class CustomerBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The id.")
    external_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The id its source gave it, when no other source uses the same."
    )


def _id(letter: str, identity: UUID | None) -> strawberry.ID | None:
    return None if identity is None else node_id(letter, identity)


def shown_customer(row: models.Customer, siblings: Siblings) -> Customer:
    """A customer as the API shows it."""
    return Customer(
        id=node_id(CUSTOMER_LETTER, row.id),
        external_id=row.external_id,
        source=row.source,
        country=row.country or None,
        gender=row.gender or None,
        age_band=row.age_band or None,
        consents_to_marketing=row.consent_marketing,
        consents_to_profiling=row.consent_profiling,
        identity=row.id,
        siblings=siblings,
    )


def customer_by_id(info: Info, identity: UUID) -> Customer | None:
    """The customer of an id, if the actor may see it."""
    row = queries.customers(actor=needs(info, SCOPE)).filter(id=identity).first()
    return None if row is None else shown_customer(row, Siblings([row.id]))


@strawberry.type
class CustomerQueries:
    @computed(description="Customers by their external ids, a page at a time. Needs `read:audience`.")
    def customers(
        self,
        info: Info,
        search: SearchArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Customer]:
        return listed(
            queries.customers(actor=needs(info, SCOPE), search=search),
            column="external_id",
            is_descending=False,
            kind=str,
            first=first,
            after=after,
            node=shown_customer,
        )

    @computed(description="One customer; null when there is none. Needs `read:audience`.")
    def customer(
        self,
        info: Info,
        by: Annotated[CustomerBy, strawberry.argument(description="Which customer is meant.")],
    ) -> Customer | None:
        if by.id:
            identity = own_id(by.id, CUSTOMER_LETTER)
            return None if identity is None else customer_by_id(info, identity)
        rows = queries.customers(actor=needs(info, SCOPE)).filter(external_id=by.external_id or "")
        found = list(rows.order_by("id")[:2])
        if len(found) > 1:
            raise bad_input("Several sources have a customer of this external id. Ask by id.")
        return customer_by_id(info, found[0].id) if found else None
