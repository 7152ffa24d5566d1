"""What is learnt of few, ranked: against sums written out by hand, and against simulation."""

import functools
import itertools
import math
import random
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from analytics.advice import openings, pins, shrinkage
from analytics.advice.shrinkage import Prior

PRODUCTS = [UUID(int=number) for number in range(1, 9)]


def candidate(
    number: int, *, price: str = "10", viewers: int = 0, buyers: int = 0, stock: int | None = None,
    shown: tuple[float, ...] = (),
) -> pins.Candidate:  # fmt: skip
    return pins.Candidate(
        product_id=PRODUCTS[number],
        price=Decimal(price),
        stock=stock,
        moment_viewers=viewers,
        moment_buyers=buyers,
        minutes_since_shown=shown,
    )


# -- shrinkage ---------------------------------------------------------------------------------


def test_a_rate_is_the_prior_and_what_was_seen_together() -> None:
    shrunk = shrinkage.shrink(Prior(hits=2, misses=98), trials=100, hits=8)
    assert shrunk.mean == 0.05
    # Beta(10, 190) lies below x as often as 199 throws at x give ten or more.
    below = [
        sum(math.comb(199, n) * x**n * (1 - x) ** (199 - n) for n in range(10, 200))
        for x in (shrunk.low, shrunk.high)
    ]
    assert below == pytest.approx([0.025, 0.975], abs=1e-9)


def test_without_spread_to_learn_from_the_prior_is_the_pooled_rate_at_its_weakest() -> None:
    prior = shrinkage.learn(trials=[100, 99], hits=[4, 5])
    assert (round(prior.mean, 4), round(prior.hits + prior.misses, 4)) == (0.0475, 2.0)
    assert shrinkage.learn(trials=[], hits=[]).mean == 0.5


def test_the_prior_is_learnt_from_many_products() -> None:
    rng = random.Random(5)
    trials = [rng.randrange(200, 2000) for _ in range(400)]
    rates = [rng.betavariate(6, 194) for _ in trials]
    hits = [sum(rng.random() < rate for _ in range(n)) for n, rate in zip(trials, rates, strict=True)]
    prior = shrinkage.learn(trials=trials, hits=hits)
    assert 0.028 < prior.mean < 0.032
    assert 150 < prior.hits + prior.misses < 270


def test_shrinking_is_nearer_to_the_truth_than_the_bare_rate() -> None:
    rng = random.Random(11)
    trials = [rng.randrange(20, 300) for _ in range(200)]
    rates = [rng.betavariate(3, 97) for _ in trials]
    hits = [sum(rng.random() < rate for _ in range(n)) for n, rate in zip(trials, rates, strict=True)]
    prior = shrinkage.learn(trials=trials, hits=hits)
    found = [shrinkage.shrink(prior, trials=n, hits=k) for n, k in zip(trials, hits, strict=True)]
    bare = sum((k / n - rate) ** 2 for n, k, rate in zip(trials, hits, rates, strict=True))
    shrunk = sum((one.mean - rate) ** 2 for one, rate in zip(found, rates, strict=True))
    assert shrunk < bare / 2
    inside = sum(one.low <= rate <= one.high for one, rate in zip(found, rates, strict=True))
    assert 0.90 < inside / len(rates) < 0.99


def test_what_is_foreseen_covers_what_happens() -> None:
    rng, prior = random.Random(3), Prior(hits=4, misses=96)
    inside = 0
    for _ in range(1000):
        rate = rng.betavariate(prior.hits + 10, prior.misses + 190)
        happened = sum(rng.random() < rate for _ in range(80))
        _, low, high = shrinkage.foresee(prior, trials=200, hits=10, people=80)
        inside += low <= happened <= high
    assert 0.94 <= inside / 1000 <= 1
    assert shrinkage.foresee(prior, trials=200, hits=10, people=0) == (0.0, 0, 0)


# -- pins --------------------------------------------------------------------------------------


def ranked(*candidates: pins.Candidate, reachable: int = 100, seed: str = "no lot") -> list[pins.Pin]:
    return pins.rank(candidates, reachable=reachable, prior=Prior(hits=1, misses=49), seed=seed)


def test_what_is_ranked_is_expected_sales_and_neither_conversion_nor_price() -> None:
    cheap = candidate(0, price="5", viewers=950, buyers=99)  # 10 % of 100 people: 10 x 5
    dear = candidate(1, price="90", viewers=950, buyers=4)  # 0.5 %: 0.5 x 90
    middle = candidate(2, price="20", viewers=950, buyers=49)  # 5 %: 5 x 20
    found = ranked(cheap, dear, middle)
    assert [(one.product_id, one.expected_sales) for one in found] == [
        (PRODUCTS[2], Decimal("100.0000")),
        (PRODUCTS[0], Decimal("50.0000")),
        (PRODUCTS[1], Decimal("45.0000")),
    ]
    assert [one.low <= one.expected_sales <= one.high for one in found] == [True] * 3


