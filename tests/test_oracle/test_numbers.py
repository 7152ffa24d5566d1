"""Audience, actions and minutes of a session."""

from decimal import Decimal

from tests.test_oracle.scene import at, event, item, live, purchase, session, watching


def test_peak_and_average_are_exact_and_leaves_come_before_joins() -> None:
    # a 0-30, b 10-20, c 20-40: two at once from 10 on; at 20 b leaves before c joins
    truth = session(live(60), watching("a", 0, 30), watching("b", 10, 20), watching("c", 20, 40))
    kpis = truth.kpis()
    assert (kpis["peak_concurrent_viewers"], kpis["peak_concurrent_viewers_at"]) == (2, at(10))
    assert kpis["watch_time"] == 30 * 60 + 10 * 60 + 20 * 60
    assert kpis["average_concurrent_viewers"] == (3600, 3600)
    assert kpis["average_watch_time"] == (3600, 3)


def test_at_one_instant_the_sequence_decides_who_was_there_together() -> None:
    joined, left = (
        event("live_view_started", 20, "c", sequence=1),
        event("live_view_ended", 20, "b", sequence=2),
    )
    truth = session(live(), watching("a", 0, 30), event("live_view_started", 10, "b"), joined, left)
    assert truth.kpis()["peak_concurrent_viewers"] == 3
    swapped = [{**joined, "sequence": 2}, {**left, "sequence": 1}]
    truth = session(live(), watching("a", 0, 30), event("live_view_started", 10, "b"), swapped)
    assert truth.kpis()["peak_concurrent_viewers"] == 2


def test_joining_at_minute_35_of_60_and_staying_is_neither_complete_nor_eligible() -> None:
    # 25 of 60 minutes = 41.7 %
    truth = session(live(60), event("live_view_started", 35, "a"))
    watched = truth.viewers["a"].watch_seconds
    assert round(100 * watched / truth.seconds, 1) == Decimal("41.7")
    kpis = truth.kpis()
    assert kpis["session_completion_rate"] == (0, 1)
    assert kpis["eligible_completion_rate"] == (0, 0)


def test_half_the_session_is_complete_and_joining_at_half_time_is_eligible() -> None:
    truth = session(live(60), event("live_view_started", 30, "a"), watching("b", 0, 29.99))
    assert truth.kpis()["session_completion_rate"] == (1, 2)
    assert truth.kpis()["eligible_completion_rate"] == (1, 2)


def test_actions_are_counted_and_people_need_presence() -> None:
    goods = [item("i"), item("j"), item("j")]
    actions = [
        event("live_impression", 0, count=40),
        event("live_impression", 0),
        event("live_like", 1, "a", count=5),
        event("live_like", 1, count=2),  # nobody known: counted, no person
        event("live_comment", 2, "a"),
        event("share", 3, "b"),
        event("live_follow", 3, "c"),
        event("view_item_list", 4, "a", items=goods),
        event("select_item", 5, "a", items=goods[:2]),
        event("select_item", 99, "z", items=goods[:1]),  # after the end: a click, no viewer
        event("live_cta_click", 6, "c"),
        event("add_to_cart", 7, "a", items=goods[:1]),
        event("add_to_cart", 8, "a", items=goods[:1]),
        event("begin_checkout", 9, "b"),
        event("generate_lead", 9, email="Ann@Example.com"),
        event("generate_lead", 9, email="ann@example.com "),
        event("generate_lead", 9, email="ann@example.com", phone="+60 12 345"),
        event("generate_lead", 9, phone="+6012345"),
    ]
    kpis = session(live(), actions).kpis()
    expected = {
        "viewers": 3,
        "views": 0,
        "impressions": 41,
        "likes": 7,
        "comments": 1,
        "shares": 1,
        "follows": 1,
        "engagements": 9,
        "engagement_rate": (2, 3),  # a and b; a follow is none
        "engagements_per_view": (9, 0),
        "product_impressions": 3,
        "product_clicks": 2,
        "product_clickers": 1,
        "product_click_through_rate": (2, 3),
        "click_to_order_rate": (0, 2),
        "cta_clicks": 1,
        "cta_clickers": 1,
        "cta_click_rate": (1, 3),
        "carts": 1,
        "add_to_cart_rate": (1, 3),
        "checkouts": 1,
        "leads": 2,
        "lead_rate": (2, 3),
    }
    assert {key: kpis[key] for key in expected} == expected


def test_minutes_carry_the_audience_forward_and_count_what_lies_in_the_session() -> None:
    truth = session(
        live(10),
        watching("a", 0, 3),
        watching("b", 1.5, 3.5),
        event("live_comment", 12, "a"),
        event("add_to_cart", 1.6, "b"),
        event("add_to_cart", 1.7, "b"),
        purchase("t", 2.2, item("i", 2, "4.50"), viewer_id="b"),
        purchase("u", 11, item("i", 1, "4.50"), viewer_id="b"),  # in the tail: no minute of the session
    )
    rows = truth.trend()
    assert list(rows) == [at(minute) for minute in (0, 1, 2, 3)]
    columns = ("concurrent_viewers", "peak_concurrent_viewers", "joins", "leaves", "views", "carts", "orders")
    assert [[rows[at(minute)][column] for column in columns] for minute in range(4)] == [
        [1, 1, 1, 0, 1, 0, 0],
        [2, 2, 1, 0, 1, 1, 0],
        [2, 2, 0, 0, 0, 0, 1],
        [
            0,
            1,
            0,
            2,
            0,
            0,
            0,
        ],  # the first leave is at the minute's first instant: the 2 carried in do not count
    ]
    assert rows[at(2)]["live_sales"] == Decimal("9.00")
    assert [truth.concurrent_at_end(at(minute)) for minute in (2, 5)] == [2, 0]
    assert truth.peak_in(at(5)) == 0


def test_who_stays_to_the_end_is_gone_after_it_but_did_not_leave() -> None:
    rows = session(live(2.5), event("live_view_started", 0, "a")).trend()
    assert list(rows) == [at(0), at(2)]
    last = rows[at(2)]
    assert [last[key] for key in ("concurrent_viewers", "peak_concurrent_viewers", "leaves")] == [0, 1, 0]
