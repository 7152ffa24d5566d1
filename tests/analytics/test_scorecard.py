"""Chosen numbers beside their yardsticks, where a funnel loses most, and choices that are kept."""

import random
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from analytics.metrics import Scope, metric_of
from analytics.queries.readings import Reading
from analytics.queries.verdicts import Verdict, judge
from commerce.models import Partner, RecordEntry
from tests.analytics.compare import world
from tests.analytics.graphql_client import actor_of, ask, execute, refusal, statements
from tests.analytics.scenes import scene
from tests.analytics.season import DAY, SIZES, live, season
from tests.factories import SOURCE, deliver, event, fill, minute
from tests.oracle import beside

SCORECARD = """query ($by: LiveSessionBy!, $metrics: [SessionMetric!], $selection: ID, $to: Comparison!) {
  liveSession(by: $by) { scorecard(metrics: $metrics, selection: $selection, compareTo: $to) {
    metric value previousSession previousPeriod ownMedian ownMedianOf target attainment delta relativeDelta
    isBetter status judgedBy isWorst
} } }"""


def scorecard(of: Partner, subject: str, metrics: list[str] | None, **more: Any) -> list[Any]:
    answer = ask(
        SCORECARD,
        of=of,
        **{"by": {"externalId": subject}, "metrics": metrics, "to": "PREVIOUS_SESSION", **more},
    )
    told: list[Any] = answer["liveSession"]["scorecard"]
    return told


def test_a_number_stands_beside_the_partners_own(partner: Partner) -> None:
    season(partner, SIZES)
    told = scorecard(partner, "s04", ["VIEWER_TO_BUYER_RATE", "VIEWERS", "LIVE_SALES", "AVERAGE_ORDER_VALUE"])
    assert told == [
        {
            "metric": "VIEWER_TO_BUYER_RATE", "value": "0.1", "previousSession": "0.3",
            "previousPeriod": "0.166667", "ownMedian": "0.2", "ownMedianOf": "4", "target": None,
            "attainment": None, "delta": "-0.2", "relativeDelta": "-0.666667", "isBetter": False,
            "status": "WATCH", "judgedBy": "OWN_MEDIAN", "isWorst": True,
        },
        {
            "metric": "VIEWERS", "value": "40", "previousSession": "30", "previousPeriod": "37.5",
            "ownMedian": "25", "ownMedianOf": "4", "target": None, "attainment": None, "delta": "10",
            "relativeDelta": "0.333333", "isBetter": True, "status": "GOOD", "judgedBy": "OWN_MEDIAN",
            "isWorst": False,
        },
        {
            "metric": "LIVE_SALES", "value": "40", "previousSession": "90", "previousPeriod": "62.5",
            "ownMedian": "75", "ownMedianOf": "4", "target": None, "attainment": None, "delta": "-50",
            "relativeDelta": "-0.555556", "isBetter": False, "status": "BAD", "judgedBy": "OWN_MEDIAN",
            "isWorst": False,
        },
        {
            "metric": "AVERAGE_ORDER_VALUE", "value": "10", "previousSession": "10", "previousPeriod": "10",
            "ownMedian": "10", "ownMedianOf": "4", "target": None, "attainment": None, "delta": "0",
            "relativeDelta": "0", "isBetter": None, "status": "GOOD", "judgedBy": "OWN_MEDIAN",
            "isWorst": False,
        },
    ]  # fmt: skip


def test_a_first_session_is_judged_by_benchmarks_alone(partner: Partner) -> None:
    season(partner, [(100, 1)])
    rate, viewers = scorecard(partner, "s00", ["VIEWER_TO_BUYER_RATE", "VIEWERS"], to="BENCHMARK")
    assert [rate[key] for key in ("ownMedian", "previousSession", "delta", "status", "judgedBy")] == [
        None, None, "-0.01", "WATCH", "BENCHMARK",
    ]  # fmt: skip
    assert [viewers[key] for key in ("delta", "isBetter", "status", "judgedBy")] == [
        None, None, "UNKNOWN", None,
    ]  # fmt: skip


def test_the_session_before_is_of_the_same_channel_and_account(partner: Partner) -> None:
    events = [
        *live(0, viewers=7, at=-3 * DAY, channel="TIKTOK", account="a"),
        *live(1, viewers=8, at=-2 * DAY, channel="TIKTOK", account="b"),
        *live(2, viewers=9, at=-1 * DAY, channel="OWNED", account="a"),
        *live(3, viewers=1, at=0, channel="TIKTOK", account="a"),
    ]
    deliver(partner, events)
    fill(partner)
    (viewers,) = scorecard(partner, "s03", ["VIEWERS"])
    assert (viewers["previousSession"], viewers["ownMedian"]) == ("7", "8")


