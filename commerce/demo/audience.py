"""One viewer in one session: arriving, reacting to what is shown, buying or not, leaving."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from commerce.demo.brand import (
    CAMPAIGNS,
    CATALOGUE,
    COMMENTS,
    LANGUAGE_OF_COUNTRY,
    OWNED_SOURCE,
    OWNED_TRAFFIC,
    PARTNER_CURRENCY,
    POPULARITY,
    SITE_URL,
    SOCIAL_TRAFFIC,
    Product,
    Traffic,
    money,
)
from commerce.demo.orders import Naming, basket, identify, order
from commerce.demo.people import Person
from commerce.demo.rundown import Moment, Rundown
from commerce.demo.script import MINUTE, SECOND, Script

Outcome = Literal["watches", "buys", "places"]

_OWNED_WEIGHTS = tuple(way.weight for way in OWNED_TRAFFIC)
_SOCIAL_WEIGHTS = tuple(way.weight for way in SOCIAL_TRAFFIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A session as its viewers meet it; `end` None while nobody knows when it will end."""

    script: Script
    rng: Random
    rundown: Rundown
    start: int
    end: int | None
    basket: int
    heartbeats: bool

    @property
    def owned(self) -> bool:
        """Whether it is on the brand's own site."""
        return self.script.source == OWNED_SOURCE


@dataclass(slots=True)
class Visit:
    """One stay of a viewer in a session: `[joins, leaves)`, and whether an end is sent for it."""

    joins: int
    leaves: int
    view_id: str
    says_goodbye: bool


def watching_time(rng: Random, *, person: Person, buys: bool) -> int:
    """How long somebody stays: many bounce, the loyal and the buyers stay."""
    if buys:
        return round(rng.uniform(6, 38) * MINUTE)
    if rng.random() < (0.12 if person.loyalty > 5 else 0.42):
        return 9 * SECOND + round(rng.expovariate(1 / 45) * SECOND)
    return MINUTE + round(rng.expovariate(1 / (19 if person.loyalty > 5 else 9)) * MINUTE)


def attend(show: Show, *, person: Person, joins: int, outcome: Outcome) -> list[Visit]:
    """Write what one viewer does in a session from `joins` on; the stays, first one first."""
    rng = show.rng
    visits = [_visit(show, joins, watching_time(rng, person=person, buys=outcome != "watches"))]
    ways = (OWNED_TRAFFIC, _OWNED_WEIGHTS) if show.owned else (SOCIAL_TRAFFIC, _SOCIAL_WEIGHTS)
    way = rng.choices(*ways)[0]
    _enter(show, person, visits[0], way)
    moments = _react(show, person, visits[0])
    if outcome != "watches":
        _buy(show, person, visits[0], moments, paid=outcome == "buys")
    back = visits[0].leaves + rng.randrange(40, 900) * SECOND
    if rng.random() < 0.11 and (show.end is None or back < show.end - MINUTE):
        visits.append(_visit(show, back, watching_time(rng, person=person, buys=False)))
        _enter(show, person, visits[1], way)
        _react(show, person, visits[1])
    for visit in visits:
        _leave(show, person, visit)
    return visits


def _visit(show: Show, joins: int, stays: int) -> Visit:
    leaves = joins + stays
    outlasts = False
    if show.end is not None and leaves >= show.end - SECOND:
        leaves = show.end - SECOND
        # Whoever is there at the end mostly closes the tab only after it, or never.
        outlasts = show.rng.random() < 0.5
    return Visit(joins, leaves, show.script.name("w"), not outlasts and show.rng.random() >= 0.04)


def _enter(show: Show, person: Person, visit: Visit, way: Traffic) -> None:
    body: dict[str, Any] = {"viewer_id": person.viewer_id}
    if person.known and not person.guest:
        body["customer_id"] = person.customer_id
    body["view_id"] = visit.view_id
    body["traffic_source"] = way.source
    body["traffic_sub_source"] = way.sub_source
    body["paid"] = way.paid
    if way.medium:
        body["utm"] = {"source": way.source, "medium": way.medium, "campaign": show.rng.choice(CAMPAIGNS)}
    body["country"] = person.country
    if person.gender is not None:
        body["gender"] = person.gender
    if person.age_band is not None:
        body["age_band"] = person.age_band
    body["follower"] = person.follower
    show.script.write_live(visit.joins, "live_view_started", body)


