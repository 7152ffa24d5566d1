"""The models of lifetime value, on the CDNOW sample and against simulation."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

import numpy as np
import pytest

from analytics.lifetime import amounts, purchases, survival
from analytics.lifetime.estimation import Array
from tests import cdnow

CALIBRATED_TO: Final = date(1997, 9, 30)
PARAMETERS: Final = (0.24259452, 4.41360187, 0.79292206, 2.42590708)


@cache
def days_of_customers() -> dict[str, dict[date, Decimal]]:
    """What each customer spent, by day."""
    spent: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for told in cdnow.purchases():
        spent[told.customer][told.day] += told.value
    return spent


def calibration() -> list[tuple[int, int, int, Decimal]]:
    """(repeats, recency in days, age in days, mean of a repeat day) of each customer."""
    rows = []
    for spent in days_of_customers().values():
        first, *later = sorted(day for day in spent if day <= CALIBRATED_TO)
        last = later[-1] if later else first
        mean = sum((spent[day] for day in later), Decimal(0)) / max(len(later), 1)
        rows.append((len(later), (last - first).days, (CALIBRATED_TO - first).days, mean))
    return rows


def histories() -> purchases.Histories:
    counted = Counter(row[:3] for row in calibration())
    return purchases.histories_of([(*row, customers) for row, customers in counted.items()])


def one(number: float) -> Array:
    return np.array([float(number)])


def test_the_purchase_model_finds_the_published_parameters() -> None:
    told = histories()
    fit = purchases.fit_purchases(told)
    assert (told.size, told.repeaters) == (2357, 946)
    assert fit.is_converged
    assert fit.at_bounds == ()
    assert fit.values == pytest.approx(PARAMETERS, abs=1e-4)
    assert fit.log_likelihood == pytest.approx(-9582.429207, abs=1e-4)
    assert dict(fit.errors) == pytest.approx(
        {"r": 0.012557, "alpha": 0.378224, "a": 0.185734, "b": 0.705414}, abs=1e-5
    )


def test_grouped_or_one_by_one_the_fit_is_the_same() -> None:
    each = purchases.histories_of([(*row[:3], 1) for row in calibration()])
    assert purchases.fit_purchases(each).values == pytest.approx(
        purchases.fit_purchases(histories()).values, rel=1e-6
    )


def test_the_likelihood_is_the_papers_customer_by_customer() -> None:
    r, alpha, a, b = 0.3, 5.0, 0.9, 2.0
    total = 0.0
    for repeats, recency, age, _ in calibration():
        last, end = recency / 7, age / 7
        alive = math.exp(-(r + repeats) * math.log(alpha + end))
        gone = a / (b + repeats - 1) * math.exp(-(r + repeats) * math.log(alpha + last)) if repeats else 0.0
        total += (
            math.lgamma(r + repeats) - math.lgamma(r) + r * math.log(alpha)
            + math.lgamma(a + b) + math.lgamma(b + repeats) - math.lgamma(b) - math.lgamma(a + b + repeats)
            + math.log(alive + gone)
        )  # fmt: skip
    likelihood = purchases._Likelihood(histories())
    assert likelihood(np.array([r, alpha, a, b]))[0] == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("at", [(0.3, 5.0, 0.9, 2.0), (2.0, 0.4, 3.0, 0.2)])
def test_the_slope_of_both_likelihoods_is_that_of_small_steps(at: tuple[float, ...]) -> None:
    rows = [(row[0], float(row[3]), 1) for row in calibration()]
    models: list[tuple[Callable[[Array], tuple[float, Array]], Array]] = [
        (purchases._Likelihood(histories()), np.array(at)),
        (amounts._Likelihood(amounts.amounts_of(rows)), np.array(at[:3])),
    ]
    for model, point in models:
        for place in range(len(point)):
            step = np.zeros(len(point))
            step[place] = 1e-6
            slope = (model(point + step)[0] - model(point - step)[0]) / 2e-6
            assert model(point)[1][place] == pytest.approx(slope, rel=1e-6, abs=1e-3)


def test_what_a_customer_will_buy_is_the_published_expectation() -> None:
    rounded = Counter(cdnow.summary())
    fit = purchases.fit_purchases(
        purchases.histories_of([(x, last * 7, age * 7, n) for (x, last, age), n in rounded.items()])
    )
    told = {"repeats": one(2), "recency": one(30.43), "age": one(38.86)}
    assert purchases.expected_purchases(fit.values, **told, weeks=39)[0] == pytest.approx(1.225910, abs=1e-6)
    assert purchases.probability_alive(fit.values, **told)[0] == pytest.approx(0.726609, abs=1e-6)
    often = {"repeats": one(5000), "recency": one(38.86), "age": one(38.86)}
    assert purchases.expected_purchases(fit.values, **often, weeks=39)[0] == pytest.approx(
        3436.0069, abs=1e-4
    )


def test_the_hole_at_one_is_stepped_around() -> None:
    told = {"repeats": one(2), "recency": one(30), "age": one(38)}
    beside, within = (
        purchases.expected_purchases((0.3, 5.0, a, 2.0), **told, weeks=39)[0] for a in (1.0001, 1.0)
    )
    assert within == pytest.approx(beside, rel=1e-3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("a", [400.0, 3000.0, 1e4])
def test_nearly_everybody_going_at_once_is_told_in_numbers_too(a: float) -> None:
    r, alpha, b, weeks = 0.6, 5.0, 900.0, 365 / 7
    told = {"repeats": np.array([0.0, 3.0]), "recency": np.array([0.0, 1.0]), "age": np.array([0.5, 1.5])}
    expected = purchases.expected_purchases((r, alpha, a, b), **told, weeks=weeks)
    # Drawn by the model's own story: so many until he goes, that one included.
    generator = np.random.default_rng(5)
    for place, repeats in enumerate(told["repeats"]):
        rates = generator.gamma(r + repeats, 1 / (alpha + told["age"][place]), 400_000)
        counts = np.minimum(
            generator.poisson(rates * weeks), generator.geometric(generator.beta(a, b + repeats, 400_000))
        )
        alive = purchases.probability_alive((r, alpha, a, b), **told)[place]
        assert expected[place] == pytest.approx(counts.mean() * alive, rel=0.01)


def test_the_model_expects_an_eighth_less_than_came() -> None:
    told = histories()
    expected = purchases.expected_purchases(
        purchases.fit_purchases(told).values,
        repeats=told.repeats,
        recency=told.recency,
        age=told.age,
        weeks=39,
    )
    came = sum(day > CALIBRATED_TO for spent in days_of_customers().values() for day in spent)
    assert (round(float(expected @ told.customers), 2), came) == (1653.41, 1882)


def test_the_model_of_amounts_finds_the_published_parameters() -> None:
    rows = [(row[0], float(row[3]), 1) for row in calibration()]
    told = amounts.amounts_of(rows)
    fit = amounts.fit_amounts(told)
    assert len(told.repeats) == 946
    assert fit.is_converged
    assert fit.values == pytest.approx((6.249572, 3.744225, 15.443521), abs=1e-4)
    assert amounts.correlation(told) == pytest.approx(0.113888, abs=1e-6)
    # His own mean is drawn towards that of all: 35.17.
    assert amounts.expected_value(fit.values, repeats=one(2), value=one(22.35))[0] == pytest.approx(
        24.70, abs=0.05
    )
    assert amounts.expected_value(fit.values, repeats=one(0), value=one(0))[0] == pytest.approx(
        35.17, abs=0.01
    )


def test_the_model_of_amounts_is_the_same_in_any_currency() -> None:
    rows = [(row[0], float(row[3]), 1) for row in calibration()]
    dollars = amounts.fit_amounts(amounts.amounts_of(rows))
    dong = amounts.fit_amounts(amounts.amounts_of([(x, value * 25_000, n) for x, value, n in rows]))
    p, q, v = dollars.values
    assert dong.values == pytest.approx((p, q, v * 25_000), rel=1e-5)
    assert dong.errors["v"] == pytest.approx((dollars.errors["v"] or 0) * 25_000, rel=1e-4)
    assert dong.log_likelihood == pytest.approx(dollars.log_likelihood - 946 * math.log(25_000), abs=1e-4)


def test_the_curve_of_the_second_purchase_is_the_published_one() -> None:
    ends: Counter[tuple[int, bool]] = Counter()
    for spent in days_of_customers().values():
        first, *later = sorted(day for day in spent if day <= CALIBRATED_TO)
        ends[((later[0] if later else CALIBRATED_TO) - first).days, bool(later)] += 1
    days = {day for day, _ in ends}
    curve = survival.repeat_curve((day, ends[day, True], ends[day, False]) for day in days)
    told = max((point for point in curve if point.days <= 90), key=lambda point: point.days)
    assert (told.days, round(told.share, 6), told.at_risk) == (90, 0.291472, 1671)
    assert (round(told.low, 6), round(told.high, 6)) == (0.273576, 0.310271)


def test_the_curve_of_a_few_is_what_one_reckons_by_hand() -> None:
    # Ten people: two return after 5 days, one is last seen then; of the seven left one returns after 9.
    curve = survival.repeat_curve([(9, 1, 6), (5, 2, 1)])
    assert [(one.days, one.at_risk, one.returned) for one in curve] == [(5, 10, 2), (9, 7, 1)]
    assert [one.share for one in curve] == pytest.approx([0.2, 1 - 0.8 * 6 / 7])
    # Greenwood: the variance of log S is 2/(10 x 8) and then 1/(7 x 6) more.
    left = 0.8 * 6 / 7
    spread = math.exp(1.959964 * math.sqrt(2 / 80 + 1 / 42) / -math.log(left))
    assert (curve[1].low, curve[1].high) == pytest.approx(
        (1 - left ** (1 / spread), 1 - left**spread), rel=1e-6
    )


def test_everybody_returning_leaves_nobody() -> None:
    assert [one.share for one in survival.repeat_curve([(3, 4, 0)])] == [1.0]
    assert survival.repeat_curve([]) == []
