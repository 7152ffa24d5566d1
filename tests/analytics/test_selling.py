"""What a session's sales were worth, and the five: the truth's, through the API."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics.metrics import BASES
from commerce.models import Partner
from tests.analytics.compare import world
from tests.analytics.graphql_client import ask
from tests.analytics.scenes import ITEMS, scene
from tests.factories import deliver, event, fill, minute
from tests.oracle.selling import costed, costs_told, live_aov_ratio, timed

Raw = dict[str, Any]
WORTH = """query ($by: LiveSessionBy!, $basis: SalesBasis!) { liveSession(by: $by) { kpis(basis: $basis) {
  reach merchandise { amount } ordersDuring ordersInTail lateOrders tailBuyingViewers
  salesPerViewer { value { amount } } salesPerHour { value { amount } }
  salesPerThousandViews { value { amount } }
  netSales { amount } orderLines costedOrderLines costCoverage { value }
  costOfGoods { value { amount } reason } grossProfit { value { amount } reason coverage { value } }
  grossMargin { value numerator denominator reason } liveAovRatio { value numerator denominator reason }
} } }"""


def worth(partner: Partner, subject: str, basis: str = "PAID") -> Any:
    return ask(WORTH, of=partner, by={"externalId": subject}, basis=basis)["liveSession"]["kpis"]


def with_costs(events: list[Raw], rng: random.Random) -> list[Raw]:
    """The same events, some lines with a cost, and most products with one too."""
    for told in events:
        for item in told["data"].get("items", []) if told["type"] == "purchase" else []:
            if rng.random() < 0.5:
                item["cost"] = f"{rng.randrange(1, 900) / 100:.2f}"
    products = [
        event(
            "product_updated", minute(number), subject=None, item_id=item, cost=f"{number + 1}.125",
            **({} if rng.random() < 0.8 else {"currency": "USD"}),
        )
        for number, item in enumerate(ITEMS)
        if rng.random() < 0.9
    ]  # fmt: skip
    return [*events, *products]


def amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value["amount"])


@pytest.mark.parametrize("seed", range(200, 212))
def test_what_sales_were_worth_is_the_truths(partner: Partner, seed: int) -> None:
    rng = random.Random(seed)
    events = with_costs(scene(rng), rng)
    assert deliver(partner, events).rejected == 0
    fill(partner)
    truth, costs = world(events, partner), costs_told(events)
    for (source, subject), basis in ((one, basis) for one in truth.sessions for basis in BASES):
        session = truth.session(source=source, subject=subject)
        told, wanted = worth(partner, subject, basis), timed(session, basis=basis)
        counts = ("reach", "orders_during", "orders_in_tail", "late_orders", "tail_buying_viewers")
        assert [
            int(told[name])
            for name in ("reach", "ordersDuring", "ordersInTail", "lateOrders", "tailBuyingViewers")
        ] == [wanted[name] for name in counts]
        assert amount(told["merchandise"]) == wanted["merchandise"]
        after = costed(session, costs)
        assert (int(told["orderLines"]), int(told["costedOrderLines"])) == (
            after["order_lines"], after["costed_order_lines"],
        )  # fmt: skip
        assert amount(told["netSales"]) == after["net_sales"]
        assert amount(told["costOfGoods"]["value"]) == after["cost_of_goods"]
        assert amount(told["grossProfit"]["value"]) == after["gross_profit"]
        reason = None if after["gross_profit"] is not None else "MISSING_COSTS"
        assert (told["grossProfit"]["reason"], told["costOfGoods"]["reason"]) == (reason, reason)
        assert live_aov_ratio(truth, session, basis=basis) is None
        assert (told["liveAovRatio"]["value"], told["liveAovRatio"]["reason"]) == (None, "TOO_FEW_ORDERS")


def orders(count: int, price: str, start: float, name: str, subject: str | None) -> list[Raw]:
    items = [{"item_id": "bag", "quantity": 1, "price": price}]
    return [
        event("purchase", minute(start), subject=subject, transaction_id=f"{name}{number}", items=items)
        for number in range(count)
    ]


DAY = 24 * 60


def test_a_live_basket_is_measured_by_the_partners_own_others(partner: Partner) -> None:
    """124 against 38.75 is 3.2: the 28 days before the day of the start, and no order of a session."""
    shop = orders(30, "38.75", -2 * DAY, "shop", None)
    events = [
        event("live_session_started", minute(0)),
        event("live_session_ended", minute(60)),
        *orders(30, "124", 5, "live", "live-1"),
        *shop,
        *orders(9, "999", -1, "day", None),  # of the day it starts on
        *orders(9, "999", -29 * DAY, "old", None),
        *orders(9, "999", -3 * DAY, "other", "live-2"),
    ]
    deliver(partner, events)
    fill(partner)
    told = worth(partner, "live-1")["liveAovRatio"]
    assert told == {"value": "3.2", "numerator": "124", "denominator": "38.75", "reason": None}
    truth = world(events, partner)
    assert live_aov_ratio(truth, truth.session(source=shop[0]["source"], subject="live-1"), basis="PAID") == (
        Decimal("3.2")
    )
    deliver(partner, [event("order_cancelled", minute(70), subject=None, transaction_id="shop0")])
    deliver(partner, [event("refund", minute(-DAY), subject=None, transaction_id="shop1", value="38.75")])
    fill(partner)
    assert worth(partner, "live-1", "NET")["liveAovRatio"]["denominator"] == "37.458333"


def test_a_ratio_of_few_orders_is_none(partner: Partner) -> None:
    deliver(
        partner,
        [
            event("live_session_started", minute(0)),
            *orders(30, "124", 5, "live", "live-1"),
            *orders(29, "38.75", -2 * DAY, "shop", None),
        ],
    )
    fill(partner)
    told = worth(partner, "live-1")["liveAovRatio"]
    assert told == {
        "value": None, "numerator": "124", "denominator": "38.75", "reason": "TOO_FEW_ORDERS",
    }  # fmt: skip


def test_profit_needs_every_cost_and_what_came_back_costs_nothing(partner: Partner) -> None:
    items = [
        {"item_id": "lip", "quantity": 2, "price": "10.00", "cost": "4.00"},
        {"item_id": "lip", "quantity": 1, "price": "10.00", "cost": "7.00"},
        {"item_id": "hat", "quantity": 1, "price": "20.00"},
    ]
    deliver(
        partner,
        [
            event("live_session_started", minute(0)),
            event("live_session_ended", minute(30)),
            event("live_view_started", minute(1), viewer_id="a"),
            event("purchase", minute(5), transaction_id="o", items=items, viewer_id="a"),
            event(
                "refund",
                minute(9),
                subject=None,
                transaction_id="o",
                items=[{"item_id": "lip", "quantity": 1}],
            ),
        ],
    )
    fill(partner)
    told = worth(partner, "live-1")
    missing = {"value": None, "reason": "MISSING_COSTS"}
    assert told["grossProfit"] == {**missing, "coverage": {"value": "0.666667"}}
    assert told["grossMargin"] == {**missing, "numerator": "0", "denominator": "40"}
    # A price list arrives later, and nobody says a word about the session.
    deliver(partner, [event("product_updated", minute(50), subject=None, item_id="hat", cost="5.50")])
    told = worth(partner, "live-1")
    assert told["costOfGoods"] == {"value": {"amount": "16.50"}, "reason": None}  # 4 + 7 + 5.5
    assert told["grossProfit"]["value"] == {"amount": "23.50"}
    assert told["grossMargin"]["value"] == "0.5875"
    each = ("salesPerViewer", "salesPerHour", "salesPerThousandViews")
    assert [told[key]["value"]["amount"] for key in each] == [
        "50.00", "100.00", "50000.00",
    ]  # fmt: skip


FIVE = """{ liveSessions { edges { node { five {
  metric value n low high numerator denominator provenance reason definitionVersion
  benchmarkLevels { name low high source } parts { metric value n reason } } } } } }"""


def test_the_five_carry_how_sure_they_are(partner: Partner) -> None:
    people = [f"v{number}" for number in range(10)]
    bought = {"during": people[:2], "tail": people[2:3]}
    events = [
        event("live_session_started", minute(0), heartbeats=False),
        event("live_session_ended", minute(60)),
    ]
    events += [
        event("live_view_started", minute(35 if name == "v9" else 1), viewer_id=name) for name in people
    ]
    items = [{"item_id": "bag", "quantity": 1, "price": "9.00"}]
    for when, names in bought.items():
        at = minute(10 if when == "during" else 70)
        events += [
            event("purchase", at, subject=None, transaction_id=name, items=items, viewer_id=name)
            for name in names
        ]
    deliver(partner, events)
    fill(partner)
    five = {one["metric"]: one for one in ask(FIVE, of=partner)["liveSessions"]["edges"][0]["node"]["five"]}
    vbr = five["VIEWER_TO_BUYER_RATE"]
    assert (vbr["value"], vbr["n"], vbr["low"], vbr["high"]) == ("0.3", "10", "0.107791", "0.603222")
    assert [(part["metric"], part["value"]) for part in vbr["parts"]] == [
        ("PURCHASE_RATE", "0.2"), ("TAIL_PURCHASE_RATE", "0.1"),
    ]  # fmt: skip
    assert [(level["low"], level["high"]) for level in vbr["benchmarkLevels"]] == [
        ("0.02", "0.04"), ("0.18", "0.18"), ("0.25", "0.25"),
    ]  # fmt: skip
    scr = five["SESSION_COMPLETION_RATE"]
    assert (scr["value"], scr["parts"][0]["value"], scr["parts"][0]["n"]) == ("0.9", "1", "9")
    assert (five["LIVE_LTV_INDEX"]["value"], five["LIVE_LTV_INDEX"]["reason"]) == (None, "NOT_YET")
    assert (five["LIVE_AOV_RATIO"]["reason"], five["LIVE_AOV_RATIO"]["n"]) == ("TOO_FEW_ORDERS", "3")
    assert {one["provenance"] for one in five.values()} == {"MEASURED"}


def test_a_session_whose_viewers_nobody_names_has_no_rates_of_people(partner: Partner) -> None:
    started = event("live_session_started", minute(0))
    deliver(partner, [started, *(event("live_view_started", minute(1)) for _ in range(3))])
    fill(partner)
    five = {one["metric"]: one for one in ask(FIVE, of=partner)["liveSessions"]["edges"][0]["node"]["five"]}
    assert [
        (five[name]["value"], five[name]["provenance"], five[name]["reason"])
        for name in ("VIEWER_TO_BUYER_RATE", "SESSION_COMPLETION_RATE")
    ] == [(None, "PROXY", "NO_IDENTITY")] * 2


def test_reported_viewers_stand_in_for_those_nobody_names(partner: Partner) -> None:
    report = event(
        "live_metrics_reported", minute(70), interval="total", metrics={"viewers": 400, "likes": 9},
        definition="unique viewers",
    )  # fmt: skip
    events = [event("live_session_started", minute(0)), event("live_session_ended", minute(60)), report]
    items = [{"item_id": "bag", "quantity": 1, "price": "9.00"}]
    events += [event("live_view_started", minute(1)) for _ in range(3)]
    events += [
        event("purchase", minute(5), transaction_id=name, items=items, customer_id=name)
        for name in "abcdefgh"
    ]
    assert deliver(partner, events).rejected == 0
    fill(partner)
    query = """{ liveSessions { edges { node { five { metric value n low numerator denominator provenance
      numeratorProvenance denominatorProvenance reason } } } } }"""
    (vbr, *_) = ask(query, of=partner)["liveSessions"]["edges"][0]["node"]["five"]
    assert vbr == {
        "metric": "VIEWER_TO_BUYER_RATE", "value": "0.02", "n": "400", "low": None, "numerator": "8",
        "denominator": "400", "provenance": "PROXY", "numeratorProvenance": "MEASURED",
        "denominatorProvenance": "REPORTED", "reason": None,
    }  # fmt: skip


def test_a_tail_is_the_partners_own(make_partner: Any) -> None:
    partner = make_partner(tail_seconds=600)
    events = [
        event("live_session_started", minute(0)),
        event("live_session_ended", minute(30)),
        *orders(1, "1", -1, "before", "live-1"),
        *orders(1, "1", 0, "start", "live-1"),
        *orders(1, "1", 30, "end", "live-1"),
        *orders(1, "1", 39.5, "tail", "live-1"),
        *orders(1, "1", 40, "late", "live-1"),
    ]
    deliver(partner, events)
    fill(partner)
    told = worth(partner, "live-1")
    assert [told[key] for key in ("ordersDuring", "ordersInTail", "lateOrders")] == ["1", "2", "2"]
    assert timedelta(seconds=partner.tail_seconds) == timedelta(minutes=10)