def _leave(show: Show, person: Person, visit: Visit) -> None:
    write = show.script.write_live
    body = {"viewer_id": person.viewer_id, "view_id": visit.view_id}
    if show.heartbeats:
        for at in range(visit.joins + 30 * SECOND, visit.leaves, 30 * SECOND):
            write(at, "live_view_heartbeat", body)
    if visit.says_goodbye:
        write(visit.leaves, "live_view_ended", body)


def _react(show: Show, person: Person, visit: Visit) -> list[Moment]:
    """Reactions to every moment of a stay, and what does not depend on one; the moments that were seen."""
    rng, script = show.rng, show.script
    random, write = rng.random, script.write_live
    last = visit.leaves - 1
    seen: list[Moment] = []
    keen = (1.0 if show.owned else 0.45) * (1.3 if person.loyalty > 5 else 0.9)
    chatty = 1.0 if show.owned else 1.4
    for moment in show.rundown.between(visit.joins, visit.leaves):
        at = max(moment.at, visit.joins) + 400 + int(random() * 2_500)
        until = min(moment.until, last)
        if at >= until - SECOND:
            continue
        seen.append(moment)
        if random() < 0.62 * keen:
            write(at, "view_item_list", {"viewer_id": person.viewer_id, "items": _shelf(rng, moment.product)})
        span = until - at
        if random() < 0.17 * keen * moment.pull:
            # Most react within the first minute of a moment.
            tapped = at + 1 + int(min(random(), random()) * (span - 1))
            _tap(show, person, moment.product, tapped, last)
        if random() < 0.14 * chatty:
            like = {"viewer_id": person.viewer_id, "count": rng.choice((1, 1, 2, 3, 5, 8, 12))}
            write(at + int(random() * span), "live_like", like)
        if random() < 0.055 * chatty:
            said = {"viewer_id": person.viewer_id, "text": _comment(rng, person, moment.product)}
            write(at + int(random() * span), "live_comment", said)
    if random() < 0.09:
        _speak_up(show, person, visit)
    return seen


def _shelf(rng: Random, product: Product) -> list[dict[str, Any]]:
    """What the bag shows on opening: the product of the moment, often with others under it."""
    items = [{"item_id": product.item_id}]
    if rng.random() < 0.4:
        items.extend({"item_id": other.item_id} for other in rng.sample(CATALOGUE, 2) if other is not product)
    return items


def _tap(show: Show, person: Person, product: Product, at: int, last: int) -> None:
    """A product click of somebody who does not buy it now, and how far it goes."""
    rng, write = show.rng, show.script.write_live
    viewer_id = person.viewer_id
    item = {"item_id": product.item_id, "item_name": product.item_name, "price": money(product.price)}
    items: list[dict[str, Any]] = [item]
    write(at, "select_item", {"viewer_id": viewer_id, "items": [{"item_id": product.item_id}]})
    if not show.owned:
        if rng.random() < 0.1:
            cart = {"viewer_id": viewer_id, "cart_id": show.script.name("b"), "items": items}
            write(min(at + 9 * SECOND, last), "add_to_cart", cart)
        return
    if rng.random() < 0.5:
        write(min(at + 2 * SECOND, last), "view_item", {"viewer_id": viewer_id, "items": items})
    if rng.random() < 0.24:
        items = [item | {"quantity": 1}]
        cart = {"viewer_id": viewer_id, "cart_id": show.script.name("b"), "items": items}
        write(min(at + rng.randrange(6, 40) * SECOND, last), "add_to_cart", cart)
        draw = rng.random()
        if draw < 0.2:
            write(min(at + rng.randrange(50, 200) * SECOND, last), "remove_from_cart", cart)
        elif draw < 0.4:
            checkout = cart | {"value": money(product.price), "currency": PARTNER_CURRENCY}
            write(min(at + rng.randrange(50, 120) * SECOND, last), "begin_checkout", checkout)


