"""How a model fares on what it was not fitted to: by tenth of the customers, and beside past spend."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.lifetime.estimation import Array

TENTHS: Final = 10


@dataclass(frozen=True, kw_only=True)
class Tenth:
    """A tenth of the customers, those first of whom most was predicted: what one of them made on average."""

    predicted: float
    actual: float
    predicted_value: float
    actual_value: float


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """What was predicted of all customers and what came: purchases, and their worth.

    `ratio` is purchases predicted for each one that came; None where none came.
    """

    predicted: float
    actual: float
    predicted_value: float
    actual_value: float
    tenths: tuple[Tenth, ...]

    @property
    def ratio(self) -> float | None:
        """Purchases predicted for each one that came."""
        return self.predicted / self.actual if self.actual else None


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The model beside past spend, which it has to beat.

    Shares are of all that came, of the tenth of customers each puts first; errors are the root of the mean
    square of what a customer's worth was missed by, past spend scaled to what the model predicts in sum.
    """

    share: float | None
    error: float
    model_share: float | None
    model_error: float


def compare(*, predicted: Array, actual: Array, predicted_value: Array, actual_value: Array) -> Holdout:
    """The holdout of customers, an element each."""
    columns = (predicted, actual, predicted_value, actual_value)
    parts = np.stack([_by_tenth(predicted, column) for column in columns], axis=1) / (len(predicted) / TENTHS)
    return Holdout(
        predicted=float(predicted.sum()),
        actual=float(actual.sum()),
        predicted_value=float(predicted_value.sum()),
        actual_value=float(actual_value.sum()),
        tenths=tuple(
            Tenth(predicted=one[0], actual=one[1], predicted_value=one[2], actual_value=one[3])
            for one in parts.tolist()
        ),
    )


def beside_past_spend(*, past: Array, predicted_value: Array, actual_value: Array) -> Baseline:
    """What past spend alone would have foretold, an element a customer."""
    scale = float(predicted_value.sum()) / float(past.sum()) if past.sum() > 0 else 0.0
    return Baseline(
        share=_caught(past, actual_value),
        error=_error(past * scale, actual_value),
        model_share=_caught(predicted_value, actual_value),
        model_error=_error(predicted_value, actual_value),
    )


def _caught(score: Array, actual: Array) -> float | None:
    total = float(actual.sum())
    return float(_by_tenth(score, actual)[0]) / total if total > 0 else None


def _error(predicted: Array, actual: Array) -> float:
    return float(np.sqrt(np.mean((predicted - actual) ** 2)))


def _by_tenth(score: Array, amount: Array) -> Array:
    """Sums of an amount by tenth of the customers, the highest scores first.

    Customers of one score are alike: where a tenth ends among them, each of them is in part on either side.
    """
    scores, place = np.unique(-score, return_inverse=True)
    customers = np.concatenate([[0.0], np.cumsum(np.bincount(place, minlength=len(scores)))])
    sums = np.concatenate([[0.0], np.cumsum(np.bincount(place, amount, len(scores)))])
    told: Array = np.diff(np.interp(np.linspace(0, len(score), TENTHS + 1), customers, sums))
    return told