def test_a_target_comes_before_the_median(partner: Partner) -> None:
    season(partner, SIZES)
    (session,) = [
        edge["node"]["id"]
        for edge in ask("{ liveSessions { edges { node { id externalId } } } }", of=partner)["liveSessions"][
            "edges"
        ]
        if edge["node"]["externalId"] == "s04"
    ]
    setting = """mutation ($id: ID!) {
      setTarget(input: {metric: VIEWERS, sessionId: $id, value: "50", owner: "Mei"}) {
        userErrors { message } } }"""
    assert ask(setting, of=partner, scopes=("manage", "read"), id=session)["setTarget"]["userErrors"] == []
    (viewers,) = scorecard(partner, "s04", ["VIEWERS"], to="TARGET")
    assert [viewers[key] for key in ("target", "attainment", "delta", "status", "judgedBy")] == [
        "50", "0.8", "-10", "BAD", "TARGET",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "Give either metrics or a selection."),
        ('metrics: [VIEWS], selection: "x"', "Give either metrics or a selection."),
        ("metrics: []", "metrics has one to 16 entries."),
        ("metrics: [VIEWS, LIKES, VIEWS]", "metrics names each number once."),
        (
            "metrics: [PEAK_CONCURRENT_VIEWERS_AT]",
            "A moment in time is not compared: PEAK_CONCURRENT_VIEWERS_AT.",
        ),
        ('selection: "x"', "There is no such selection."),
    ],
)
def test_a_scorecard_is_asked_within_its_bounds(partner: Partner, arguments: str, message: str) -> None:
    deliver(partner, [event("live_session_started", minute(0))])
    given = f"({arguments})" if arguments else ""
    query = f"{{ liveSessions {{ edges {{ node {{ scorecard{given} {{ value }} }} }} }} }}"
    assert refusal(query, of=partner) == ("BAD_USER_INPUT", message)


def test_a_page_of_scorecards_and_bottlenecks_takes_as_many_statements_as_one(partner: Partner) -> None:
    season(partner, SIZES)
    query = """query ($first: Int!) { liveSessions(first: $first) { edges { node {
      scorecard(metrics: [VIEWERS, VIEWER_TO_BUYER_RATE]) { ownMedian } } } } }"""
    assert [statements(query, of=partner, first=first) for first in (1, 4)] == [4, 4]


def rate(numerator: int, denominator: int) -> Reading:
    share = Fraction(numerator, denominator)
    return Reading(value=share, numerator=Fraction(numerator), denominator=Fraction(denominator))


def test_less_is_better_where_a_metric_says_so() -> None:
    refunds, sales = (metric_of(Scope.SESSION, key) for key in ("refund_rate", "live_sales"))
    given = {"target": None, "usual": Fraction(1, 10), "low": None, "high": None}
    verdicts = [judge(refunds, rate(one, 100), **given).verdict for one in (0, 10, 11, 12)]
    assert verdicts == [Verdict.GOOD, Verdict.GOOD, Verdict.WATCH, Verdict.BAD]
    given["usual"] = Fraction(100)
    verdicts = [judge(sales, Reading(value=Decimal(one)), **given).verdict for one in (100, 90, 89)]
    assert verdicts == [Verdict.GOOD, Verdict.WATCH, Verdict.BAD]


# -- funnels -----------------------------------------------------------------------------------

BOTTLENECK = """query ($by: LiveSessionBy!, $of: FunnelUnit!) { liveSession(by: $by) { funnel(of: $of) {
  bottleneck { ...dip } largestDip { ...dip } } } }
fragment dip on FunnelDip { stage rule stepRate { numerator denominator } median relative sessions }"""


@pytest.mark.parametrize("unit", ["VIEWERS", "EVENTS"])
@pytest.mark.parametrize("seed", range(400, 404))
def test_the_bottleneck_is_the_step_furthest_below_the_usual(partner: Partner, seed: int, unit: str) -> None:
    events = scene(random.Random(seed), size=50, sessions=6)
    ends = [event("live_session_ended", minute(40 * n + 31), subject=f"live-{n}") for n in range(6)]
    starts = [event("live_session_started", minute(40 * n), subject=f"live-{n}") for n in range(6)]
    everything = [one for one in events if not one["type"].startswith("live_session")] + starts + ends
    deliver(partner, everything)
    fill(partner)
    truth = world(everything, partner)
    sessions = [truth.session(source=SOURCE, subject=f"live-{n}") for n in range(6)]
    for place, session in enumerate(sessions):
        told = funnel(partner, session.subject, unit)
        usual = beside.usual_steps(sessions[:place], unit)
        steps = [
            (Fraction(count, before), usual[step + 1], name)
            for step, ((_, before), (name, count)) in enumerate(pairwise(session.funnel(unit)))
            if before and count is not None
        ]
        lowest = min(steps, key=lambda one: one[0])
        assert told["largestDip"]["stage"] == lowest[2]
        measured = [(share / median, name) for share, median, name in steps if median]
        if measured:
            assert (told["bottleneck"]["stage"], told["bottleneck"]["rule"]) == (
                min(measured, key=lambda one: one[0])[1], "OWN_MEDIAN",
            )  # fmt: skip
        else:
            assert told["bottleneck"] == told["largestDip"]
            assert told["bottleneck"]["rule"] == "LARGEST_DIP"


