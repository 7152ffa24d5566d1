"""How numbers are shown, and what is asked wrongly."""

from decimal import Decimal
from typing import Any

import pytest

from analytics.graphql.values import money, money_ratio, rate, ratio, wilson
from commerce.models import Partner
from tests.analytics.graphql_client import ask, refusal
from tests.factories import deliver, event, fill, minute


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [
        (60, 2000, 0.023378, 0.038424),
        (1, 9, 0.019891, 0.435000),
        (0, 20, 0.0, 0.161125),
        (2302, 9209, 0.241235, 0.258919),
        (20, 20, 0.838875, 1.0),
    ],
)
def test_rates_carry_a_wilson_interval(numerator: int, denominator: int, low: float, high: float) -> None:
    got = wilson(numerator, denominator)
    assert (round(got[0], 6), round(got[1], 6)) == (low, high)


def test_a_sample_under_thirty_is_called_small() -> None:
    assert [rate(1, size).is_small_sample for size in (29, 30)] == [True, False]


def test_nothing_over_nothing_is_nothing() -> None:
    empty = rate(0, 0)
    assert (empty.value, empty.low, empty.high) == (None, None, None)
    assert ratio(Decimal(3), 0).value is None
    assert money_ratio(Decimal(0), 0, "MYR").value is None


@pytest.mark.parametrize(
    ("amount", "currency", "told"),
    [
        ("81.0000", "SGD", "81.00"),
        ("4826466.4910", "GBP", "4826466.491"),
        ("1250.0000", "JPY", "1250"),
        ("1250.5000", "JPY", "1250.5"),
        ("3.1000", "KWD", "3.100"),
        ("-0.1250", "USD", "-0.125"),
        ("99999999999999999999.9999", "VND", "99999999999999999999.9999"),
        ("0.0000", "USD", "0.00"),
    ],
)
def test_money_shows_every_digit_it_has_and_no_fewer_than_its_currency(
    amount: str, currency: str, told: str
) -> None:
    assert format(money(Decimal(amount), currency).amount, "f") == told


def test_an_average_order_value_is_rounded_half_even_to_four_decimals() -> None:
    average = money_ratio(Decimal("4826466.491"), 9659, "GBP").value
    assert average is not None
    assert str(average.amount) == "499.6859"
    halves = [money_ratio(Decimal(total), 2, "GBP").value for total in ("0.0001", "0.0003")]
    assert [half.amount for half in halves if half is not None] == [Decimal("0.00"), Decimal("0.0002")]


def test_a_number_says_whether_facts_wait(partner: Partner) -> None:
    query = "{ liveSessions { edges { node { kpis { views isFresh computedAt } } } } }"
    events = [event("live_session_started", minute(0)), event("live_view_started", minute(1), viewer_id="a")]
    deliver(partner, events)
    assert ask(query, of=partner)["liveSessions"]["edges"][0]["node"]["kpis"] == {
        "views": "0", "isFresh": False, "computedAt": None,
    }  # fmt: skip
    fill(partner)
    assert ask(query, of=partner)["liveSessions"]["edges"][0]["node"]["kpis"] == {
        "views": "1", "isFresh": True, "computedAt": "2026-06-01T12:00:00Z",
    }  # fmt: skip


def sale(order: str, currency: str, price: str) -> dict[str, object]:
    items = [{"item_id": "x", "quantity": 1, "price": price}]
    return event("purchase", minute(5), transaction_id=order, currency=currency, items=items)


