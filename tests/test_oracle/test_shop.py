"""The funnel, products, and the days of the shop."""

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from tests.oracle import Partner
from tests.test_oracle.scene import Raw, at, event, item, live, purchase, session, shop_event, world


def test_each_stage_of_the_funnel_of_viewers_is_a_part_of_the_one_before() -> None:
    def act(viewer: str, *kinds: str) -> list[Raw]:
        return [event(kind, 1, viewer, items=[item("i")]) for kind in kinds]

    truth = session(
        live(60),
        event("live_impression", 0, count=9),
        act("a", "live_view_started", "select_item", "add_to_cart", "begin_checkout"),
        act("b", "live_view_started", "add_to_cart", "begin_checkout"),  # no click before
        act("c", "live_view_started", "live_view_started", "select_item"),
        [purchase(viewer, 2, viewer_id=viewer) for viewer in "abc"],
    )
    stages = ["IMPRESSION", "VIEW", "PRODUCT_CLICK", "ADD_TO_CART", "CHECKOUT", "ORDER_PAID"]
    assert truth.funnel() == list(zip(stages, [None, 3, 2, 1, 1, 1], strict=True))
    assert truth.funnel("EVENTS") == list(zip(stages, [9, 4, 2, 2, 2, 3], strict=True))


def test_products_sell_their_lines_and_only_refunds_of_items_or_whole_orders_are_theirs() -> None:
    truth = session(
        live(60),
        event("view_item_list", 1, "a", items=[item("i"), item("j"), item("i")]),
        event("select_item", 2, "a", items=[item("i")]),
        event("add_to_cart", 3, "a", items=[item("i")]),
        purchase(
            "t",
            4,
            item("i", 2, "10"),
            item("i", 1, "8"),
            item("j", 1, "5"),
            viewer_id="a",
            seller_discount="3",
        ),
        purchase("u", 5, item("j", 2, "5"), viewer_id="a", customer_id="c"),
        shop_event("refund", 6, transaction_id="t", items=[item("i", 1)]),
        shop_event("refund", 7, transaction_id="t", value="2"),  # of no product
        shop_event("refund", 8, transaction_id="u"),
    )
    people = {"product_impressions": 2, "product_clicks": 1, "product_clickers": 1, "carts": 1}
    nobody = {"product_impressions": 1, "product_clicks": 0, "product_clickers": 0, "carts": 0}
    shown = ("times_featured", "seconds_featured", "moment_viewers", "moment_buyers", "sales_while_featured")
    people, nobody = ({**dict.fromkeys(shown, 0), **one} for one in (people, nobody))
    # i: 2 x 10 + 8 = 28, back 1 x 10; j: 5 + 2 x 5 = 15, back 10. Customer c is a's: one buyer of each
    assert truth.products() == {
        "i": {**people, "orders": 1, "items_sold": 3, "buyers": 1, "live_sales": 28, "refunds": 10},
        "j": {**nobody, "orders": 2, "items_sold": 3, "buyers": 1, "live_sales": 15, "refunds": 10},
    }
    net = truth.products(basis="NET")
    assert [(net[each]["items_sold"], net[each]["live_sales"]) for each in "ij"] == [(2, 18), (1, 5)]


def test_the_shop_counts_sales_when_placed_and_refunds_and_cancellations_when_they_happen() -> None:
    day, hour = 24 * 60, 60
    truth = world(
        purchase("t", 0, item("i", 3, "10"), customer_id="c"),
        purchase("u", 1, item("i", 1, "7"), viewer_id="a"),
        purchase("v", 2, item("i", 1, "100"), status="placed"),
        shop_event("refund", day, transaction_id="t", items=[item("i", 1)]),
        shop_event("order_cancelled", 2 * day, transaction_id="t"),
        shop_event("refund", day + 1, value="0.75"),  # unlinked
    )
    days = [date(2025, 3, 1) + timedelta(days=each) for each in range(4)]
    rows = [truth.shop(*each, basis="NET") for each in pairwise(days)]
    keys = ("orders", "sales", "refunds", "buyers", "items_sold")
    assert [[row[key] for key in keys] for row in rows] == [
        [2, 37, 0, 1, 4],
        [0, Decimal("-10.75"), Decimal("10.75"), 0, -1],
        [0, -20, 0, 0, -2],  # 30 - 10 given back before
    ]
    assert truth.shop(days[0], days[3])["sales"] == 37
    assert truth.shop(days[0], days[3], basis="NET")["average_order_value"] == (Decimal("6.25"), 2)
    assert truth.shop(days[0], days[1], basis="PLACED")["average_order_value"] == (137, 3)
    assert truth.shop_hour(at(0))["orders"] == 2
    assert truth.shop_hour(at(day - day % hour), basis="NET")["sales"] == Decimal("-10.75")


def test_a_day_is_the_partners_day_also_when_clocks_change() -> None:
    # Europe/London, 30 March 2025: 01:00 becomes 02:00, so the day is 23 hours, 00:00Z to 23:00Z
    partner = Partner(currency="GBP", timezone="Europe/London")
    times = ["2025-03-29T23:59:59Z", "2025-03-30T00:00:00Z", "2025-03-30T22:59:59Z", "2025-03-30T23:00:00Z"]
    sold = [{**purchase(str(n), 0, item("i", 1, "1")), "time": time} for n, time in enumerate(times)]
    truth = world(sold, partner=partner)
    days = [date(2025, 3, each) for each in (29, 30, 31)]
    assert [truth.shop(each, each + timedelta(days=1))["orders"] for each in days] == [1, 2, 1]


def test_neither_order_nor_repetition_changes_a_number() -> None:
    events = [
        *live(60, heartbeats=True),
        *(event("live_view_heartbeat", minute / 2, f"v{minute % 7}") for minute in range(100)),
        *(
            purchase(f"t{n % 5}", 10 + n, item("i", n, "1.5"), viewer_id=f"v{n}", version=n)
            for n in range(1, 9)
        ),
        *(shop_event("refund", 50 + n, transaction_id=f"t{n}", value="2", refund_id="r") for n in range(3)),
        event("identify", 5, "v1", customer_id="c"),
    ]
    shuffled = events * 2
    random.Random(7).shuffle(shuffled)
    straight, mixed = session(events), session(shuffled)
    assert mixed.kpis(basis="NET") == straight.kpis(basis="NET")
    assert (mixed.trend(), mixed.funnel(), mixed.products()) == (
        straight.trend(),
        straight.funnel(),
        straight.products(),
    )
