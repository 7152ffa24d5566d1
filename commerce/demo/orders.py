"""One order and what becomes of it: placed, paid, cancelled, refunded."""

from __future__ import annotations

from random import Random
from typing import Any, Literal, NamedTuple

from commerce.demo.brand import (
    CANCEL_REASONS,
    CATALOGUE,
    COUPONS,
    OWNED_SOURCE,
    PARTNER_CURRENCY,
    POPULARITY,
    REFUND_REASONS,
    Product,
    money,
)
from commerce.demo.people import Person
from commerce.demo.script import DAY, MINUTE, SECOND, Script

Naming = Literal["subject", "content", "none"]


class Line(NamedTuple):
    """One line of an order; prices in cents, `price` after the unit's own discount."""

    product: Product
    quantity: int
    price: int
    discount: int


def basket(rng: Random, *, lead: Product, target: int) -> list[Line]:
    """Lines around a lead product whose sum is aimed at a value drawn with mean `target` cents."""
    aim = target * rng.lognormvariate(-0.125, 0.5)
    lines: list[Line] = []
    total = 0
    product = lead
    while not lines or (total < aim and len(lines) < 5):
        cut = product.price * rng.choice((10, 15, 20)) // 100 if rng.random() < 0.18 else 0
        quantity = 2 if product.price < 3_000 and rng.random() < 0.22 else 1
        price = product.price - cut
        lines.append(Line(product, quantity, price, cut))
        total += price * quantity
        taken = {line.product.item_id for line in lines}
        product = rng.choices(CATALOGUE, POPULARITY)[0]
        while product.item_id in taken:
            product = rng.choices(CATALOGUE, POPULARITY)[0]
    return lines


def order(
    script: Script,
    rng: Random,
    *,
    at: int,
    person: Person | None,
    lines: list[Line],
    naming: Naming = "none",
    paid: bool = True,
    refer_by_customer: bool = False,
    extras: dict[str, Any] | None = None,
) -> None:
    """Write a purchase and all that follows it, up to five weeks later; without a person it is a guest's."""
    transaction_id = script.transaction_id()
    merchandise = sum(line.quantity * line.price for line in lines)
    draw = rng.random()
    seller_discount = 0
    body: dict[str, Any] = {"transaction_id": transaction_id}
    if person is not None:
        by_customer = refer_by_customer and person.known and not person.guest
        if not by_customer:
            body["viewer_id"] = person.viewer_id
        if not person.guest:
            body["customer_id"] = person.customer_id
            person.known = True
    body["items"] = [_item(rng, line) for line in lines]
    if draw < 0.13:
        seller_discount = min(500, merchandise // 10)
        body["seller_discount"] = money(seller_discount)
        body["coupon"] = rng.choice(COUPONS)
    elif draw > 0.93 and script.source != OWNED_SOURCE:
        body["platform_discount"] = money(merchandise // 20)
    value = merchandise - seller_discount
    body["value"] = money(value)
    body["currency"] = PARTNER_CURRENCY
    body["shipping"] = "0.00" if merchandise >= 6_000 else "3.90"
    body["tax"] = money(value * 9 // 109)
    if naming == "content":
        body["content_id"] = script.subject
    if extras:
        body.update(extras)
    at_once = paid and rng.random() < 0.85
    body["status"] = "paid" if at_once else "placed"
    write = script.write_live if naming == "subject" else script.write
    write(at, "purchase", body)
    if paid and not at_once:
        script.write(at + rng.randrange(20, 1_500) * SECOND, "order_paid", {"transaction_id": transaction_id})
    if rng.random() < (0.02 if paid else 0.5):
        reason = rng.choice(CANCEL_REASONS)
        script.write(
            at + rng.randrange(30, 26 * 60) * MINUTE,
            "order_cancelled",
            {"transaction_id": transaction_id, "reason": reason},
        )
    elif paid and rng.random() < 0.065:
        _refund(script, rng, at=at, person=person, transaction_id=transaction_id, lines=lines)


def _item(rng: Random, line: Line) -> dict[str, Any]:
    """An entry of `items[]`; the cost is there about half the time it is known."""
    product, quantity, price, discount = line
    item: dict[str, Any] = {
        "item_id": product.item_id,
        "item_name": product.item_name,
        "quantity": quantity,
        "price": money(price),
    }
    if discount:
        item["discount"] = money(discount)
    if product.cost is not None and rng.random() < 0.5:
        item["cost"] = money(product.cost)
    return item


def _refund(
    script: Script, rng: Random, *, at: int, person: Person | None, transaction_id: str, lines: list[Line]
) -> None:
    """A refund some days or weeks later: of the whole order, of an item, of a value, or without its order."""
    later = at + rng.randrange(2, 35) * DAY + rng.randrange(-9 * 60, 60) * MINUTE
    line = rng.choice(lines)
    body: dict[str, Any] = {"reason": rng.choice(REFUND_REASONS), "currency": PARTNER_CURRENCY}
    if rng.random() < 0.6:
        body["refund_id"] = script.name("r")
    draw = rng.random()
    if draw < 0.06 and person is not None and not person.guest:
        body["customer_id"] = person.customer_id
        body["value"] = money(line.price)
        write = script.write_live if script.subject is not None and rng.random() < 0.5 else script.write
        write(later, "refund", body)
        return
    body["transaction_id"] = transaction_id
    if draw < 0.6:
        body["items"] = [{"item_id": line.product.item_id, "quantity": 1, "price": money(line.price)}]
    elif draw < 0.75:
        body["value"] = money(line.price // 2)
    script.write(later, "refund", body)


def identify(script: Script, rng: Random, *, at: int, person: Person) -> None:
    """A sign-in on the own site: links viewer and customer and carries attributes and consent."""
    marketing = rng.random() < 0.64
    body: dict[str, Any] = {
        "viewer_id": person.viewer_id,
        "customer_id": person.customer_id,
        "email": f"{person.customer_id}@mail.example",
        "consent": {"marketing": marketing, "profiling": marketing or rng.random() < 0.3},
        "country": person.country,
    }
    if person.gender is not None:
        body["gender"] = person.gender
    if person.age_band is not None:
        body["age_band"] = person.age_band
    script.write(at, "identify", body)
    person.known = True
