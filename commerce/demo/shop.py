"""The shop outside its lives: the catalogue, visits with their carts and orders, and what marketing costs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from random import Random

from commerce.demo.brand import (
    CAMPAIGNS,
    CATALOGUE,
    OWNED_SOURCE,
    PARTNER_CURRENCY,
    POPULARITY,
    SOCIAL_SOURCE,
    money,
)
from commerce.demo.orders import basket, order
from commerce.demo.people import Person
from commerce.demo.schedule import DAYS, SHOP_BASKET, SOCIAL_BASKET, TAIL_MINUTES, Airing, Scale
from commerce.demo.script import DAY, MINUTE, SECOND, Line, Script, local

_BY_HOUR = (2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 12, 14, 12, 10, 9, 9, 10, 12, 14, 16, 17, 12, 6)
HOURS = tuple(accumulate(_BY_HOUR))
UTM = (
    None,
    None,
    {"source": "google", "medium": "organic", "campaign": "always-on"},
    {"source": "google", "medium": "cpc", "campaign": "always-on"},
    {"source": "instagram", "medium": "paid_social", "campaign": "glow-season"},
    {"source": "newsletter", "medium": "email", "campaign": "payday"},
)


class Shop:
    """The days of the shop; people lists are of the own site and of the social channel."""

    def __init__(
        self, *, seed: int, scale: Scale, first_day: int, owned: Sequence[Person], social: Sequence[Person]
    ) -> None:
        self._rng = Random(f"{seed}:shop")
        self._scale = scale
        self._first_day = first_day
        self._people = {OWNED_SOURCE: owned, SOCIAL_SOURCE: social}
        self._weights = {
            source: list(accumulate(person.loyalty for person in people))
            for source, people in self._people.items()
        }

    def day(self, number: int, *, airings: Sequence[Airing]) -> list[Line]:
        """All events that begin in the shop on a day, in no order."""
        lines: list[Line] = []
        for source in (OWNED_SOURCE, SOCIAL_SOURCE):
            script = self._script(number, source)
            if number % 7 == 0:
                self._catalogue(script, number)
            closed = [
                (airing.starts * MINUTE, (airing.starts + airing.minutes + 1 + TAIL_MINUTES) * MINUTE)
                for airing in airings
                if airing.source == source
            ]
            if source == OWNED_SOURCE:
                self._visits(script, number, closed)
                if number % 7 == 6:
                    self._spend(script, number)
            else:
                self._orders(script, number, closed)
            lines += script.take()
        return lines

    def _script(self, number: int, source: str) -> Script:
        date = local(self._first_day + number * DAY).date()
        return Script(
            source=source,
            prefix=f"{'s' if source == OWNED_SOURCE else 'u'}{date:%y%m%d}",
            order_prefix=f"MS{date:%y%m%d}-" if source == OWNED_SOURCE else f"5770{date:%y%m%d}2",
        )

    def _catalogue(self, script: Script, number: int) -> None:
        """The whole catalogue at first, then a third of it each week with the stock of the day."""
        rng = self._rng
        for product in CATALOGUE:
            if number and rng.random() > 0.33:
                continue
            update = {
                "item_id": product.item_id,
                "item_name": product.item_name,
                "price": money(product.price),
                "currency": PARTNER_CURRENCY,
                "image_url": product.image_url,
                "stock": product.stock if not number else rng.randrange(product.stock // 8, product.stock),
            }
            if product.cost is not None:
                update["cost"] = money(product.cost)
            at = self._first_day + number * DAY + 5 * MINUTE + rng.randrange(MINUTE)
            script.write(at, "product_updated", update)

    def _moment(self, number: int) -> int:
        """A moment of a day, as milliseconds since its start, by the hours people shop."""
        hour = self._rng.choices(range(24), cum_weights=HOURS)[0]
        return hour * 60 * MINUTE + self._rng.randrange(60 * MINUTE)

    def _visits(self, script: Script, number: int, closed: list[tuple[int, int]]) -> None:
        rng, write = self._rng, script.write
        people, weights = self._people[OWNED_SOURCE], self._weights[OWNED_SOURCE]
        growth = (0.85 + 0.3 * number / DAYS) * (1.25 if number % 7 in (5, 6) else 0.95)
        for _ in range(round(self._scale.visits * growth * rng.uniform(0.85, 1.15))):
            moment = self._moment(number)
            in_live = any(begin <= moment + 15 * MINUTE and moment < finish for begin, finish in closed)
            # During a live the shop belongs to passers-by, so that its orders stay non-live ones.
            if in_live or rng.random() < 0.4:
                person, viewer_id = None, f"v_{rng.getrandbits(64):016x}"
            else:
                person = rng.choices(people, cum_weights=weights)[0]
                viewer_id = person.viewer_id
            visit_id = script.name("n")
            at = self._first_day + number * DAY + moment
            utm = rng.choice(UTM)
            landing: dict[str, object] = {"viewer_id": viewer_id, "visit_id": visit_id}
            if person is not None and person.known and not person.guest:
                landing["customer_id"] = person.customer_id
            write(at, "page_view", landing | {"utm": utm} if utm else landing)
            product = rng.choices(CATALOGUE, POPULARITY)[0]
            item = {"item_id": product.item_id, "item_name": product.item_name, "price": money(product.price)}
            seen: dict[str, object] = {"viewer_id": viewer_id, "visit_id": visit_id}
            if rng.random() < 0.45:
                at += rng.randrange(8, 90) * SECOND
                write(at, "page_view", seen | {"item_id": product.item_id})
                write(at, "view_item", seen | {"items": [item]})
            draw = rng.random()
            if draw > 0.17:
                continue
            at += rng.randrange(15, 240) * SECOND
            cart_id = script.name("b")
            cart = seen | {"cart_id": cart_id, "items": [item | {"quantity": 1}]}
            write(at, "add_to_cart", cart)
            if draw > 0.15:
                write(at + 40 * SECOND, "remove_from_cart", cart)
            elif draw < 0.11:
                at += rng.randrange(20, 90) * SECOND
                write(at, "begin_checkout", cart)
                if draw < 0.082:
                    extras = {"visit_id": visit_id, "cart_id": cart_id} | ({"utm": utm} if utm else {})
                    if person is None:
                        extras["viewer_id"] = viewer_id
                    order(
                        script,
                        rng,
                        at=at + rng.randrange(20, 200) * SECOND,
                        person=person,
                        lines=basket(rng, lead=product, target=SHOP_BASKET),
                        paid=rng.random() < 0.94,
                        extras=extras,
                    )

    def _orders(self, script: Script, number: int, closed: list[tuple[int, int]]) -> None:
        """Orders on the social channel outside of lives: the platform tells only the order itself."""
        rng = self._rng
        people, weights = self._people[SOCIAL_SOURCE], self._weights[SOCIAL_SOURCE]
        for _ in range(self._scale.social_orders):
            moment = self._moment(number)
            if any(begin <= moment < finish for begin, finish in closed):
                continue
            order(
                script,
                rng,
                at=self._first_day + number * DAY + moment,
                person=rng.choices(people, cum_weights=weights)[0],
                lines=basket(rng, lead=rng.choices(CATALOGUE, POPULARITY)[0], target=SOCIAL_BASKET),
                paid=rng.random() < 0.94,
            )

    def _spend(self, script: Script, number: int) -> None:
        """A week's marketing costs by channel, booked on its last evening."""
        rng = self._rng
        begin = self._first_day + (number - 6) * DAY
        finish = begin + 7 * DAY
        size = self._scale.visits * 7
        for channel, purpose, cents in (
            ("INSTAGRAM", "ACQUISITION", 34),
            ("GOOGLE", "ACQUISITION", 26),
            ("TIKTOK", "ACQUISITION", 30),
            ("EMAIL", "RETENTION", 5),
            ("OUTDOOR", "BRAND", 12),
        ):
            spend = {
                "amount": money(int(size * cents * rng.uniform(0.8, 1.2))),
                "currency": PARTNER_CURRENCY,
                "from": f"{local(begin):%Y-%m-%d}",
                "to": f"{local(finish):%Y-%m-%d}",
                "channel": channel,
                "campaign": rng.choice(CAMPAIGNS),
                "purpose": purpose,
            }
            script.write(finish - MINUTE + rng.randrange(MINUTE), "marketing_spend", spend)
