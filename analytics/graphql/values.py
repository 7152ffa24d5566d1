"""How a number is shown: money, rates, ratios, and the words that go with them."""

import enum
import math
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final

import strawberry
from babel.numbers import get_currency_precision

from analytics.metrics import Reason
from config.api.scalars import BigInt, CurrencyCode

SMALL_SAMPLE: Final = 30
Z: Final = 1.959963984540054  # Of the two-sided 95 % interval of a normal distribution.
FOUR_DECIMALS: Final = Decimal("0.0001")
SIX_DECIMALS: Final = Decimal("0.000001")


@strawberry.enum(description="Which orders count, and at which value.")
class SalesBasis(enum.Enum):
    PLACED = strawberry.enum_value(
        "PLACED", description="Every order created, unpaid and cancelled ones included."
    )
    PAID = strawberry.enum_value("PAID", description="Orders that were paid, before refunds.")
    NET = strawberry.enum_value(
        "NET", description="Orders that were paid, minus cancellations and refunds known by now."
    )


@strawberry.enum(description="Where a number comes from.")
class Provenance(enum.Enum):
    MEASURED = strawberry.enum_value("MEASURED", description="Counted from events we received.")
    REPORTED = strawberry.enum_value(
        "REPORTED", description="Told by a platform; shown as told, never recomputed."
    )
    PROXY = strawberry.enum_value("PROXY", description="A stand-in for something that was not measured.")
    PREDICTED = strawberry.enum_value("PREDICTED", description="The output of a model.")


@strawberry.enum(description="Why a number has no value.")
class NullReason(enum.Enum):
    NO_DENOMINATOR = strawberry.enum_value(
        "NO_DENOMINATOR", description="There is nothing to divide by: nothing over nothing is no number."
    )
    TOO_FEW_ORDERS = strawberry.enum_value(
        "TOO_FEW_ORDERS", description="Fewer than 30 orders on a side: an average of so few says nothing."
    )
    TOO_FEW_CLICKS = strawberry.enum_value(
        "TOO_FEW_CLICKS", description="Fewer than 100 clicks: what so few brought says nothing."
    )
    TOO_FEW_PEOPLE = strawberry.enum_value(
        "TOO_FEW_PEOPLE", description="It would tell of fewer than ten people."
    )
    MISSING_COSTS = strawberry.enum_value(
        "MISSING_COSTS", description="What some of the sold items cost is not known."
    )
    NO_IDENTITY = strawberry.enum_value(
        "NO_IDENTITY", description="No event says who the viewer is, so that nobody can be counted."
    )
    NOT_ADDITIVE = strawberry.enum_value(
        "NOT_ADDITIVE", description="It is a number of one session, and there is none of several."
    )
    NOT_YET = strawberry.enum_value(
        "NOT_YET", description="What it is made of does not exist yet."
    )
    NOT_KEPT = strawberry.enum_value(
        "NOT_KEPT", description="It is read from more than the session, and of that no history is kept."
    )


@strawberry.enum(description="Ascending or descending.")
class Direction(enum.Enum):
    ASC = strawberry.enum_value("ASC", description="The smallest, earliest or first by name comes first.")
    DESC = strawberry.enum_value("DESC", description="The largest, latest or last by name comes first.")


@strawberry.type(description="An exact amount of one currency.")
class Money:
    amount: Decimal = strawberry.field(
        description="The amount, exact to four decimals: never fewer digits than the currency's minor unit, "
        "more where prices have more. Nothing is rounded to the minor unit."
    )
    currency: CurrencyCode = strawberry.field(description="The currency of the amount.")


@strawberry.type(
    description="People among people: the numerator is part of the denominator, with a 95 % Wilson interval."
)
class Rate:
    value: float | None = strawberry.field(
        description="numerator / denominator; null when the denominator is 0."
    )
    numerator: BigInt = strawberry.field(description="How many people did it.")
    denominator: BigInt = strawberry.field(description="How many people could have.")
    low: float | None = strawberry.field(
        description="Lower end of the 95 % Wilson interval; null without a denominator."
    )
    high: float | None = strawberry.field(
        description="Upper end of the 95 % Wilson interval; null without a denominator."
    )
    is_small_sample: bool = strawberry.field(
        description="Whether fewer than 30 people are in the denominator."
    )
    provenance: Provenance = strawberry.field(description="Where numerator and denominator come from.")
    reason: NullReason | None = strawberry.field(default=None, description="Why there is no value.")


