"""Numbers through the API are those of the slow truth."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.graphql.metrics import of_scope
from analytics.metrics import BASES, METRICS, Metric, Scope, Unit
from commerce.models import Partner
from tests.analytics.compare import world
from tests.analytics.graphql_client import ask, statements
from tests.analytics.scenes import scene
from tests.factories import deliver, fill
from tests.oracle import SessionTruth, World

PARTS = {
    Unit.MONEY: "{ amount currency }",
    Unit.RATE: "{ value numerator denominator low high isSmallSample }",
    Unit.RATIO: "{ value numerator denominator }",
    Unit.MONEY_RATIO: "{ value { amount } numerator { amount } denominator }",
}
COVERED = "{ value { amount } coverage { value } reason }"


def camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(part.capitalize() for part in rest)


def fields(scope: Scope) -> str:
    return " ".join(f"{camel(metric.key)} {parts(metric)}" for metric in of_scope(scope))


def parts(metric: Metric) -> str:
    return COVERED if metric.complete_when else PARTS.get(metric.unit, "")


def shown(metric: Metric, value: Any) -> Any:
    """What the API told, in the truth's own types."""
    if metric.unit in (Unit.COUNT, Unit.PEOPLE):
        return int(value)
    if metric.unit is Unit.SECONDS:
        return Decimal(value)
    if metric.unit is Unit.MONEY:
        return Decimal(value["amount"])
    if metric.unit is Unit.MOMENT:
        return None if value is None else datetime.fromisoformat(value)
    above, below = value["numerator"], value["denominator"]
    if metric.unit is Unit.MONEY_RATIO:
        above = above["amount"]
    check_quotient(metric, value, Decimal(above), Decimal(below))
    return Decimal(above), Decimal(below)


def check_quotient(metric: Metric, value: Mapping[str, Any], above: Decimal, below: Decimal) -> None:
    """A quotient is its numerator over its denominator, and nothing over nothing."""
    if below == 0:
        assert value["value"] is None
    elif metric.unit is Unit.RATE:
        assert value["value"] == int(above) / int(below)
        assert value["low"] <= value["value"] <= value["high"]
        assert value["isSmallSample"] is (below < 30)
    else:
        places, told = (
            ("0.0001", value["value"]["amount"])
            if metric.unit is Unit.MONEY_RATIO
            else ("0.000001", value["value"])
        )
        assert Decimal(told) == (above * metric.per / below).quantize(Decimal(places), ROUND_HALF_EVEN)


@pytest.fixture(params=range(100, 106))
def told(request: pytest.FixtureRequest, partner: Partner) -> World:
    """A random world, delivered and filled."""
    events = scene(random.Random(request.param))
    assert deliver(partner, events).rejected == 0
    fill(partner)
    return world(events, partner)


KPIS = """query ($by: LiveSessionBy!, $basis: SalesBasis!, $shipping: Boolean!, $tax: Boolean!) {
  liveSession(by: $by) {
    kpis(basis: $basis, includeShipping: $shipping, includeTax: $tax) { FIELDS currency isFresh }
  }
}""".replace("FIELDS", fields(Scope.SESSION))


@pytest.mark.parametrize("basis", BASES)
def test_every_number_of_a_session_is_the_truths(told: World, partner: Partner, basis: str) -> None:
    for source, subject in told.sessions:
        truth = told.session(source=source, subject=subject)
        for shipping, tax in ((False, False), (True, False), (True, True)):
            by = {"externalId": subject}
            answer = ask(KPIS, of=partner, by=by, basis=basis, shipping=shipping, tax=tax)["liveSession"][
                "kpis"
            ]
            wanted = truth.kpis(basis=basis, include_shipping=shipping, include_tax=tax)
            if not truth.viewers:
                wanted.pop("peak_concurrent_viewers_at")
            metrics = {metric.key: metric for metric in of_scope(Scope.SESSION)}
            got = {key: shown(metrics[key], answer[camel(key)]) for key in wanted}
            assert got == wanted
            assert (answer["currency"], answer["isFresh"]) == (truth.currency, True)


TREND = """query ($by: LiveSessionBy!, $metrics: [SessionMetric!]!, $from: DateTime, $to: DateTime) {
  liveSession(by: $by) {
    trend(metrics: $metrics, from: $from, to: $to) { timestamps isPartial series { metric values } }
  }
}"""
IN_TREND = [metric.key for metric in METRICS if metric.scope is Scope.SESSION and metric.in_trend]


def in_minute(truth: SessionTruth, key: str, minute: datetime) -> float:
    if key == "concurrent_viewers":
        return float(truth.concurrent_at_end(minute))
    if key == "peak_concurrent_viewers":
        return float(truth.peak_in(minute))
    return float(truth.trend().get(minute, {}).get(key, 0))


