"""How sure a sum of order values is: its 95 % interval, by what orders could as well have been."""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, Generic, TypeVar

import numpy as np

from analytics.metrics import Scope, metric_of
from analytics.queries.campaigns import CampaignNumbers
from analytics.queries.readings import reading

Z: Final = Decimal("1.959963984540054")
DRAWS: Final = 2_000
FOUR_DECIMALS: Final = Decimal("0.0001")
EndT = TypeVar("EndT", Decimal, Fraction)
ROI: Final = metric_of(Scope.CAMPAIGN, "roi")


@dataclass(frozen=True, kw_only=True)
class Interval(Generic[EndT]):
    """A number's 95 % interval; no ends where there is nothing to tell them from."""

    low: EndT | None
    high: EndT | None
    n: int
    """Orders it is of."""
    is_low_data: bool
    """Under 30 orders: the ends are a bootstrap's."""


def sales_interval(numbers: CampaignNumbers) -> Interval[Decimal]:
    """Of sales: as many standard errors, sqrt(sum of squares), as 95 % are; of few orders a bootstrap."""
    told, n = numbers.stored["sales"], int(numbers.stored["orders"])
    if numbers.values is None:
        reach = (Z * numbers.squares.sqrt()).quantize(FOUR_DECIMALS, ROUND_HALF_EVEN)
        return Interval(low=told - reach, high=told + reach, n=n, is_low_data=False)
    if not numbers.values:
        return Interval(low=None, high=None, n=n, is_low_data=True)
    low, high = _bootstrap(tuple(sorted(numbers.values)))
    return Interval(low=low, high=high, n=n, is_low_data=True)


@lru_cache(maxsize=1024)
def _bootstrap(values: tuple[Decimal, ...]) -> tuple[Decimal, Decimal]:
    """The ends of the middle 95 % of sums of as many orders drawn with replacement; the same every time."""
    units = np.array([int(value.scaleb(4)) for value in values], dtype=np.int64)
    drawn = np.random.default_rng(len(values)).integers(0, len(values), size=(DRAWS, len(values)))
    sums = np.sort(units[drawn].sum(axis=1))
    low, high = (sums[math.ceil(share * DRAWS) - 1] for share in (0.025, 0.975))
    return Decimal(int(low)).scaleb(-4), Decimal(int(high)).scaleb(-4)


def roi_interval(numbers: CampaignNumbers) -> Interval[Fraction]:
    """Of ROI: net sales as much more or less as sales could be, at the margin they had; costs as they are."""
    sales, stored = sales_interval(numbers), numbers.stored
    value = reading(ROI, numbers).value
    if value is None or sales.low is None or sales.high is None or not stored["sales"]:
        return Interval(low=None, high=None, n=sales.n, is_low_data=sales.is_low_data)
    profit, cost = Fraction(stored["gross_profit"]), Fraction(stored["cost"])
    low, high = (
        (profit * Fraction(end) / Fraction(stored["sales"]) - cost) / cost for end in (sales.low, sales.high)
    )
    return Interval(low=min(low, high), high=max(low, high), n=sales.n, is_low_data=sales.is_low_data)
