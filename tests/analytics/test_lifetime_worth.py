"""How likely customers are worth less than an amount, against drawing customers by the models' own story."""

from typing import Final

import numpy as np
import pytest

from analytics.lifetime import gates, holdout, purchases, worth
from analytics.lifetime.estimation import Array, Fit

PURCHASES: Final = (0.6, 5.0, 0.8, 2.4)
AMOUNTS: Final = (6.25, 3.74, 15.44)
HISTORY: Final = {"repeats": np.array([0.0, 2.0, 7.0]), "age": np.array([30.0, 38.86, 60.0])}
RECENCY: Final = np.array([0.0, 30.43, 58.0])
VALUE: Final = np.array([0.0, 22.35, 60.0])
WEEKS: Final = 52.0
DRAWS: Final = 200_000


def drawn(place: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Purchases and their worth in the weeks that follow, of customers of one history who are alive."""
    r, alpha, a, b = PURCHASES
    p, q, v = AMOUNTS
    repeats, age = HISTORY["repeats"][place], HISTORY["age"][place]
    rates = rng.gamma(r + repeats, 1 / (alpha + age), DRAWS)
    chances = rng.beta(a, b + repeats, DRAWS)
    came = rng.poisson(rates * WEEKS)
    # After each of them he may be gone: as many are made as there are until then, that one included.
    counts = np.minimum(came, rng.geometric(chances)).astype(np.float64)
    scales = rng.gamma(p * repeats + q, 1 / (v + repeats * VALUE[place]), DRAWS)
    spent = np.where(counts > 0, rng.gamma(np.maximum(p * counts, 1e-9)) / scales, 0.0)
    return counts, spent


@pytest.mark.parametrize("place", [0, 1, 2])
def test_chances_of_purchases_are_those_of_drawn_customers(place: int) -> None:
    counts, _ = drawn(place, np.random.default_rng(7))
    told = worth.chances_of_purchases(PURCHASES, **HISTORY, weeks=WEEKS, most=6)
    for count, chance in enumerate(told):
        assert chance[place] == pytest.approx(np.mean(counts == count), abs=0.004)


def test_chances_of_purchases_have_the_mean_that_is_expected() -> None:
    told = worth.chances_of_purchases(PURCHASES, **HISTORY, weeks=WEEKS, most=400)
    mean = sum(count * chance for count, chance in enumerate(told))
    expected = purchases.expected_purchases(PURCHASES, **HISTORY, recency=RECENCY, weeks=WEEKS)
    alive = purchases.probability_alive(PURCHASES, **HISTORY, recency=RECENCY)
    assert sum(told) == pytest.approx(np.ones(3), abs=1e-6)
    assert mean * alive == pytest.approx(expected, rel=1e-4)


def test_chances_of_worth_are_those_of_drawn_customers() -> None:
    low, high = worth.chances_below(
        PURCHASES, AMOUNTS, limits=(20.0, 150.0), **HISTORY, recency=RECENCY, value=VALUE, weeks=WEEKS
    )
    alive = purchases.probability_alive(PURCHASES, **HISTORY, recency=RECENCY)
    rng = np.random.default_rng(11)
    for place in range(3):
        _, spent = drawn(place, rng)
        for told, limit in ((low, 20.0), (high, 150.0)):
            reckoned = 1 - alive[place] + alive[place] * np.mean(spent < limit)
            assert told[place] == pytest.approx(reckoned, abs=0.004)


def test_nobody_is_worth_less_than_nothing() -> None:
    low, high = worth.chances_below(
        PURCHASES, AMOUNTS, limits=(0.0, 1e12), **HISTORY, recency=RECENCY, value=VALUE, weeks=WEEKS
    )
    assert low.tolist() == [0.0, 0.0, 0.0]
    assert high == pytest.approx(np.ones(3), abs=1e-3)


# -- the holdout ---------------------------------------------------------------------------------


def test_tenths_end_where_customers_are_alike() -> None:
    # Fifteen customers: five of whom much is predicted, ten alike. A tenth is one and a half.
    predicted = np.array([9.0, 8.0, 7.0, 6.0, 5.0] + [1.0] * 10)
    actual = np.array([4.0, 2.0, 2.0, 0.0, 1.0] + [1.0, 1.0] + [0.0] * 8)
    told = holdout.compare(predicted=predicted, actual=actual, predicted_value=predicted, actual_value=actual)
    assert [one.actual * 1.5 for one in told.tenths] == pytest.approx([5.0, 3.0, 0.5, 0.7, *[0.3] * 6])
    assert sum(one.actual for one in told.tenths) * 1.5 == pytest.approx(11)
    assert told.ratio == pytest.approx(45 / 11)


def test_who_comes_first_does_not_matter_among_equals() -> None:
    predicted = np.array([1.0, 1.0, 1.0, 1.0, 2.0])
    actual = np.array([5.0, 0.0, 0.0, 0.0, 1.0])
    sides = [
        holdout.compare(
            predicted=predicted[order], actual=actual[order],
            predicted_value=predicted[order], actual_value=actual[order],
        )
        for order in (np.arange(5), np.array([4, 3, 2, 1, 0]))
    ]  # fmt: skip
    assert sides[0] == sides[1]


def test_past_spend_is_scaled_before_it_is_compared() -> None:
    told = holdout.beside_past_spend(
        past=np.array([100.0] + [0.0] * 9),
        predicted_value=np.array([0.0, 10.0] + [0.0] * 8),
        actual_value=np.array([4.0, 6.0] + [0.0] * 8),
    )
    assert (told.share, told.model_share) == (0.4, 0.6)
    assert (told.error, told.model_error) == pytest.approx((7.2**0.5, 3.2**0.5))


# -- the gates -----------------------------------------------------------------------------------


def fit(q: float = 2.0, *, is_converged: bool = True, at_bounds: tuple[str, ...] = ()) -> Fit:
    return Fit(
        parameters={"q": q},
        errors={"q": None},
        log_likelihood=-1.0,
        is_converged=is_converged,
        at_bounds=at_bounds,
    )


@pytest.mark.parametrize(
    ("wrong", "gate", "reason"),
    [
        ({"customers": 499}, "CUSTOMERS", "499 customers, 500 are needed."),
        ({"repeaters": 99}, "REPEATERS", "99 customers bought again, 100 are needed."),
        ({"purchases": fit(is_converged=False)}, "CONVERGED", "No best parameters were found of: purchases."),
        ({"amounts": None}, "CONVERGED", "No best parameters were found of: amounts."),
        ({"purchases": fit(at_bounds=("a", "b"))}, "WITHIN_BOUNDS", "At the end of what is allowed: a, b."),
        ({"amounts": fit(1.0)}, "FINITE_MEAN", "The model of amounts has no finite mean."),
        (
            {"ratio": None},
            "HOLDOUT_RATIO",
            "It could not be tested: nothing could be foretold, or nothing was bought in that time.",
        ),
        (
            {"ratio": 0.69},
            "HOLDOUT_RATIO",
            "It predicts 0.69 purchases for each one that came; 0.7 to 1.3 is close.",
        ),
        (
            {"ratio": 1.31},
            "HOLDOUT_RATIO",
            "It predicts 1.31 purchases for each one that came; 0.7 to 1.3 is close.",
        ),
    ],
)
def test_a_gate_that_is_not_passed_says_why(wrong: dict[str, object], gate: str, reason: str) -> None:
    right = {"customers": 500, "repeaters": 100, "purchases": fit(), "amounts": fit(), "ratio": 0.7}
    assert [one.reason for one in gates.judge(**right)] == [""] * 6  # type: ignore[arg-type]
    told = gates.judge(**{**right, **wrong})  # type: ignore[arg-type]
    assert [(one.name, one.reason) for one in told if not one.is_passed] == [(gate, reason)]