def trend(partner: Partner, subject: str, keys: list[str], **window: Any) -> dict[str, Any]:
    names = [key.upper() for key in keys]
    answer: dict[str, Any] = ask(TREND, of=partner, by={"externalId": subject}, metrics=names, **window)[
        "liveSession"
    ]["trend"]
    assert [series["metric"] for series in answer["series"]] == names
    return answer


def minutes_between(start: datetime, end: datetime) -> list[datetime]:
    first = start.replace(second=0, microsecond=0)
    count = -((first - end) // timedelta(minutes=1))
    return [first + timedelta(minutes=number) for number in range(count)]


def test_every_minute_of_a_trend_is_the_truths(told: World, partner: Partner) -> None:
    known = [key for key in IN_TREND if key != "impressions"]  # The truth has no impressions by the minute.
    for source, subject in told.sessions:
        truth = told.session(source=source, subject=subject)
        assert truth.start is not None
        assert truth.end is not None
        minutes = minutes_between(truth.start, truth.end)
        for place in range(0, len(known), 4):
            keys = known[place : place + 4]
            answer = trend(partner, subject, keys)
            assert [datetime.fromisoformat(moment) for moment in answer["timestamps"]] == minutes
            wanted = [[in_minute(truth, key, minute) for minute in minutes] for key in keys]
            assert [series["values"] for series in answer["series"]] == wanted


def test_a_part_of_a_trend_is_cut_from_the_whole(told: World, partner: Partner) -> None:
    source, subject = told.sessions[0]
    truth = told.session(source=source, subject=subject)
    assert truth.start is not None
    assert truth.end is not None
    keys = ["concurrent_viewers", "peak_concurrent_viewers", "likes"]
    starts_at, ends_at = truth.start + timedelta(minutes=7, seconds=20), truth.start + timedelta(minutes=12)
    answer = trend(partner, subject, keys, **{"from": starts_at.isoformat(), "to": ends_at.isoformat()})
    minutes = minutes_between(starts_at, ends_at)
    wanted = [[in_minute(truth, key, minute) for minute in minutes] for key in keys]
    assert [series["values"] for series in answer["series"]] == wanted


FUNNEL = """query ($by: LiveSessionBy!, $unit: FunnelUnit!) {
  liveSession(by: $by) { funnel(of: $unit) { of stages { key count stepRate { numerator denominator } } } }
}"""


@pytest.mark.parametrize("unit", ["VIEWERS", "EVENTS"])
def test_a_funnel_is_the_truths(told: World, partner: Partner, unit: str) -> None:
    for source, subject in told.sessions:
        wanted = told.session(source=source, subject=subject).funnel(unit)
        stages = ask(FUNNEL, of=partner, by={"externalId": subject}, unit=unit)["liveSession"]["funnel"][
            "stages"
        ]
        got = [(stage["key"], None if stage["count"] is None else int(stage["count"])) for stage in stages]
        assert got == wanted
        steps = [
            None
            if stage["stepRate"] is None
            else (stage["stepRate"]["numerator"], stage["stepRate"]["denominator"])
            for stage in stages
        ]
        counts = [count for _, count in wanted]
        assert steps == [None] + [
            None if before is None or count is None else (str(count), str(before))
            for before, count in pairwise(counts)
        ]


PRODUCTS = """query ($by: LiveSessionBy!, $basis: SalesBasis!) {
  liveSession(by: $by) {
    products(basis: $basis, first: 100) { edges { node { externalId kpis { FIELDS } } } }
  }
}""".replace("FIELDS", fields(Scope.PRODUCT))


@pytest.mark.parametrize("basis", BASES)
def test_the_numbers_of_products_are_the_truths(told: World, partner: Partner, basis: str) -> None:
    metrics = {metric.key: metric for metric in of_scope(Scope.PRODUCT) if not metric.is_quotient}
    for source, subject in told.sessions:
        wanted = told.session(source=source, subject=subject).products(basis=basis)
        edges = ask(PRODUCTS, of=partner, by={"externalId": subject}, basis=basis)["liveSession"]["products"][
            "edges"
        ]
        rows = {
            edge["node"]["externalId"]: {
                key: shown(m, edge["node"]["kpis"][camel(key)]) for key, m in metrics.items()
            }
            for edge in edges
        }
        assert {item: row for item, row in rows.items() if any(row.values())} == wanted
        clicks = [rows[edge["node"]["externalId"]]["product_clicks"] for edge in edges]
        assert clicks == sorted(clicks, reverse=True)


SHOP = """query ($period: PeriodInput!, $basis: SalesBasis!) {
  shop(period: $period, basis: $basis) {
    kpis { FIELDS currency } isFresh
    days(first: 100) { date startedAt kpis { FIELDS } }
  }
}""".replace("FIELDS", fields(Scope.SHOP))


@pytest.mark.parametrize("basis", BASES)
def test_the_shop_over_a_period_and_by_day_is_the_truths(told: World, partner: Partner, basis: str) -> None:
    period = {"from": "2026-05-24", "to": "2026-06-02"}
    answer = ask(SHOP, of=partner, period=period, basis=basis)["shop"]
    metrics = {metric.key: metric for metric in of_scope(Scope.SHOP)}

    def numbers(kpis: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        return {key: shown(metrics[key], kpis[camel(key)]) for key in wanted}

    wanted = told.shop(date(2026, 5, 24), date(2026, 6, 2), basis=basis)
    assert numbers(answer["kpis"], wanted) == wanted
    days = [date(2026, 5, 24) + timedelta(days=number) for number in range(9)]
    assert [day["date"] for day in answer["days"]] == [day.isoformat() for day in days]
    zone = ZoneInfo(partner.timezone)
    for day, row in zip(days, answer["days"], strict=True):
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        assert datetime.fromisoformat(row["startedAt"]) == midnight.astimezone(UTC)
        wanted = told.shop(day, day + timedelta(days=1), basis=basis)
        assert numbers(row["kpis"], wanted) == wanted
    assert (answer["kpis"]["currency"], answer["isFresh"]) == (partner.currency, True)


SHOWINGS = """query ($by: LiveSessionBy!) {
  liveSession(by: $by) {
    showings {
      number position product { externalId } featuredAt unfeaturedAt endsAt windowEndsAt
      kpis { FIELDS basis currency }
    }
  }
}""".replace("FIELDS", fields(Scope.SHOWING))


def test_the_moments_of_a_session_are_the_truths(told: World, partner: Partner) -> None:
    metrics = [metric for metric in of_scope(Scope.SHOWING) if not metric.is_quotient]
    found = 0
    for source, subject in told.sessions:
        wanted = told.session(source=source, subject=subject).showings
        rows = ask(SHOWINGS, of=partner, by={"externalId": subject})["liveSession"]["showings"]
        assert [row["product"]["externalId"] for row in rows] == [one.item_id for one in wanted]
        for row, one in zip(rows, wanted, strict=True):
            assert int(row["number"]) == one.number
            assert row["position"] == (None if one.position is None else str(one.position))
            for key in ("featured_at", "unfeatured_at", "ends_at", "window_ends_at"):
                moment = row[camel(key)]
                assert getattr(one, key) == (None if moment is None else datetime.fromisoformat(moment))
            kpis = row["kpis"]
            true = {"moment_viewers": len(one.viewers), "moment_buyers": len(one.buyers)}
            for metric in metrics:
                value = true.get(metric.key, getattr(one, metric.key, None))
                assert shown(metric, kpis[camel(metric.key)]) == value, metric.key
            rate = kpis["productMomentConversion"]
            assert (int(rate["numerator"]), int(rate["denominator"])) == (len(one.buyers), len(one.viewers))
            assert (kpis["basis"], kpis["currency"]) == ("PAID", partner.currency)
            found += 1
    assert found


def test_a_page_of_sessions_shows_its_moments_by_one_statement(told: World, partner: Partner) -> None:
    lists = "{ liveSessions(first: 20) { edges { node { externalId FIELDS } } } }"
    without = statements(lists.replace("FIELDS", ""), of=partner)
    assert statements(lists.replace("FIELDS", "showings { number isOpen }"), of=partner) == without + 1


@pytest.mark.parametrize(
    "field", ["TIMES_FEATURED", "SECONDS_FEATURED", "SALES_WHILE_FEATURED", "PRODUCT_MOMENT_CONVERSION"]
)
def test_products_are_ordered_by_what_they_did_while_featured(
    told: World, partner: Partner, field: str
) -> None:
    query = """query ($by: LiveSessionBy!, $field: ProductMetric!, $after: String) { liveSession(by: $by) {
      products(orderBy: {field: $field}, first: 1, after: $after) {
        pageInfo { hasNextPage endCursor }
        edges { node { externalId kpis { timesFeatured secondsFeatured salesWhileFeatured { amount }
          productMomentConversion { value numerator denominator low high } } } } } } }"""
    seen: list[Any] = []
    after, is_more = None, True
    by = {"externalId": told.sessions[0][1]}
    while is_more:
        page = ask(query, of=partner, by=by, field=field, after=after)["liveSession"]["products"]
        (edge,) = page["edges"]
        kpis = edge["node"]["kpis"]
        value = kpis[camel(field.lower())]
        if field == "SALES_WHILE_FEATURED":
            value = value["amount"]
        elif field == "PRODUCT_MOMENT_CONVERSION":
            value = -1 if value["value"] is None else value["value"]
        seen.append(Decimal(value))
        after, is_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len(seen) == 3
    assert seen == sorted(seen, reverse=True)
