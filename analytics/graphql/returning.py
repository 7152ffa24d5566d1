"""When customers come back."""

import datetime as dt
from typing import Annotated, Final

import strawberry

from analytics.graphql.pages import Info, bad_input, computed, needs
from analytics.lifetime.returning import repeat_purchases
from config.api.cost import reads
from config.api.scalars import BigInt

CURVE_COST: Final = 240
"""Customers are counted, not read: some hundred points come of them."""


@strawberry.type(description="A day after the first purchase on which somebody bought again.")
class RepeatPurchasePoint:
    days: BigInt = strawberry.field(description="So many days after the day of the first purchase.")
    share: float = strawberry.field(description="The share of customers that has bought again by then.")
    low: float = strawberry.field(description="The lower end of its 95 % interval.")
    high: float = strawberry.field(description="The upper end of its 95 % interval.")
    at_risk: BigInt = strawberry.field(
        description="How many were observed for so long and had not bought again before."
    )
    returned: BigInt = strawberry.field(description="How many of them bought again on that day.")


@strawberry.type(
    description="How customers come back: the share that has bought on another day than the first, by days "
    "since that day. Kaplan and Meier's estimate, where customers count for as long as they were observed; "
    "intervals are Greenwood's on the scale log(-log)."
)
class RepeatPurchaseCurve:
    customers: BigInt = strawberry.field(description="How many first bought in the time asked for.")
    returned: BigInt = strawberry.field(description="How many of them were seen to buy again.")
    observed_until: dt.datetime = strawberry.field(description="Nothing later than this is looked at.")
    points: list[RepeatPurchasePoint] = strawberry.field(
        description="A point for each day on which somebody returned; it stays so until the next."
    )


def _curve(
    info: Info, starts_on: dt.date | None, ends_on: dt.date | None, until: dt.datetime | None
) -> RepeatPurchaseCurve:
    actor, now = needs(info, "read"), info.context.now
    if starts_on is not None and ends_on is not None and starts_on >= ends_on:
        raise bad_input("from is before to.")
    until = min(until or now, now)
    told = repeat_purchases(actor=actor, observed_until=until, starts_on=starts_on, ends_on=ends_on)
    return RepeatPurchaseCurve(
        customers=BigInt(told.customers),
        returned=BigInt(told.returned),
        observed_until=until,
        points=[
            RepeatPurchasePoint(
                days=BigInt(one.days),
                share=one.share,
                low=one.low,
                high=one.high,
                at_risk=BigInt(one.at_risk),
                returned=BigInt(one.returned),
            )
            for one in told.points
        ],
    )


SinceArgument = Annotated[
    dt.date | None,
    strawberry.argument(name="from", description="First bought on this day or later; any when left out."),
]
BeforeArgument = Annotated[
    dt.date | None,
    strawberry.argument(name="to", description="First bought before this day; any when left out."),
]
UntilArgument = Annotated[
    dt.datetime | None, strawberry.argument(description="Where the observed world ends; now when left out.")
]


@strawberry.type
class ReturningQueries:
    """Root fields: when customers return."""

    @computed(description="When customers buy again, after their first purchase.")
    @reads(weight=CURVE_COST)
    def repeat_purchase_curve(
        self,
        info: Info,
        starts_on: SinceArgument = None,
        ends_on: BeforeArgument = None,
        observed_until: UntilArgument = None,
    ) -> RepeatPurchaseCurve:
        return _curve(info, starts_on, ends_on, observed_until)
