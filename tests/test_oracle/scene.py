"""Short words for small scenes: one session `s` from 20:00 to 21:00, times in minutes after 20:00."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.oracle import Partner, SessionTruth, World

SOURCE = "/own/shop"
EIGHT = datetime(2025, 3, 1, 20, 0, tzinfo=UTC)  # 20:00
PARTNER = Partner(currency="USD", timezone="UTC")
Raw = dict[str, Any]
_ids: Iterator[int] = count()


def at(minutes: float) -> datetime:
    """So many minutes after 20:00."""
    return EIGHT + timedelta(minutes=minutes)


def event(kind: str, when: float, viewer: str | None = None, **more: Any) -> Raw:
    """An event at so many minutes after 20:00; `id`, `subject` and `sequence` go to the envelope."""
    raw: Raw = {
        "id": more.pop("id", f"e{next(_ids):06d}"),
        "source": more.pop("source", SOURCE),
        "type": kind,
        "time": at(when).isoformat(),
        "subject": more.pop("subject", "s"),
    }
    if "sequence" in more:
        raw["sequence"] = more.pop("sequence")
    raw["data"] = {**({"viewer_id": viewer} if viewer else {}), **more}
    return raw


def shop_event(kind: str, when: float, viewer: str | None = None, **more: Any) -> Raw:
    """An event that names no session."""
    return event(kind, when, viewer, subject=None, **more)


def live(minutes: float = 60, **attributes: Any) -> list[Raw]:
    """A session of so many minutes from 20:00, without heartbeats unless it says so."""
    started = event("live_session_started", 0, **{"heartbeats": False, **attributes})
    return [started, event("live_session_ended", minutes)]


def item(item_id: str, quantity: int | None = None, price: str | None = None) -> Raw:
    """One entry of `items[]`."""
    stated = {"item_id": item_id, "quantity": quantity, "price": price}
    return {name: value for name, value in stated.items() if value is not None}


def purchase(transaction: str, when: float, *items: Raw, **more: Any) -> Raw:
    """A purchase that names no session unless it says so."""
    subject = more.pop("subject", None)
    return event("purchase", when, transaction_id=transaction, items=list(items), subject=subject, **more)


def world(*events: Raw | list[Raw], partner: Partner = PARTNER) -> World:
    """The world of these events."""
    flat: list[Raw] = []
    for each in events:
        flat.extend(each if isinstance(each, list) else [each])
    return World(flat, partner=partner)


def session(*events: Raw | list[Raw], partner: Partner = PARTNER) -> SessionTruth:
    """The session `s` in the world of these events."""
    return world(*events, partner=partner).session(source=SOURCE, subject="s")


def spans(truth: SessionTruth, viewer: str) -> list[tuple[float, float]]:
    """The viewer's intervals in minutes after 20:00."""
    minute = timedelta(minutes=1)
    intervals = truth.viewers[viewer].intervals
    return [((each.start - EIGHT) / minute, (each.end - EIGHT) / minute) for each in intervals]


def watching(viewer: str, start: float, end: float) -> list[Raw]:
    """A viewer present from start to end."""
    return [event("live_view_started", start, viewer), event("live_view_ended", end, viewer)]
