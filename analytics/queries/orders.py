"""What was settled of orders: their session, and what was given back."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from analytics.models import OrderFact
from commerce.access import Actor, scoped


@dataclass(frozen=True, kw_only=True)
class Settled:
    """An order's session (None: a non-live order) and how it was found, its currency, what was given back."""

    session_id: UUID | None
    method: str
    confidence: Decimal
    currency: str
    refunded: Decimal
    refunded_units: int


def settled_orders(order_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, Settled]:
    """Settled orders by id; one that waits for its worker is missing."""
    rows = scoped(OrderFact.objects.filter(order_id__in=order_ids), actor=actor)
    return {
        row.order_id: Settled(
            session_id=row.session_id,
            method=row.method,
            confidence=row.confidence,
            currency=row.currency,
            refunded=row.refunded,
            refunded_units=row.refunded_units,
        )
        for row in rows
    }
