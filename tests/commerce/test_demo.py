"""The demo brand: reproducible, in the vocabulary, and calibrated to what the domain reports."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import islice, takewhile
from typing import Any

import pytest

from commerce.demo import OWNED_SOURCE, SOCIAL_SOURCE, estimated_events, flagship, generate, live_now
from commerce.demo.script import Event

NOW = datetime(2025, 11, 21, 13, 40, 12, 345678, tzinfo=UTC)
TAIL = timedelta(hours=2)
VOCABULARY = frozenset(
    {
        "live_session_scheduled", "live_session_started", "live_session_ended", "live_impression",
        "live_view_started", "live_view_heartbeat", "live_view_ended", "live_replay_started",
        "live_replay_ended", "live_like", "live_comment", "share", "live_follow",
        "live_product_featured", "live_product_unfeatured", "view_item_list", "select_item",
        "view_item", "add_to_cart", "remove_from_cart", "begin_checkout", "purchase", "order_paid",
        "order_cancelled", "refund", "generate_lead", "live_cta_click", "page_view", "identify",
        "live_violation", "live_message_pinned", "live_host_note", "live_giveaway_started",
        "live_giveaway_ended", "live_promotion_started", "live_promotion_ended", "product_updated",
        "marketing_spend", "live_metrics_reported",
    }
)  # fmt: skip
MONEY = {
    "price", "cost", "discount", "value", "shipping", "tax", "seller_discount", "platform_discount", "amount"
}  # fmt: skip


@cache
def small(seed: int = 1) -> list[Event]:
    return list(generate(size="small", seed=seed, now=NOW))


@cache
def big_session() -> list[Event]:
    return list(flagship(seed=1, now=NOW))


@cache
def first_hour(warm_minutes: int = 10) -> list[tuple[float, Event]]:
    stream = live_now(seed=1, started_at=NOW, warm_minutes=warm_minutes)
    return list(takewhile(lambda entry: entry[0] <= 3_600, stream))


def amounts(value: Any) -> Iterator[tuple[str, Any]]:
    """Every (field, amount) in an event's data, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in MONEY:
                yield name, inner
            yield from amounts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from amounts(inner)


def moment(event: Event) -> datetime:
    return datetime.fromisoformat(event["time"])


def viewers_and_buyers(events: Iterable[Event]) -> dict[tuple[str, str], tuple[set[str], set[str]]]:
    """By session: who started a view, and who of them paid for an order placed before the tail's end."""
    joined: dict[tuple[str, str], dict[str, datetime]] = defaultdict(dict)
    ended: dict[tuple[str, str], datetime] = {}
    viewer_of: dict[str, str] = {}
    paid: set[str] = set()
    purchases: list[Event] = []
    for event in events:
        kind, data = event["type"], event["data"]
        if "viewer_id" in data and "customer_id" in data:
            viewer_of[data["customer_id"]] = data["viewer_id"]
        if kind == "live_view_started":
            joined[event["source"], event["subject"]].setdefault(data["viewer_id"], moment(event))
        elif kind == "live_session_ended":
            ended[event["source"], event["subject"]] = moment(event)
        elif kind == "purchase":
            purchases.append(event)
        if kind == "order_paid" or (kind == "purchase" and data["status"] == "paid"):
            paid.add(data["transaction_id"])
    buyers: dict[tuple[str, str], set[str]] = defaultdict(set)
    watched: dict[str, list[tuple[datetime, tuple[str, str]]]] = defaultdict(list)
    for session, people in joined.items():
        for viewer, at in people.items():
            watched[viewer].append((at, session))
    for event in purchases:
        data, at = event["data"], moment(event)
        buyer = data.get("viewer_id") or viewer_of.get(data.get("customer_id", ""))
        if data["transaction_id"] not in paid or buyer is None:
            continue
        named: str | None = event.get("subject") or data.get("content_id")
        of = [(start, session) for start, session in watched[buyer] if start <= at < ended[session] + TAIL]
        if named is not None:
            of = [(start, session) for start, session in of if session[1] == named]
        if of:
            buyers[max(of)[1]].add(buyer)
    return {session: (set(people), buyers[session]) for session, people in joined.items()}


