"""Random shops across a change of clocks: everything that makes their days hard, in small."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from tests.factories import event

Raw = dict[str, Any]
ITEMS, CUSTOMERS = ("lip", "hat", "bag"), ("ann", "ben", "cho", "dan")
VIEWERS = ("v1", "v2", "v3", "v4", "v5")
DAYS = 6


def shop_scene(rng: random.Random, *, change: datetime, currency: str, size: int = 60) -> list[Raw]:
    """What happened in the shop in the days around a moment, shuffled, some of it told twice."""
    made = [*_seen(rng, change, size), *_bought(rng, change, currency), *_told(rng, change, currency)]
    events = [
        one if one["type"] == "marketing_spend" else {**one, "id": f"n{place}"}
        for place, one in enumerate(made)
    ]
    events += rng.sample(events, len(events) // 10)
    rng.shuffle(events)
    return events


def _when(rng: random.Random, change: datetime) -> datetime:
    # Half of it within three hours of a midnight or of the change, in whole minutes: much shares an instant.
    minutes = rng.randrange(-DAYS * 720, DAYS * 720)
    if rng.random() < 0.5:
        minutes = rng.choice((-1440, 0, 1440)) + rng.randrange(-180, 180)
    return change + timedelta(minutes=minutes)


def _maybe(rng: random.Random, **given: Any) -> Raw:
    return {name: value for name, value in given.items() if rng.random() < 0.6}


def _seen(rng: random.Random, change: datetime, size: int) -> Iterator[Raw]:
    for _ in range(size):
        who = _maybe(rng, viewer_id=rng.choice(VIEWERS), visit_id=f"n{rng.randrange(8)}")
        yield event("page_view", _when(rng, change), subject=rng.choice((None, None, "live-1")), **who)
        who = _maybe(rng, viewer_id=rng.choice(VIEWERS), visit_id=f"n{rng.randrange(8)}")
        who |= _maybe(rng, cart_id=rng.choice(("c1", "c2", "c3", "c4", 77)))
        items = [{"item_id": rng.choice(ITEMS)} for _ in range(rng.randrange(1, 3))]
        yield event("add_to_cart", _when(rng, change), subject=None, items=items, **who)


def _bought(rng: random.Random, change: datetime, currency: str) -> Iterator[Raw]:
    for number in range(14):
        for _ in range(rng.choice((1, 1, 2))):
            lines = [
                {"item_id": rng.choice(ITEMS), "quantity": rng.randrange(1, 4),
                 "price": f"{rng.randrange(100, 4000) / 100:.2f}",
                 **_maybe(rng, cost=f"{rng.randrange(9)}.5")}
                for _ in range(rng.randrange(1, 4))
            ]  # fmt: skip
            data = _maybe(
                rng, viewer_id=rng.choice(VIEWERS), customer_id=rng.choice(CUSTOMERS),
                cart_id=rng.choice(("c1", "c2", "c5", 77)), seller_discount="1.37",
                placed_at=_when(rng, change).isoformat(),
            )  # fmt: skip
            data["currency"] = rng.choice((currency, currency, currency, "KWD"))
            data["status"] = rng.choice(("paid", "paid", "placed"))
            told = {"transaction_id": f"o{number}", "items": lines, **data}
            yield event("purchase", _when(rng, change), subject=rng.choice((None, None, "live-1")), **told)
        for _ in range(rng.choice((0, 0, 1, 2))):
            data = _maybe(rng, customer_id="ann") if rng.random() < 0.2 else {"transaction_id": f"o{number}"}
            how = rng.choice(("whole", "value", "items"))
            if how == "value" or "transaction_id" not in data:
                data["value"] = f"{rng.randrange(1, 2000) / 100:.2f}"
            elif how == "items":
                data["items"] = [{"item_id": rng.choice(ITEMS), "quantity": rng.randrange(1, 3)}]
            yield event("refund", _when(rng, change), subject=None, **data)
        if rng.random() < 0.3:
            kind = rng.choice(("order_paid", "order_cancelled"))
            yield event(kind, _when(rng, change), subject=None, transaction_id=f"o{number}")


def _told(rng: random.Random, change: datetime, currency: str) -> Iterator[Raw]:
    for _ in range(4):
        pair = {"viewer_id": rng.choice(VIEWERS), "customer_id": rng.choice(CUSTOMERS)}
        yield event("identify", _when(rng, change), subject=None, **pair)
        product = {"item_id": rng.choice(ITEMS), **_maybe(rng, cost="2.25", currency=currency)}
        yield event("product_updated", _when(rng, change), subject=None, **product)
        first = change.date() + timedelta(days=rng.randrange(-9, 5))
        days = {"from": first.isoformat(), "to": (first + timedelta(days=rng.randrange(9))).isoformat()}
        told = {
            "amount": f"{rng.randrange(1, 99999)}.{rng.randrange(10000):04}",
            "currency": rng.choice((currency, "KWD")), **days,
            **_maybe(rng, purpose=rng.choice(("ACQUISITION", "BRAND")), campaign="June"),
        }  # fmt: skip
        yield event("marketing_spend", _when(rng, change), id=f"s{rng.randrange(3)}", subject=None, **told)
        lead = {"email": f"x{rng.randrange(3)}@example.com"}
        yield event("generate_lead", _when(rng, change), subject=rng.choice((None, "live-1")), **lead)


def days_around(change: datetime) -> list[date]:
    """The days something happened on, and one more on each side."""
    return [change.date() + timedelta(days=number) for number in range(-DAYS // 2 - 2, DAYS // 2 + 3)]
