"""Several broadcasts, one session: whole and parts are the slow truth's; split is as if never merged."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from analytics.models import OrderFact, SessionMinute, SessionRollup, Viewing
from analytics.recompute import check
from commerce import broadcasts
from commerce.access import Actor
from commerce.models import LiveSession, Partner, Stale
from tests.analytics.compare import cells, differences, world
from tests.analytics.scenes import scene
from tests.factories import NOW, SOURCE, deliver, event, fill, minute
from tests.oracle.orders import Key

Raw = dict[str, Any]
OTHER = "/tiktok/shop"
ITEMS = [{"item_id": "lip", "price": "10.00"}]


def actor(partner: Partner) -> Actor:
    """Somebody who may do everything for the partner."""
    return Actor(name="ann", partner_ids=(partner.id,), scopes=frozenset({"read", "manage"}))


def ids(partner: Partner, keys: Sequence[Key]) -> list[UUID]:
    """Our ids of sessions by (source, subject)."""
    rows = LiveSession.objects.using("worker").filter(partner=partner)
    return [rows.get(source=source, external_id=subject).pk for source, subject in keys]


def merge(partner: Partner, keys: Sequence[Key]) -> LiveSession:
    """Merge sessions by (source, subject)."""
    return broadcasts.merge(ids(partner, keys), actor=actor(partner), reason="one live", now=NOW)


def split(partner: Partner, whole: LiveSession) -> None:
    """Take it apart."""
    broadcasts.split(whole.pk, actor=actor(partner), reason="two after all", now=NOW)


def checked(partner: Partner, events: list[Raw], merges: Sequence[Sequence[Key]]) -> None:
    """Everything is the truth's, and what a recomputation says."""
    assert differences(world(events, partner, merges=merges), partner) == []
    assert check(partner_id=partner.id, now=NOW).differences == 0


FIRST_TWO: list[Key] = [(SOURCE, "live-0"), (SOURCE, "live-1")]
TWO_PLATFORMS: list[Key] = [(SOURCE, "live-0"), (OTHER, "live-1")]
CUT: list[Key] = [(SOURCE, "a"), (SOURCE, "b")]


def cut_by_a_lost_signal() -> list[Raw]:
    """Ten minutes, a gap of four, sixteen more; ada is there before and after, bo before, cy after."""

    def view(kind: str, at: float, who: str, subject: str, **data: Any) -> Raw:
        return event(f"live_view_{kind}", minute(at), viewer_id=who, subject=subject, **data)

    return [
        event("live_session_started", minute(0), subject="a", title="Launch", heartbeats=False),
        view("started", 0, "ada", "a"),
        view("started", 2, "bo", "a"),
        event("live_session_ended", minute(10), subject="a"),
        event("live_session_started", minute(14), subject="b", heartbeats=False),
        view("started", 14, "ada", "b"),
        view("started", 20, "cy", "b"),
        view("ended", 28, "ada", "b"),
        event("live_session_ended", minute(30), subject="b"),
    ]  # fmt: skip


def test_a_viewer_across_a_gap_is_one_viewer_with_two_presences(partner: Partner) -> None:
    events = cut_by_a_lost_signal()
    deliver(partner, events)
    fill(partner)
    whole = merge(partner, CUT)
    fill(partner)
    rollup = SessionRollup.objects.using("worker").values().get(session=whole)
    assert rollup["session_seconds"] == 26 * 60
    assert rollup["viewers"] == 3
    assert rollup["watch_time"] == (10 + 14 + 8 + 10) * 60
    assert (rollup["joins"], rollup["leaves"]) == (4, 3)
    assert (rollup["peak_concurrent_viewers"], rollup["peak_concurrent_viewers_at"]) == (2, minute(2))
    ada = Viewing.objects.using("worker").get(session=whole, viewer__external_id="ada")
    assert list(zip(ada.started, ada.ended, strict=True)) == [
        (minute(0), minute(10)),
        (minute(14), minute(28)),
    ]
    # In the gap nobody is there.
    at_ten = SessionMinute.objects.using("worker").get(session=whole, minute=minute(10))
    assert (at_ten.concurrent_viewers, at_ten.leaves) == (0, 2)
    # Half of 26 minutes is over three minutes into the second broadcast: cy came at 20, too late.
    assert (rollup["completed_viewers"], rollup["eligible_viewers"]) == (1, 2)
    checked(partner, events, [CUT])


def at_once(events: list[Raw]) -> list[Raw]:
    """The second session on another platform with its orders, at the same time as the first."""
    orders = {told["data"].get("transaction_id") for told in events if told.get("subject") == "live-1"}
    moved = orders - {None}
    return [
        _elsewhere(told)
        if told.get("subject") == "live-1" or told["data"].get("transaction_id") in moved
        else told
        for told in events
    ]