def pooled_viewer_to_buyer_rate(events: Iterable[Event], source: str) -> float:
    rooms = [room for (of, _), room in viewers_and_buyers(events).items() if of == source]
    return sum(len(buyers) for _, buyers in rooms) / sum(len(viewers) for viewers, _ in rooms)


def test_same_size_seed_and_now_give_the_same_events() -> None:
    assert list(generate(size="small", seed=1, now=NOW)) == small()
    assert small(2) != small()


def test_a_later_hour_of_the_day_only_adds_what_has_happened_since() -> None:
    later = list(generate(size="small", seed=1, now=NOW + timedelta(hours=2)))
    assert later[: len(small())] == small()


def test_a_now_of_another_offset_is_the_same_now() -> None:
    elsewhere = NOW.astimezone(datetime.fromisoformat("2025-01-01T00:00:00-07:00").tzinfo)
    assert list(flagship(seed=1, now=elsewhere)) == big_session()


def test_small_is_quick_to_take_in() -> None:
    assert 60_000 <= len(small()) <= 90_000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_estimate_is_within_a_tenth(seed: int) -> None:
    assert abs(estimated_events("small", seed) - len(small(seed))) <= len(small(seed)) / 10


def test_event_ids_are_unique_also_against_the_live_of_now() -> None:
    ids = [event["id"] for event in small()] + [event["id"] for _, event in first_hour()]
    assert len(set(ids)) == len(ids)


def test_events_come_in_order_of_time_with_an_offset_and_end_by_now() -> None:
    times = [moment(event) for event in small()]
    assert times == sorted(times)
    assert times[-1] <= NOW
    assert {event["time"][-6:] for event in small()} == {"+08:00"}


def test_every_event_is_a_cloud_event_of_the_vocabulary() -> None:
    for event in [*small(), *(event for _, event in first_hour())]:
        assert event["type"] in VOCABULARY
        assert event.keys() - {"subject"} == {"id", "source", "type", "time", "data"}
        assert "subject" in event or not event["type"].startswith("live_")


def test_the_twelve_weeks_use_all_of_the_vocabulary_but_heartbeats() -> None:
    assert VOCABULARY - {event["type"] for event in small()} == {"live_view_heartbeat"}


def test_money_is_text_with_two_decimals() -> None:
    told = [amount for event in small() for _, amount in amounts(event["data"])]
    assert {type(amount) for amount in told} == {str}
    assert {Decimal(amount).as_tuple().exponent for amount in told} == {-2}
    assert min(Decimal(amount) for amount in told) == 0


def test_the_value_of_a_purchase_is_its_merchandise() -> None:
    for event in small():
        if event["type"] == "purchase":
            data = event["data"]
            lines = sum(item["quantity"] * Decimal(item["price"]) for item in data["items"])
            assert Decimal(data["value"]) == lines - Decimal(data.get("seller_discount", "0"))


def test_what_becomes_of_an_order_follows_a_purchase_of_its_source() -> None:
    placed: dict[tuple[str, str], datetime] = {}
    for event in small():
        data = event["data"]
        if event["type"] == "purchase":
            assert (event["source"], data["transaction_id"]) not in placed
            placed[event["source"], data["transaction_id"]] = moment(event)
        elif event["type"] in ("order_paid", "order_cancelled", "refund") and "transaction_id" in data:
            assert placed[event["source"], data["transaction_id"]] < moment(event)


def test_orders_name_their_session_in_every_way_and_not_at_all() -> None:
    subjects = {event["subject"] for event in small() if event["type"] == "live_session_started"}
    ways: Counter[str] = Counter()
    for event in small():
        if event["type"] == "purchase":
            named = event.get("subject") or event["data"].get("content_id")
            assert named is None or named in subjects
            ways["subject" if "subject" in event else "content" if named else "nothing"] += 1
            ways["customer alone"] += "viewer_id" not in event["data"] and "customer_id" in event["data"]
            ways["guest"] += "customer_id" not in event["data"]
    assert {way for way, count in ways.items() if count >= 5} == {
        "subject", "content", "nothing", "customer alone", "guest"
    }  # fmt: skip


