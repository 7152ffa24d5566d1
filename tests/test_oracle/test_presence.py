"""Identity of events, the session's window, and who was there when."""

from decimal import Decimal

from tests.test_oracle.scene import SOURCE, at, event, item, live, purchase, session, spans, world


def test_the_same_event_again_is_a_duplicate_and_other_content_a_conflict() -> None:
    like = event("live_like", 1, "a", id="x", count=3)
    truth = world(live(), like, dict(like), {**like, "data": {"viewer_id": "a", "count": 9}})
    assert (truth.accepted, truth.duplicates, truth.conflicts) == (3, 1, 1)
    assert truth.session(source=SOURCE, subject="s").kpis()["likes"] == 3  # the first stays


def test_the_same_id_at_another_time_or_source_is_another_event() -> None:
    likes = [event("live_like", minute, "a", id="x") for minute in (1, 2)]
    foreign = event("live_like", 1, "a", id="x", source="/tiktok/shop")
    truth = world(live(), likes, foreign)
    assert truth.session(source=SOURCE, subject="s").kpis()["likes"] == 2
    assert truth.sessions == [(SOURCE, "s"), ("/tiktok/shop", "s")]


def test_the_window_runs_from_the_earliest_start_to_the_latest_end() -> None:
    truth = session(live(30), event("live_session_started", 10), event("live_session_ended", 50))
    assert (truth.start, truth.end, truth.seconds) == (at(0), at(50), Decimal(3000))


def test_an_end_before_a_later_start_leaves_the_end_unknown() -> None:
    # ended at 20, started again at 30, last sign at 40: end = 40 min + 30 s
    truth = session(live(20), event("live_session_started", 30), event("live_like", 40, "a"))
    assert (truth.start, truth.end) == (at(0), at(40.5))


def test_an_unknown_window_runs_from_the_first_sign_to_the_last_and_half_a_minute() -> None:
    truth = session(event("live_like", 3, "a"), event("live_comment", 4, "b"), event("live_impression", 9))
    assert (truth.start, truth.end, truth.seconds) == (at(3), at(4.5), Decimal(90))


def test_a_placeholder_without_signs_has_no_window_and_no_numbers() -> None:
    truth = session(purchase("t", 1, item("i", 1, "5"), subject="s"))
    kpis = truth.kpis()
    assert (truth.start, truth.end, truth.seconds) == (None, None, Decimal(0))
    assert (len(truth.viewers), len(truth.trend())) == (0, 0)
    assert (kpis["peak_concurrent_viewers"], kpis["peak_concurrent_viewers_at"]) == (0, None)
    assert kpis["viewer_to_buyer_rate"] == (0, 0)
    assert (kpis["orders"], kpis["live_sales"]) == (1, Decimal(5))


def test_each_attribute_is_the_latest_stated_whatever_the_order_of_arrival() -> None:
    later = event("live_session_scheduled", 5, title="new")
    earlier = event("live_session_started", 0, title="old", currency="EUR")
    assert [session(later, earlier).attribute(name) for name in ("title", "currency")] == ["new", "EUR"]


def test_a_start_opens_and_an_end_closes() -> None:
    truth = session(live(), event("live_view_started", 5, "a"), event("live_view_ended", 15, "a"))
    assert spans(truth, "a") == [(5, 15)]
    assert truth.viewers["a"].watch_seconds == 600
    assert (truth.viewers["a"].first_joined_at, truth.viewers["a"].last_left_at) == (at(5), at(15))


def test_without_heartbeats_only_an_end_or_the_end_of_the_session_closes() -> None:
    assert spans(session(live(), event("live_view_started", 5, "a")), "a") == [(5, 60)]


def test_with_heartbeats_silence_of_more_than_90_seconds_closes_30_seconds_after_the_last_sign() -> None:
    # signs at 0, 1.5 (gap 90 s: still there), 4 (gap 150 s: closed at 1.5 + 0.5); then silence: closed at 4.5
    signs = [event("live_view_heartbeat", minute, "a") for minute in (0, 1.5, 4)]
    assert spans(session(live(heartbeats=True), signs), "a") == [(0, 2), (4, 4.5)]


def test_with_heartbeats_who_gave_a_sign_in_the_last_90_seconds_stays_to_the_end() -> None:
    assert spans(session(live(10, heartbeats=True), event("live_like", 8.5, "a")), "a") == [(8.5, 10)]
    assert spans(session(live(10, heartbeats=True), event("live_like", 8.4, "a")), "a") == [(8.4, 8.9)]


