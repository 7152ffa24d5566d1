"""What giveaways and promotions go along with: the truth's ratio, in an interval that keeps its word."""

import random
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from analytics.fills.uplift import (
    Airing,
    Minute,
    Offer,
    Stratum,
    estimate,
    estimate_uplift,
    partners_to_estimate,
    strata,
    windows,
)
from analytics.models import OfferUplift
from commerce.models import Partner
from tests.analytics.compare import world
from tests.analytics.graphql_client import ask
from tests.analytics.scenes import scene
from tests.factories import NOW, deliver, event, fill, minute
from tests.oracle import SessionTruth
from tests.oracle.uplift import uplift

SIX = Decimal("0.000001")


def stored(partner: Partner) -> dict[tuple[str, str, str, str], OfferUplift]:
    rows = OfferUplift.objects.using("worker").filter(partner=partner)
    return {(row.kind, row.design, row.metric, row.window): row for row in rows}


def has_ended(session: SessionTruth) -> bool:
    started = [one.time for one in session.events if one.type == "live_session_started"]
    ended = [one.time for one in session.events if one.type == "live_session_ended"]
    return bool(ended) and (not started or max(ended) >= max(started))


@pytest.mark.parametrize("seed", range(3))
def test_the_ratio_is_that_of_the_truth(partner: Partner, seed: int) -> None:
    events = scene(random.Random(f"uplift {seed}"), sessions=16, size=40)
    assert deliver(partner, events).rejected == 0
    fill(partner)
    estimate_uplift(partner_id=partner.id, now=NOW)
    truth = world(events, partner)
    sessions = [truth.session(source=source, subject=subject) for source, subject in truth.sessions]
    ended = [session for session in sessions if has_ended(session)]
    told = stored(partner)
    assert len(told) == 32
    compared = 0
    for (kind, design, metric, window), row in told.items():
        ratio, count, offers = uplift(
            ended, kind=kind, metric=metric, window=window, is_random_only=design == "RANDOMISED"
        )
        assert (row.sessions, row.offers) == (count, offers), (kind, design, metric, window)
        if count < 8:
            assert (row.ratio, row.reason) == (None, "NOT_ENOUGH_DATA")
        elif ratio is None:
            assert (row.ratio, row.reason) == (None, "NOTHING_TO_COMPARE")
        else:
            compared += 1
            wanted = (Decimal(ratio.numerator) / Decimal(ratio.denominator)).quantize(SIX, ROUND_HALF_EVEN)
            assert (row.ratio, row.reason) == (wanted, "")
            assert row.low is not None
            assert row.low <= wanted <= (row.high or wanted)
    assert compared >= 1


def test_estimating_again_tells_the_same_and_partners_come_round_once_an_hour(partner: Partner) -> None:
    events = scene(random.Random("uplift 0"), sessions=16, size=40)
    deliver(partner, events)
    fill(partner)
    assert partner.id in partners_to_estimate(now=NOW)
    estimate_uplift(partner_id=partner.id, now=NOW)
    first = {key: (row.ratio, row.low, row.high) for key, row in stored(partner).items()}
    assert partner.id not in partners_to_estimate(now=NOW)
    estimate_uplift(partner_id=partner.id, now=NOW)
    assert {key: (row.ratio, row.low, row.high) for key, row in stored(partner).items()} == first


def test_minutes_of_other_offers_and_those_after_them_are_no_flank() -> None:
    offers = [Offer(20, 22, False), Offer(26, 26, True)]
    airing = Airing(session=UUID(int=1), minutes=[Minute(1)] * 40, offers=offers)
    told, flank = windows(airing, offers[0])
    assert told == {"DURING": [20, 21, 22], "AFTER": [23, 24, 25, 27]}
    assert flank == [*range(10, 20), *range(32, 38)]
    told, flank = windows(airing, offers[1])
    assert told == {"DURING": [26], "AFTER": [27, 28, 29, 30, 31]}
    assert flank == [*range(16, 20), *range(32, 40)]


def test_the_money_of_another_currency_is_left_out() -> None:
    airings = [
        Airing(
            session=UUID(int=number),
            minutes=[Minute(10, 1, Decimal(5), 2)] * 30,
            offers=[Offer(12, 14, False)],
            is_in_currency=number % 2 == 0,
        )
        for number in range(20)
    ]
    found = {
        metric: estimate(strata(airings, metric=metric, window="DURING", design="OBSERVATIONAL"))
        for metric in ("ORDERS", "LIVE_SALES")
    }
    assert {metric: (one.sessions, one.ratio) for metric, one in found.items()} == {
        "ORDERS": (20, Decimal(1)), "LIVE_SALES": (10, Decimal(1)),
    }  # fmt: skip


# -- the interval --------------------------------------------------------------------------------


