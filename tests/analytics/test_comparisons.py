"""Two sessions beside each other, and the sessions of two periods."""

import random
from decimal import Decimal
from typing import Any

import pytest

from analytics.graphql.comparison import newcombe
from commerce.models import Partner
from tests.analytics.compare import world
from tests.analytics.graphql_client import ask, statements
from tests.analytics.scenes import scene
from tests.analytics.season import SIZES, season
from tests.factories import SOURCE, deliver, event, fill, minute
from tests.oracle import World, beside


def test_the_interval_of_a_difference_is_newcombes() -> None:
    low, high = newcombe((56, 70), (48, 80))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
    for first, second in (((0, 9), (3, 7)), ((10, 10), (0, 20)), ((1, 3), (2, 3))):
        assert newcombe(first, second) == pytest.approx(beside.newcombe(first, second), abs=1e-12)


COMPARE = """query ($by: LiveSessionBy!, $with: LiveSessionBy!, $metrics: [SessionMetric!]) {
  liveSession(by: $by) { compare(with: $with, metrics: $metrics) {
    metric first { value } second { value } difference relative low high isBetter } } }"""


def test_two_sessions_differ_number_by_number(partner: Partner) -> None:
    season(partner, [(80, 48), (70, 56)])
    by: dict[str, Any] = {"by": {"externalId": "s01"}, "with": {"externalId": "s00"}}
    told = ask(COMPARE, of=partner, metrics=["VIEWER_TO_BUYER_RATE", "VIEWERS", "LIVE_AOV_RATIO"], **by)
    assert told["liveSession"]["compare"] == [
        {
            "metric": "VIEWER_TO_BUYER_RATE", "first": {"value": "0.8"}, "second": {"value": "0.6"},
            "difference": "0.2", "relative": "0.333333", "low": "0.052431", "high": "0.333873",
            "isBetter": True,
        },
        {
            "metric": "VIEWERS", "first": {"value": "70"}, "second": {"value": "80"}, "difference": "-10",
            "relative": "-0.125", "low": None, "high": None, "isBetter": False,
        },
        {
            "metric": "LIVE_AOV_RATIO", "first": {"value": None}, "second": {"value": None},
            "difference": None, "relative": None, "low": None, "high": None, "isBetter": None,
        },
    ]  # fmt: skip
    everything = ask(COMPARE, of=partner, **by)["liveSession"]["compare"]
    assert "PEAK_CONCURRENT_VIEWERS_AT" not in [one["metric"] for one in everything]
    nobody = {**by, "with": {"externalId": "none"}}
    assert ask(COMPARE, of=partner, **nobody) == {"liveSession": {"compare": []}}


PERIODS = """query ($first: PeriodInput!, $second: PeriodInput!, $metrics: [SessionMetric!],
    $filter: LiveSessionFilter) {
  compareSessions(first: $first, second: $second, metrics: $metrics, filter: $filter) {
    metric first { value numerator denominator reason } second { value } } }"""
FIRST = {"from": "2026-05-20", "to": "2026-05-29"}
SECOND = {"from": "2026-05-01", "to": "2026-05-20"}


@pytest.mark.parametrize("seed", range(410, 413))
def test_people_of_a_period_count_once_and_its_rates_are_of_sums(partner: Partner, seed: int) -> None:
    events = scene(random.Random(seed), sessions=3)
    events = [
        *events,
        *(event("live_session_started", minute(40 * n), subject=f"live-{n}") for n in range(3)),
    ]
    deliver(partner, events)
    fill(partner)
    truth: World = world(events, partner)
    sessions = [truth.session(source=SOURCE, subject=f"live-{n}") for n in range(3)]
    told = {
        one["metric"]: one for one in ask(PERIODS, of=partner, first=FIRST, second=SECOND)["compareSessions"]
    }
    assert int(told["VIEWERS"]["first"]["value"]) == len(beside.people(sessions))
    assert told["REACH"]["first"] == told["VIEWERS"]["first"]
    kpis: list[dict[str, Any]] = [dict(session.kpis()) for session in sessions]
    for key in ("viewer_to_buyer_rate", "session_completion_rate", "average_order_value"):
        above, below = (sum((Decimal(kpi[key][side]) for kpi in kpis), Decimal(0)) for side in (0, 1))
        first = told[key.upper()]["first"]
        assert (Decimal(first["numerator"]), Decimal(first["denominator"])) == (above, below)
    buyers = {
        order.buyer for session in sessions for order in session.orders if order.is_paid and order.buyer
    }
    assert int(told["BUYERS"]["first"]["value"]) == len(buyers)
    assert Decimal(told["LIKES"]["first"]["value"]) == sum(kpi["likes"] for kpi in kpis)
    assert told["CONCURRENT_VIEWERS"]["first"]["reason"] == "NOT_ADDITIVE"
    assert told["VIEWERS"]["second"]["value"] == "0"
    stayed = {
        (session.source, viewer.viewer_id)
        for session in sessions
        for viewer in session.viewers.values()
        if viewer.completed
    }
    assert int(told["COMPLETED_VIEWERS"]["first"]["value"]) == len(stayed)


def test_comparing_periods_takes_four_statements_however_many_sessions(partner: Partner) -> None:
    season(partner, SIZES)
    counts = [
        statements(PERIODS, of=partner, first=FIRST, second=period, metrics=["VIEWERS", "LIKES"])
        for period in (SECOND, FIRST)
    ]
    assert counts == [5, 5]