def funnel(partner: Partner, subject: str, unit: str) -> Any:
    result = execute(
        BOTTLENECK, actor=actor_of(partner), variables={"by": {"externalId": subject}, "of": unit}
    )
    assert result.errors is None, result.errors
    return result.data["liveSession"]["funnel"]


# -- selections --------------------------------------------------------------------------------

SAVE = """mutation ($name: String!, $metrics: [SessionMetric!]!) {
  saveMetricSelection(input: {name: $name, metrics: $metrics}) {
    selection { id name owner metrics } userErrors { field code message } } }"""
DELETE = """mutation ($id: ID!) { deleteMetricSelection(input: {id: $id}) {
  selection { name } userErrors { field code } } }"""
MINE = "{ metricSelections { id name metrics } }"


def save(of: Partner, name: str, *metrics: str) -> Any:
    told = ask(SAVE, of=of, scopes=("manage",), name=name, metrics=list(metrics))
    return told["saveMetricSelection"]


def test_a_choice_is_kept_in_its_order_and_replaced_under_its_name(partner: Partner) -> None:
    season(partner, SIZES)
    saved = save(partner, " Mornings ", "LIVE_SALES", "VIEWERS")["selection"]
    assert (saved["name"], saved["owner"], saved["metrics"]) == (
        "Mornings",
        "test",
        ["LIVE_SALES", "VIEWERS"],
    )
    told = scorecard(partner, "s04", None, selection=saved["id"])
    assert [kpi["metric"] for kpi in told] == ["LIVE_SALES", "VIEWERS"]
    again = save(partner, "Mornings", "LIKES")["selection"]
    assert (again["id"], again["metrics"]) == (saved["id"], ["LIKES"])
    assert ask(MINE, of=partner) == {
        "metricSelections": [{"id": saved["id"], "name": "Mornings", "metrics": ["LIKES"]}]
    }
    deleted = ask(DELETE, of=partner, scopes=("manage",), id=saved["id"])["deleteMetricSelection"]
    assert deleted == {"selection": {"name": "Mornings"}, "userErrors": []}
    assert ask(MINE, of=partner) == {"metricSelections": []}
    rows = RecordEntry.objects.using("worker").filter(partner=partner).order_by("id")
    assert [(row.who, row.action, row.details["metrics"]) for row in rows] == [
        ("test", "save_metric_selection", ["live_sales", "viewers"]),
        ("test", "save_metric_selection", ["likes"]),
        ("test", "delete_metric_selection", ["likes"]),
    ]


def test_a_choice_has_a_name_and_up_to_sixteen_numbers(partner: Partner) -> None:
    wrong = save(partner, "  ", "VIEWS")["userErrors"] + save(partner, "x", "VIEWS", "VIEWS")["userErrors"]
    assert wrong == [
        {"field": ["input", "name"], "code": "INVALID", "message": "A name has 1 to 100 characters."},
        {"field": ["input", "metrics"], "code": "INVALID", "message": "metrics names each number once."},
    ]


def test_nobody_takes_anothers_choice_away(partner: Partner, make_partner: Any) -> None:
    saved = save(partner, "Mornings", "VIEWS")["selection"]["id"]
    deleted = ask(DELETE, of=make_partner(), scopes=("manage",), id=saved)["deleteMetricSelection"]
    assert deleted == {"selection": None, "userErrors": [{"field": ["input", "id"], "code": "NOT_FOUND"}]}
    assert len(ask(MINE, of=partner)["metricSelections"]) == 1
    assert refusal(DELETE, of=partner, id=saved)[0] == "FORBIDDEN"


def test_while_a_session_is_live_what_only_grows_is_not_judged(partner: Partner) -> None:
    season(partner, SIZES)
    live_now = [one for one in live(9, viewers=3, at=4 * DAY) if one["type"] != "live_session_ended"]
    deliver(partner, live_now)
    fill(partner)
    told = scorecard(partner, "s09", ["VIEWERS", "VIEWER_TO_BUYER_RATE"])
    assert [(kpi["status"], kpi["judgedBy"], kpi["ownMedian"]) for kpi in told] == [
        ("UNKNOWN", None, "30"), ("WATCH", "OWN_MEDIAN", "0.1"),
    ]  # fmt: skip
