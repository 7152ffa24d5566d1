"""Marketing money, as events and tables told of it."""

import datetime as dt
import enum
from typing import Final
from uuid import UUID

import strawberry

from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    Node,
    computed,
    needs,
    node_id,
)
from analytics.graphql.values import Money, money
from commerce import models, queries
from commerce.graphql.facts import listed
from config.api.scalars import parse_date

LETTER: Final = "D"


@strawberry.enum(description="What marketing money is for.")
class SpendPurpose(enum.Enum):
    ACQUISITION = strawberry.enum_value("ACQUISITION", description="New customers: what their cost counts.")
    RETENTION = strawberry.enum_value("RETENTION", description="Customers there are.")
    BRAND = strawberry.enum_value("BRAND", description="The brand.")


@strawberry.type(description="Marketing money and the days it was for, over which it is spread evenly.")
class Spend(Node):
    amount: Money = strawberry.field(description="How much, in its own currency.")
    starts_on: dt.date = strawberry.field(name="from", description="The first day.")
    ends_on: dt.date = strawberry.field(name="to", description="The day after the last one.")
    channel: str | None = strawberry.field(description="Where it was spent; null when it was not told.")
    campaign: str | None = strawberry.field(
        description="The campaign as its source calls it; null when it was not told."
    )
    purpose: SpendPurpose | None = strawberry.field(
        description="What for; null when it was not told: then it is no cost of new customers."
    )
    source: str = strawberry.field(description="Who tells of it.")


def shown_spend(row: models.Spend) -> Spend:
    """Spend as the API tells it."""
    # All are there together: an event was settled.
    assert row.amount is not None
    assert row.currency is not None
    assert row.starts_on is not None
    assert row.ends_on is not None
    return Spend(
        id=node_id(LETTER, row.pk),
        amount=money(row.amount, row.currency),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        channel=row.channel or None,
        campaign=row.campaign or None,
        purpose=SpendPurpose[row.purpose] if row.purpose else None,
        source=row.source,
    )


def spend_by_id(info: Info, identity: UUID) -> Spend | None:
    """One row; None where there is none to see."""
    row = queries.spend(actor=needs(info, "read")).filter(pk=identity).first()
    return None if row is None else shown_spend(row)


@strawberry.type
class SpendQueries:
    """Part of the root's queries: marketing money."""

    @computed(description="What was spent on marketing, the latest days first, a page at a time.")
    def spend(self, info: Info, first: FirstArgument = 20, after: AfterArgument = None) -> Connection[Spend]:
        return listed(
            queries.spend(actor=needs(info, "read")),
            column="starts_on",
            is_descending=True,
            kind=parse_date,
            first=first,
            after=after,
            node=lambda row, siblings: shown_spend(row),
        )
