"""What buyers and viewers of live sessions are worth beside others."""

import datetime as dt
from decimal import Decimal
from typing import Final
from uuid import UUID

import strawberry

from analytics.graphql.metrics import BenchmarkLevel, benchmark_levels
from analytics.graphql.pages import Info, needs
from analytics.graphql.values import Money, MoneyRatio, Rate, Ratio, money, money_ratio, plain, rate, ratio
from analytics.metrics import FIVE
from analytics.queries.worth import Index, ViewerGroup, live_ltv_index, viewer_worth
from config.api.scalars import BigInt, CurrencyCode

CAVEAT: Final = (
    "An association: who buys in a live may have been another customer all along. Months are compared like "
    "with like; nothing else about the customers is."
)
LLVI: Final = FIVE[-1][0]


@strawberry.type(description="Customers won in one month, live and otherwise.")
class LiveLtvMonth:
    month: dt.date = strawberry.field(description="Its first day.")
    live_customers: BigInt = strawberry.field(description="Customers whose first order was live.")
    live_value: Money = strawberry.field(description="Mean net sales to one of them within 90 days.")
    other_customers: BigInt = strawberry.field(description="Customers whose first order was not.")
    other_value: Money = strawberry.field(description="Mean net sales to one of them within 90 days.")


@strawberry.type(
    description="The lifetime value index of the live (LLVI): mean net sales within 90 days of the first "
    "purchase, of customers won live / of others, by months of the first purchase alike. Months in which not "
    "everybody has been observed for 90 days, or with fewer than ten customers on a side, are left out."
)
class LiveLtvIndex:
    currency: CurrencyCode = strawberry.field(description="The one currency of its amounts.")
    index: Ratio = strawberry.field(description="Live / others; 1 is no difference.")
    low: Decimal | None = strawberry.field(
        description="Lower end of its 95 % bootstrap interval over customers; null without an index."
    )
    high: Decimal | None = strawberry.field(description="Upper end of it.")
    live_customers: BigInt = strawberry.field(description="Customers won live that are compared.")
    other_customers: BigInt = strawberry.field(description="Other customers that are compared.")
    live_value: Money | None = strawberry.field(description="Mean value of those won live.")
    other_value: Money | None = strawberry.field(
        description="Mean value of the others, at the live customers' mix of months."
    )
    months: list[LiveLtvMonth] = strawberry.field(description="The months that are compared.")
    benchmark_levels: list[BenchmarkLevel] = strawberry.field(description="Known levels, the lowest first.")
    caveat: str = strawberry.field(description="What it does not say.")
    computed_at: dt.datetime = strawberry.field(description="When it was worked out.")


@strawberry.type(
    description="Viewers of ended sessions, once a session, and their net sales in the 90 days after its "
    "tail."
)
class ViewerWorth:
    is_returning: bool = strawberry.field(description="Whether they had watched an earlier session.")
    has_bought: bool = strawberry.field(description="Whether they had an order of the session.")
    viewings: BigInt = strawberry.field(description="How many, once a session.")
    customers: BigInt = strawberry.field(description="Of these, those who are known as customers by now.")
    buyers: Rate = strawberry.field(
        description="Those with a paid order in the 90 days after the session's tail / all of them."
    )
    sales: Money = strawberry.field(description="What all of them bought for then.")
    value: MoneyRatio = strawberry.field(description="It for each of them.")
    computed_at: dt.datetime = strawberry.field(description="When it was worked out.")


def _optional(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else money(amount, currency)


def _shown(found: Index) -> LiveLtvIndex:
    currency = found.currency
    return LiveLtvIndex(
        currency=CurrencyCode(currency),
        index=ratio(found.live_value or 0, found.other_value or 0),
        low=None if found.low is None else plain(found.low),
        high=None if found.high is None else plain(found.high),
        live_customers=BigInt(found.live_customers),
        other_customers=BigInt(found.other_customers),
        live_value=_optional(found.live_value, currency),
        other_value=_optional(found.other_value, currency),
        months=[
            LiveLtvMonth(
                month=one.month,
                live_customers=BigInt(one.live_customers),
                live_value=money(one.live_value, currency),
                other_customers=BigInt(one.other_customers),
                other_value=money(one.other_value, currency),
            )
            for one in found.months
        ],
        benchmark_levels=benchmark_levels(LLVI),
        caveat=CAVEAT,
        computed_at=found.computed_at,
    )


def index_of(
    info: Info, *, partner_id: UUID, kol_id: UUID | None, currency: CurrencyCode | None
) -> LiveLtvIndex | None:
    """A partner's index, or that of one influencer's customers; None before there is any."""
    found = live_ltv_index(actor=needs(info, "read"), partner_id=partner_id, kol_id=kol_id, currency=currency)
    return None if found is None else _shown(found)


def viewer_worth_of(info: Info, *, partner_id: UUID, currency: CurrencyCode | None) -> list[ViewerWorth]:
    """What groups of a partner's viewers were worth."""
    found = viewer_worth(actor=needs(info, "read"), partner_id=partner_id, currency=currency)
    return [_group(one) for one in found]


def _group(one: ViewerGroup) -> ViewerWorth:
    return ViewerWorth(
        is_returning=one.is_returning,
        has_bought=one.has_bought,
        viewings=BigInt(one.viewings),
        customers=BigInt(one.customers),
        buyers=rate(one.buyers, one.viewings),
        sales=money(one.value, one.currency),
        value=money_ratio(one.value, one.viewings, one.currency),
        computed_at=one.computed_at,
    )
