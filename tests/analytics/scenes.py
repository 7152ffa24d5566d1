"""Random worlds: everything that makes numbers hard, in small."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.analytics.scenes_moments import moments
from tests.factories import event, minute

SOURCES = ["feed", " feed", "search", "Ads \t", "", None, 7]
Raw = dict[str, Any]


def person(rng: random.Random) -> Raw:
    """What a start may tell of who comes and from where, some of it in a form that tells nothing."""
    told: Raw = {}
    if rng.random() < 0.5:
        told["traffic_source"] = rng.choice(SOURCES)
        told["traffic_sub_source"] = rng.choice(["friends", "", None])
    if rng.random() < 0.3:
        medium = rng.choice(["cpc", "Paid_social", "email", "", None])
        campaigns = [{"source": "news", "medium": medium}, {"medium": medium}, "x", {"source": "tw"}]
        told["utm"] = rng.choice(campaigns)
    if rng.random() < 0.3:
        told["paid"] = rng.choice([True, False, "yes"])
    if rng.random() < 0.4:
        told["gender"] = rng.choice(["f", "Female ", "male", "M", "diverse", "?", 1])
    if rng.random() < 0.4:
        told["age_band"] = rng.choice(["18-24", "25\u201334", "65+", "55-64", "12", ""])
    if rng.random() < 0.4:
        told["country"] = rng.choice(["SG", "my", "Singapore", " TH "])
    if rng.random() < 0.4:
        told["follower"] = rng.choice([True, False, None])
    return told


VIEWERS = ["a", "b", "c", "d", "e"]
CUSTOMERS = ["ann", "ben", "cho", None]
ITEMS = ["lip", "hat", "bag"]


def scene(rng: random.Random, *, size: int = 60, sessions: int = 2) -> list[Raw]:
    """Sessions with clocks that are off, missing ends, tabs, orders, corrections and refunds."""
    events = [
        one for number in range(sessions) for one in _session(rng, f"live-{number}", number * 40.0, size)
    ]
    events += list(_orders(rng, sessions))
    return _numbered(events)


def _numbered(events: list[Raw]) -> list[Raw]:
    return [{**told, "id": f"n{number}"} for number, told in enumerate(events)]


def _session(rng: random.Random, subject: str, start: float, size: int) -> Iterator[Raw]:
    heartbeats = rng.random() < 0.6
    if rng.random() < 0.85:
        yield event(
            "live_session_started", minute(start), subject=subject, heartbeats=heartbeats, title=subject
        )
    if rng.random() < 0.75:
        yield event("live_session_ended", minute(start + 30), subject=subject)
    kinds = ["live_view_started"] * 4 + ["live_view_heartbeat"] * 8 + ["live_view_ended"] * 3 + [
        "live_like", "live_comment", "share", "live_follow", "view_item_list", "select_item", "add_to_cart",
        "remove_from_cart", "begin_checkout", "live_cta_click", "view_item", "live_impression",
        "generate_lead",
    ]  # fmt: skip
    yield from moments(rng, subject, start)
    yield from _featuring(rng, subject, start)
    for _ in range(size):
        kind = rng.choice(kinds)
        # Whole half-minutes, so that many events share an instant; some outside the window.
        at = minute(start + rng.randrange(-6, 72) / 2)
        yield _act(rng, kind, at, subject)


def _featuring(rng: random.Random, subject: str, start: float) -> Iterator[Raw]:
    """Products shown one after the other and at once, again, without an end, and outside the session."""
    # Of its own, so that what else a seed stands for stays as it was.
    rng = random.Random(f"featured in {subject} {rng.getstate()[1][:3]}")
    for _ in range(rng.randrange(14)):
        kind = rng.choice(["live_product_featured"] * 3 + ["live_product_unfeatured"] * 2)
        data: dict[str, Any] = {
            "items": [{"item_id": rng.choice(ITEMS)} for _ in range(rng.choice([1, 1, 1, 2]))]
        }
        if rng.random() < 0.5:
            data["position"] = rng.randrange(5)
        if rng.random() < 0.1:
            data["sequence"] = rng.randrange(20)
        yield event(kind, minute(start + rng.randrange(-6, 72) / 2), subject=subject, **data)


def _act(rng: random.Random, kind: str, at: datetime, subject: str) -> Raw:
    data: dict[str, Any] = {}
    if kind != "live_impression" or rng.random() < 0.5:
        data["viewer_id"] = rng.choice(VIEWERS)
    if (kind.startswith("live_view") and rng.random() < 0.5) or rng.random() < 0.15:
        data["view_id"] = rng.choice(["t1", "t2"])
    if rng.random() < 0.1:
        data["sequence"] = rng.randrange(20)
    if kind in ("live_like", "live_impression") and rng.random() < 0.5:
        data["count"] = rng.randrange(1, 5)
    if kind in ("live_view_started", "live_impression"):
        data |= person(rng)
    if kind == "live_comment":
        data["text"] = "how much?"
    if kind == "generate_lead":
        data["email"] = rng.choice(["x@example.com", "y@example.com"])
    if kind in (
        "view_item_list",
        "select_item",
        "add_to_cart",
        "remove_from_cart",
        "begin_checkout",
        "view_item",
    ):
        data["items"] = [{"item_id": rng.choice(ITEMS)} for _ in range(rng.randrange(1, 3))]
    if rng.random() < 0.05 and "viewer_id" in data:
        data["customer_id"] = rng.choice(CUSTOMERS[:3])
    return event(kind, at, subject=subject, **data)


def _orders(rng: random.Random, sessions: int) -> Iterator[Raw]:
    for number in range(rng.randrange(3, 9)):
        order = f"o{number}"
        placed = minute(rng.randrange(-10, 400) / 2)
        yield from _order(rng, order, placed, sessions)
    for number in range(rng.randrange(3)):
        items = [{"item_id": rng.choice(ITEMS), "price": "2.50", "quantity": rng.randrange(1, 3)}]
        told: dict[str, Any] = {"items": items} if rng.random() < 0.5 else {"value": "7.1250"}
        subject = rng.choice([None, "live-0"])
        yield event("refund", minute(rng.randrange(300)), subject=subject, refund_id=f"u{number}", **told)


def _order(rng: random.Random, order: str, placed: datetime, sessions: int) -> Iterator[Raw]:
    subject = rng.choice([None, None, f"live-{rng.randrange(sessions)}"])
    for version in range(rng.choice([1, 1, 2])):
        items = [
            {
                "item_id": rng.choice(ITEMS),
                "quantity": rng.randrange(1, 4),
                "price": f"{rng.randrange(1, 5000) / 100:.2f}",
            }
            for _ in range(rng.randrange(1, 4))
        ]
        told: dict[str, Any] = {
            "transaction_id": order,
            "items": items,
            "status": rng.choice(["paid", "paid", "placed"]),
        }
        if rng.random() < 0.7:
            told["viewer_id"] = rng.choice(VIEWERS)
        if rng.random() < 0.7 and (customer := rng.choice(CUSTOMERS)):
            told["customer_id"] = customer
        if rng.random() < 0.3:
            told["version"] = rng.randrange(3)
        if rng.random() < 0.3:
            told |= {"shipping": "3.00", "tax": "1.25", "seller_discount": "0.50"}
        yield event("purchase", placed + timedelta(minutes=version), subject=subject, **told)
    if rng.random() < 0.3:
        yield event("order_paid", placed + timedelta(minutes=5), subject=None, transaction_id=order)
    if rng.random() < 0.2:
        yield event(
            "order_cancelled",
            placed + timedelta(hours=rng.randrange(1, 40)),
            subject=None,
            transaction_id=order,
        )
    for number in range(rng.choice([0, 0, 1, 2])):
        how = rng.randrange(3)
        given: dict[str, Any] = {}
        if how == 1:
            given["value"] = f"{rng.randrange(1, 3000) / 100:.2f}"
        elif how == 2:
            given["items"] = [{"item_id": rng.choice(ITEMS), "quantity": rng.randrange(1, 3)}]
        at = placed + timedelta(hours=rng.randrange(1, 60), minutes=number)
        yield event("refund", at, subject=None, transaction_id=order, refund_id=f"{order}-r{number}", **given)