def _elsewhere(told: Raw) -> Raw:
    at = datetime.fromisoformat(told["time"]) - timedelta(minutes=33)
    data = dict(told["data"])
    if "viewer_id" in data:
        data["viewer_id"] = f"t-{data['viewer_id']}"
    if "items" in data:
        data["items"] = [{**item, "item_id": f"t-{item['item_id']}"} for item in data["items"]]
    return {**told, "source": OTHER, "time": at.isoformat(), "data": data}


def worlds(seed: int) -> tuple[list[Raw], list[Key]]:
    """A random world of three sessions, and the two that are one: one after the other, or at once."""
    events = scene(random.Random(seed), size=40, sessions=3)
    return (events, FIRST_TWO) if seed % 2 else (at_once(events), TWO_PLATFORMS)


@pytest.mark.parametrize("seed", range(700, 704))
def test_merged_sessions_of_a_random_world_are_the_truths(partner: Partner, seed: int) -> None:
    events, parts = worlds(seed)
    deliver(partner, events)
    fill(partner)
    merge(partner, parts)
    fill(partner)
    checked(partner, events, [parts])


@pytest.mark.parametrize("seed", range(712, 715))
def test_events_that_come_after_merging_are_taken_in_bit_by_bit(partner: Partner, seed: int) -> None:
    rng = random.Random(seed)
    events, parts = worlds(seed)
    rng.shuffle(events)
    # A session is known from the first event that names it.
    events.sort(key=lambda told: told["type"] != "live_like" and told["type"] != "live_comment")
    known = len(events) // 2
    deliver(partner, events[:known])
    merge(partner, parts)
    while known < len(events):
        size = rng.randrange(1, 25)
        deliver(partner, events[known : known + size])
        fill(partner)
        known += size
    checked(partner, events, [parts])


@pytest.mark.parametrize("seed", range(720, 722))
def test_a_split_leaves_every_cell_as_it_was(partner: Partner, seed: int) -> None:
    events, parts = worlds(seed)
    deliver(partner, events)
    fill(partner)
    before = cells(partner)
    whole = merge(partner, parts)
    fill(partner)
    merged = cells(partner)
    assert merged != before
    split(partner, whole)
    fill(partner)
    assert cells(partner) == before
    assert not OrderFact.objects.using("worker").filter(partner=partner, broadcast__isnull=False).exists()
    checked(partner, events, [])
    # And the same broadcasts are the same session again.
    assert merge(partner, parts).pk == whole.pk
    fill(partner)
    assert cells(partner) == merged
    assert not Stale.objects.using("worker").filter(partner_id=partner.id).exists()


def test_an_order_in_the_tail_of_the_first_broadcast_is_its_own_and_of_the_whole(partner: Partner) -> None:
    def bought(order: str, at: float, **data: Any) -> Raw:
        told = {"transaction_id": order, "items": ITEMS, **data}
        return event("purchase", minute(at), subject=None, **told)

    events = [
        *cut_by_a_lost_signal(),
        bought("in the gap", 12, viewer_id="bo"),
        bought("after both", 40, viewer_id="bo"),
        bought("joined again", 41, viewer_id="ada"),
        bought("too late for the first alone", 10 + 125, viewer_id="bo"),
    ]
    deliver(partner, events)
    whole = merge(partner, CUT)
    fill(partner)
    facts = OrderFact.objects.using("worker").filter(partner=partner)
    assert set(facts.values_list("order__external_id", "session", "broadcast__external_id")) == {
        ("in the gap", whole.pk, "a"),
        ("after both", whole.pk, "a"),
        ("joined again", whole.pk, "b"),
        ("too late for the first alone", whole.pk, "a"),
    }
    checked(partner, events, [CUT])


def test_while_one_broadcast_is_live_the_whole_is_and_both_audiences_are_there(partner: Partner) -> None:
    def seen(kind: str, at: float, who: str, source: str, subject: str) -> Raw:
        return event(kind, minute(at), viewer_id=who, source=source, subject=subject)

    keys = [(SOURCE, "a"), (OTHER, "b")]
    events = [event("live_session_started", minute(0), source=s, subject=n) for s, n in keys]
    events += [
        seen("live_view_started", 1, "ada", SOURCE, "a"),
        seen("live_view_started", 1, "ada", OTHER, "b"),
    ]
    deliver(partner, events)
    whole = merge(partner, keys)
    fill(partner)
    rollups = SessionRollup.objects.using("worker")
    for at in (1.5, 2, 2.5, 3):
        events.append(seen("live_view_heartbeat", at, "ada", SOURCE, "a"))
        deliver(partner, events[-1:])
        fill(partner)
        checked(partner, events, [keys])
        # The other broadcast is silent for a minute and a half before it is taken for over.
        assert rollups.get(session=whole).concurrent_viewers == (2 if at < 3 else 1)
