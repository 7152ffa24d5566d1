"""Scores for viewers by four ways, each used only if it tells later spending better than the one below it.

Learnt from earlier sessions and tried on later ones: never on the same, nor by what was not known yet when
these were over. What is asked of a rung: that more of the spending falls to the tenth of viewers it puts
first, by more than chance, and that all it expects together is what was spent, within 30 %.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import Enum
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from analytics.lifetime.amounts import Amounts, expected_value, fit_amounts
from analytics.lifetime.estimation import Array
from analytics.lifetime.purchases import Histories, expected_purchases, fit_purchases

DAYS: Final = 90
WEEKS: Final = DAYS / 7
EARLIER: Final = 0.7
"""The share of viewings that may be learnt from; the later ones tell how well."""
LEAST_VIEWINGS: Final = 500
LEAST_SPENDERS: Final = 50
CALIBRATED: Final = (0.7, 1.3)
LEAST_REPEATERS: Final = 30
PENALTY: Final = 1.0
DRAWS: Final = 200
SEED: Final = 20_240_601


class Rung(Enum):
    """The ladder, from the ground."""

    MEAN = "MEAN"
    CELLS = "CELLS"
    PURCHASES = "PURCHASES"
    RIDGE = "RIDGE"


@dataclass(frozen=True, kw_only=True)
class Viewers:
    """Viewers of sessions as arrays of one length, in the order their sessions ended."""

    kol: Array
    """A number for the influencer of the session; 0: none."""
    ended: Array
    """When the session's tail was over, in seconds: what is said of them is as of then."""
    has_bought: Array
    is_returning: Array
    watch_share: Array
    join_share: Array
    """How much of the session had passed at the first join, 0 to 1."""
    clicks: Array
    comments: Array
    carts: Array
    repeats: Array
    """Days with a purchase after the first one; -1: never bought."""
    recency: Array
    """Weeks from the first purchase to the latest."""
    age: Array
    """Weeks from the first purchase on."""
    worth: Array
    """Mean worth of a repeat purchase, else of the first one."""
    spent: Array
    """In the 90 days after; of those who are scored what is known so far."""

    def __len__(self) -> int:
        return len(self.kol)

    def take(self, which: "np.ndarray[tuple[int], np.dtype[np.bool_]] | slice") -> "Viewers":
        """Some of them."""
        return Viewers(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


Score = Callable[[Viewers], Array]


@dataclass(frozen=True, kw_only=True)
class Tried:
    """How a rung did on later viewers; `is_used`: it beat those below it."""

    rung: Rung
    top_share: float
    """The share of all spending that fell to the tenth put first."""
    calibration: float | None
    """All it expected / all that was spent."""
    is_used: bool


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """What was tried, and the score to use: learnt from all viewers with the highest rung that held."""

    tried: list[Tried]
    used: Rung
    score: Score


def climb(known: Viewers) -> Ladder:
    """Try the rungs on viewers whose spending is known, and learn the best from all of them."""
    used, tried = Rung.MEAN, list[Tried]()
    # A session is learnt from or tried on, never in part; and learnt from when what followed on it was known.
    begin = known.ended[int(len(known) * EARLIER)] if len(known) else 0.0
    earlier, later = known.take(known.ended + DAYS * 86_400 <= begin), known.take(known.ended >= begin)
    if (
        len(known) >= LEAST_VIEWINGS
        and min((earlier.spent > 0).sum(), (later.spent > 0).sum()) >= LEAST_SPENDERS
        and later.spent.sum() > 0
    ):
        best: Array | None = None
        for rung in Rung:
            expected = LEARN[rung](earlier)(later)
            calibration = float(expected.sum() / later.spent.sum())
            # The ground is there whatever it tells.
            if best is None or (
                CALIBRATED[0] <= calibration <= CALIBRATED[1] and _tells_more(expected, best, later.spent)
            ):
                used, best = rung, expected
            share = top_share(expected, later.spent)
            tried.append(Tried(rung=rung, top_share=share, calibration=calibration, is_used=False))
        tried = [Tried(**{**vars(one), "is_used": one.rung is used}) for one in tried]
    return Ladder(tried=tried, used=used, score=LEARN[used](known))


def _tells_more(expected: Array, best: Array, spent: Array) -> bool:
    """Whether the first tenth has more of the spending in nineteen of twenty draws of the viewers."""
    generator = np.random.default_rng(SEED)
    draws = (generator.integers(len(spent), size=len(spent)) for _ in range(DRAWS))
    gains = [top_share(expected[draw], spent[draw]) - top_share(best[draw], spent[draw]) for draw in draws]
    return float(np.quantile(gains, 0.05)) > 0


def top_share(expected: Array, spent: Array) -> float:
    """The share of spending of the tenth with the highest scores; those of one score share alike."""
    total = float(spent.sum())
    if total <= 0:
        return 0.0
    values, place, counts = np.unique(-expected, return_inverse=True, return_counts=True)
    sums = np.bincount(place, spent, minlength=len(values))
    room = np.clip(len(spent) / 10 - (np.cumsum(counts) - counts), 0, counts)
    return float((sums * room / counts).sum() / total)


# -- the rungs ---------------------------------------------------------------------------------


def _mean(known: Viewers) -> Score:
    """Everybody spends what viewers spent on average."""
    mean = float(known.spent.mean()) if len(known) else 0.0
    return lambda asked: np.full(len(asked), mean)


def _cell(told: Viewers) -> Array:
    cell: Array = told.kol * 4 + told.has_bought * 2 + told.is_returning
    return cell


def _cells(known: Viewers) -> Score:
    """Viewers of one influencer, who bought or not and came again or not, spend alike.

    Means of few are drawn to the mean of all: by the variance within cells to that between them.
    """
    names, place, counts = np.unique(_cell(known), return_inverse=True, return_counts=True)
    sums = np.bincount(place, known.spent)
    means, mean = sums / counts, float(known.spent.mean())
    within = float(((known.spent - means[place]) ** 2).sum() / max(len(known) - len(names), 1))
    spread = float((counts * (means - mean) ** 2).sum()) - within * (len(names) - 1)
    scale = len(known) - float((counts**2).sum()) / len(known)
    between = max(spread / scale, 0.0) if scale > 0 else 0.0
    pull = within / between if between > 0 else np.inf
    shrunk = (sums + pull * mean) / (counts + pull) if np.isfinite(pull) else np.full(len(names), mean)

    def score(asked: Viewers) -> Array:
        cells = _cell(asked)
        found = np.clip(np.searchsorted(names, cells), 0, len(names) - 1)
        told: Array = np.where(names[found] == cells, shrunk[found], mean)
        return told

    return score


def _purchases(known: Viewers) -> Score:
    """Buyers go on as BG/NBD and Gamma-Gamma expect; the others as their cells do."""
    others, bought = _cells(known), known.take(known.repeats >= 0)
    again = bought.take((bought.repeats > 0) & (bought.worth > 0))
    if len(again) < LEAST_REPEATERS:
        return others
    ones = np.ones(len(bought))
    rates = fit_purchases(
        Histories(repeats=bought.repeats, recency=bought.recency, age=bought.age, customers=ones)
    )
    amounts = fit_amounts(Amounts(repeats=again.repeats, value=again.worth, customers=np.ones(len(again))))
    if rates.at_bounds or amounts.at_bounds:
        # At the end of what is allowed nothing was found, and what follows from it may be no number.
        return others
    fallback = float(again.worth.mean())

    def score(asked: Viewers) -> Array:
        repeats = np.maximum(asked.repeats, 0.0)
        purchases = expected_purchases(
            rates.values, repeats=repeats, recency=asked.recency, age=asked.age, weeks=WEEKS
        )
        value = expected_value(amounts.values, repeats=repeats, value=np.maximum(asked.worth, 0.0))
        value = np.where(np.isfinite(value), value, fallback)
        told: Array = np.where(asked.repeats >= 0, purchases * value, others(asked))
        return told

    return score


def _ridge(known: Viewers) -> Score:
    """Whether a viewer spends by a penalised logistic model, and how much by a penalised linear one."""
    below = _purchases(known)
    features = _features(known, below)
    middle, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale == 0] = 1.0
    spends = known.spent > 0
    design = _design((features - middle) / scale)
    chance = _logistic(design, spends.astype(float))
    amounts = np.log(known.spent[spends])
    weights = _linear(design[spends], amounts)
    smearing = float(np.exp(amounts - design[spends] @ weights).mean())

    def score(asked: Viewers) -> Array:
        told = _design((_features(asked, below) - middle) / scale)
        # Far from what was seen, an exponential says anything.
        expected: Array = expit(told @ chance) * np.exp(np.minimum(told @ weights, amounts.max())) * smearing
        return expected

    return score