def test_refunds_are_whole_by_item_by_value_and_unlinked() -> None:
    shapes = {
        ("transaction_id" in event["data"], "items" in event["data"], "value" in event["data"])
        for event in small()
        if event["type"] == "refund"
    }
    assert shapes == {(True, False, False), (True, True, False), (True, False, True), (False, False, True)}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_viewers_buy_as_the_domain_reports(seed: int) -> None:
    assert 0.16 <= pooled_viewer_to_buyer_rate(small(seed), OWNED_SOURCE) <= 0.20
    assert 0.02 <= pooled_viewer_to_buyer_rate(small(seed), SOCIAL_SOURCE) <= 0.04


def test_people_of_the_two_channels_are_strangers_and_come_back() -> None:
    rooms = viewers_and_buyers(small())
    by_source: dict[str, Counter[str]] = {OWNED_SOURCE: Counter(), SOCIAL_SOURCE: Counter()}
    for (source, _), (viewers, _) in rooms.items():
        by_source[source].update(viewers)
    assert not by_source[OWNED_SOURCE].keys() & by_source[SOCIAL_SOURCE].keys()
    for seen in by_source.values():
        assert max(seen.values()) >= 5
        assert min(seen.values()) == 1


def test_past_sessions_of_small_say_that_they_send_no_heartbeats() -> None:
    started = [event for event in small() if event["type"] == "live_session_started"]
    assert Counter(event["source"] for event in started) == {OWNED_SOURCE: 44, SOCIAL_SOURCE: 21}
    assert {event["data"]["heartbeats"] for event in started} == {False}


def test_a_live_of_the_site_is_cut_by_a_lost_signal_and_goes_on_within_minutes() -> None:
    told: dict[str, dict[str, datetime]] = defaultdict(dict)
    for event in small():
        if event["source"] == OWNED_SOURCE and event["type"].startswith("live_session_"):
            told[event["subject"]][event["type"]] = moment(event)
    lives = [one for one in told.values() if "live_session_ended" in one]
    starts = sorted(one["live_session_started"] for one in lives)
    ends = sorted(one["live_session_ended"] for one in lives)
    gaps = [later - earlier for earlier, later in zip(ends, starts[1:], strict=False)]
    assert [timedelta(minutes=7) < gap < timedelta(minutes=10) for gap in gaps].count(True) == 1


def paid_days() -> dict[str, list[tuple[str, bool]]]:
    """By customer: the local day of each order that was paid, and whether it names a live."""
    paid = {event["data"]["transaction_id"] for event in small() if event["type"] == "order_paid"}
    days: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for event in small():
        data = event["data"]
        if event["type"] != "purchase" or "customer_id" not in data:
            continue
        if data["status"] == "paid" or data["transaction_id"] in paid:
            named = "subject" in event or "content_id" in data
            days[f"{event['source']} {data['customer_id']}"].append((event["time"][:10], named))
    return days


def test_a_year_of_customers_lies_behind_the_twelve_weeks() -> None:
    begins = str((NOW - timedelta(weeks=12, days=6)).date())
    won = {customer: days for customer, days in paid_days().items() if days[0][0] < begins}
    again = [days for days in won.values() if len({day for day, _ in days if day < begins}) > 1]
    assert (len(won) >= 700, len(again) >= 250) == (True, True)
    assert {customer.split()[0] for customer in won} == {OWNED_SOURCE, SOCIAL_SOURCE}
    months: dict[str, Counter[bool]] = defaultdict(Counter)
    for days in won.values():
        months[days[0][0][:7]][days[0][1]] += 1
    assert len(months) >= 12
    # Two groups in most months: won in a live that the order names, or elsewhere.
    assert sum(min(of[True], of[False]) >= 5 for of in months.values()) >= 8