def test_heartbeats_are_expected_unless_the_session_says_otherwise() -> None:
    truth = session(
        event("live_session_started", 0), event("live_session_ended", 60), event("live_like", 1, "a")
    )
    assert spans(truth, "a") == [(1, 1.5)]


def test_views_in_two_tabs_count_once_and_an_end_closes_the_one_it_names() -> None:
    tabs = [
        event("live_view_started", 0, "a", view_id="x"),
        event("live_view_started", 5, "a", view_id="y"),
        event("live_view_ended", 10, "a", view_id="x"),
        event("live_view_ended", 20, "a", view_id="y"),
    ]
    truth = session(live(), tabs)
    assert (spans(truth, "a"), truth.viewers["a"].joins, truth.kpis()["views"]) == ([(0, 20)], 1, 2)


def test_an_end_without_a_view_id_closes_every_view() -> None:
    opened = [event("live_view_started", minute, "a", view_id=str(minute)) for minute in (0, 5)]
    assert spans(session(live(), opened, event("live_view_ended", 10, "a")), "a") == [(0, 10)]


def test_an_end_without_a_start_begins_at_the_first_sign_of_life() -> None:
    # tab x was opened before we listened: the person is there from the first sign, at 2, to its end, at 12
    signs = [
        event("live_view_started", 2, "a", view_id="y"),
        event("live_view_ended", 3, "a", view_id="y"),
        event("live_view_ended", 12, "a", view_id="x"),
    ]
    assert spans(session(live(), signs), "a") == [(2, 12)]


def test_an_end_that_is_the_first_sign_is_a_presence_of_no_length() -> None:
    truth = session(live(), event("live_view_ended", 7, "a"))
    assert spans(truth, "a") == [(7, 7)]
    assert truth.viewers["a"].watch_seconds == 0
    kpis = truth.kpis()
    assert (kpis["viewers"], kpis["peak_concurrent_viewers"]) == (1, 0)


def test_a_second_end_of_the_same_view_changes_nothing() -> None:
    signs = [event("live_view_started", 0, "a"), *(event("live_view_ended", each, "a") for each in (5, 9))]
    assert spans(session(live(), signs), "a") == [(0, 5)]


def test_any_other_sign_opens_a_presence_only_when_none_is_open() -> None:
    signs = [
        event("live_view_started", 0, "a", view_id="x"),
        event("live_like", 1, "a"),
        event("live_view_ended", 2, "a", view_id="x"),
        event("add_to_cart", 4, "a"),
        event("live_view_ended", 6, "a"),
    ]
    assert spans(session(live(), signs), "a") == [(0, 2), (4, 6)]


def test_presences_that_touch_are_one() -> None:
    signs = [
        event("live_view_started", 0, "a", view_id="x"),
        event("live_view_ended", 5, "a", view_id="x"),
        event("live_view_started", 5, "a", view_id="y"),
        event("live_view_ended", 9, "a", view_id="y"),
    ]
    assert spans(session(live(), signs), "a") == [(0, 9)]


def test_presence_is_cut_to_the_session() -> None:
    signs = [
        event("live_view_started", -5, "early"),
        event("live_view_ended", 5, "early"),
        event("live_view_started", -5, "gone"),
        event("live_view_ended", 0, "gone"),
        event("live_comment", 60, "late"),
    ]
    truth = session(live(60), signs)
    assert (list(truth.viewers), spans(truth, "early")) == (["early"], [(0, 5)])
    assert truth.kpis()["comments"] == 1  # counted whatever the window


def test_what_servers_and_replays_say_is_no_sign_of_life() -> None:
    kinds = [
        "purchase",
        "refund",
        "page_view",
        "generate_lead",
        "live_impression",
        "identify",
        "live_replay_started",
    ]
    assert session(live(), [event(kind, 5, "a", transaction_id="t") for kind in kinds]).viewers == {}


def test_of_equal_times_an_end_comes_first_and_a_sequence_says_otherwise() -> None:
    started, ended = event("live_view_started", 5, "a", id="x"), event("live_view_ended", 5, "a", id="y")
    assert spans(session(live(), started, ended), "a") == [(5, 60)]  # ended (0 s), then started to the end
    counted = [{**started, "id": "9"}, {**ended, "id": "10"}]  # the source counts: 9 came first
    assert spans(session(live(), counted), "a") == [(5, 5)]
    in_sequence = [{**started, "sequence": 1}, {**ended, "sequence": 2}]
    assert spans(session(live(), in_sequence), "a") == [(5, 5)]
