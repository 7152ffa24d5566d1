"""Rate cards: what one of each count is worth to a partner, for the estimate of earned media value."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated

import strawberry

from analytics import models, ratecards
from analytics.graphql.campaigns import CampaignMetric
from analytics.graphql.changes import UserError
from analytics.graphql.pages import FirstArgument, Info, computed, needs, page_size
from config.api.cost import reads
from config.api.scalars import BigInt, CurrencyCode
from kol.graphql.changes import by_whom
from kol.graphql.wishes import REASON, told
from kol.refusals import Refused


@strawberry.type(description="What one of a count is worth.")
class CountRate:
    metric: CampaignMetric = strawberry.field(description="The count.")
    rate: Decimal = strawberry.field(description="The worth of one, in the card's currency.")


@strawberry.type(
    description="What a partner says one of each count is worth, from a day on: earned media value, an "
    "estimate, is made of it and nothing else is. Never changed: a new version takes its place."
)
class RateCard:
    currency: CurrencyCode = strawberry.field(description="The currency of its rates.")
    version: BigInt = strawberry.field(
        description="Counts the cards of a currency; of two from one day the later one holds."
    )
    valid_from: dt.date = strawberry.field(description="From which day of the partner's calendar on.")
    created_at: dt.datetime = strawberry.field(description="When it was set.")
    rates: list[CountRate] = strawberry.field(description="What counts are worth; others are worth nothing.")


@strawberry.input(description="What one of a count is worth.")
class CountRateInput:
    metric: CampaignMetric = strawberry.field(description="The count: of people, in the lives or of links.")
    rate: Decimal = strawberry.field(description="The worth of one, at most six decimals, not negative.")


@strawberry.input(description="What counts are worth from a day on.")
class SetRateCardInput:
    currency: CurrencyCode | None = strawberry.field(
        default=None, description="The currency of the rates; left out: the partner's."
    )
    valid_from: dt.date | None = strawberry.field(
        default=None, description="From which day on, today at the latest; left out: today."
    )
    rates: list[CountRateInput] = strawberry.field(description="Each count at most once; none has no worth.")
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.type(description="What came of setting a rate card.")
class SetRateCardPayload:
    rate_card: RateCard | None = strawberry.field(description="The new card; null when nothing was done.")
    user_errors: list[UserError] = strawberry.field(description="What is wrong with the input.")


def _shown(row: models.RateCard) -> RateCard:
    return RateCard(
        currency=CurrencyCode(row.currency),
        version=BigInt(row.version),
        valid_from=row.valid_from,
        created_at=row.created_at,
        rates=[
            CountRate(metric=CampaignMetric[key.upper()], rate=Decimal(rate))
            for key, rate in row.rates.items()
        ],
    )


def _rates(told: Sequence[CountRateInput]) -> Mapping[str, Decimal]:
    rates = {one.metric.name.lower(): one.rate for one in told}
    if len(rates) < len(told):
        raise Refused("rates", message="Each count at most once.")
    return rates


@strawberry.type
class RateCardQueries:
    """Root fields: rate cards."""

    @computed(description="Rate cards of the key's partners, the latest first.")
    @reads(weight=1, size=20)
    def rate_cards(self, info: Info, first: FirstArgument = 20) -> list[RateCard]:
        cards = ratecards.rate_cards(actor=needs(info, "read"), first=page_size(first))
        return [_shown(row) for row in cards]


@strawberry.type
class RateCardMutations:
    """Changes of rate cards."""

    @computed(
        description="Set what counts are worth from a day on, as a new version; the cards before stay. On "
        "record. Needs the scope `manage`."
    )
    def set_rate_card(
        self, info: Info, input: Annotated[SetRateCardInput, strawberry.argument(description="The card.")]
    ) -> SetRateCardPayload:
        whom = by_whom(info, input.reason)
        try:
            row = ratecards.set_rate_card(
                _rates(input.rates), valid_from=input.valid_from, currency=input.currency, **whom
            )
        except Refused as refused:
            return SetRateCardPayload(rate_card=None, user_errors=[told(refused)])
        return SetRateCardPayload(rate_card=_shown(row), user_errors=[])