def _features(told: Viewers, below: Score) -> Array:
    return np.column_stack(
        [
            told.watch_share, told.join_share, np.log1p(told.clicks), np.log1p(told.comments),
            np.log1p(told.carts), told.has_bought, told.is_returning, told.repeats >= 0,
            np.log1p(np.maximum(told.repeats, 0)), np.log1p(np.maximum(told.worth, 0)),
            np.log1p(np.maximum(below(told), 0)),
        ]
    )  # fmt: skip


def _design(features: Array) -> Array:
    return np.column_stack([np.ones(len(features)), features])


def _penalties(design: Array) -> Array:
    penalties = np.full(design.shape[1], PENALTY)
    penalties[0] = 0.0
    return penalties


def _logistic(design: Array, happened: Array) -> Array:
    penalties = _penalties(design)

    def loss(weights: Array) -> tuple[float, Array]:
        odds = design @ weights
        value = np.logaddexp(0, odds).sum() - happened @ odds + (penalties * weights**2).sum() / 2
        return float(value), design.T @ (expit(odds) - happened) + penalties * weights

    start = np.zeros(design.shape[1])
    found: Array = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return found


def _linear(design: Array, values: Array) -> Array:
    penalised = design.T @ design + np.diag(_penalties(design))
    return np.asarray(np.linalg.solve(penalised, design.T @ values), dtype=np.float64)


LEARN: Final[dict[Rung, Callable[[Viewers], Score]]] = {
    Rung.MEAN: _mean,
    Rung.CELLS: _cells,
    Rung.PURCHASES: _purchases,
    Rung.RIDGE: _ridge,
}
