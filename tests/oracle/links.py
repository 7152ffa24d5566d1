"""What of links and codes says which session an order is of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.oracle.orders import Key, OrderTruth

DAY = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class ClickTruth:
    """A person with this id followed a link of a session, at this moment."""

    session: Key
    visitor: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CodeTruth:
    """A promo code of a session."""

    session: Key
    code: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def is_on(self, order: OrderTruth) -> bool:
        """Whether the order has it, in any case, while it is valid."""
        return (
            order.coupon.strip(" ").upper() == self.code
            and (self.valid_from is None or self.valid_from <= order.placed_at)
            and (self.valid_until is None or order.placed_at < self.valid_until)
        )


@dataclass(frozen=True, kw_only=True)
class Use:
    """That an order used a link or code of a session, and when."""

    method: str
    session: Key
    at: datetime


def uses(
    order: OrderTruth, *, people: set[str], clicks: Iterable[ClickTruth], codes: Iterable[CodeTruth]
) -> list[Use]:
    """Every link followed by these people in the day before the order, and every code on it."""
    followed = [
        Use(method="LINK", session=click.session, at=click.at)
        for click in clicks
        if click.visitor in people and click.at <= order.placed_at < click.at + DAY
    ]
    had = [
        Use(method="CODE", session=code.session, at=order.placed_at) for code in codes if code.is_on(order)
    ]
    return followed + had
