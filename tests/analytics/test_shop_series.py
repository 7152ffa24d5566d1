"""The shop over time and beside another time: each step is the truth's, in any time zone."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.graphql.shop_changes import ShopComparison, compared_days
from analytics.graphql.shop_series import ShopGrain, stretches
from analytics.queries.shop_facts import ShopQuestion
from commerce.models import Partner
from tests.analytics.compare import world
from tests.analytics.compare_shop import BASES, different, within
from tests.analytics.graphql_client import ask, refusal, statements
from tests.analytics.shop_scenes import shop
from tests.analytics.test_shop_splits import OF_ORDERS
from tests.conftest import PartnerFactory
from tests.factories import deliver, event, fill
from tests.oracle.shop_splits import WHOLE, PartTruth, Split

MARCH_TO_MAY = (date(2026, 3, 25), date(2026, 5, 12))
TREND = """query ($period: PeriodInput!, $metrics: [ShopMetric!]!, $grain: ShopGrain!, $basis: SalesBasis!,
    $zone: TimeZone) {
  shop(period: $period, basis: $basis, timezone: $zone) {
    trend(metrics: $metrics, grain: $grain) {
      timestamps partial grain timezone series { metric unit currency values }
    }
  }
}"""
ROWS = """query ($period: PeriodInput!, $basis: SalesBasis!, $zone: TimeZone) {
  shop(period: $period, basis: $basis, timezone: $zone) {
    timezone otherCurrencies
    kpis { orders sales { amount } buyers itemsSold averageOrderValue { value { amount } } }
    days(first: 100) { date startedAt kpis { orders sales { amount } buyers } }
  }
}"""


def told(partner: Partner, seed: int) -> Split:
    """A random shop, filled, and the truth about it."""
    events = shop(random.Random(seed))
    deliver(partner, events)
    fill(partner)
    return Split(world(events, partner), events)


def span(days: tuple[date, date]) -> dict[str, str]:
    return {"from": days[0].isoformat(), "to": days[1].isoformat()}


def of_days(truth: Split, days: tuple[date, date], zone: str, *, basis: str) -> dict[str, Any]:
    """All of the shop on the days [from, to) of a zone."""
    currency = truth.world.partner.currency
    parts = truth.parts("", within(*days, zone), basis=basis, currency=currency)
    return parts.get(WHOLE, PartTruth()).numbers(basis=basis)


def trend(
    partner: Partner,
    grain: str,
    days: tuple[date, date] = MARCH_TO_MAY,
    *,
    metrics: tuple[str, ...] = ("ORDERS", "SALES", "BUYERS", "AVERAGE_ORDER_VALUE"),
    basis: str = "NET",
    zone: str | None = None,
) -> Any:
    return ask(
        TREND, of=partner, period=span(days), metrics=list(metrics), grain=grain, basis=basis, zone=zone
    )["shop"]["trend"]


def midnight(day: date, zone: str) -> str:
    at = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("grain", ["DAY", "WEEK", "MONTH", "QUARTER"])
@pytest.mark.parametrize("zone", [None, "Asia/Kolkata", "Australia/Lord_Howe"])
def test_every_step_of_a_random_shop_is_the_truths(
    make_partner: PartnerFactory, grain: str, zone: str | None
) -> None:
    partner = make_partner(timezone="America/New_York", week_starts_on=6)
    truth, days = told(partner, 5), MARCH_TO_MAY
    steps = stretches(ShopGrain[grain], *days, week_starts_on=6)
    clock = zone or partner.timezone
    for basis in BASES:
        found = trend(partner, grain, basis=basis, zone=zone)
        assert (found["grain"], found["timezone"]) == (grain, clock)
        assert found["timestamps"] == [midnight(first, clock) for first, _, _ in steps]
        assert found["partial"] == [midnight(first, clock) for first, _, is_cut in steps if is_cut]
        wanted = [of_days(truth, (first, last), clock, basis=basis) for first, last, _ in steps]
        orders, sales, buyers, mean = (column["values"] for column in found["series"])
        assert orders == [step["orders"] for step in wanted]
        assert sales == [float(step["sales"]) for step in wanted]
        assert buyers == [step["buyers"] for step in wanted]
        assert mean == [
            float(Fraction(step["sales"]) / step["orders"]) if step["orders"] else None for step in wanted
        ]
    assert sum(orders) > 20


def test_weeks_months_and_quarters_are_those_of_the_calendar() -> None:
    period = (date(2026, 3, 25), date(2026, 4, 13))
    assert stretches(ShopGrain.WEEK, *period, week_starts_on=6) == [
        (date(2026, 3, 25), date(2026, 3, 29), True),
        (date(2026, 3, 29), date(2026, 4, 5), False),
        (date(2026, 4, 5), date(2026, 4, 12), False),
        (date(2026, 4, 12), date(2026, 4, 13), True),
    ]
    assert stretches(ShopGrain.WEEK, date(2026, 3, 30), date(2026, 4, 6), week_starts_on=0) == [
        (date(2026, 3, 30), date(2026, 4, 6), False)
    ]
    assert stretches(ShopGrain.MONTH, *period, week_starts_on=0) == [
        (date(2026, 3, 25), date(2026, 4, 1), True),
        (date(2026, 4, 1), date(2026, 4, 13), True),
    ]
    assert stretches(ShopGrain.QUARTER, date(2025, 10, 1), date(2026, 4, 1), week_starts_on=0) == [
        (date(2025, 10, 1), date(2026, 1, 1), False),
        (date(2026, 1, 1), date(2026, 4, 1), False),
    ]


def test_what_is_not_over_yet_is_partial_and_what_has_nothing_is_zero_or_null(partner: Partner) -> None:
    # It is noon of 1 June, 20:00 in Singapore.
    found = trend(partner, "DAY", (date(2026, 5, 31), date(2026, 6, 3)))
    assert found["partial"] == found["timestamps"][1:]
    assert [column["values"] for column in found["series"]] == [[0, 0, 0], [0, 0, 0], [0, 0, 0], [None] * 3]
    hours = trend(partner, "HOUR", (date(2026, 6, 1), date(2026, 6, 2)), metrics=("ORDERS",))
    assert (len(hours["timestamps"]), hours["partial"]) == (24, hours["timestamps"][20:])
    month = trend(partner, "MONTH", (date(2026, 5, 1), date(2026, 7, 1)), metrics=("VISITS",))
    assert month["partial"] == month["timestamps"][1:]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Australia/Lord_Howe", "America/New_York"])
def test_days_and_numbers_of_any_time_zone_are_the_truths(partner: Partner, zone: str) -> None:
    truth, days = told(partner, 7), MARCH_TO_MAY
    for basis in BASES:
        answer = ask(ROWS, of=partner, period=span(days), basis=basis, zone=zone)["shop"]
        assert (answer["timezone"], answer["otherCurrencies"]) == (zone, ["USD"])
        wanted = of_days(truth, days, zone, basis=basis)
        assert _told(answer["kpis"]) == (wanted["orders"], wanted["sales"], wanted["buyers"])
        assert int(answer["kpis"]["itemsSold"]) == wanted["items_sold"]
        assert len(answer["days"]) == 48
        for number, row in enumerate(answer["days"]):
            day = days[0] + timedelta(days=number)
            assert (row["date"], row["startedAt"]) == (day.isoformat(), midnight(day, zone))
            true = of_days(truth, (day, day + timedelta(days=1)), zone, basis=basis)
            assert _told(row["kpis"]) == (true["orders"], true["sales"], true["buyers"])
        asked = ShopQuestion(
            partner_id=partner.id, starts_on=days[0], ends_on=days[1], basis=basis, timezone=zone
        )
        for by in OF_ORDERS:
            assert different(truth, asked, by, of=partner) == []


def test_a_day_that_a_zone_left_out_has_nothing(partner: Partner) -> None:
    # Samoa went from 29 to 31 December 2011.
    sold = event(
        "purchase", datetime(2011, 12, 30, 12, tzinfo=UTC), subject=None, transaction_id="o",
        items=[{"item_id": "lip", "price": "7"}],
    )  # fmt: skip
    assert deliver(partner, [sold]).rejected == 0
    fill(partner)
    days = (date(2011, 12, 29), date(2012, 1, 1))
    answer = ask(ROWS, of=partner, period=span(days), basis="PAID", zone="Pacific/Apia")["shop"]
    assert [row["kpis"]["orders"] for row in answer["days"]] == ["0", "0", "1"]


def _told(kpis: dict[str, Any]) -> tuple[int, Decimal, int]:
    return int(kpis["orders"]), Decimal(kpis["sales"]["amount"]), int(kpis["buyers"])


@pytest.mark.parametrize("zone", [None, "Asia/Kolkata", "Australia/Lord_Howe"])
def test_hours_show_full_ones_by_the_clock_also_where_it_is_set_back_by_half_an_hour(
    make_partner: PartnerFactory, zone: str | None
) -> None:
    partner = make_partner(timezone="Europe/London")
    clock = ZoneInfo(zone or "Europe/London")
    # Lord Howe's clocks go back from 2:00 to 1:30 on 5 April 2026, at 15:00 of the day before.
    days = (date(2026, 4, 4), date(2026, 4, 7))
    start = datetime(2026, 4, 4, 0, 10, tzinfo=UTC)
    events = [
        event("purchase", start + timedelta(minutes=20 * number), subject=None, transaction_id=f"o{number}",
            items=[{"item_id": "lip", "price": "1"}])
        for number in range(200)
    ]  # fmt: skip
    deliver(partner, events)
    fill(partner)
    true: dict[datetime, int] = defaultdict(int)
    for number in range(200):
        at = start + timedelta(minutes=20 * number)
        local = at.astimezone(clock)
        if days[0] <= local.date() < days[1]:
            true[at - timedelta(minutes=local.minute)] += 1
    found = trend(partner, "HOUR", days, metrics=("ORDERS", "SALES"), zone=zone)
    told = dict(zip(found["timestamps"], found["series"][0]["values"], strict=True))
    assert {at: n for at, n in told.items() if n} == {f"{at:%Y-%m-%dT%H:%M:%SZ}": n for at, n in true.items()}
    assert len(told) == {"Australia/Lord_Howe": 73}.get(zone or "", 72)
    hours = """query ($period: PeriodInput!, $zone: TimeZone) { shop(period: $period, timezone: $zone) {
      hours(first: 100) { date startedAt kpis { orders } } } }"""
    rows = ask(hours, of=partner, period=span(days), zone=zone)["shop"]["hours"]
    assert {row["startedAt"]: int(row["kpis"]["orders"]) for row in rows} == told
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)


COMPARED = """query ($period: PeriodInput!, $with: ShopComparison!, $basis: SalesBasis!, $zone: TimeZone) {
  shop(period: $period, basis: $basis, timezone: $zone) {
    compare(with: $with, metrics: [SALES, ORDERS, AVERAGE_ORDER_VALUE]) {
      from to comparedFrom comparedTo isPartial
      kpis { metric first { value } second { value reason } difference relative isBetter }
    }
  }
}"""


@pytest.mark.parametrize("zone", [None, "Asia/Kolkata"])
def test_a_period_beside_the_one_before_is_the_truths(partner: Partner, zone: str | None) -> None:
    truth = told(partner, 9)
    may, april = (date(2026, 5, 1), date(2026, 6, 1)), (date(2026, 4, 1), date(2026, 5, 1))
    given: dict[str, Any] = {"period": span(may), "with": "PREVIOUS_PERIOD", "basis": "NET", "zone": zone}
    answer = ask(COMPARED, of=partner, **given)["shop"]["compare"]
    assert (answer["comparedFrom"], answer["comparedTo"]) == ("2026-04-01", "2026-05-01")
    now, before = (of_days(truth, days, zone or partner.timezone, basis="NET") for days in (may, april))
    sales, orders, _ = answer["kpis"]
    assert (Decimal(sales["first"]["value"]), Decimal(sales["second"]["value"])) == (
        now["sales"],
        before["sales"],
    )
    assert Decimal(sales["difference"]) == now["sales"] - before["sales"]
    assert Decimal(orders["relative"]) == round(
        Decimal(now["orders"] - before["orders"]) / before["orders"], 6
    )
    assert orders["isBetter"] is (now["orders"] > before["orders"])
    # Nothing is known of the year before.
    answer = ask(COMPARED, of=partner, **(given | {"with": "SAME_PERIOD_LAST_YEAR"}))["shop"]["compare"]
    assert (answer["comparedFrom"], answer["comparedTo"], answer["isPartial"]) == (
        "2025-05-01",
        "2025-06-01",
        False,
    )
    mean = answer["kpis"][2]
    assert mean["second"] == {"value": None, "reason": "NO_DENOMINATOR"}
    assert (mean["difference"], mean["relative"]) == (None, None)


@pytest.mark.parametrize(
    ("days", "to", "wanted"),
    [
        # Whole months, a quarter and a year: the calendar's before them.
        (("2026-03-01", "2026-04-01"), "PREVIOUS_PERIOD", ("2026-02-01", "2026-03-01")),
        (("2026-01-01", "2026-04-01"), "PREVIOUS_PERIOD", ("2025-10-01", "2026-01-01")),
        (("2026-01-01", "2027-01-01"), "PREVIOUS_PERIOD", ("2025-01-01", "2026-01-01")),
        # Anything else: as many days.
        (("2026-03-30", "2026-04-06"), "PREVIOUS_PERIOD", ("2026-03-23", "2026-03-30")),
        (("2026-03-10", "2026-03-20"), "PREVIOUS_PERIOD", ("2026-02-28", "2026-03-10")),
        (("2026-03-10", "2026-03-20"), "SAME_PERIOD_LAST_YEAR", ("2025-03-10", "2025-03-20")),
        (("2025-02-01", "2025-03-01"), "SAME_PERIOD_LAST_YEAR", ("2024-02-01", "2024-03-01")),
        (("2024-02-29", "2024-03-01"), "SAME_PERIOD_LAST_YEAR", ("2023-02-28", "2023-03-01")),
        (("2024-02-20", "2024-02-29"), "SAME_PERIOD_LAST_YEAR", ("2023-02-20", "2023-03-01")),
    ],
)
def test_which_days_a_period_is_compared_with(
    days: tuple[str, str], to: str, wanted: tuple[str, str]
) -> None:
    starts_on, ends_on = map(date.fromisoformat, days)
    found = compared_days(starts_on, ends_on, to=ShopComparison[to])
    assert tuple(day.isoformat() for day in found) == wanted


def test_steps_take_one_statement_and_their_people_one_more(partner: Partner) -> None:
    told(partner, 5)

    def count(grain: str, *metrics: str, zone: str | None = None, days: Any = MARCH_TO_MAY) -> int:
        asked: dict[str, Any] = {"metrics": list(metrics), "grain": grain, "basis": "PAID", "zone": zone}
        return statements(TREND, of=partner, period=span(days), **asked)

    # Beside the partner and the whole period's own numbers.
    for grain in ("DAY", "WEEK", "MONTH", "QUARTER"):
        assert count(grain, "SALES", "VISITS") == 3
    assert count("WEEK", "BUYERS", "PURCHASE_FREQUENCY") == 5
    assert count("MONTH", "BUYERS", zone="Asia/Kolkata") == 3
    assert count("HOUR", "SALES", days=(date(2026, 5, 1), date(2026, 5, 20))) == 3


WHOLE_YEARS = '{ shop(period: {from: "2025-01-01", to: "%s"}%s) { %s } }'


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            WHOLE_YEARS % ("2025-02-02", "", "trend(metrics: [SALES], grain: HOUR) { grain }"),
            "A series by HOUR goes over at most 31 days.",
        ),
        (
            WHOLE_YEARS % ("2026-02-06", "", "trend(metrics: [SALES]) { grain }"),
            "A series by DAY goes over at most 400 days.",
        ),
        (
            WHOLE_YEARS % ("2025-01-03", "", "trend(metrics: [SALES, VISITORS], grain: HOUR) { grain }"),
            "Not known of hours: VISITORS.",
        ),
        (
            WHOLE_YEARS % ("2025-01-03", ', timezone: "UTC"', "trend(metrics: [VISITS, SALES]) { grain }"),
            "Not known in other time zones: VISITS.",
        ),
        (
            WHOLE_YEARS % ("2026-02-06", ', timezone: "UTC"', "timezone"),
            "In another time zone than Asia/Singapore, which is the partner's, a period has at most 400 "
            "days.",
        ),
        (
            WHOLE_YEARS % ("2025-01-03", ', timezone: "UTC"', "kpis { visits }"),
            "Known of the partner's own calendar alone, leave timezone out: Visits.",
        ),
        (
            WHOLE_YEARS % ("2025-01-03", ', timezone: "UTC"', "split(by: PRODUCT) { edges { cursor } }"),
            "Parts by PRODUCT are of the partner's own calendar: leave timezone out.",
        ),
        (
            WHOLE_YEARS % ("2025-01-03", "", "trend(metrics: [SALES, SALES]) { grain }"),
            "metrics names each number once.",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(partner: Partner, query: str, message: str) -> None:
    assert refusal(query, of=partner) == ("BAD_USER_INPUT", message)
