"""Where targets stand: against what was reached, what was before, and what is projected; and proposals."""

import random
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from commerce.models import Partner
from tests.analytics.compare import world
from tests.analytics.graphql_client import ask, statements
from tests.analytics.plan_scenes import (
    MANAGE,
    PROPOSALS,
    RETIRE,
    bring,
    named,
    put,
    sale,
    session,
    targets,
)
from tests.factories import NOW, deliver, event, fill, minute
from tests.oracle.plans import projected as true_projection

# -- standing ----------------------------------------------------------------------------------


def test_a_target_against_the_session_before_it(partner: Partner) -> None:
    """Before: 10 viewers, 2 of them buy for 30.00 in all. This one: 20 viewers, 3 buy for 36.00."""
    bring(
        partner,
        session("before", 0, views={1: 10}, title="The first", channel="OWNED"),
        session("elsewhere", 50, views={1: 99}, channel="TIKTOK"),
        session("this", 100, views={1: 20}, channel="OWNED"),
        [sale("before", 5 + n, "15.00", buyer=f"before-1-{n}") for n in range(2)],
        [sale("this", 105 + n, "12.00", buyer=f"this-1-{n}") for n in range(3)],
    )
    put(partner, "this", "VIEWERS", "0.5", kind="RELATIVE_CHANGE")
    put(partner, "this", "VIEWER_TO_BUYER_RATE", "-5", kind="PERCENTAGE_POINTS")
    put(partner, "this", "LIVE_SALES", "48")
    put(partner, "this", "REFUND_RATE", "0.1")
    found = targets(partner, "this")
    shared = {
        "projected": None, "projectedAttainment": None, "owner": "Mai", "warnings": ["SET_AFTERWARDS"],
        "baselineOf": "The first", "currency": None, "basis": None,
    }  # fmt: skip
    sales = {"currency": "SGD", "basis": "PAID"}
    assert found == [
        {**shared, "metric": "VIEWERS", "value": "0.5", "baseline": "10", "level": "15", "actual": "20",
            "attainment": "1.333333", "status": "ACHIEVED"},
        {**shared, "metric": "VIEWER_TO_BUYER_RATE", "value": "-5", "baseline": "0.2", "level": "0.15",
            "actual": "0.15", "attainment": "1", "status": "ACHIEVED"},
        {**shared, **sales, "metric": "LIVE_SALES", "value": "48", "baseline": "30", "level": "48",
            "actual": "36", "attainment": "0.75", "status": "OFF_TRACK"},
        {**shared, **sales, "metric": "REFUND_RATE", "value": "0.1", "baseline": "0", "level": "0.1",
            "actual": "0", "attainment": None, "status": "ACHIEVED"},
    ]  # fmt: skip


def test_without_a_session_before_it_a_change_cannot_be_judged(partner: Partner) -> None:
    bring(partner, session("this", 100, views={1: 20}))
    put(partner, "this", "VIEWERS", "0.5", kind="RELATIVE_CHANGE")
    (found,) = targets(partner, "this")
    assert (found["baseline"], found["baselineOf"], found["level"], found["status"]) == (
        None, None, None, "UNKNOWN",
    )  # fmt: skip


def test_views_alone_are_vanity_and_not_beside_a_conversion(partner: Partner) -> None:
    bring(partner, session("live", 7200, length=None, views={1: 3}))
    put(partner, "live", "VIEWS", "4")
    put(partner, "live", "LIKES", "4")
    assert [one["warnings"] for one in targets(partner, "live")] == [["VANITY"], []]
    identity = put(partner, "live", "ORDERS", "1")
    assert [one["warnings"] for one in targets(partner, "live")] == [[], [], []]
    ask(RETIRE, of=partner, scopes=MANAGE, input={"id": identity, "why": "UNSUITABLE"})
    assert [one["warnings"] for one in targets(partner, "live", retired=True)] == [["VANITY"], [], []]


def curves() -> list[list[dict[str, Any]]]:
    """Three sessions of 40 minutes with a half, a quarter and three quarters of their views by minute 10.

    Viewers come in the middle of minutes 5 and 30, so that no view shares a minute with the cut.
    """
    return [
        session("p1", 0, views={5: 2, 30: 2}),
        session("p2", 100, views={5: 1, 30: 3}),
        session("p3", 200, views={5: 3, 30: 1}),
    ]


