"""The live LTV index: how much more customers won live are worth than others, month by month alike.

Customers who first bought in one month are compared with others of the same month, and months count as
often as there are live customers in them. The interval is a bootstrap over customers within each month and
group, of a fixed seed. An association: who buys live may have been another customer all along.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
REPLICATES: Final = 1000
SEED: Final = 20_240_601
LEAST: Final = 10
"""Customers of a group in a month under which the month is left out."""


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


def compare(live: Mapping[date, Values], other: Mapping[date, Values]) -> Compared:
    """Compare the values of customers by month; months without ten of each group are left out."""
    shared = sorted(m for m in live if len(live[m]) >= LEAST and len(other.get(m, ())) >= LEAST)
    months = [
        Month(
            month=month,
            live_customers=len(live[month]),
            live_value=float(live[month].mean()),
            other_customers=len(other[month]),
            other_value=float(other[month].mean()),
        )
        for month in shared
    ]
    if not months:
        return Compared(months=[], live_value=None, other_value=None, low=None, high=None)
    weights = np.array([one.live_customers for one in months], dtype=float)
    weights /= weights.sum()
    generator = np.random.default_rng(SEED)
    above = weights @ np.array([_means(live[month], generator) for month in shared])
    below = weights @ np.array([_means(other[month], generator) for month in shared])
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


def _means(values: Values, generator: np.random.Generator) -> Values:
    """Means of as many draws with replacement as there are values, once a replicate."""
    # Equal values are drawn together: most customers buy once, and many for the same.
    distinct, counts = np.unique(values, return_counts=True)
    chances, size = counts / len(values), len(values)
    # One replicate at a time: all of them would be a thousand times the customers.
    return np.array([generator.multinomial(size, chances) @ distinct / size for _ in range(REPLICATES)])
