"""Random shops over some weeks: guests, customers of several countries, lives of several channels, strays."""

import random
from datetime import datetime, timedelta
from typing import Any

from tests.factories import event

Raw = dict[str, Any]
BEGINNING = datetime.fromisoformat("2026-03-20T00:00:00+00:00")
DAYS = 62
CUSTOMERS = [*(f"c{number}" for number in range(7)), None]
COUNTRIES = ["SG", "MY", "TH"]
CHANNELS = ["TIKTOK", "SHOPEE", "OWNED", None]
ITEMS = ["lip", "hat", "bag", "pen"]


def shop(rng: random.Random, *, orders: int = 60, sessions: int = 4) -> list[Raw]:
    """Orders of lives and of none, some unpaid, cancelled, corrected or given back; refunds of no order."""
    told: list[Raw] = []

    def tell(type_: str, at: datetime, *, subject: str | None = None, **data: Any) -> None:
        given = {name: value for name, value in data.items() if value is not None}
        told.append(event(type_, at, id=f"n{len(told)}", subject=subject, **given))

    def moment() -> datetime:
        """Half-hours, so that orders share instants and days begin between them in some zones."""
        return BEGINNING + timedelta(minutes=30 * rng.randrange(48 * DAYS))

    for number in range(sessions):
        at = moment()
        for _ in range(rng.choice([1, 1, 2])):
            tell("live_session_started", at, subject=f"live-{number}", channel=rng.choice(CHANNELS))
        tell("live_session_ended", at + timedelta(hours=2), subject=f"live-{number}")
    for customer in CUSTOMERS[:-1]:
        for _ in range(rng.choice([0, 1, 1, 2])):
            tell("identify", moment(), customer_id=customer, country=rng.choice(COUNTRIES))
    for number in range(orders):
        _order(rng, tell, f"o{number}", moment(), sessions)
    for number in range(5):
        items = [{"item_id": rng.choice(ITEMS), "price": "2.50", "quantity": rng.randrange(1, 3)}]
        given: Raw = {"items": items} if rng.random() < 0.5 else {"value": "7.1250"}
        tell(
            "refund",
            moment(),
            subject=rng.choice([None, "live-0"]),
            refund_id=f"u{number}",
            customer_id=rng.choice(CUSTOMERS),
            **given,
        )
    return told


def _order(rng: random.Random, tell: Any, order: str, placed: datetime, sessions: int) -> None:
    items = [
        {"item_id": item, "quantity": rng.randrange(1, 4), "price": f"{rng.randrange(1, 5000) / 100:.2f}"}
        for item in rng.sample(ITEMS, k=rng.randrange(1, 4))
    ]
    subject = rng.choice([None, None, f"live-{rng.randrange(sessions)}"])
    status = rng.choice(["paid", "paid", "paid", "placed"])
    tell(
        "purchase",
        placed,
        subject=subject,
        transaction_id=order,
        items=items,
        status=status,
        customer_id=rng.choice(CUSTOMERS),
        seller_discount=rng.choice([None, None, "0.30"]),
        currency=rng.choice([None, None, None, "USD"]),
    )
    if status == "placed" and rng.random() < 0.4:
        tell("order_paid", placed + timedelta(minutes=5), transaction_id=order)
    if rng.random() < 0.15:
        tell("order_cancelled", placed + timedelta(hours=rng.randrange(1, 90)), transaction_id=order)
    for number in range(rng.choice([0, 0, 0, 1, 2])):
        given: Raw = rng.choice([{}, {"value": "3.10"}, {"items": [{"item_id": rng.choice(ITEMS)}]}])
        at = placed + timedelta(hours=rng.randrange(1, 200))
        tell("refund", at, transaction_id=order, refund_id=f"{order}-r{number}", **given)
