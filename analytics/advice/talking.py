"""What a host can say of a featured product, from its own facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

LOW_STOCK: Final = 20
"""Pieces from which on it is worth saying that few are left."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a featured product."""

    name: str
    price: Decimal | None
    currency: str
    stock: int | None
    moment_viewers: int
    moment_buyers: int
    usual_conversion: float | None
    """Product moment conversion of all products together; None without any past moment."""
    pairs: Sequence[tuple[str, int]]
    """(name, orders) of products most often bought with it."""
    questions: Sequence[str]
    """Likely questions asked while it is featured, the latest first."""


def points(facts: Facts) -> list[dict[str, Any]]:
    """Talking points as {kind, text, and the numbers in it}; only what the facts support."""
    found: list[dict[str, Any]] = []
    if facts.price is not None:
        price = f"{facts.price.normalize():f}" if facts.price % 1 else f"{facts.price:.0f}"
        text = f"{facts.name} is {price} {facts.currency}."
        found.append({"kind": "PRICE", "text": text, "price": str(facts.price), "currency": facts.currency})
    if facts.stock is not None and facts.stock <= LOW_STOCK:
        text = f"Only {facts.stock} left." if facts.stock > 0 else "It is sold out."
        found.append({"kind": "STOCK", "text": text, "stock": facts.stock})
    if facts.moment_viewers and facts.moment_buyers:
        found.append(_conversion(facts))
    if facts.pairs:
        named = " and ".join(name for name, _ in facts.pairs)
        text = f"Most often bought with {named}."
        orders = [orders for _, orders in facts.pairs]
        found.append(
            {"kind": "PAIRING", "text": text, "products": [p for p, _ in facts.pairs], "orders": orders}
        )
    found += [{"kind": "QUESTION", "text": f"Viewers ask: {question}"} for question in facts.questions]
    return found


def _conversion(facts: Facts) -> dict[str, Any]:
    rate = facts.moment_buyers / facts.moment_viewers
    text = (
        f"So far {facts.moment_buyers} of {facts.moment_viewers} viewers bought it "
        f"within 90 seconds of seeing it ({rate:.1%})"
    )
    if facts.usual_conversion:
        text += f", {rate / facts.usual_conversion:.1f} times the usual"
    return {
        "kind": "PAST_CONVERSION",
        "text": f"{text}.",
        "buyers": facts.moment_buyers,
        "viewers": facts.moment_viewers,
    }
