"""Rates of few among many, shrunk towards what is usual: beta-binomial empirical Bayes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import optimize, special, stats

# How many people a prior may be worth: below two it says nothing, above it would drown any product.
WEAKEST, STRONGEST = 2.0, 20_000.0
ODDS_OF_ONE: Final = 0.5
"""Added to hits and to misses where there is nothing to learn a prior from (Jeffreys)."""


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What is usual, as people already seen: so many who did it, so many who did not."""

    hits: float
    misses: float

    @property
    def mean(self) -> float:
        """The usual rate."""
        return self.hits / (self.hits + self.misses)


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """A rate with its 95 % interval."""

    mean: float
    low: float
    high: float


def learn(*, trials: Sequence[int], hits: Sequence[int]) -> Prior:
    """The prior under which the counts of several subjects are most likely (marginal likelihood).

    With fewer than three subjects that were seen at all there is no spread to learn from: the pooled rate,
    at the weakest strength.
    """
    seen = [(n, k) for n, k in zip(trials, hits, strict=True) if n > 0]
    if len(seen) < 3:
        n, k = (sum(column) for column in zip(*seen, strict=True)) if seen else (0, 0)
        mean = (k + ODDS_OF_ONE) / (n + 2 * ODDS_OF_ONE)
        return Prior(hits=WEAKEST * mean, misses=WEAKEST * (1 - mean))
    counts, successes = (np.array(column, dtype=float) for column in zip(*seen, strict=True))
    pooled = (successes.sum() + ODDS_OF_ONE) / (counts.sum() + 2 * ODDS_OF_ONE)

    def loss(point: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
        mean, strength = special.expit(point[0]), np.exp(point[1])
        a, b = mean * strength, (1 - mean) * strength
        likelihood = special.betaln(successes + a, counts - successes + b) - special.betaln(a, b)
        return float(-likelihood.sum())

    found = optimize.minimize(
        loss,
        x0=np.array([special.logit(pooled), np.log(100.0)]),
        method="L-BFGS-B",
        bounds=[(-12.0, 12.0), (np.log(WEAKEST), np.log(STRONGEST))],
    )
    mean, strength = float(special.expit(found.x[0])), float(np.exp(found.x[1]))
    return Prior(hits=mean * strength, misses=(1 - mean) * strength)


def shrink(prior: Prior, *, trials: int, hits: int) -> Shrunk:
    """What to believe of a subject's rate: the less it was seen, the nearer to the prior."""
    a, b = prior.hits + hits, prior.misses + trials - hits
    low, high = stats.beta.ppf([0.025, 0.975], a, b)
    return Shrunk(mean=a / (a + b), low=float(low), high=float(high))


def foresee(prior: Prior, *, trials: int, hits: int, people: int) -> tuple[float, int, int]:
    """How many of `people` will do it: the mean, and a 95 % interval of what may happen (beta-binomial)."""
    if people <= 0:
        return 0.0, 0, 0
    a, b = prior.hits + hits, prior.misses + trials - hits
    low, high = stats.betabinom.ppf([0.025, 0.975], people, a, b)
    return people * a / (a + b), int(low), int(high)