def sessions_of(rng: "np.random.Generator", count: int, *, effect: float) -> list[Stratum]:
    """Sessions whose rates differ, in themselves and from window to window, by more than chance."""
    told = []
    for number in range(count):
        base = rng.gamma(4, 0.005)
        for _ in range(rng.integers(1, 4)):
            here, beside = int(rng.integers(300, 2000)), int(rng.integers(2000, 6000))
            mood = rng.gamma(6, 1 / 6, size=2)
            told.append(
                Stratum(
                    UUID(int=number),
                    Decimal(int(rng.poisson(base * mood[0] * here * effect))),
                    here,
                    Decimal(int(rng.poisson(base * mood[1] * beside))),
                    beside,
                )
            )
    return told


@pytest.mark.parametrize(("count", "effect"), [(8, 1.0), (20, 1.0), (12, 2.0)])
def test_the_interval_holds_the_true_ratio_as_often_as_it_says(count: int, effect: float) -> None:
    rng = np.random.default_rng(7)
    held = off_one = 0
    rounds = 150
    for _ in range(rounds):
        found = estimate(sessions_of(rng, count, effect=effect))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= effect <= found.high
        off_one += not found.low <= 1 <= found.high
    print(f"{count} sessions, effect {effect}: held {held / rounds:.3f}, not 1 in {off_one / rounds:.3f}")
    # Of 500 rounds each: 0.93, 0.90, 0.95.
    assert held / rounds >= 0.88
    if effect == 1:
        assert off_one / rounds <= 0.12
    else:
        assert off_one / rounds >= 0.8


def test_a_doubling_is_found_and_nothing_is_told_of_seven_sessions() -> None:
    rng = np.random.default_rng(3)
    told = sessions_of(rng, 30, effect=2.0)
    found = estimate(told)
    assert found.low is not None
    assert found.high is not None
    assert found.ratio is not None
    assert 1 < found.low < Decimal("1.9") < found.ratio < Decimal("2.3") < found.high < Decimal("2.7")
    few = estimate([one for one in told if one.session.int < 7])
    assert (few.ratio, few.low, few.high, few.reason, few.sessions) == (
        None,
        None,
        None,
        "NOT_ENOUGH_DATA",
        7,
    )
    nothing = estimate([one._replace(flank_amount=Decimal(0)) for one in told])
    assert (nothing.ratio, nothing.reason, nothing.sessions) == (None, "NOTHING_TO_COMPARE", 30)
    assert estimate(reversed(told)) == found


# -- as it is told -------------------------------------------------------------------------------


def test_a_giveaway_tells_what_such_go_along_with_and_what_it_may_be_called(partner: Partner) -> None:
    events: list[dict[str, Any]] = []
    for number in range(9):
        on = {"subject": f"s{number}"}
        start = number * 60
        events += [
            event("live_session_started", minute(start), heartbeats=False, **on),
            event("live_view_started", minute(start), viewer_id="a", **on),
            event("live_giveaway_started", minute(start + 20), scheduled_at_random=number < 8, **on),
            event("live_giveaway_ended", minute(start + 22), **on),
            event("live_session_ended", minute(start + 50), **on),
        ]
        clicked = [5, 15, 20, 20.5, 21, 40]
        events += [
            event("select_item", minute(start + at), viewer_id="a", items=[{"item_id": "lip"}], **on)
            for at in (clicked if number else clicked[:-1])
        ]
    assert deliver(partner, events).rejected == 0
    fill(partner)
    estimate_uplift(partner_id=partner.id, now=NOW)
    query = """query ($design: UpliftDesign!) { liveSession(by: {externalId: "s3"}) { giveaways {
      uplift(design: $design) { metric window ratio low high isCausal reason sessions offers } } } }"""
    told = ask(query, of=partner, design="OBSERVATIONAL")["liveSession"]["giveaways"][0]["uplift"]
    # Three clicks in 2 viewer-minutes; one in 20 beside them (the ones at minute 5 and 40 are too far).
    assert told[4] == {
        "metric": "PRODUCT_CLICKS", "window": "DURING", "ratio": "30", "low": "30", "high": "30",
        "isCausal": False, "reason": None, "sessions": "9", "offers": "9",
    }  # fmt: skip
    told = ask(query, of=partner, design="RANDOMISED")["liveSession"]["giveaways"][0]["uplift"]
    assert (told[4]["ratio"], told[4]["isCausal"], told[4]["sessions"]) == ("30", True, "8")
    assert told[0] | {"low": 0} == {
        "metric": "ORDERS", "window": "DURING", "ratio": None, "low": 0, "high": None, "isCausal": True,
        "reason": "NOTHING_TO_COMPARE", "sessions": "8", "offers": "8",
    }  # fmt: skip
