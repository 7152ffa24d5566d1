"""Orders and refunds from their events: which statement wins, what they are worth, what was given back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tests.oracle.events import Event, instant, money, quantity, text

Key = tuple[str, str]  # (source, id at the source)
ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of an order; `amount` is before the order's seller discount."""

    item_id: str
    quantity: int
    price: Decimal
    cost: Decimal | None = None

    @property
    def amount(self) -> Decimal:
        """Quantity x unit price."""
        return self.quantity * self.price


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a refund gives back of one product."""

    units: int
    amount: Decimal


@dataclass(kw_only=True)
class RefundTruth:
    """A refund; `amount` as stated, `effective` what counts after the cut to the order's merchandise.

    `parts` are by item, only for refunds of items or of the whole order, each cut to what is left of it.
    """

    source: str
    refund_id: str
    event_id: str
    time: datetime
    transaction_id: str | None
    session: Key | None
    customer_id: str | None
    amount: Decimal
    units: int
    currency: str | None
    effective: Decimal = ZERO
    effective_units: int = 0
    parts: dict[str, Part] = field(default_factory=dict)


@dataclass(kw_only=True)
class OrderTruth:
    """An order that has a purchase; `viewing` is the viewer of the assigned session that it counts for.

    `broadcast` is the part of that session which sold it, where the session is made of several.
    """

    source: str
    transaction_id: str
    placed_at: datetime
    paid_at: datetime | None
    cancelled_at: datetime | None
    lines: list[Line]
    merchandise: Decimal
    units: int
    shipping: Decimal
    tax: Decimal
    stated_currency: str | None
    stated_sessions: list[str]
    customer_id: str | None
    viewer_id: str | None
    coupon: str = ""
    refunds: list[RefundTruth] = field(default_factory=list)
    currency: str = ""
    buyer: Key | None = None
    session: Key | None = None
    broadcast: Key | None = None
    method: str | None = None
    timing: str | None = None
    viewing: str | None = None

    @property
    def is_paid(self) -> bool:
        """Whether the order counts in PAID and NET."""
        return self.paid_at is not None

    @property
    def refunded(self) -> Decimal:
        """Sum of the effective refunds; 0 for an unpaid order."""
        return sum((refund.effective for refund in self.refunds), ZERO)

    @property
    def refunded_units(self) -> int:
        """Units of the effective refunds."""
        return sum(refund.effective_units for refund in self.refunds)

    @property
    def cancellation(self) -> Decimal:
        """What cancelling took from the sales: the merchandise not refunded; 0 unless paid and cancelled."""
        return self.merchandise - self.refunded if self.is_paid and self.cancelled_at else ZERO

    @property
    def cancelled_units(self) -> int:
        """Units that cancelling took back."""
        return self.units - self.refunded_units if self.is_paid and self.cancelled_at else 0

    def counts(self, *, basis: str) -> bool:
        """Whether the order counts under PLACED, PAID or NET."""
        return basis == "PLACED" or self.is_paid

    def value(self, *, basis: str, include_shipping: bool = False, include_tax: bool = False) -> Decimal:
        """The order's sales in its currency."""
        if basis == "NET" and self.cancelled_at:
            return ZERO
        extra = (self.shipping if include_shipping else ZERO) + (self.tax if include_tax else ZERO)
        return self.merchandise + extra - (self.refunded if basis == "NET" else ZERO)

    def units_sold(self, *, basis: str) -> int:
        """Units sold; NET: without those given back."""
        if basis != "NET":
            return self.units
        return 0 if self.cancelled_at else self.units - self.refunded_units


def build_orders(events: Iterable[Event]) -> dict[Key, OrderTruth]:
    """Every order with a purchase, refunds and assignment not yet applied."""
    purchases: dict[Key, list[Event]] = defaultdict(list)
    paid: dict[Key, list[datetime]] = defaultdict(list)
    cancelled: dict[Key, list[datetime]] = defaultdict(list)
    for event in events:
        transaction = text(event.data.get("transaction_id"))
        if transaction is None:
            continue
        key = (event.source, transaction)
        if event.type == "purchase":
            purchases[key].append(event)
            if (event.data.get("status") or "paid") == "paid":
                paid[key].append(event.time)
        elif event.type == "order_paid":
            paid[key].append(event.time)
        elif event.type == "order_cancelled":
            cancelled[key].append(event.time)
    return {
        key: _order(key, versions, paid=paid[key], cancelled=cancelled[key])
        for key, versions in purchases.items()
    }


