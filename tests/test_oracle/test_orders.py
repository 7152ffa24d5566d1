"""Orders, refunds, and the session they belong to."""

from datetime import date
from decimal import Decimal

from tests.oracle import World
from tests.test_oracle.scene import (
    SOURCE,
    at,
    event,
    item,
    live,
    purchase,
    session,
    shop_event,
    watching,
    world,
)


def test_the_highest_version_of_a_purchase_wins_and_the_earliest_time_places_it() -> None:
    versions = [
        purchase("t", 9, item("i", 1, "1"), version=1),
        purchase("t", 5, item("i", 2, "10.125"), version=2, seller_discount="0.25", platform_discount="9"),
        purchase("t", 7, item("i", 1, "3")),
    ]
    order = world(versions).orders[(SOURCE, "t")]
    assert (order.placed_at, order.paid_at, order.units) == (at(5), at(5), 2)
    assert order.merchandise == Decimal("20.000")  # 2 x 10.125 - 0.25


def test_an_order_placed_is_paid_once_somebody_says_so() -> None:
    placed = purchase("t", 5, item("i", 1, "10"), status="placed", placed_at="2025-03-01T21:00:00+01:00")
    paid = [shop_event("order_paid", minute, transaction_id="t") for minute in (9, 7)]
    order = world(placed, paid).orders[(SOURCE, "t")]
    assert (order.placed_at, order.paid_at) == (at(0), at(7))
    assert world(placed).orders[(SOURCE, "t")].paid_at is None


def test_what_comes_before_its_purchase_waits() -> None:
    waiting = [
        shop_event(kind, 1, transaction_id="t") for kind in ("order_paid", "order_cancelled", "refund")
    ]
    truth = world(waiting)
    assert (truth.orders, truth.shop(date(2025, 3, 1), date(2025, 3, 2))["refunds"]) == ({}, 0)


def test_refunds_are_cut_to_the_merchandise_in_the_order_of_their_time() -> None:
    # 3 x 10 + 1 x 4 - 2 = 32 paid; back: 1 x 10 (the line's price), 7.50 as stated, then the rest of 32
    refunds = [
        shop_event("refund", 40, transaction_id="t"),
        shop_event("refund", 20, transaction_id="t", items=[item("i", 1)]),
        shop_event("refund", 30, transaction_id="t", value="7.50"),
        shop_event("refund", 50, transaction_id="t", value="1"),
    ]
    lines = [item("i", 3, "10"), item("j", 1, "4")]
    truth = world(purchase("t", 5, *lines, seller_discount="2"), refunds)
    order = truth.orders[(SOURCE, "t")]
    assert [refund.effective for refund in order.refunds] == [10, Decimal("7.50"), Decimal("14.50"), 0]
    assert [refund.effective_units for refund in order.refunds] == [1, 0, 3, 0]
    assert (order.refunded, order.value(basis="NET")) == (Decimal(32), Decimal(0))
    assert order.units_sold(basis="NET") == 0


def test_the_latest_statement_of_a_refund_wins() -> None:
    stated = [
        shop_event("refund", minute, transaction_id="t", refund_id="r", value=value)
        for minute, value in ((30, "4"), (20, "9"))
    ]
    assert world(purchase("t", 5, item("i", 1, "10")), stated).orders[(SOURCE, "t")].refunded == 4


def test_a_refund_of_an_unpaid_order_counts_nowhere() -> None:
    truth = world(
        purchase("t", 5, item("i", 1, "10"), status="placed", subject="s"),
        shop_event("refund", 20, transaction_id="t"),
    )
    assert truth.orders[(SOURCE, "t")].refunded == 0
    assert truth.session(source=SOURCE, subject="s").kpis(basis="PLACED")["refunds"] == 0


def test_a_session_sells_by_basis_currency_and_component() -> None:
    sold = [
        purchase("paid", 5, item("i", 2, "10"), subject="s", shipping="3", tax="1.20", customer_id="c"),
        purchase("unpaid", 6, item("i", 1, "5"), subject="s", status="placed", customer_id="d"),
        purchase("cancelled", 7, item("i", 4, "2"), subject="s", customer_id="c"),
        purchase("foreign", 8, item("i", 1, "900"), subject="s", currency="JPY"),
        shop_event("order_cancelled", 50, transaction_id="cancelled"),
        shop_event("refund", 51, transaction_id="cancelled", value="1"),
        shop_event("refund", 52, transaction_id="paid", items=[item("i", 1)]),
        event("refund", 53, value="0.50"),
    ]
    truth = session(live(), sold)
    keys = ("orders", "items_sold", "buyers", "live_sales", "refunds", "refund_rate", "average_order_value")
    placed, paid, net = (
        [truth.kpis(basis=basis)[key] for key in keys] for basis in ("PLACED", "PAID", "NET")
    )
    refunds = Decimal("11.50")  # 1 + 10 + 0.50 unlinked
    assert placed == [3, 7, 2, 33, refunds, (refunds, 28), (33, 3)]
    assert paid == [2, 6, 1, 28, refunds, (refunds, 28), (28, 2)]
    left = Decimal("9.50")  # (20 - 10) + 0 (cancelled) - 0.50
    assert net == [2, 1, 1, left, refunds, (refunds, 28), (left, 2)]
    assert truth.kpis(include_shipping=True, include_tax=True)["live_sales"] == Decimal("32.20")
    yen = truth.kpis(currency="JPY")
    assert [yen[key] for key in keys[:4]] == [1, 1, 0, 900]  # a guest is no buyer


