"""Targets of weeks, fortnights, months and quarters, in the one that goes on."""

from typing import Any

from commerce.models import Partner
from tests.analytics.graphql_client import ask, statements
from tests.analytics.plan_scenes import DAY, MANAGE, SET, aim, bring, crowd, sale

TARGETS = """query ($cadence: Cadence, $first: Int! = 20, $after: String) {
  targets(cadence: $cadence, first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node {
    metric about cadence startsOn value baseline baselineOf level actual projected attainment status warnings
  } } } }"""


def test_a_target_of_periods_stands_in_the_current_one(partner: Partner) -> None:
    """Asked on Monday, 1 June, at 20:00 of Singapore: 20 of a week's 168 hours are over."""
    events = [
        *crowd("before", 0, range(10)),
        sale("before", 5, "15.00", buyer="v0"),
        *crowd("now", 5 * DAY - 300, range(4)),
        sale("now", 5 * DAY - 290, "10.00", buyer="v0"),
    ]
    bring(partner, events)
    aim(partner, "VIEWERS", "8")
    aim(partner, "LIVE_SALES", "0.5", kind="RELATIVE_CHANGE")
    aim(partner, "VIEWER_TO_BUYER_RATE", "10", kind="PERCENTAGE_POINTS")
    aim(partner, "SALES", "1000", about="SHOP", cadence="MONTHLY", startsOn="2026-07-15")
    found = [edge["node"] for edge in ask(TARGETS, of=partner)["targets"]["edges"]]
    shared = {
        "about": "SESSION", "cadence": "WEEKLY", "startsOn": "2026-06-01",
        "baselineOf": "2026-05-25 to 2026-05-31", "warnings": [],
    }  # fmt: skip
    assert found == [
        {**shared, "metric": "VIEWERS", "value": "8", "baseline": "10", "level": "8", "actual": "4",
            "projected": None, "attainment": "0.5", "status": "UNKNOWN"},
        # 10.00 / (20 / 168) = 84.00 at the end of the week.
        {**shared, "metric": "LIVE_SALES", "value": "0.5", "baseline": "15", "level": "22.5", "actual": "10",
            "projected": "84", "attainment": "0.444444", "status": "ON_TRACK"},
        {**shared, "metric": "VIEWER_TO_BUYER_RATE", "value": "10", "baseline": "0.1", "level": "0.2",
            "actual": "0.25", "projected": "0.25", "attainment": "1.25", "status": "ON_TRACK"},
        {**shared, "metric": "SALES", "about": "SHOP", "cadence": "MONTHLY", "startsOn": "2026-07-01",
            "value": "1000", "baseline": None, "baselineOf": None, "level": "1000", "actual": None,
            "projected": None, "attainment": None, "status": "UNKNOWN"},
    ]  # fmt: skip
    monthly = ask(TARGETS, of=partner, cadence="MONTHLY")["targets"]["edges"]
    assert [edge["node"]["metric"] for edge in monthly] == ["SALES"]


def test_pages_of_targets_of_periods_follow_each_other_by_the_same_statements(partner: Partner) -> None:
    for metric in ("VIEWS", "VIEWERS", "LIKES"):
        aim(partner, metric, "8")
    first = ask(TARGETS, of=partner, first=2)["targets"]
    assert [edge["node"]["metric"] for edge in first["edges"]] == ["VIEWS", "VIEWERS"]
    assert first["edges"][0]["node"]["warnings"] == ["VANITY"]
    assert first["pageInfo"]["hasNextPage"] is True
    rest = ask(TARGETS, of=partner, first=2, after=first["pageInfo"]["endCursor"])["targets"]
    assert [edge["node"]["metric"] for edge in rest["edges"]] == ["LIKES"]
    # Partner, targets, their histories, three of numbers, what stands beside them.
    assert [statements(TARGETS, of=partner, first=first) for first in (1, 2, 20)] == [7, 7, 7]


def test_a_target_of_a_period_that_is_over_cannot_be_set(partner: Partner) -> None:
    told = {"metric": "VIEWS", "value": "8", "cadence": "WEEKLY", "owner": "Mai", "startsOn": "2026-05-31"}
    answer = ask(SET, of=partner, scopes=MANAGE, input=told)["setTarget"]
    message = "Its first period is the current one or a later one."
    assert answer["userErrors"] == [{"field": ["input", "startsOn"], "code": "INVALID", "message": message}]


def test_days_are_the_partners(make_partner: Any) -> None:
    """Asked at 12:00 by UTC on 1 June: in Kiribati it is Tuesday already, in Hawaii still early Monday."""
    for timezone, first in (("Pacific/Kiritimati", "2026-06-01"), ("Pacific/Pago_Pago", "2026-06-01")):
        partner = make_partner(timezone=timezone)
        aim(partner, "VIEWS", "1")
        (edge,) = ask(TARGETS, of=partner)["targets"]["edges"]
        assert edge["node"]["startsOn"] == first
