"""How many purchases customers will make: BG/NBD.

While a customer is alive he buys at a rate of his own, and after each purchase he may be gone for good, with
a chance of his own. Rates are gamma distributed over customers (r, alpha), chances beta distributed (a, b).
Fader, Hardie and Lee, "Counting your customers the easy way", Marketing Science 24 (2005). Time is in weeks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaincinv, expit, gammaln, hyp2f1, psi, xlog1py

from analytics.lifetime import parameters as names
from analytics.lifetime.estimation import Array, Fit, maximise

DAYS_OF_WEEK: Final = 7.0
_NUDGE: Final = 1e-7
"""Expectations have a hole at a = 1, which is stepped around."""
_APART: Final = 2.0**20
"""More weeks than anybody lives."""


@dataclass(frozen=True, kw_only=True)
class Histories:
    """Customers by what they bought: arrays of one length.

    `repeats` counts the days with a purchase after the first one; `recency` is the last of them and `age` the
    end of what was observed, both in weeks from the first purchase; `customers` is how many have that
    history.
    """

    repeats: Array
    recency: Array
    age: Array
    customers: Array

    @property
    def size(self) -> int:
        """How many customers."""
        return int(self.customers.sum())

    @property
    def repeaters(self) -> int:
        """How many bought on another day."""
        return int(self.customers[self.repeats > 0].sum())


def histories_of(rows: Sequence[Sequence[float]] | Array) -> Histories:
    """Histories from (repeats, recency in days, age in days, customers)."""
    columns = np.asarray(rows, dtype=np.float64).reshape(-1, 4).T
    return Histories(
        repeats=columns[0],
        recency=columns[1] / DAYS_OF_WEEK,
        age=columns[2] / DAYS_OF_WEEK,
        customers=columns[3],
    )


class _Likelihood:
    """The log likelihood of histories and its gradient.

    What depends on one thing alone is computed once for each of its values, of which there are few: gammas
    for counts, logarithms for times. Histories without a repeat are summed by age.
    """

    def __init__(self, told: Histories) -> None:
        self._repeats, place = np.unique(told.repeats, return_inverse=True)
        self._customers = np.bincount(place, told.customers)
        self._ages, self._age = np.unique(told.age, return_inverse=True)
        returned = told.repeats > 0
        self._weights = told.customers[returned]
        self._count = place[returned]
        self._returned_age = self._age[returned]
        self._recencies, self._recency = np.unique(told.recency[returned], return_inverse=True)
        # By age: how many customers, and how many purchases they made again.
        self._by_age = np.bincount(self._age, told.customers, len(self._ages))
        self._repeats_by_age = np.bincount(self._age, told.customers * told.repeats, len(self._ages))

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        r, alpha, a, b = parameters
        x, n = self._repeats, self._customers
        to_end, to_last = np.log(alpha + self._ages), np.log(alpha + self._recencies)
        # Gone after the last purchase, against still there: the logarithm of the odds.
        gap = to_end[self._returned_age] - to_last[self._recency]
        after = np.log(a) - np.log(b + np.maximum(x, 1) - 1)
        odds = after[self._count] + (r + x)[self._count] * gap
        # One exponential serves both: log(1 + e^odds), and the chance of being gone.
        shrunk = np.exp(-np.abs(odds))
        gone = self._weights * np.where(odds > 0, 1.0, shrunk) / (1.0 + shrunk)
        value = (
            n @ (gammaln(r + x) + gammaln(b + x) - gammaln(a + b + x))
            + n.sum() * (r * np.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b))
            - (r * self._by_age + self._repeats_by_age) @ to_end
            + self._weights @ (np.maximum(odds, 0.0) + np.log1p(shrunk))
        )
        gone_by_count = np.bincount(self._count, gone, len(x))
        purchases = gone * (r + x)[self._count]
        by_age = np.bincount(self._returned_age, purchases, len(self._ages))
        by_recency = np.bincount(self._recency, purchases, len(self._recencies))
        mixed = psi(a + b) * n.sum() - n @ psi(a + b + x)
        gradient = np.array(
            [
                n @ psi(r + x) + n.sum() * (np.log(alpha) - psi(r)) - self._by_age @ to_end + gone @ gap,
                n.sum() * r / alpha
                - ((r * self._by_age + self._repeats_by_age) - by_age) @ np.exp(-to_end)
                - by_recency @ np.exp(-to_last),
                mixed + gone.sum() / a,
                mixed
                + n @ psi(b + x)
                - n.sum() * psi(b)
                - gone_by_count @ (1.0 / (b + np.maximum(x, 1) - 1)),
            ]
        )
        return float(value), gradient


def fit_purchases(told: Histories) -> Fit:
    """The parameters r, alpha (weeks), a and b that make the histories likeliest."""
    # As many purchases for a customer's time as there were: alpha is on the scale of that time.
    rate = float((told.customers @ told.repeats + 1.0) / (told.customers @ told.age + 1.0))
    return maximise(
        _Likelihood(told),
        names=names.PURCHASES,
        start=(0.5, min(max(0.5 / rate, 0.01), 1000.0), 1.0, 2.0),
        observations=float(told.customers.sum()),
    )


def _odds_of_being_gone(parameters: Sequence[float], repeats: Array, recency: Array, age: Array) -> Array:
    """Their logarithm; minus infinity where there was no repeat: after the first purchase nobody goes."""
    r, alpha, a, b = parameters
    odds = (
        np.log(a)
        - np.log(b + np.maximum(repeats, 1) - 1)
        + (r + repeats) * (np.log(alpha + age) - np.log(alpha + recency))
    )
    return np.where(repeats > 0, odds, -np.inf)


def probability_alive(parameters: Sequence[float], *, repeats: Array, recency: Array, age: Array) -> Array:
    """The chance that a customer of that history still buys; times in weeks."""
    alive: Array = expit(-_odds_of_being_gone(parameters, repeats, recency, age))
    return alive


def _averaged(a: float, b: Array, shape: Array, ahead: Array) -> Array:
    """The mean of (1 + u ahead)^-shape over u of Beta(a - 1, b), to five decimals.

    By Pfaff's transformation and Euler's integral it is what the hypergeometric function grows to, a above 1.
    """
    places, weights = np.polynomial.legendre.leggauss(64)
    told = np.zeros_like(ahead)
    for place, weight in zip((places + 1) / 2, weights / 2, strict=True):
        told += weight * np.exp(-shape * np.log1p(betaincinv(a - 1, b, place) * ahead))
    return told


def expected_purchases(
    parameters: Sequence[float], *, repeats: Array, recency: Array, age: Array, weeks: float
) -> Array:
    """How many purchases a customer of that history makes on average in the weeks that follow.

    The hypergeometric function is taken by Euler's transformation, where it stays small for any count. Where
    it does not because `a` is in the hundreds, what it stands for is averaged.
    """
    r, alpha, a, b = parameters
    if abs(a - 1) < _NUDGE:
        a = 1 + _NUDGE
    # Whoever bought as often for as long is alike but for being alive: one function value for all of them.
    _, first, alike = np.unique(repeats * _APART + age, return_index=True, return_inverse=True)
    reach = weeks / (alpha + age[first] + weeks)
    count = a + b + repeats[first] - 1
    with np.errstate(over="ignore", invalid="ignore"):
        grown = hyp2f1(a + b - 1 - r, a - 1, count, reach) * np.exp(xlog1py(a - 1, -reach))
    lost = ~np.isfinite(grown)
    if lost.any():
        grown[lost] = _averaged(
            a, count[lost] - a + 1, r + repeats[first][lost], weeks / (alpha + age[first][lost])
        )
    alive = probability_alive((r, alpha, a, b), repeats=repeats, recency=recency, age=age)
    expected: Array = (count / (a - 1) * (1 - grown))[alike] * alive
    return expected