@strawberry.type(description="A quotient that is not of people among people; it may exceed 1.")
class Ratio:
    value: Decimal | None = strawberry.field(
        description="numerator / denominator, half-even to six decimals; null for the reason given."
    )
    numerator: Decimal = strawberry.field(
        description="What is divided; of a quotient itself, to six decimals."
    )
    denominator: Decimal = strawberry.field(
        description="What it is divided by; of a quotient itself, to six decimals."
    )
    provenance: Provenance = strawberry.field(description="Where numerator and denominator come from.")
    reason: NullReason | None = strawberry.field(default=None, description="Why there is no value.")


@strawberry.type(description="An amount for each of something.")
class MoneyRatio:
    value: Money | None = strawberry.field(
        description="per x numerator / denominator, rounded half-even to four decimals here and nowhere "
        "before; null for the reason given."
    )
    numerator: Money = strawberry.field(description="The amount that is divided.")
    denominator: BigInt = strawberry.field(
        description="How many it is divided by; of a length of time whole seconds, though fractions count."
    )
    per: BigInt = strawberry.field(description="For how many of them the value is, most often 1.")
    provenance: Provenance = strawberry.field(description="Where numerator and denominator come from.")
    reason: NullReason | None = strawberry.field(default=None, description="Why there is no value.")


@strawberry.type(description="An amount that is known only where all of its parts are.")
class CoveredMoney:
    value: Money | None = strawberry.field(description="The amount; null for the reason given.")
    coverage: Ratio = strawberry.field(description="The share of its parts that is known.")
    reason: NullReason | None = strawberry.field(description="Why there is no value.")


@lru_cache(maxsize=512)
def _smallest(currency: str) -> Decimal:
    """The currency's minor unit, of which amounts show every digit: 0.01, 1 or 0.001."""
    return Decimal(1).scaleb(-min(int(get_currency_precision(currency)), 4))


def money(amount: Decimal, currency: str) -> Money:
    """An amount of at most four decimals, without zeros beyond the currency's minor unit."""
    smallest = _smallest(currency)
    shown = amount.quantize(smallest)
    return Money(amount=shown if shown == amount else amount.normalize(), currency=CurrencyCode(currency))


def wilson(numerator: int, denominator: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a rate of people, each end in [0, 1]."""
    share = numerator / denominator
    spread = Z * Z / denominator
    middle = share + spread / 2
    reach = math.sqrt(spread * (share * (1 - share) + spread / 4))
    # At 0 and at 1 an end is exact; rounding of floats must not carry it past them.
    low = 0.0 if numerator == 0 else (middle - reach) / (1 + spread)
    high = 1.0 if numerator == denominator else (middle + reach) / (1 + spread)
    return low, high


def null_reason(reason: Reason | None) -> NullReason | None:
    """The reason as the API tells it."""
    return None if reason is None else NullReason[reason.name]


def _nothing(denominator: object, reason: Reason | None) -> NullReason | None:
    return null_reason(reason or (None if denominator else Reason.NO_DENOMINATOR))


def rate(numerator: int, denominator: int, reason: Reason | None = None) -> Rate:
    """A rate of people; without a denominator there is no value, for the reason given."""
    low, high = wilson(numerator, denominator) if denominator else (None, None)
    return Rate(
        value=numerator / denominator if denominator else None,
        numerator=BigInt(numerator),
        denominator=BigInt(denominator),
        low=low,
        high=high,
        is_small_sample=denominator < SMALL_SAMPLE,
        provenance=Provenance.MEASURED,
        reason=_nothing(denominator, reason),
    )


def plain(value: Decimal | int) -> Decimal:
    """A number without trailing zeros."""
    exact = Decimal(value)
    return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize()


def ratio(
    numerator: Decimal | int, denominator: Decimal | int, reason: Reason | None = None
) -> Ratio:
    """Any other quotient; with a reason there is no value."""
    value = None
    if denominator and reason is None:
        value = plain((Decimal(numerator) / Decimal(denominator)).quantize(SIX_DECIMALS, ROUND_HALF_EVEN))
    return Ratio(
        value=value,
        numerator=plain(numerator),
        denominator=plain(denominator),
        provenance=Provenance.MEASURED,
        reason=_nothing(denominator, reason),
    )


def money_ratio(
    numerator: Decimal,
    denominator: Decimal | int,
    currency: str,
    per: int = 1,
    reason: Reason | None = None,
) -> MoneyRatio:
    """An amount for every `per` of so many; with a reason there is no value."""
    value = None
    if denominator and reason is None:
        value = money((numerator * per / denominator).quantize(FOUR_DECIMALS, ROUND_HALF_EVEN), currency)
    return MoneyRatio(
        value=value,
        numerator=money(numerator, currency),
        denominator=BigInt(round(denominator)),
        per=BigInt(per),
        provenance=Provenance.MEASURED,
        reason=_nothing(denominator, reason),
    )