def test_what_was_just_shown_has_lost_half_of_its_pull_and_recovers() -> None:
    assert pins.fatigue([]) == 1.0
    assert pins.fatigue([0.0]) == 0.5
    assert round(pins.fatigue([10.0]), 4) == 0.8161
    assert pins.fatigue([0.0, 0.0]) == 0.25
    assert pins.fatigue([600.0]) > 0.999


def test_no_more_is_expected_than_there_is_and_nothing_of_what_is_sold_out() -> None:
    (only,) = ranked(candidate(0, viewers=950, buyers=99, stock=3), candidate(1, stock=0))
    assert (only.expected_sales, only.high) == (Decimal("30.0000"), Decimal("30.0000"))
    assert ranked() == []


def test_the_lot_falls_as_often_as_said_on_anybody_and_its_chance_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What is foreseen of the same five, under whatever lot, is the same: it is reckoned once.
    monkeypatch.setattr(pins, "foresee", functools.cache(shrinkage.foresee))
    shelf = [candidate(number, price=str(10 + number)) for number in range(5)]
    firsts: dict[UUID, int] = {}
    for number in range(20_000):
        found = ranked(*shelf, seed=f"moment {number}")
        firsts[found[0].product_id] = firsts.get(found[0].product_id, 0) + 1
        assert found[0].is_exploration == (found[0].product_id != PRODUCTS[4])
    assert 0.052 < 1 - firsts[PRODUCTS[4]] / 20_000 < 0.076  # Four fifths of 8 %.
    assert all(240 < firsts[PRODUCTS[number]] < 400 for number in range(4))


def test_the_chances_of_a_rank_are_those_of_all_lots_together() -> None:
    count, share = 5, pins.EXPLORATION / 5
    for number in range(1, 6):
        chances = [pins._propensity(place, number, share=share, count=count) for place in range(count)]
        assert abs(sum(chances) - 1) < 1e-12
    assert ranked(candidate(0), seed="alone")[0].propensity == pytest.approx(1.0)


# -- openings ----------------------------------------------------------------------------------


def moment(
    number: int, *, position: int = 1, minute: float = 5, viewers: int, buyers: int
) -> openings.PastMoment:
    return openings.PastMoment(
        product_id=PRODUCTS[number], position=position, minute=minute, viewers=viewers, buyers=buyers
    )


def test_products_lead_by_expected_sales_a_viewer_of_the_first_quarter_of_an_hour() -> None:
    past = [
        moment(0, viewers=1000, buyers=20),
        moment(1, viewers=1000, buyers=20),
        moment(2, viewers=1000, buyers=20, minute=15),  # The quarter is over.
        moment(3, viewers=200, buyers=100),  # Not above 200.
    ]
    prices = {product: Decimal(10 * (place + 1)) for place, product in enumerate(PRODUCTS)}
    found = openings.leads(past, prices=prices)
    assert [one.product_id for one in found] == [PRODUCTS[1], PRODUCTS[0], PRODUCTS[2], PRODUCTS[3]]
    assert [one.expected_per_viewer is None for one in found] == [False, False, True, True]
    assert (found[2].viewers, found[3].viewers) == (0, 200)


def test_moments_are_told_apart_by_where_they_were() -> None:
    past = [
        moment(0, position=1, minute=2, viewers=100, buyers=5),
        moment(0, position=3, minute=16, viewers=50, buyers=1),
        moment(0, position=2, minute=14.9, viewers=50, buyers=2),
        moment(0, position=13, minute=200, viewers=10, buyers=0),
    ]
    (found,) = openings.leads(past, prices={})
    assert [(one.begins, one.ends, one.viewers, one.buyers) for one in found.by_position] == [
        (1, 2, 100, 5), (2, 4, 100, 3), (13, None, 10, 0),
    ]  # fmt: skip
    assert [(one.begins, one.ends, one.viewers, one.buyers) for one in found.by_minute] == [
        (0, 15, 150, 7), (15, 30, 50, 1), (60, None, 10, 0),
    ]  # fmt: skip


def test_slots_are_hours_of_the_partners_week_with_two_sessions_at_least() -> None:
    monday = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)  # 20:30 in Singapore.
    starts = [
        (monday, 100), (monday.replace(day=8, minute=0), 300), (monday.replace(day=2), 900),
        (monday.replace(hour=16), 50), (monday.replace(day=8, hour=17), 60),
    ]  # fmt: skip
    found = openings.slots(starts, timezone="Asia/Singapore")
    assert [(one.weekday, one.hour, one.sessions, one.median_peak_viewers) for one in found] == [
        (1, 20, 2, 200.0)
    ]
    pairs = itertools.pairwise(openings.slots(starts * 2, timezone="Asia/Singapore"))
    assert all(first.median_peak_viewers >= second.median_peak_viewers for first, second in pairs)