def test_a_live_sessions_number_is_projected_by_the_course_of_those_before(partner: Partner) -> None:
    # Silent since minute 9.5 of the live: it has come to minute 10, a quarter of the median length.
    bring(partner, *curves(), session("now", 300, length=None, views={1: 5, 9.5: 1}))
    for metric, value in (("VIEWS", "12"), ("VIEWERS", "13"), ("PEAK_CONCURRENT_VIEWERS", "15.1"),
        ("LIKES", "1"), ("ORDERS", "1"), ("WATCH_TIME", "1")):  # fmt: skip
        put(partner, "now", metric, value)
    found = {one["metric"]: one for one in targets(partner, "now")}
    # (1/2 + 1/4 + 3/4) / 3 = 1/2: six so far are twelve at the end.
    views = found["VIEWS"]
    assert (views["actual"], views["projected"], views["attainment"], views["projectedAttainment"]) == (
        "6", "12", "0.5", "1",
    )  # fmt: skip
    assert {key: one["status"] for key, one in found.items()} == {
        "VIEWS": "ON_TRACK", "VIEWERS": "AT_RISK", "PEAK_CONCURRENT_VIEWERS": "OFF_TRACK",
        "LIKES": "UNKNOWN", "ORDERS": "UNKNOWN", "WATCH_TIME": "ACHIEVED",
    }  # fmt: skip
    assert found["VIEWERS"]["projected"] == "12"
    # Of the peaks 2 of 4, 1 of 4 and 3 of 4 were there.
    assert found["PEAK_CONCURRENT_VIEWERS"]["projected"] == "12"
    assert found["LIKES"]["projected"] is None


def test_a_rate_is_projected_by_both_of_its_parts(partner: Partner) -> None:
    """By minute 10 the past had half of its joins and a third of its orders."""
    sold = [
        sale(name, start + at, "10.00", buyer=f"{name}-5-0")
        for name, start in (("p1", 0), ("p2", 100), ("p3", 200))
        for at in (6, 20, 21)
    ]
    now = session("now", 300, length=None, views={1: 5, 9.5: 1})
    bring(partner, *curves(), sold, now, [sale("now", 302, "10.00", buyer="now-1-0")])
    put(partner, "now", "VIEWER_TO_BUYER_RATE", "0.25")
    put(partner, "now", "LIVE_SALES", "30")
    rate, sales = targets(partner, "now")
    # 1 so far / (1/3) = 3 buyers of 6 / (1/2) = 12 viewers.
    assert (rate["actual"], rate["projected"], rate["status"]) == ("0.166667", "0.25", "ON_TRACK")
    assert (sales["actual"], sales["projected"], sales["status"]) == ("10", "30", "ON_TRACK")


def test_nothing_is_projected_from_fewer_than_three_sessions(partner: Partner) -> None:
    bring(partner, *curves()[:2], session("now", 300, length=None, views={1: 5, 9.5: 1}))
    put(partner, "now", "VIEWS", "12")
    (found,) = targets(partner, "now")
    assert (found["projected"], found["status"], found["baseline"]) == (None, "UNKNOWN", "4")


def test_a_session_over_its_usual_length_is_projected_as_it_stands(partner: Partner) -> None:
    bring(partner, *curves(), session("now", 300, length=None, views={1: 5, 50: 1}))
    put(partner, "now", "VIEWS", "12")
    (found,) = targets(partner, "now")
    assert (found["actual"], found["projected"], found["status"]) == ("6", "6", "OFF_TRACK")


@pytest.mark.parametrize("seed", range(4))
def test_projections_of_random_sessions_are_the_truths(partner: Partner, seed: int) -> None:
    rng = random.Random(seed)
    parts = []
    for number in range(4):
        at = {rng.randrange(0, 2400) / 60: rng.randrange(1, 4) for _ in range(8)}
        parts.append(session(f"p{number}", number * 100 + rng.random(), length=rng.uniform(40, 60), views=at))
    elapsed = rng.uniform(1, 30)
    parts.append(session("now", 500, length=None, views={0.5: 3, elapsed: 2}))
    events = bring(partner, *parts)
    put(partner, "now", "VIEWS", "12")
    (found,) = targets(partner, "now")
    truth = world(events, partner)
    past = [truth.session(source="/site/shop", subject=f"p{number}") for number in range(4)]
    now = truth.session(source="/site/shop", subject="now")
    assert now.start is not None
    assert now.end is not None
    wanted = true_projection(Fraction(5), "views", elapsed=now.end - now.start, past=past)
    if wanted is None:
        assert found["projected"] is None
    else:
        assert abs(Fraction(Decimal(found["projected"])) - wanted) < Fraction(1, 10**5)


# -- proposals ---------------------------------------------------------------------------------


