"""The year before the twelve weeks: a smaller shop whose customers come back, or not, up to now.

Customers are won week by week, live or in the shop, and return as models of repeat purchase have it: each at
a rate of his own (gamma), and no more after a purchase with a chance of his own (beta). They are no guests of
the twelve weeks' lives: what those show is told by `airing` alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

from commerce.demo.airing import announce, describe, script_of
from commerce.demo.brand import (
    CATALOGUE,
    HOSTS,
    OWNED_SOURCE,
    PARTNER_CURRENCY,
    POPULARITY,
    SITE_URL,
    SOCIAL_SOURCE,
    TITLES,
    Product,
    money,
)
from commerce.demo.orders import Line as Item
from commerce.demo.orders import Naming, basket, identify, order
from commerce.demo.people import Person, population
from commerce.demo.schedule import DAYS as SEASON_DAYS
from commerce.demo.schedule import Airing, Scale
from commerce.demo.script import DAY, MINUTE, SECOND, Line, Script, local, stamp

WEEKS: Final = 56
DAYS: Final = WEEKS * 7

_NUMBERS_FROM = 200_000
_OWNED_EVERY, _SOCIAL_EVERY = 3, 6
"""A live on the own site every so many weeks, and on the social channel."""
_BASKETS = {(OWNED_SOURCE, True): 5_200, (OWNED_SOURCE, False): 3_700}
_SOCIAL_BASKET = 3_900
_SHARE_OF_SITE = 0.75
_SHARE_LIVE = 0.45
_STRANGERS, _REGULARS = 2.5, 2
"""Who watch and do not buy, for each who does."""

# Purchases a week: gamma of this shape and mean; who was won live comes somewhat more often.
_SHAPE, _MEAN_RATE, _LIVE_RATE = 0.9, 0.11, 1.25
# The chance that a purchase was the last one: beta.
_LAST_A, _LAST_B = 1.1, 3.6

# What the brand sold then and never told the costs of.
RETIRED: Final = (
    Product("MM-901", "Rose Clay Mask", 2600, None, 0, 1),
    Product("MM-902", "Bamboo Body Mist", 1950, None, 0, 1),
)
_RETIRED_AFTER = 12
_HOURS = tuple(accumulate((1, 1, 0, 0, 0, 1, 3, 6, 8, 9, 9, 11, 14, 12, 9, 8, 9, 10, 12, 14, 16, 17, 12, 5)))
_SPEND = (
    ("INSTAGRAM", "ACQUISITION", 30),
    ("GOOGLE", "ACQUISITION", 24),
    ("TIKTOK", "ACQUISITION", 18),
    ("EMAIL", "RETENTION", 5),
    ("OUTDOOR", "BRAND", 9),
)
_SPEND_WEEKS = 4


@dataclass(frozen=True, kw_only=True)
class _Order:
    at: int
    person: Person
    live: Airing | None
    target: int
    is_first: bool


def new_customers(scale: Scale) -> int:
    """How many the year before the twelve weeks wins, about."""
    return sum(_won_in(week, scale) for week in range(1, WEEKS))


def history(*, seed: int, scale: Scale, first_day: int) -> list[Line]:
    """All events of the year before `first_day`, and of its customers in the weeks after, in no order."""
    return _Past(seed=seed, scale=scale, first_day=first_day).write()


class _Past:
    def __init__(self, *, seed: int, scale: Scale, first_day: int) -> None:
        self._rng = Random(f"{seed}:history:{scale.visits}")
        self._seed, self._scale = seed, scale
        self._first_day = first_day
        # Not up to the hour it is: the same are drawn at whichever of the last day.
        self._ends = first_day + (SEASON_DAYS + 1) * DAY
        self._begins = first_day - DAYS * DAY
        self._people = {
            source: population(source=source, seed=seed + 1_000_003)
            for source in (OWNED_SOURCE, SOCIAL_SOURCE)
        }
        self._lives = {source: list(self._airings(source)) for source in self._people}
        self._shops: dict[tuple[str, int], Script] = {}

    def write(self) -> list[Line]:
        orders = sorted(self._orders(), key=lambda one: (one.at, one.person.customer_id))
        by_live: dict[int, list[_Order]] = defaultdict(list)
        for one in orders:
            if one.live is None:
                self._in_shop(one)
            else:
                by_live[one.live.number].append(one)
        regulars = [one.person for one in orders if one.is_first and one.person.viewer_id.startswith("v_")]
        lines = self._spend()
        for airings in self._lives.values():
            for airing in airings:
                lines += self._live(airing, by_live[airing.number], regulars)
        for script in self._shops.values():
            lines += script.take()
        return lines

    def _airings(self, source: str) -> Iterator[Airing]:
        rng, is_owned = self._rng, source == OWNED_SOURCE
        every, weekday, hour = (_OWNED_EVERY, 4, 19) if is_owned else (_SOCIAL_EVERY, 2, 13)
        weeks = range(0 if is_owned else every // 2, WEEKS - 1, every)
        for place, week in enumerate(weeks):
            yield Airing(
                number=_NUMBERS_FROM + 2 * place + is_owned,
                source=source,
                day=week * 7 + weekday - DAYS,
                starts=hour * 60 + rng.randrange(60),
                minutes=60,
                title=rng.choice(TITLES),
                host=rng.choice(HOSTS),
                objective="CONVERSION",
                viewers=0,
                buyers=0,
                basket=_BASKETS[OWNED_SOURCE, True] if is_owned else _SOCIAL_BASKET,
                heartbeats=False,
            )

    def _orders(self) -> Iterator[_Order]:
        """Every customer's purchases from the first one on."""
        rng = self._rng
        for week in range(1, WEEKS):
            for _ in range(_won_in(week, self._scale)):
                source = OWNED_SOURCE if rng.random() < _SHARE_OF_SITE else SOCIAL_SOURCE
                person = next(self._people[source])
                day = week * 7 + rng.randrange(7) - DAYS
                live = None
                if rng.random() < _SHARE_LIVE:
                    # The next live, if one is near: nobody waits two months to buy.
                    live = next((one for one in self._lives[source] if 0 <= one.day - day < 42), None)
                yield from self._life(source, person, day, live)

    def _life(self, source: str, person: Person, day: int, live: Airing | None) -> Iterator[_Order]:
        rng = self._rng
        is_live = live is not None
        rate = rng.gammavariate(_SHAPE, _MEAN_RATE / _SHAPE) * (_LIVE_RATE if is_live else 1)
        chance_of_last = rng.betavariate(_LAST_A, _LAST_B)
        target = round(_BASKETS.get((source, is_live), _SOCIAL_BASKET) * rng.lognormvariate(-0.08, 0.4))
        at = self._during(live) if live is not None else self._moment(day)
        yield _Order(at=at, person=person, live=live, target=target, is_first=True)
        while not person.guest and rng.random() >= chance_of_last:
            at += round(rng.expovariate(rate) * 7 * DAY)
            if at >= self._ends:
                return
            day = (at - self._first_day) // DAY
            near = next((one for one in self._lives[source] if one.day == day), None)
            live = near if near is not None and rng.random() < (0.8 if is_live else 0.3) else None
            at = self._during(live) if live is not None else self._moment(day)
            yield _Order(at=at, person=person, live=live, target=target, is_first=False)

    def _moment(self, day: int) -> int:
        hour = self._rng.choices(range(24), cum_weights=_HOURS)[0]
        return self._first_day + day * DAY + hour * 60 * MINUTE + self._rng.randrange(60 * MINUTE)

    def _during(self, live: Airing) -> int:
        start = self._first_day + live.day * DAY + live.starts * MINUTE
        return start + self._rng.randrange(8 * MINUTE, (live.minutes - 1) * MINUTE)

    def _buy(self, script: Script, one: _Order, naming: Naming, extras: dict[str, str] | None) -> None:
        rng, person = self._rng, one.person
        lines = basket(rng, lead=rng.choices(CATALOGUE, POPULARITY)[0], target=one.target)
        if one.at < self._begins + _RETIRED_AFTER * 7 * DAY and rng.random() < 0.15:
            retired = rng.choice(RETIRED)
            lines.append(Item(retired, 1, retired.price, 0))
        if script.source == OWNED_SOURCE and one.is_first and not person.guest and rng.random() < 0.9:
            identify(script, rng, at=one.at - SECOND, person=person)
        written = len(script.lines)
        is_paid = one.is_first or rng.random() < 0.96
        order(script, rng, at=one.at, person=person, lines=lines, naming=naming, paid=is_paid, extras=extras)
        for _, event in script.lines[written:]:
            # The codes of the twelve weeks are those of campaigns: none was about then.
            if "coupon" in event["data"]:
                event["data"]["coupon"] = "REGULAR8"

    def _in_shop(self, one: _Order) -> None:
        """An order of the shop; the site tells of visits and carts since the twelve weeks began."""
        source = OWNED_SOURCE if one.person.viewer_id.startswith("v_") else SOCIAL_SOURCE
        day = (one.at - self._first_day) // DAY
        script = self._shop(source, day)
        extras = None
        if source == OWNED_SOURCE and day >= 0:
            extras = {"visit_id": script.name("n"), "cart_id": script.name("b")}
            seen = {"viewer_id": one.person.viewer_id, "visit_id": extras["visit_id"]}
            script.write(one.at - 5 * MINUTE, "page_view", dict(seen))
            product = self._rng.choices(CATALOGUE, POPULARITY)[0]
            item = {"item_id": product.item_id, "price": money(product.price), "quantity": 1}
            cart = seen | {"cart_id": extras["cart_id"], "items": [item]}
            script.write(one.at - 2 * MINUTE, "add_to_cart", cart)
        self._buy(script, one, "none", extras)

    def _shop(self, source: str, day: int) -> Script:
        if (source, day) not in self._shops:
            date = local(self._first_day + day * DAY).date()
            self._shops[source, day] = Script(
                source=source,
                prefix=f"{'h' if source == OWNED_SOURCE else 'g'}{date:%y%m%d}",
                order_prefix=f"MH{date:%y%m%d}-" if source == OWNED_SOURCE else f"5770{date:%y%m%d}3",
            )
        return self._shops[source, day]

    def _live(self, airing: Airing, orders: list[_Order], regulars: list[Person]) -> list[Line]:
        """A live as it is still known: who watched on the own site, what the social platform counted."""
        rng = self._rng
        script = script_of(airing, first_day=self._first_day)
        start = self._first_day + airing.day * DAY + airing.starts * MINUTE
        end = start + airing.minutes * MINUTE
        announce(script, airing, first_day=self._first_day)
        script.write_live(start, "live_session_started", describe(airing) | {"heartbeats": False})
        if airing.owned:
            buyers = {one.person.viewer_id for one in orders}
            strangers = [f"v_{rng.getrandbits(64):016x}" for _ in range(round(len(buyers) * _STRANGERS))]
            watching = rng.sample(regulars, min(len(regulars), len(buyers) * _REGULARS))
            for viewer_id in [*strangers, *(one.viewer_id for one in watching)]:
                if viewer_id not in buyers:
                    self._watch(script, viewer_id, start + rng.randrange(40 * MINUTE), end)
            for viewer_id in sorted(buyers):
                first = min(one.at for one in orders if one.person.viewer_id == viewer_id)
                self._watch(script, viewer_id, rng.randrange(start, first - 2 * MINUTE), end, until=first)
        else:
            counted = {"viewers": 30 * len(orders) + rng.randrange(90), "likes": rng.randrange(400, 2_000)}
            total = {
                "interval": "total",
                "from": stamp(start),
                "to": stamp(end),
                "metrics": counted,
                "definition": "Viewers of three seconds or more, bots removed",
            }
            script.write_live(end + 30 * MINUTE, "live_metrics_reported", total)
        for one in orders:
            naming: Naming = "content" if not airing.owned else "subject" if rng.random() < 0.4 else "none"
            self._buy(script, one, naming, None)
        script.write_live(end, "live_session_ended", {"replay_url": f"{SITE_URL}/replays/{script.subject}"})
        return script.take()

    def _watch(self, script: Script, viewer_id: str, joins: int, end: int, *, until: int = 0) -> None:
        rng = self._rng
        view = {"viewer_id": viewer_id, "view_id": script.name("w")}
        leaves = min(max(joins, until) + round(rng.expovariate(1 / 12) * MINUTE) + 30 * SECOND, end - SECOND)
        script.write_live(joins, "live_view_started", view)
        if rng.random() < (0.9 if until else 0.2):
            product = rng.choices(CATALOGUE, POPULARITY)[0]
            clicked = {"viewer_id": viewer_id, "items": [{"item_id": product.item_id}]}
            script.write_live(joins + 20 * SECOND, "select_item", clicked)
        script.write_live(leaves, "live_view_ended", view)

    def _spend(self) -> list[Line]:
        """What marketing cost, by channel, four weeks at a time."""
        rng = self._rng
        script = Script(source=OWNED_SOURCE, prefix=f"y{local(self._first_day):%y%m%d}", order_prefix="")
        for week in range(0, WEEKS, _SPEND_WEEKS):
            begin = self._begins + week * 7 * DAY
            finish = begin + _SPEND_WEEKS * 7 * DAY
            for channel, purpose, cents in _SPEND:
                weekly = _won_in(week + _SPEND_WEEKS // 2, self._scale) * cents * 20
                spend = {
                    "amount": money(int(_SPEND_WEEKS * weekly * rng.uniform(0.85, 1.15))),
                    "currency": PARTNER_CURRENCY,
                    "from": f"{local(begin):%Y-%m-%d}",
                    "to": f"{local(finish):%Y-%m-%d}",
                    "channel": channel,
                    "campaign": "always-on",
                    "purpose": purpose,
                }
                script.write(finish - MINUTE + rng.randrange(MINUTE), "marketing_spend", spend)
        return script.take()


def _won_in(week: int, scale: Scale) -> int:
    """New customers of a week: the shop grows."""
    return round(scale.visits * (0.18 + 0.24 * week / WEEKS))