def test_an_order_is_in_the_currency_of_its_session_when_it_states_none() -> None:
    truth = world(live(currency="EUR"), purchase("t", 5, item("i", 1, "1"), subject="s"), purchase("u", 5))
    assert [truth.orders[(SOURCE, each)].currency for each in "tu"] == ["EUR", "USD"]


def placed_in(truth: World, transaction: str) -> tuple[str | None, str | None, str | None, str | None]:
    """(session's subject, method, timing, viewing) of an order."""
    order = truth.orders[(SOURCE, transaction)]
    return (order.session[1] if order.session else None, order.method, order.timing, order.viewing)


def test_an_order_that_names_the_session_belongs_to_it_without_a_time_bound() -> None:
    truth = world(
        live(60),
        purchase("early", -1, subject="s"),
        purchase("during", 59, content_id="s"),
        purchase("tail", 60, affiliate={"content_id": "s"}),
        purchase("late", 180, subject="s"),
        purchase("elsewhere", 59, content_id="unknown"),
    )
    assert {
        each: placed_in(truth, each)[:3] for each in ("early", "during", "tail", "late", "elsewhere")
    } == {
        "early": ("s", "EXPLICIT", "LATE"),
        "during": ("s", "EXPLICIT", "DURING"),
        "tail": ("s", "EXPLICIT", "TAIL"),
        "late": ("s", "EXPLICIT", "LATE"),  # 60 min + 2 h is no longer tail
        "elsewhere": (None, None, None),
    }


def test_a_viewers_order_belongs_to_the_session_joined_last_before_it() -> None:
    second = [
        event("live_session_started", 100, subject="z", heartbeats=False),
        event("live_session_ended", 130, subject="z"),
        event("live_view_started", 110, "a", subject="z"),
    ]
    orders = [purchase(f"at{minute}", minute, viewer_id="a") for minute in (9, 10, 105, 110, 249, 250)]
    truth = world(live(60), event("live_view_started", 10, "a"), second, orders)
    assert [placed_in(truth, f"at{minute}") for minute in (9, 10, 105, 110, 249, 250)] == [
        (None, None, None, None),  # before the first join
        ("s", "VIEWER", "DURING", "a"),
        ("s", "VIEWER", "TAIL", "a"),
        ("z", "VIEWER", "DURING", "a"),
        ("z", "VIEWER", "TAIL", "a"),  # until 130 + 120
        (None, None, None, None),
    ]


def test_a_customer_is_followed_to_the_viewers_latest_linked() -> None:
    truth = world(
        live(60),
        watching("phone", 0, 5),
        watching("laptop", 20, 30),
        watching("sold", 21, 30),
        [shop_event("identify", 1, viewer, customer_id="c") for viewer in ("phone", "laptop", "sold")],
        shop_event(
            "identify", 2, "sold", customer_id="d"
        ),  # the laptop's neighbour is somebody else's by now
        purchase("t", 40, item("i", 1, "1"), customer_id="c"),
        purchase("u", 10, item("i", 1, "1"), customer_id="c"),
        purchase("v", 41, item("i", 1, "1"), viewer_id="sold"),
    )
    assert placed_in(truth, "t") == ("s", "VIEWER", "DURING", "laptop")
    assert placed_in(truth, "u") == ("s", "VIEWER", "DURING", "phone")  # the laptop joined later
    kpis = truth.session(source=SOURCE, subject="s").kpis()
    assert kpis["buyers"] == 2  # c, and d by the viewer's link
    assert kpis["viewer_to_buyer_rate"] == (3, 3)


def test_buying_in_the_tail_is_no_purchase_during_the_session_and_unpaid_is_none_at_all() -> None:
    people = [watching(viewer, 0, 60) for viewer in "abcd"]
    orders = [
        purchase("a", 59, viewer_id="a"),
        purchase("b", 61, viewer_id="b"),
        purchase("c", 59, viewer_id="c", status="placed"),
        purchase("d", 200, viewer_id="d", subject="s"),  # the session's, but late
    ]
    kpis = session(live(60), *people, orders).kpis()
    assert (kpis["purchase_rate"], kpis["viewer_to_buyer_rate"], kpis["orders"]) == ((1, 4), (2, 4), 3)
