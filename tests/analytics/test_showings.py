"""Product moments: what continues one, what cuts it, who counts in it; and random ones beside the truth."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from analytics.models import SessionRollup, SessionShowing
from analytics.recompute import check
from commerce.models import Partner
from tests import factories
from tests.analytics.compare import differences, world
from tests.factories import NOW, deliver, event, fill, minute

Raw = dict[str, Any]
START = 10.0
"""Minutes at which everything here is featured first."""


def at(seconds: float) -> datetime:
    """So many seconds after the first featuring."""
    return minute(START) + timedelta(seconds=seconds)


def live(*, until: float = 1800, **told: Any) -> list[Raw]:
    """A session without heartbeats, from ten minutes before the first featuring."""
    started = event("live_session_started", minute(0), heartbeats=False, **told)
    return [started, event("live_session_ended", at(until))]


def on(seconds: float, *items: str, **told: Any) -> Raw:
    return event("live_product_featured", at(seconds), items=_items(*items), **told)


def off(seconds: float, *items: str, **told: Any) -> Raw:
    return event("live_product_unfeatured", at(seconds), items=_items(*items), **told)


def _items(*items: str) -> list[Raw]:
    return [{"item_id": item} for item in items or ("lip",)]


def watching(viewer: str, begins: float, finishes: float) -> list[Raw]:
    return [
        event("live_view_started", at(begins), viewer_id=viewer),
        event("live_view_ended", at(finishes), viewer_id=viewer),
    ]


def order(seconds: float, viewer: str | None = "ada", *, item: str = "lip", **told: Any) -> Raw:
    """A paid order of one product for ten; named after its time."""
    lines = [{"item_id": item, "quantity": 2, "price": "5.00"}]
    who = {} if viewer is None else {"viewer_id": viewer}
    name = f"t{seconds}{item}{viewer}"
    return event("purchase", at(seconds), transaction_id=name, items=lines, **{**who, **told})


def moments(partner: Partner, *told: Raw | list[Raw]) -> list[dict[str, Any]]:
    """The moments of these events, in order; what is stored is what the slow truth says."""
    events: list[Raw] = []
    for one in told:
        events += one if isinstance(one, list) else [one]
    outcome = deliver(partner, events)
    assert outcome.rejected == 0, outcome.errors
    fill(partner)
    assert differences(world(events, partner), partner) == []
    rows = SessionShowing.objects.using("worker").filter(partner=partner).order_by("number")
    return list(rows.values("product__external_id", *(f.attname for f in SessionShowing._meta.local_fields)))


def spans(rows: list[dict[str, Any]]) -> list[tuple[str, float, float]]:
    """(product, begin, end) in seconds after the first featuring."""
    return [
        (
            row["product__external_id"],
            (row["featured_at"] - at(0)).total_seconds(),
            (row["ends_at"] - at(0)).total_seconds(),
        )
        for row in rows
    ]


def converted(partner: Partner, *told: Raw | list[Raw]) -> tuple[int, int]:
    """(buyers, viewers) of the one moment of these events."""
    (row,) = moments(partner, *told)
    return row["moment_buyers"], row["moment_viewers"]


# -- which moments there are -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gap", "wanted"),
    [
        (0, [("lip", 0, 300)]),
        (89, [("lip", 0, 300)]),
        (90, [("lip", 0, 60), ("lip", 150, 300)]),
        (91, [("lip", 0, 60), ("lip", 151, 300)]),
    ],
)
def test_featured_again_less_than_90_seconds_after_its_end_the_moment_goes_on(
    partner: Partner, gap: float, wanted: list[tuple[str, float, float]]
) -> None:
    assert spans(moments(partner, live(), on(0), off(60), on(60 + gap), off(300))) == wanted


def test_featured_again_while_it_is_on_the_moment_goes_on_however_late(partner: Partner) -> None:
    rows = moments(partner, live(), on(0, position=3), on(600, position=4), off(700), off(720))
    assert spans(rows) == [("lip", 0, 700)]
    assert (rows[0]["position"], rows[0]["window_ends_at"]) == (3, at(90))


def test_a_featuring_that_nothing_ends_lasts_until_the_session_does(partner: Partner) -> None:
    (row,) = moments(partner, live(until=900), on(0))
    assert (row["unfeatured_at"], row["ends_at"], row["window_ends_at"]) == (None, at(900), at(90))


def test_a_session_that_ends_inside_a_moment_cuts_it_and_its_window(partner: Partner) -> None:
    who = watching("ada", -60, 600)
    (row,) = moments(partner, live(until=40), who, on(0), off(120), order(39), order(40, "bo"))
    assert (row["ends_at"], row["window_ends_at"], row["unfeatured_at"]) == (at(40), at(40), at(120))
    assert (row["moment_buyers"], row["moment_viewers"], row["orders"]) == (1, 1, 1)
    assert (row["viewers_at_start"], row["viewers_at_end"]) == (1, 1)


def test_another_product_does_not_end_what_is_featured_and_each_counts_its_own(partner: Partner) -> None:
    acts = [
        event("select_item", at(30), viewer_id="ada", items=_items("lip")),
        event("select_item", at(70), viewer_id="ada", items=_items("lip", "hat")),
        event("add_to_cart", at(70), viewer_id="ada", items=_items("hat")),
        event("add_to_cart", at(71), viewer_id="ada", items=_items("hat")),
        event("live_comment", at(75), viewer_id="ada", text="how much?"),
    ]
    told = [on(0, "lip"), on(60, "hat"), off(80, "lip"), off(300, "hat")]
    rows = moments(partner, live(), watching("ada", -60, 900), acts, told, order(76, item="hat"))
    assert spans(rows) == [("lip", 0, 80), ("hat", 60, 300)]
    keys = ("product_clicks", "carts", "comments", "orders", "live_sales", "moment_buyers", "moment_viewers")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        (2, 0, 1, 0, Decimal(0), 0, 1),
        (1, 1, 1, 1, Decimal(10), 1, 1),
    ]
    rollup = SessionRollup.objects.using("worker").filter(partner=partner).values().get()
    assert (rollup["moment_buyers"], rollup["moment_viewers"]) == (1, 2)


def test_items_of_one_event_are_moments_of_their_own_and_the_position_is_of_the_first(
    partner: Partner,
) -> None:
    rows = moments(partner, live(), on(0, "lip", "hat", position=5), off(60, "hat", "bag"))
    assert [(row["product__external_id"], row["number"], row["position"]) for row in rows] == [
        ("lip", 1, 5),
        ("hat", 2, None),
    ]
    assert spans(rows) == [("lip", 0, 1800), ("hat", 0, 60)]


def test_what_is_on_before_the_start_begins_with_it_and_what_was_over_is_no_moment(partner: Partner) -> None:
    told = [on(-700, "lip"), on(-700, "hat"), off(-600, "hat"), on(1800, "bag"), on(1799, "cap")]
    assert spans(moments(partner, live(), told)) == [("lip", -600, 1800), ("cap", 1799, 1800)]


def test_unfeaturing_what_is_not_featured_says_nothing(partner: Partner) -> None:
    assert spans(moments(partner, live(), off(-5), on(0), off(10), off(50), on(141))) == [
        ("lip", 0, 10),
        ("lip", 141, 1800),
    ]


@pytest.mark.parametrize(
    ("ids", "sequences", "wanted"),
    [
        (("n1", "n2"), (None, None), [("lip", 0, 0)]),
        (("n2", "n1"), (None, None), [("lip", 0, 1800)]),
        (("n2", "n1"), (1, 2), [("lip", 0, 0)]),
        (("a", "b"), (None, None), [("lip", 0, 1800)]),
    ],
)
def test_at_one_instant_the_source_says_what_came_first_else_the_end_did(
    partner: Partner, ids: tuple[str, str], sequences: tuple[int | None, int | None], wanted: list[Any]
) -> None:
    told = [
        on(0, id=ids[0], **({} if sequences[0] is None else {"sequence": sequences[0]})),
        off(0, id=ids[1], **({} if sequences[1] is None else {"sequence": sequences[1]})),
    ]
    assert spans(moments(partner, live(), told)) == wanted


# -- who is in one -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begins", "finishes", "is_in"),
    [
        (-60, 0, False),  # leaves at t0
        (-60, 0.001, True),
        (90, 200, False),  # joins at t0 + 90 s
        (89.999, 200, True),
        (0, 0, True),  # comes and leaves at once
        (90, 90, False),
        (-60, 300, True),
        (30, 40, True),
    ],
)
def test_a_viewer_of_a_moment_is_there_at_any_time_in_its_first_90_seconds(
    partner: Partner, begins: float, finishes: float, is_in: bool
) -> None:
    assert converted(partner, live(), watching("ada", begins, finishes), on(0), off(20)) == (0, int(is_in))


def test_who_leaves_and_comes_back_within_the_window_is_one_viewer(partner: Partner) -> None:
    visits = [*watching("ada", -30, 10), *watching("ada", 20, 30), *watching("ada", 40, 200)]
    visits += watching("ada", 260, 300)
    (row,) = moments(partner, live(), visits, on(0), off(25))
    assert (row["moment_viewers"], row["viewers_at_start"], row["viewers_at_end"]) == (1, 1, 1)


def test_who_is_away_for_the_whole_window_is_no_viewer(partner: Partner) -> None:
    visits = [*watching("ada", -300, -1), *watching("ada", 90, 200)]
    visits += [*watching("bo", -300, 1), *watching("bo", 90, 200)]
    visits += [*watching("cy", -300, -1), *watching("cy", 89, 200)]
    assert converted(partner, live(), visits, on(0)) == (0, 2)


@pytest.mark.parametrize(
    ("told", "buyers"),
    [
        (order(0), 1),
        (order(89.999), 1),
        (order(90), 0),
        (order(-0.001), 0),
        (order(5, item="hat"), 0),
        (order(5, "bo"), 0),  # watched, but came later
        (order(5, "nobody"), 0),
        (order(5, None), 0),
        (order(5, status="placed"), 0),
        (order(5, currency="JPY"), 1),  # people, whatever they pay in
        (order(5, subject=None), 1),  # found by its viewer
    ],
)
def test_a_buyer_of_a_moment_is_one_of_its_viewers_with_a_paid_order_of_the_product_in_its_window(
    partner: Partner, told: Raw, buyers: int
) -> None:
    people = [*watching("ada", -60, 600), *watching("bo", 120, 600)]
    assert converted(partner, live(), people, on(0), off(200), told) == (buyers, 1)


def test_a_cancelled_order_was_paid_and_counts(partner: Partner) -> None:
    cancelled = event("order_cancelled", at(9000), subject=None, transaction_id="t5lipada")
    assert converted(partner, live(), watching("ada", 0, 9), on(0), order(5), cancelled) == (1, 1)


def test_sales_are_of_the_sessions_currency_and_placed_while_the_product_is_featured(
    partner: Partner,
) -> None:
    sold = [order(5), order(6), order(7, currency="JPY"), order(99), order(100), order(8, status="placed")]
    (row,) = moments(partner, live(), watching("ada", -60, 600), on(0), off(100), sold)
    assert (row["orders"], row["live_sales"], row["currency"]) == (3, Decimal(30), "SGD")
    assert row["moment_buyers"] == 1


# -- what comes late ---------------------------------------------------------------------------


def test_an_order_that_is_paid_late_counts_in_the_moment_it_was_placed_in(partner: Partner) -> None:
    told = [*live(), *watching("ada", -60, 600), on(0), off(10), order(5, status="placed")]
    moments(partner, told)
    paid = event("order_paid", at(7000), subject=None, transaction_id="t5lipada")
    deliver(partner, [paid])
    fill(partner)
    assert differences(world([*told, paid], partner), partner) == []
    row = SessionShowing.objects.using("worker").filter(partner=partner).values().get()
    assert (row["moment_buyers"], row["orders"]) == (1, 1)


def test_a_live_moment_grows_with_its_session_also_when_it_was_told_ahead_of_it(partner: Partner) -> None:
    seen = [event("live_session_started", minute(0)), event("live_view_started", at(-300), viewer_id="ada")]
    for told in (
        [on(-100)],  # nobody was seen since: not in the session so far
        [event("live_view_heartbeat", at(-90), viewer_id="ada")],
        [event("live_view_heartbeat", at(-30), viewer_id="ada")],
        [event("live_comment", at(-10), viewer_id="bo", text="how much?")],
        [event("select_item", at(30), viewer_id="bo", items=_items())],
        [off(20)],
    ):
        seen += told
        deliver(partner, told if len(seen) > 3 else seen)
        fill(partner)
        assert differences(world(seen, partner), partner) == []
    row = SessionShowing.objects.using("worker").filter(partner=partner).values().get()
    assert (row["comments"], row["product_clicks"], row["ends_at"]) == (1, 0, at(20))


# -- random sessions ---------------------------------------------------------------------------

seeds = st.integers(0, 2**32 - 1)


def crowded(rng: random.Random) -> Iterator[Raw]:
    """A session with moments that overlap and go on, people who come back, clocks that are off."""
    if rng.random() < 0.9:
        yield event("live_session_started", at(-60), heartbeats=rng.random() < 0.5)
    if rng.random() < 0.7:
        yield event("live_session_ended", at(rng.choice([300, 610, 900])))
    for _ in range(rng.randrange(2, 16)):
        type_ = rng.choice([on, on, off])
        items = rng.sample(["lip", "hat"], k=rng.choice([1, 1, 2]))
        yield type_(rng.randrange(-13, 65) * 10, *items)
    for number in range(rng.randrange(1, 9)):
        viewer = f"v{number}"
        skew = rng.choice([0, 0, 0, -0.001, 7])
        when = rng.randrange(-13, 60) * 10 + skew
        for _ in range(rng.randrange(1, 5)):
            if rng.random() < 0.9:
                yield event("live_view_started", at(when), viewer_id=viewer)
            for _ in range(rng.randrange(3)):
                kind = rng.choice(["live_view_heartbeat", "select_item", "add_to_cart", "live_comment"])
                data: Raw = {"text": "?"} if kind == "live_comment" else {}
                if kind in ("select_item", "add_to_cart"):
                    data["items"] = _items(rng.choice(["lip", "hat"]))
                yield event(kind, at(when), viewer_id=viewer, **data)
                when += rng.choice([0, 10, 30, 80, 90, 100])
            if rng.random() < 0.7:
                when += rng.choice([0, 10, 50])
                yield event("live_view_ended", at(when), viewer_id=viewer)
            if rng.random() < 0.4:
                item = rng.choice(["lip", "hat"])
                told: Raw = {}
                if rng.random() < 0.3:
                    told = rng.choice([{"status": "placed"}, {"currency": "JPY"}, {"subject": None}])
                yield order(when - rng.choice([0, 10, 60]), viewer, item=item, **told)
            when += rng.choice([0, 10, 80, 90, 100, 200])


@given(seed=seeds)
@hypothesis.settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_moments_of_random_sessions_are_those_of_the_truth_in_any_order_of_arrival(seed: int) -> None:
    rng = random.Random(seed)
    shop = factories.partner()
    events = list(crowded(rng))
    if rng.random() < 0.5:
        events.sort(key=lambda told: str(told["time"]))
    else:
        rng.shuffle(events)
    start = 0
    while start < len(events):
        size = rng.randrange(1, 12)
        again = rng.sample(events[:start], k=min(start, 3))
        outcome = deliver(shop, [*events[start : start + size], *again])
        assert outcome.rejected == 0, outcome.errors
        fill(shop)
        start += size
    assert differences(world(events, shop), shop) == []
    checked = check(partner_id=shop.id, now=NOW)
    assert checked.differences == 0, checked.by_table