def test_money_is_in_one_currency_and_names_the_others(partner: Partner) -> None:
    sales = [sale("a", "SGD", "10.00"), sale("b", "USD", "7.00"), sale("c", "JPY", "900")]
    deliver(partner, [event("live_session_started", minute(0)), *sales])
    fill(partner)
    query = """query ($currency: CurrencyCode) { liveSessions { edges { node {
      kpis(currency: $currency) { orders liveSales { amount currency } currency otherCurrencies } } } } }"""

    def told(**variables: Any) -> object:
        return ask(query, of=partner, **variables)["liveSessions"]["edges"][0]["node"]["kpis"]

    assert told() == {
        "orders": "1", "liveSales": {"amount": "10.00", "currency": "SGD"},
        "currency": "SGD", "otherCurrencies": ["JPY", "USD"],
    }  # fmt: skip
    assert told(currency="USD") == {
        "orders": "1", "liveSales": {"amount": "7.00", "currency": "USD"},
        "currency": "USD", "otherCurrencies": ["JPY", "SGD"],
    }  # fmt: skip
    assert told(currency="EUR") == {
        "orders": "0", "liveSales": {"amount": "0.00", "currency": "EUR"},
        "currency": "EUR", "otherCurrencies": ["JPY", "SGD", "USD"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("metrics: []", "metrics has one to 4 entries."),
        ("metrics: [VIEWS, LIKES, SHARES, FOLLOWS, ORDERS]", "metrics has one to 4 entries."),
        (
            "metrics: [VIEWS], window: CUSTOM",
            "from and to go with the window CUSTOM, which needs at least one of them.",
        ),
        (
            'metrics: [VIEWS], window: WHOLE, from: "2026-05-27T12:00:00Z"',
            "from and to go with the window CUSTOM, which needs at least one of them.",
        ),
    ],
)
def test_a_trend_is_asked_within_its_bounds(partner: Partner, arguments: str, message: str) -> None:
    deliver(partner, [event("live_session_started", minute(0))])
    query = f"{{ liveSessions {{ edges {{ node {{ trend({arguments}) {{ grain }} }} }} }} }}"
    assert refusal(query, of=partner) == ("BAD_USER_INPUT", message)


def test_a_trend_has_only_what_is_known_by_the_minute(partner: Partner) -> None:
    deliver(partner, [event("live_session_started", minute(0))])
    query = "{ liveSessions { edges { node { trend(metrics: [BUYERS]) { grain } } } } }"
    code, message = refusal(query, of=partner)
    assert (code, message.partition(".")[0]) == ("BAD_USER_INPUT", "Not known minute by minute: BUYERS")


def test_a_window_of_more_than_twelve_hours_is_asked_in_parts(partner: Partner) -> None:
    deliver(partner, [event("live_session_started", minute(0)), event("live_session_ended", minute(721))])
    fill(partner)
    query = """query ($to: DateTime) {
      liveSessions { edges { node { trend(metrics: [VIEWS], to: $to) { timestamps } } } }
    }"""
    message = "The window has more than 720 minutes. Ask for a part of it with from and to."
    assert refusal(query, of=partner) == ("BAD_USER_INPUT", message)
    edges = ask(query, of=partner, to=minute(720).isoformat())["liveSessions"]["edges"]
    assert len(edges[0]["node"]["trend"]["timestamps"]) == 720


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            'period: {from: "2026-05-02", to: "2026-05-02"}',
            "A period ends after its first day: to is the day after the last one.",
        ),
        ('period: {from: "2010-01-01", to: "2026-05-02"}', "A period has at most ten years."),
    ],
)  # fmt: skip
def test_a_shop_is_asked_by_days_one_after_the_other(partner: Partner, arguments: str, message: str) -> None:
    assert refusal(f"{{ shop({arguments}) {{ timezone }} }}", of=partner) == ("BAD_USER_INPUT", message)


@pytest.mark.parametrize("first", [0, 401])
def test_days_are_asked_up_to_four_hundred_at_once(partner: Partner, first: int) -> None:
    query = (
        f'{{ shop(period: {{from: "2026-05-01", to: "2026-05-02"}}) {{ days(first: {first}) {{ date }} }} }}'
    )
    assert refusal(query, of=partner) == ("BAD_USER_INPUT", "first is 1 to 400.")


def test_a_day_on_which_clocks_change_has_its_own_number_of_hours(make_partner: object) -> None:
    assert callable(make_partner)
    partner = make_partner(timezone="Europe/London")
    query = """query ($period: PeriodInput!) { shop(period: $period, timezone: "Europe/London") {
      hours(first: 100) { date startedAt } } }"""

    def hours(day: str, after: str) -> list[str]:
        rows = ask(query, of=partner, period={"from": day, "to": after})["shop"]["hours"]
        assert {row["date"] for row in rows} == {day}
        return [row["startedAt"] for row in rows]

    assert len(hours("2026-03-29", "2026-03-30")) == 23
    autumn = hours("2026-10-25", "2026-10-26")
    assert (len(autumn), autumn[0], autumn[-1]) == (25, "2026-10-24T23:00:00Z", "2026-10-25T23:00:00Z")