def _speak_up(show: Show, person: Person, visit: Visit) -> None:
    """The rarer things: a share, a follow, a call to action, a lead."""
    rng, script = show.rng, show.script
    at = rng.randrange(visit.joins + 1, visit.leaves)
    viewer_id = person.viewer_id
    draw = rng.random()
    if draw < 0.4:
        channel = rng.choice(("whatsapp", "line", "copy_link"))
        script.write_live(at, "share", {"viewer_id": viewer_id, "method": channel})
    elif draw < 0.66:
        script.write_live(at, "live_follow", {"viewer_id": viewer_id})
        person.follower = True
    else:
        action = {"viewer_id": viewer_id, "cta_id": "join-the-club", "url": f"{SITE_URL}/club"}
        script.write_live(at, "live_cta_click", action)
        if show.owned and draw > 0.8:
            lead = {"viewer_id": viewer_id, "email": f"{viewer_id}@mail.example"}
            if rng.random() < 0.3:
                # Numbers of this length are not dialled anywhere in Singapore.
                lead["phone"] = f"+650{int(viewer_id[-7:], 16) % 1_000_000:06d}"
            script.write_live(min(at + 20 * SECOND, visit.leaves - 1), "generate_lead", lead)


def _buy(show: Show, person: Person, visit: Visit, moments: list[Moment], *, paid: bool) -> None:
    """Cart, checkout and order of a buyer: soon after a moment, later in the live, or in its tail."""
    rng, script = show.rng, show.script
    last = visit.leaves - 1
    if moments:
        moment = rng.choices(moments, [moment.pull for moment in moments])[0]
        product, seen_at = moment.product, max(moment.at, visit.joins) + SECOND
    else:
        product, seen_at = rng.choices(CATALOGUE, POPULARITY)[0], visit.joins + SECOND
    lines = basket(rng, lead=product, target=show.basket)
    tapped = min(seen_at + rng.randrange(2, 30) * SECOND, last)
    added = min(tapped + rng.randrange(4, 25) * SECOND, last)
    checked = min(added + rng.randrange(6, 30) * SECOND, last)
    draw = rng.random()
    if draw < 0.62:
        at = checked + rng.randrange(5, 60) * SECOND
    elif draw < 0.86:
        at = checked + rng.randrange(60, 900) * SECOND
    elif show.end is not None:
        at = show.end + rng.randrange(2 * 60, 105 * 60) * SECOND
    else:
        at = visit.leaves + rng.randrange(60, 1_200) * SECOND
    cart_id = script.name("b")
    viewer_id = person.viewer_id
    items = [
        {
            "item_id": line.product.item_id,
            "item_name": line.product.item_name,
            "quantity": line.quantity,
            "price": money(line.price),
        }
        for line in lines
    ]
    script.write_live(
        tapped, "select_item", {"viewer_id": viewer_id, "items": [{"item_id": product.item_id}]}
    )
    script.write_live(added, "add_to_cart", {"viewer_id": viewer_id, "cart_id": cart_id, "items": items})
    script.write_live(checked, "begin_checkout", {"viewer_id": viewer_id, "cart_id": cart_id, "items": items})
    if show.owned and not person.guest and not person.known:
        identify(script, rng, at=at - SECOND, person=person)
    _order(show, person, at, lines, paid=paid, cart_id=cart_id)
    if paid and rng.random() < 0.06:
        more = basket(rng, lead=rng.choices(CATALOGUE, POPULARITY)[0], target=show.basket)
        # The tail is two hours: a second order stays inside it.
        again = at + rng.randrange(3, 12) * MINUTE
        _order(show, person, again, more, paid=True, cart_id=None)


def _order(show: Show, person: Person, at: int, lines: list[Any], *, paid: bool, cart_id: str | None) -> None:
    rng = show.rng
    draw = rng.random()
    naming: Naming = "subject" if draw < 0.58 else "none"
    if not show.owned and draw > 0.78:
        naming = "content"
    order(
        show.script,
        rng,
        at=at,
        person=person,
        lines=lines,
        naming=naming,
        paid=paid,
        refer_by_customer=rng.random() < 0.05,
        extras={"cart_id": cart_id} if cart_id else None,
    )


def _comment(rng: Random, person: Person, product: Product) -> str:
    language = LANGUAGE_OF_COUNTRY.get(person.country, "en")
    text = rng.choice(COMMENTS[language if rng.random() < 0.8 else "en"])
    return text.format(product=product.item_name.split(" - ")[0]) if "{" in text else text


def arrival(rng: Random, *, length: int, moments: list[Moment], start: int) -> int:
    """When somebody joins a session of known length: the rush at its start, a moment's pull, or whenever."""
    draw = rng.random()
    if draw < 0.34:
        after = rng.expovariate(1 / 240) * SECOND
    elif draw < 0.56 and moments:
        after = rng.choice(moments).at - start + rng.expovariate(1 / 60) * SECOND
    else:
        after = rng.random() * length
    return start + int(after) % (length - 3 * MINUTE)