def test_some_of_what_was_sold_in_the_year_before_has_no_cost() -> None:
    costs: dict[str, set[str | None]] = defaultdict(set)
    for event in small():
        if event["type"] in ("purchase", "product_updated"):
            for item in event["data"].get("items", [event["data"]]):
                costs[item["item_id"]].add(item.get("cost"))
    unknown = {item for item, told in costs.items() if told == {None}}
    assert {"MM-901", "MM-902"} < unknown
    assert len(unknown) < len(costs) / 4


def test_the_year_before_uses_no_code_of_a_campaign() -> None:
    used = {event["data"].get("coupon") for event in small() if event["id"][0] in "hg"}
    assert used == {None, "REGULAR8"}


def test_giveaways_are_in_nine_lives_and_comments_in_five_languages() -> None:
    given = {event["subject"] for event in small() if event["type"] == "live_giveaway_started"}
    assert len(given) == 9
    said = "".join(event["data"]["text"] for event in small() if event["type"] == "live_comment")
    forms = ("how long is", "ไหมคะ?", "boleh hantar", "나요?", "bisa kirim")
    assert [form for form in forms if form not in said] == []


def test_what_the_live_of_now_shows_has_few_left() -> None:
    left = [event["data"]["stock"] for _, event in first_hour() if event["type"] == "product_updated"]
    assert (left[:4], len(left) >= 10) == ([10, 30, 24, 10], True)


def test_every_sign_of_life_lies_inside_a_view_of_its_viewer() -> None:
    open_views: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in small():
        viewer, kind = event["data"].get("viewer_id"), event["type"]
        if viewer is None or "subject" not in event or kind.startswith(("purchase", "live_replay")):
            continue
        views = open_views[event["subject"], viewer]
        if kind == "live_view_started":
            views.add(event["data"]["view_id"])
            continue
        assert views
        if kind == "live_view_ended":
            views.remove(event["data"]["view_id"])


def test_the_flagship_of_large_has_9209_viewers_and_2302_buyers() -> None:
    ((viewers, buyers),) = viewers_and_buyers(big_session()).values()
    assert (len(viewers), len(buyers)) == (9_209, 2_302)


def test_the_flagship_sells_for_about_124_an_order() -> None:
    paid = {event["data"]["transaction_id"] for event in big_session() if event["type"] == "order_paid"}
    values = [
        Decimal(event["data"]["value"])
        for event in big_session()
        if event["type"] == "purchase"
        and (event["data"]["status"] == "paid" or event["data"]["transaction_id"] in paid)
    ]
    assert 119 <= sum(values) / len(values) <= 129


def test_the_live_of_now_is_reproducible_and_in_order() -> None:
    entries = first_hour()
    assert list(islice(live_now(seed=1, started_at=NOW, warm_minutes=10), len(entries))) == entries
    offsets = [offset for offset, _ in entries]
    assert offsets == sorted(offsets)


def test_an_event_of_the_live_of_now_happens_at_its_offset() -> None:
    begin = NOW.replace(microsecond=345_000)
    for offset, event in first_hour():
        assert moment(event) == begin + timedelta(milliseconds=round(offset * 1_000))


def test_the_live_of_now_begins_warm_minutes_ago() -> None:
    started = [(offset, event) for offset, event in first_hour() if event["type"] == "live_session_started"]
    assert [offset for offset, _ in started] == [-600.0]
    assert started[0][1]["data"]["heartbeats"] is True
    cold = [offset for offset, event in first_hour(warm_minutes=0) if event["type"] == "live_session_started"]
    assert cold == [0.0]


def test_the_live_of_now_gives_five_to_twenty_events_a_second() -> None:
    minutes = Counter(int(offset // 60) for offset, _ in first_hour() if 0 <= offset < 3_600)
    assert len(minutes) == 60
    assert 5 * 60 <= min(minutes.values()) <= max(minutes.values()) <= 20 * 60


def test_viewers_of_the_live_of_now_are_silent_for_half_a_minute_at_most() -> None:
    last: dict[str, float] = {}
    for offset, event in first_hour():
        view = event["data"].get("view_id")
        if event["type"] == "live_view_started":
            last[view] = offset
        elif event["type"] in ("live_view_heartbeat", "live_view_ended"):
            assert round(offset - last[view], 3) <= 30.0
            last[view] = offset
