"""Fills against one scan of the same events: a large session whole and by what is new; many small ones."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from analytics.staleness import Marks
from commerce.connection import worker_connection
from commerce.models import LiveSession, Partner
from tests.bench.measure import in_turn, show
from tests.factories import NOW, deliver, event, fill, minute, partner

SCAN = (
    "SELECT count(*), sum(quantity), max(occurred_at) FROM commerce_event WHERE partner_id = %s AND "
    "session_id = ANY(%s)"
)


def audience(
    subject: str, *, viewers: int, events: int, minutes: int, seed: int, start: float = 0
) -> Iterator[dict[str, Any]]:
    """A session's events: people who come, send heartbeats, click and mostly leave."""
    rng = random.Random(seed)
    yield event("live_session_started", minute(start), subject=subject)
    each = events // viewers
    for viewer in range(viewers):
        at = start + rng.random() * minutes * 0.7
        who = {"subject": subject, "viewer_id": f"{subject}-v{viewer}"}
        tab = {**who, "view_id": f"{subject}-t{viewer}"}
        yield event("live_view_started", minute(at), **tab)
        for _ in range(each - 2):
            at += 0.5
            chance = rng.random()
            items = [{"item_id": f"p{rng.randrange(40)}"}]
            if chance < 0.70:
                yield event("live_view_heartbeat", minute(at), **tab)
            elif chance < 0.80:
                yield event("live_like", minute(at), count=2, **who)
            elif chance < 0.84:
                yield event("live_comment", minute(at), text="is it in stock?", **who)
            elif chance < 0.92:
                yield event("select_item", minute(at), items=items, **who)
            elif chance < 0.97:
                yield event("view_item_list", minute(at), items=items, **who)
            else:
                yield event("add_to_cart", minute(at), items=items, **who)
        if rng.random() < 0.7:
            yield event("live_view_ended", minute(at + 0.3), **tab)


def _deliver(to: Partner, events: list[dict[str, Any]]) -> None:
    for start in range(0, len(events), 5000):
        outcome = deliver(to, events[start : start + 5000])
        assert outcome.rejected == 0, outcome.errors


def _whole(of: Partner) -> None:
    marks = Marks(partner_id=of.id, now=NOW)
    for identity in LiveSession.objects.using("worker").filter(partner=of).values_list("id", flat=True):
        marks.whole(identity)
    marks.write(worker_connection())


def run(*, rounds: int) -> None:
    """Print the three tables."""
    _large(rounds=rounds)
    _many(rounds=max(2, rounds // 2))


def _large(*, rounds: int) -> None:
    shop = partner()
    events = sorted(
        audience("big", viewers=20_000, events=200_000, minutes=240, seed=1), key=lambda told: told["time"]
    )
    late = [told for told in events if told["time"] >= minute(120).isoformat()]
    early = [told for told in events if told["time"] < minute(120).isoformat()]
    _deliver(shop, early)
    fill(shop)
    connection = worker_connection()
    sessions = list(LiveSession.objects.using("worker").filter(partner=shop).values_list("id", flat=True))
    parts = [late[start : start + 5000] for start in range(0, 5000 * rounds, 5000)]
    increments = in_turn(
        {"5,000 new events": lambda: fill(shop)}, rounds=rounds, before=lambda _: _deliver(shop, parts.pop(0))
    )
    _deliver(shop, late[5000 * rounds :])
    fill(shop)
    connection.execute("VACUUM ANALYZE")

    def prepare(name: str) -> None:
        if name == "whole":
            connection.execute("DELETE FROM analytics_viewing WHERE partner_id = %s", [shop.id])
        if name != "scan":
            _whole(shop)

    seconds = in_turn(
        {
            "scan": lambda: connection.execute(SCAN, [shop.id, sessions]).fetchall(),
            "whole": lambda: fill(shop),
            "whole again": lambda: fill(shop),
        },
        rounds=rounds,
        before=prepare,
    )
    title = f"A session of {len(events):,} events and 20,000 viewers"
    show(title, {**seconds, **increments}, limit="scan", goal={"whole": "80 (40)"})
    show(
        "What is new",
        {"whole": seconds["whole"], **increments},
        limit="whole",
        goal={"5,000 new events": "0.125 (0.05)"},
    )


def _many(*, rounds: int) -> None:
    shop = partner()
    events: list[dict[str, Any]] = []
    for number in range(1000):
        events += audience(
            f"s{number}", viewers=200, events=2000, minutes=60, seed=number, start=number * 3.0
        )
        if len(events) >= 100_000:
            _deliver(shop, events)
            events = []
    _deliver(shop, events)
    fill(shop, now=NOW + timedelta(days=1))
    connection = worker_connection()
    connection.execute("VACUUM ANALYZE")
    sessions = list(LiveSession.objects.using("worker").filter(partner=shop).values_list("id", flat=True))
    seconds = in_turn(
        {
            "scan": lambda: connection.execute(SCAN, [shop.id, sessions]).fetchall(),
            "whole": lambda: fill(shop),
        },
        rounds=rounds,
        before=lambda name: _whole(shop) if name == "whole" else None,
    )
    show("1,000 sessions of 2,000 events", seconds, limit="scan", goal={"whole": "80 (40)"})
