"""What a purchase of a customer is worth: Gamma-Gamma.

Amounts of a customer are gamma distributed (shape p) about a scale of his own, which is gamma distributed
over customers (q, v); how often he buys does not matter to it. Fader and Hardie, "The Gamma-Gamma model of
monetary value" (2013).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betainc, gammaln, psi

from analytics.lifetime import parameters as names
from analytics.lifetime.estimation import Array, Fit, maximise


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """What repeat purchases were worth: arrays of one length.

    `repeats` counts the days with a purchase after the first one, 1 at least; `value` is the mean worth of
    one of them, above 0; `customers` is how many have both.
    """

    repeats: Array
    value: Array
    customers: Array


def amounts_of(rows: Sequence[Sequence[float]] | Array) -> Amounts:
    """Amounts from (repeats, value, customers); who did not return, or was worth nothing, is left out."""
    table = np.asarray(rows, dtype=np.float64).reshape(-1, 3)
    repeats, value, customers = table[(table[:, 0] > 0) & (table[:, 1] > 0)].T
    return Amounts(repeats=repeats, value=value, customers=customers)


def correlation(told: Amounts) -> float | None:
    """Pearson's, between how often and how much; None where one of them does not vary.

    The model says that it is none.
    """
    if len(told.repeats) < 2:
        return None
    covariance = np.cov(told.repeats, told.value, ddof=0, aweights=told.customers)
    spread = float(np.sqrt(covariance[0, 0] * covariance[1, 1]))
    return float(covariance[0, 1]) / spread if spread > 0 else None


class _Likelihood:
    """The log likelihood of amounts and its gradient; gammas are computed once a count."""

    def __init__(self, told: Amounts) -> None:
        self._repeats, self._count = np.unique(told.repeats, return_inverse=True)
        self._customers = np.bincount(self._count, told.customers)
        self._weights = told.customers
        self._total = told.repeats * told.value
        logs = told.customers * np.log(told.value)
        self._logs = float(logs.sum())
        self._logs_by_count = np.bincount(self._count, logs)

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        p, q, v = parameters
        x, n = self._repeats, self._customers
        size = n.sum()
        summed = self._total + v
        logs = self._weights * np.log(summed)
        logs_by_count = np.bincount(self._count, logs, len(x))
        inverse = self._weights / summed
        inverse_by_count = np.bincount(self._count, inverse, len(x))
        value = (
            n @ (gammaln(p * x + q) - gammaln(p * x) + p * x * np.log(x))
            + size * (q * np.log(v) - gammaln(q))
            + (p * x) @ self._logs_by_count
            - self._logs
            - (p * x + q) @ logs_by_count
        )
        gradient = np.array(
            [
                (n * x) @ (psi(p * x + q) - psi(p * x) + np.log(x))
                + x @ self._logs_by_count
                - x @ logs_by_count,
                n @ psi(p * x + q) + size * (np.log(v) - psi(q)) - logs.sum(),
                size * q / v - (p * x + q) @ inverse_by_count,
            ]
        )
        return float(value), gradient


def fit_amounts(told: Amounts) -> Fit:
    """The parameters p, q and v (in the currency) that make the amounts likeliest."""
    size = float(told.customers.sum())
    # In units of their mean, so that bounds and steps are the same in every currency.
    mean = float(told.customers @ told.value / size)
    fit = maximise(
        _Likelihood(replace(told, value=told.value / mean)),
        names=names.AMOUNTS,
        start=(2.0, 3.0, 1.0),
        observations=size,
    )
    error = fit.errors["v"]
    return replace(
        fit,
        parameters={**fit.parameters, "v": fit.parameters["v"] * mean},
        errors={**fit.errors, "v": None if error is None else error * mean},
        log_likelihood=fit.log_likelihood - size * float(np.log(mean)),
    )


def expected_value(parameters: Sequence[float], *, repeats: Array, value: Array) -> Array:
    """What a purchase of a customer is worth on average, between his own mean and that of all.

    Shape of the arrays; infinite for who never returned where q is 1 or less: then there is no mean of all.
    """
    p, q, v = parameters
    below = p * repeats + q - 1
    with np.errstate(divide="ignore"):
        expected: Array = np.where(below > 0, p * (v + repeats * value) / below, np.inf)
    return expected


def share_below(
    parameters: Sequence[float], *, purchases: int, limit: float, repeats: Array, value: Array
) -> Array:
    """The chance that so many further purchases, 1 at least, of a customer are worth less than a limit."""
    p, q, v = parameters
    if limit <= 0:
        return np.zeros_like(repeats)
    told: Array = betainc(p * purchases, p * repeats + q, limit / (limit + v + repeats * value))
    return told
