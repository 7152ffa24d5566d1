"""Product moments, computed by hand."""

from decimal import Decimal

from tests.oracle.showings import ShowingTruth
from tests.test_oracle.scene import Raw, at, event, item, live, purchase, session, watching

WINDOW = 1.5
"""The 90 seconds, in minutes."""


def on(when: float, *names: str) -> Raw:
    return event("live_product_featured", when, items=[item(name) for name in names or ("i",)])


def off(when: float, *names: str) -> Raw:
    return event("live_product_unfeatured", when, items=[item(name) for name in names or ("i",)])


def only(*events: Raw | list[Raw]) -> ShowingTruth:
    """The one moment of the session of these events."""
    (moment,) = session(live(60), *events).showings
    return moment


def spans(*events: Raw | list[Raw]) -> list[tuple[str, int, object, object]]:
    moments = session(live(60), *events).showings
    return [(one.item_id, one.number, one.featured_at, one.ends_at) for one in moments]


def test_a_moment_goes_on_when_featured_again_less_than_90_seconds_after_its_end() -> None:
    assert spans(on(10), off(12), on(12 + 89 / 60), off(20)) == [("i", 1, at(10), at(20))]
    assert spans(on(10), off(12), on(12 + WINDOW), off(20)) == [
        ("i", 1, at(10), at(12)),
        ("i", 2, at(13.5), at(20)),
    ]
    # Twice within 90 seconds of the end before: all one; a third time later: another.
    assert spans(on(10), off(11), on(12), off(13), on(14), off(15), on(17)) == [
        ("i", 1, at(10), at(15)),
        ("i", 2, at(17), at(60)),
    ]


def test_a_moment_lies_inside_the_session() -> None:
    assert spans(on(-5), off(-1), on(0.4)) == [("i", 1, at(0), at(60))]  # went on, so it was on at the start
    assert spans(on(-5), off(-1), on(0.6)) == [("i", 1, at(0.6), at(60))]
    assert spans(on(-5), off(0)) == []
    assert spans(on(60), on(59, "j"), off(70, "j")) == [("j", 1, at(59), at(60))]


def test_without_a_window_there_are_no_moments() -> None:
    assert session(on(10), off(11)).showings == []


def test_three_people_of_whom_one_buys_the_product_in_time() -> None:
    # a is there throughout, b comes at 1:29, c at 1:30, d left as it began; e comes and goes at once
    people = [*watching("a", 0, 50), *watching("b", 10 + 89 / 60, 50), *watching("c", 11.5, 50)]
    people += [*watching("d", 0, 10), *watching("e", 10.2, 10.2)]
    bought = [
        purchase("1", 10, item("i", 1, "3"), item("i", 2, "2"), item("j", 1, "9"), viewer_id="a"),
        purchase("2", 11, item("i", 1, "3"), viewer_id="a"),
        purchase("3", 11.5, item("i", 1, "3"), viewer_id="b"),  # too late to count, and it was featured still
        purchase("4", 11, item("j", 1, "3"), viewer_id="b"),
        purchase("5", 11, item("i", 1, "4"), viewer_id="d", subject="s"),
    ]
    moment = only(people, bought, on(10), off(14))
    assert moment.viewers == {"a", "b", "e"}
    assert moment.buyers == {"a"}
    assert (moment.viewers_at_start, moment.viewers_at_end) == (1, 3)
    assert (moment.orders, moment.live_sales) == (4, Decimal(17))
    assert moment.window_ends_at == at(11.5)
    assert moment.seconds == 240


def test_what_is_done_while_it_is_featured() -> None:
    acts = [
        event("select_item", 9.9, "a", items=[item("i")]),
        event("select_item", 10, "a", items=[item("i"), item("j")]),
        event("select_item", 12, items=[item("i")]),  # nobody known: a click
        event("select_item", 14, "a", items=[item("i")]),
        event("add_to_cart", 11, "a", items=[item("i")]),
        event("add_to_cart", 13, "a", items=[item("i")]),
        event("live_comment", 13, "a", text="?"),
        event("live_comment", 14, "a", text="?"),
    ]
    moment = only(acts, on(10), off(14))
    assert (moment.product_clicks, moment.carts, moment.comments) == (2, 1, 1)


def test_over_moments_both_parts_are_summed_and_products_have_their_own() -> None:
    people = [*watching("a", 0, 50), *watching("b", 0, 12)]
    bought = [purchase("1", 10.5, item("i", 2, "5"), viewer_id="a")]
    bought += [purchase("2", 21, item("j", 1, "7"), viewer_id="a"), purchase("3", 30, item("i", 1, "5"))]
    truth = session(live(60), people, bought, on(10), off(11), on(20, "j"), off(22, "j"), on(40))
    kpis = truth.kpis()
    assert kpis["product_moment_conversion"] == (2, 4)
    rows = truth.products()
    keys = ("times_featured", "seconds_featured", "moment_viewers", "moment_buyers", "sales_while_featured")
    assert {name: tuple(row[key] for key in keys) for name, row in rows.items()} == {
        "i": (2, 60 + 20 * 60, 3, 1, 10),
        "j": (1, 120, 1, 1, 7),
    }