def test_proposals_are_the_median_and_the_upper_quartile_of_sessions_alike(partner: Partner) -> None:
    alike: dict[str, Any] = {"objective": "AWARENESS", "channel": "OWNED"}
    bring(
        partner,
        *(session(f"p{n}", 100 * n, views={1: count}, **alike) for n, count in enumerate((10, 40, 20, 80))),
        session("other-objective", 400, views={1: 500}, objective="CONVERSION", channel="OWNED"),
        session("other-channel", 500, views={1: 500}, objective="AWARENESS", channel="TIKTOK"),
        session("overlapping", 560, length=100, views={1: 500}, **alike),
        session("this", 600, views={1: 1}, **alike),
        session("later", 700, views={1: 500}, **alike),
    )
    told = ask(PROPOSALS, of=partner, by=named("this"))["liveSession"]["targetProposals"]
    proposals = told.pop("proposals")
    assert told == {"basis": "PAID", "sessions": "4", "reason": None}
    shared = {"unit": "COUNT", "currency": None, "sessions": "4", "reason": None}
    counted = {**shared, "realistic": "30", "challenging": "50"}
    nothing = {**shared, "realistic": "0", "challenging": "0"}
    assert proposals == [
        {**counted, "metric": "VIEWS"},
        {**counted, "metric": "VIEWERS", "unit": "PEOPLE"},
        {**nothing, "metric": "LIKES"},
        {**nothing, "metric": "COMMENTS"},
        {**nothing, "metric": "SHARES"},
    ]


def test_proposals_for_selling_are_in_the_sessions_currency_and_the_basis_asked(partner: Partner) -> None:
    alike: dict[str, Any] = {"objective": "CONVERSION"}
    names = ["p0", "p1", "p2"]
    sold = [sale(name, 100 * n + 5, f"{n + 1}0.00", buyer=f"{name}-1-0") for n, name in enumerate(names)]
    unpaid = [sale(name, 100 * n + 6, "5.00", buyer="x", paid=False) for n, name in enumerate(names)]
    bring(
        partner,
        *(session(name, 100 * n, views={1: 4 if n else 0}, **alike) for n, name in enumerate(names)),
        sold,
        unpaid,
        session("this", 600, views={1: 1}, **alike),
    )
    told = ask(PROPOSALS, of=partner, by=named("this"), basis="PLACED")["liveSession"]["targetProposals"]
    found = {one["metric"]: one for one in told["proposals"]}
    assert list(found) == ["CTA_CLICKS", "LEADS", "ORDERS", "LIVE_SALES", "VIEWER_TO_BUYER_RATE"]
    assert (found["ORDERS"]["realistic"], found["ORDERS"]["challenging"]) == ("2", "2")
    assert (found["LIVE_SALES"]["realistic"], found["LIVE_SALES"]["challenging"]) == ("25", "30")
    assert found["LIVE_SALES"]["currency"] == "SGD"
    # The first had no viewers, and so no rate: two are too few.
    rate = found["VIEWER_TO_BUYER_RATE"]
    assert (rate["realistic"], rate["challenging"], rate["sessions"], rate["reason"]) == (
        None, None, "2", "2 sessions before it; it takes 3.",
    )  # fmt: skip


def test_nothing_is_proposed_without_an_objective_or_a_history(partner: Partner) -> None:
    bring(
        partner,
        session("aimless", 0, views={1: 1}),
        session("first", 100, views={1: 1}, objective="AWARENESS"),
    )
    told = ask(PROPOSALS, of=partner, by=named("aimless"))["liveSession"]["targetProposals"]
    assert told == {
        "basis": "PAID", "sessions": "0", "reason": "The session has no objective.", "proposals": [],
    }  # fmt: skip
    told = ask(PROPOSALS, of=partner, by=named("first"))["liveSession"]["targetProposals"]
    assert (told["sessions"], told["reason"]) == ("0", "0 sessions before it; it takes 3.")
    assert [one["realistic"] for one in told["proposals"]] == [None] * 5


def test_a_page_of_sessions_takes_the_same_statements_however_long(partner: Partner) -> None:
    bring(
        partner,
        *curves(),
        session("a", 300, length=None, views={1: 5}),
        session("b", 300, length=None, views={1: 5}),
    )
    for name in ("p1", "p2", "a", "b"):
        put(partner, name, "VIEWS", "12")
        put(partner, name, "LIVE_SALES", "12", currency="USD", basis="NET")
    query = """query ($first: Int!) { liveSessions(first: $first) { edges { node {
      targets { status } targetProposals { sessions } } } } }"""
    counts = [statements(query, of=partner, first=first) for first in (1, 2, 4)]
    # The page, targets, their histories, where sessions stand, courses, proposals.
    assert counts == [6, 6, 6]


def test_what_is_set_before_the_end_is_not_set_afterwards(partner: Partner) -> None:
    start = (NOW - timedelta(minutes=30) - minute(0)) / timedelta(minutes=1)
    bring(partner, session("live", start, length=None, views={1: 3}))
    put(partner, "live", "VIEWERS", "3")
    assert targets(partner, "live")[0]["warnings"] == []
    deliver(partner, [event("live_session_ended", NOW + timedelta(minutes=5), subject="live")])
    fill(partner)
    found = targets(partner, "live")[0]
    assert (found["warnings"], found["status"]) == ([], "ACHIEVED")