def _order(key: Key, versions: list[Event], *, paid: list[datetime], cancelled: list[datetime]) -> OrderTruth:
    winner = max(versions, key=lambda event: (int(event.data.get("version") or 0), event.time, event.place))
    data = winner.data
    lines = [
        Line(
            item_id=str(item["item_id"]),
            quantity=quantity(item),
            price=money(item.get("price")),
            cost=None if item.get("cost") is None else money(item["cost"]),
        )
        for item in winner.items
    ]
    placed_at, paid_at = text(data.get("placed_at")), text(data.get("paid_at"))
    content_ids = [text(data.get("content_id")), text((data.get("affiliate") or {}).get("content_id"))]
    return OrderTruth(
        source=key[0],
        transaction_id=key[1],
        placed_at=instant(placed_at) if placed_at else min(event.time for event in versions),
        paid_at=instant(paid_at) if paid_at else min(paid, default=None),
        cancelled_at=min(cancelled, default=None),
        lines=lines,
        merchandise=sum((line.amount for line in lines), ZERO) - money(data.get("seller_discount")),
        units=sum(line.quantity for line in lines),
        shipping=money(data.get("shipping")),
        tax=money(data.get("tax")),
        stated_currency=text(data.get("currency")),
        stated_sessions=[subject for subject in [winner.subject, *content_ids] if subject is not None],
        customer_id=winner.customer,
        viewer_id=winner.viewer,
        coupon=text(data.get("coupon")) or "",
    )


def build_refunds(events: Iterable[Event], *, orders: dict[Key, OrderTruth]) -> dict[Key, RefundTruth]:
    """Every refund by (source, refund id), the linked ones applied to their paid orders."""
    latest: dict[Key, Event] = {}
    for event in events:
        if event.type == "refund":
            key = (event.source, text(event.data.get("refund_id")) or event.id)
            if key not in latest or latest[key].moment < event.moment:
                latest[key] = event
    refunds: dict[Key, RefundTruth] = {}
    for key, event in sorted(latest.items(), key=lambda entry: entry[1].moment):
        transaction = text(event.data.get("transaction_id"))
        order = orders.get((event.source, transaction)) if transaction else None
        refund = _refund(key, event, order=order)
        refunds[key] = refund
        if transaction is None:
            refund.effective, refund.effective_units = refund.amount, refund.units
        elif order is not None and order.is_paid:
            _apply(refund, event, order=order)
    return refunds


def _refund(key: Key, event: Event, *, order: OrderTruth | None) -> RefundTruth:
    stated, items = event.data.get("value"), event.items
    units = sum(quantity(item) for item in items)
    if stated is not None:
        amount = money(stated)
    elif items:
        amount = sum((part.amount for part in item_parts(event, order=order).values()), ZERO)
    else:
        amount = order.merchandise if order else ZERO
        units = order.units if order else 0
    return RefundTruth(
        source=key[0],
        refund_id=key[1],
        event_id=event.id,
        time=event.time,
        transaction_id=text(event.data.get("transaction_id")),
        session=(event.source, event.subject) if event.subject else None,
        customer_id=event.customer,
        amount=amount,
        units=units,
        currency=text(event.data.get("currency")),
        parts=item_parts(event, order=None) if order is None else {},
    )


def item_parts(event: Event, *, order: OrderTruth | None) -> dict[str, Part]:
    """What the refund's items say, by product: quantity x (own price, else the order's first line's)."""
    parts: dict[str, Part] = {}
    for item in event.items:
        item_id = str(item["item_id"])
        price = money(item.get("price"))
        if item.get("price") is None and order is not None:
            price = next((line.price for line in order.lines if line.item_id == item_id), ZERO)
        before = parts.get(item_id, Part(units=0, amount=ZERO))
        units = quantity(item)
        parts[item_id] = Part(units=before.units + units, amount=before.amount + units * price)
    return parts


def _apply(refund: RefundTruth, event: Event, *, order: OrderTruth) -> None:
    """Cut the refund to what earlier ones left of the order and of each product; add it to the order."""
    refund.effective = max(ZERO, min(refund.amount, order.merchandise - order.refunded))
    refund.effective_units = max(0, min(refund.units, order.units - order.refunded_units))
    left = {
        item_id: Part(
            units=sum(line.quantity for line in order.lines if line.item_id == item_id)
            - sum(earlier.parts[item_id].units for earlier in order.refunds if item_id in earlier.parts),
            amount=sum((line.amount for line in order.lines if line.item_id == item_id), ZERO)
            - sum((each.parts[item_id].amount for each in order.refunds if item_id in each.parts), ZERO),
        )
        for item_id in {line.item_id for line in order.lines}
    }
    is_whole = event.data.get("value") is None and not event.items
    asked = left if is_whole else item_parts(event, order=order)
    refund.parts = {
        item_id: Part(
            units=min(part.units, left[item_id].units), amount=min(part.amount, left[item_id].amount)
        )
        for item_id, part in asked.items()
        if item_id in left
    }
    order.refunds.append(refund)
