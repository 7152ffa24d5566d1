"""The live LTV index: how much more customers won live are worth than others, month by month alike.

Customers who first bought in one month are compared with others of the same month, and months count as
often as there are live customers in them. The interval is a bootstrap over customers within each month and
group, of a fixed seed. An association: who buys live may have been another customer all along.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]
REPLICATES: Final = 1000
SEED: Final = 20_240_601
LEAST: Final = 10
"""Customers of a group in a month under which the month is left out."""
_ALIKE: Final = 30
"""With so many customers for each value there is, drawing values by their chances is the faster way."""


class Group:
    """Customers of one month, won live or not, by what each is worth, the least first."""

    def __init__(self, values: Values, *, month: date, is_live: bool) -> None:
        self._values = values
        self._seed = (SEED, month.toordinal(), int(is_live))

    def __len__(self) -> int:
        return len(self._values)

    @cached_property
    def mean(self) -> float:
        """What one of them is worth."""
        return float(self._values.mean())

    @cached_property
    def means(self) -> Values:
        """Means of as many draws with replacement as there are customers, once a replicate."""
        generator, size = np.random.default_rng(self._seed), len(self)
        distinct, counts = np.unique(self._values, return_counts=True)
        # One replicate at a time: all of them would be a thousand times the customers.
        if len(distinct) * _ALIKE < size:
            chances = counts / size
            return np.array(
                [generator.multinomial(size, chances) @ distinct / size for _ in range(REPLICATES)]
            )
        return np.array([self._values[generator.integers(size, size=size)].mean() for _ in range(REPLICATES)])


def groups_of(values: Mapping[date, ArrayLike], *, is_live: bool) -> dict[date, Group]:
    """Groups by month; one may be compared with many others and is drawn once."""
    return {month: Group(np.sort(worth), month=month, is_live=is_live) for month, worth in values.items()}


@dataclass(frozen=True, kw_only=True)
class Month:
    """Both groups of one month: how many, and their mean value."""

    month: date
    live_customers: int
    live_value: float
    other_customers: int
    other_value: float


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Standardised means of both groups and the interval of their quotient; None where there is none."""

    months: list[Month]
    live_value: float | None
    other_value: float | None
    low: float | None
    high: float | None


def compare(live: Mapping[date, Group], other: Mapping[date, Group]) -> Compared:
    """Compare customers won live with others by month; months without ten of each are left out."""
    shared = sorted(m for m in live if len(live[m]) >= LEAST and len(other.get(m, ())) >= LEAST)
    months = [
        Month(
            month=month,
            live_customers=len(live[month]),
            live_value=live[month].mean,
            other_customers=len(other[month]),
            other_value=other[month].mean,
        )
        for month in shared
    ]
    if not months:
        return Compared(months=[], live_value=None, other_value=None, low=None, high=None)
    weights = np.array([one.live_customers for one in months], dtype=float)
    weights /= weights.sum()
    above = weights @ np.array([live[month].means for month in shared])
    below = weights @ np.array([other[month].means for month in shared])
    low = high = None
    if (below > 0).all():
        low, high = (float(end) for end in np.quantile(above / below, [0.025, 0.975]))
    return Compared(
        months=months,
        live_value=float(weights @ np.array([one.live_value for one in months])),
        other_value=float(weights @ np.array([one.other_value for one in months])),
        low=low,
        high=high,
    )
