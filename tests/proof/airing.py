"""One session as its source would tell it: who came, what they did and bought, in the order it arrives."""

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.factories import event

Raw = dict[str, Any]
SUBJECT = "on-air"
PRODUCTS = 60
STAY_SECONDS = 270
EACH_SHOWING = 180
"""Seconds a product is on screen before the next one is."""


class Due(NamedTuple):
    """An event, and when it arrives: a moment after it happened, or more."""

    at: float
    """Seconds since the session began."""
    told: Raw


def airing(*, number: int, seed: int, starts_at: datetime, seconds: float) -> list[Due]:
    """Exactly so many events of one session of that length, by arrival; the last one ends the session."""
    rng = random.Random(seed)

    def at(moment: float, type_: str, **data: Any) -> Due:
        # One in a hundred comes late, as from phones in a lift.
        late = rng.uniform(0, 90) if rng.random() < 0.01 else 0.0
        identity, subject = f"a{next(numbers)}", data.pop("subject", SUBJECT)
        told = event(type_, starts_at + timedelta(seconds=moment), id=identity, subject=subject, **data)
        return Due(min(moment + late, seconds), told)

    numbers = itertools.count(1)
    about = {"title": "On air", "currency": "SGD", "heartbeats": True}
    told = [at(0, "live_session_started", **about), *_stage(at, seconds)]
    for viewer in itertools.count(1):
        for act in _visit(at, rng, f"v{viewer}", seconds):
            told.append(act)
            if len(told) == number - 1:
                told.sort(key=lambda due: due.at)
                return [*told, at(seconds, "live_session_ended", **about)]
    raise AssertionError("viewers do not run out")


def _stage(at: Any, seconds: float) -> Iterator[Due]:
    """What host and shop do: a product after the other, now and then a giveaway."""
    for place in range(int(seconds // EACH_SHOWING)):
        begins = place * EACH_SHOWING
        items = [{"item_id": f"p{place % PRODUCTS}"}]
        yield at(begins, "live_product_featured", items=items, position=place + 1)
        yield at(begins + EACH_SHOWING - 5, "live_product_unfeatured", items=items)
        if place % 10 == 4:
            offer = {"items": items, "prize_quantity": 3, "label": f"Prize {place}"}
            yield at(begins + 10, "live_giveaway_started", **offer)
            yield at(begins + EACH_SHOWING, "live_giveaway_ended", **offer)


def _visit(at: Any, rng: random.Random, viewer: str, seconds: float) -> Iterator[Due]:
    """One viewer's stay with a heartbeat each half minute, in no order; a few of them buy."""
    joins = rng.random() * (seconds - 1)
    leaves = min(joins + rng.expovariate(1 / STAY_SECONDS) + 1, seconds)
    who = {"viewer_id": viewer}
    view = {**who, "view_id": f"{viewer}-view"}
    yield at(joins, "live_view_started", **view)
    beat = joins + 30
    while beat < leaves:
        yield at(beat, "live_view_heartbeat", **view)
        beat += 30
    for _ in range(int(rng.expovariate(STAY_SECONDS / (leaves - joins) / 5))):
        moment = rng.uniform(joins, leaves)
        items = [{"item_id": f"p{int(moment // EACH_SHOWING) % PRODUCTS}"}]
        chance = rng.random()
        if chance < 0.35:
            yield at(moment, "live_like", count=rng.randint(1, 5), **who)
        elif chance < 0.50:
            yield at(moment, "live_comment", text=rng.choice(("is it in stock?", "love it", "+1")), **who)
        elif chance < 0.52:
            yield at(moment, rng.choice(("share", "live_follow")), **who)
        elif chance < 0.72:
            yield at(moment, "view_item_list", items=items, **who)
        elif chance < 0.90:
            yield at(moment, "select_item", items=items, **who)
        else:
            yield at(moment, "add_to_cart", items=items, **who)
    if rng.random() < 0.05:
        yield from _purchase(at, rng, who, rng.uniform(joins, leaves), seconds)
    if leaves < seconds and rng.random() < 0.8:
        yield at(leaves, "live_view_ended", **view)


def _purchase(at: Any, rng: random.Random, who: Raw, moment: float, seconds: float) -> Iterator[Due]:
    """Checkout and order; the shop names no session with it. Some are given back in part."""
    order = f"order-{who['viewer_id']}"
    buyer = {**who, "customer_id": f"c{rng.randrange(5000)}"}
    price = f"{rng.randrange(500, 20000) / 100:.2f}"
    items = [{"item_id": f"p{rng.randrange(PRODUCTS)}", "quantity": rng.randint(1, 3), "price": price}]
    yield at(moment, "begin_checkout", items=items, **who)
    yield at(moment, "purchase", subject=None, transaction_id=order, items=items, **buyer)
    if rng.random() < 0.08:
        later = min(moment + rng.uniform(60, 600), seconds)
        yield at(later, "refund", subject=None, transaction_id=order, value="4.50")
