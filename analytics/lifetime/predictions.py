"""What a run says of each customer: by the models, or the mean of all where they are not to be used."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.lifetime import amounts, purchases, runs
from analytics.lifetime.estimation import Array
from analytics.lifetime.worth import chances_below

HORIZONS: Final = (90, 365)
"""Days ahead: a quarter, and twelve months."""
CUTS: Final = (1 / 3, 2 / 3)
"""Segments are thirds of the customers by what twelve months of them are expected to be worth."""
_BLOCK: Final = 50_000
_MOST: Final = 1e15


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """What is said of customers, arrays of one length; `segment` is 0 (low) to 2, below 0 for none."""

    p_alive: Array
    purchases: tuple[Array, Array]
    values: tuple[Array, Array]
    segment: Array
    chance: Array
    cuts: tuple[float, float] | None


def predict(run: runs.Run) -> Predictions | None:
    """What a run says of everybody it saw: by the model, or the mean of all; None where there is neither."""
    if run.is_used and run.purchases is not None and run.amounts is not None:
        return _by_model(run, run.purchases.values, run.amounts.values)
    if run.mean_purchases is None or run.mean_value is None:
        return None
    size = len(run.everyone)
    means = [
        tuple(np.full(size, mean * days / run.window.holdout_days) for days in HORIZONS)
        for mean in (run.mean_purchases, run.mean_value)
    ]
    return Predictions(
        p_alive=np.zeros(size),
        purchases=(means[0][0], means[0][1]),
        values=(means[1][0], means[1][1]),
        segment=np.full(size, -1.0),
        chance=np.zeros(size),
        cuts=None,
    )


def _by_model(run: runs.Run, fitted: tuple[float, ...], spent: tuple[float, ...]) -> Predictions:
    history = run.everyone.observed(run.window)
    worth = run.everyone.repeat_worth + run.everyone.later_worth
    value = runs.mean_value(history["repeats"], worth)
    expected = amounts.expected_value(spent, repeats=history["repeats"], value=value)
    counts = [
        purchases.expected_purchases(fitted, **history, weeks=days / purchases.DAYS_OF_WEEK)
        for days in HORIZONS
    ]
    values = [np.minimum(count * expected, _MOST) for count in counts]
    low, high = (float(cut) for cut in np.quantile(values[1], CUTS))
    # As they are kept: who stands at a cut stands on the same side of it when it is read again.
    low, high = round(low, 4), round(high, 4)
    values[1] = np.round(values[1], 4)
    segment = (values[1] >= low).astype(np.float64) + (values[1] >= high)
    below = [
        chances_below(
            fitted, spent, limits=(low, high), **{name: column[at] for name, column in history.items()},
            value=value[at], weeks=HORIZONS[1] / purchases.DAYS_OF_WEEK,
        )
        for at in (slice(start, start + _BLOCK) for start in range(0, len(value), _BLOCK))
    ]  # fmt: skip
    under = [np.concatenate(parts) for parts in zip(*below, strict=True)]
    chance = np.select([segment == 0, segment == 1], [under[0], under[1] - under[0]], 1 - under[1])
    return Predictions(
        p_alive=purchases.probability_alive(fitted, **history),
        purchases=(counts[0], counts[1]),
        values=(values[0], values[1]),
        segment=segment,
        chance=np.clip(chance, 0.0, 1.0),
        cuts=(low, high),
    )
