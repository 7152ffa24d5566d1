"""The shop in parts, in any time zone, order by order and refund by refund."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.oracle.credits import happened
from tests.oracle.events import accept
from tests.oracle.orders import ZERO, Key, OrderTruth, RefundTruth
from tests.oracle.world import World

Inside = Callable[[datetime], bool]
KolOf = Callable[[Key], str]
"""The influencer met last before an order, empty for none."""
WHOLE = "everything"
"""The one part where nothing is told apart."""


@dataclass(kw_only=True)
class PartTruth:
    """What was sold, given back and cancelled of one part."""

    orders: int = 0
    guest_orders: int = 0
    non_live_orders: int = 0
    units: int = 0
    sold: Decimal = ZERO
    sold_elsewhere: Decimal = ZERO
    paid: Decimal = ZERO
    refunds: Decimal = ZERO
    cancellations: Decimal = ZERO
    back_elsewhere: Decimal = ZERO
    units_back: int = 0
    buyers: set[Key] = field(default_factory=set)

    def numbers(self, *, basis: str) -> dict[str, int | Decimal]:
        """By key."""
        is_net = basis == "NET"
        return {
            "orders": self.orders,
            "guest_orders": self.guest_orders,
            "non_live_orders": self.non_live_orders,
            "items_sold": self.units - (self.units_back if is_net else 0),
            "sales": self.sold - (self.refunds + self.cancellations if is_net else ZERO),
            "non_live_sales": self.sold_elsewhere - (self.back_elsewhere if is_net else ZERO),
            "refunds": self.refunds,
            "cancellations": self.cancellations,
            "paid_sales": self.paid,
            "buyers": len(self.buyers),
        }


class Split:
    """Which part each order and refund of a world is in."""

    def __init__(
        self, world: World, events: Iterable[Mapping[str, Any]], *, kol_of: KolOf | None = None
    ) -> None:
        self.world = world
        self._events = accept(events).events
        self._kol_of = kol_of or (lambda key: "")
        self._channels = self._told("live_session_", "channel", lambda event: event.subject)
        self._countries = self._told("identify", "country", lambda event: event.customer)
        self._firsts: dict[Key, OrderTruth] = {}
        for order in world.orders.values():
            if order.buyer and order.is_paid:
                known = self._firsts.setdefault(order.buyer, order)
                if _place(order) < _place(known):
                    self._firsts[order.buyer] = order

    def _told(self, kind: str, name: str, of: Callable[[Any], str | None]) -> dict[Key, str]:
        """The latest that events of a kind tell of something, by its key."""
        latest: dict[Key, Any] = {}
        for event in self._events:
            who = of(event)
            if event.type.startswith(kind) and who and event.data.get(name):
                key = (event.source, who)
                if key not in latest or latest[key].moment < event.moment:
                    latest[key] = event
        return {key: str(event.data[name]) for key, event in latest.items()}

    def of_order(self, by: str, order: OrderTruth) -> str:
        """The part of an order by a dimension, or by none; not for products."""
        match by:
            case "":
                return WHOLE
            case "LIVE":
                return "LIVE" if order.session else "NON_LIVE"
            case "CHANNEL":
                return self._channels.get(order.session, "OTHER") if order.session else ""
            case "KOL":
                return self._kol_of((order.source, order.transaction_id))
            case "COUNTRY":
                return self._countries.get(order.buyer, "") if order.buyer else ""
        assert by == "CUSTOMER"
        if order.buyer is None:
            return "GUEST"
        first = self._firsts.get(order.buyer)
        return "NEW" if first is None or _place(order) <= _place(first) else "RETURNING"

    def of_stray(self, by: str, refund: RefundTruth) -> str:
        """The part of a refund without an order."""
        match by:
            case "":
                return WHOLE
            case "LIVE":
                return "LIVE" if refund.session else "NON_LIVE"
            case "CHANNEL":
                return self._channels.get(refund.session, "OTHER") if refund.session else ""
            case "COUNTRY":
                customer = (refund.source, refund.customer_id or "")
                return self._countries.get(customer, "")
        return ""

    def parts(self, by: str, inside: Inside, *, basis: str, currency: str) -> dict[str, PartTruth]:
        """Parts of the time that `inside` says; those of which nothing is are not there."""
        found: dict[str, PartTruth] = defaultdict(PartTruth)
        for key, order in self.world.orders.items():
            if order.currency == currency:
                if by == "PRODUCT":
                    self._lines(found, key, order, inside, basis=basis)
                else:
                    self._order(found[self.of_order(by, order)], order, inside, basis=basis)
        for refund in self.world.refunds.values():
            if refund.transaction_id is None and refund.currency == currency and inside(refund.time):
                for name, units, amount in self._stray(by, refund):
                    part = found[name]
                    part.refunds += amount
                    part.units_back += units
                    part.back_elsewhere += ZERO if refund.session else amount
        nothing = PartTruth()
        return {name: part for name, part in found.items() if part != nothing}

    def _stray(self, by: str, refund: RefundTruth) -> Sequence[tuple[str, int, Decimal]]:
        if by != "PRODUCT":
            return [(self.of_stray(by, refund), refund.effective_units, refund.effective)]
        known = refund.parts
        if known and sum((part.amount for part in known.values()), ZERO) == refund.effective:
            return [(item, part.units, part.amount) for item, part in known.items()]
        return [("", refund.effective_units, refund.effective)]

    def _order(self, part: PartTruth, order: OrderTruth, inside: Inside, *, basis: str) -> None:
        if inside(order.placed_at):
            part.paid += order.merchandise if order.is_paid else ZERO
            if order.counts(basis=basis):
                self._count(part, order)
                part.units += order.units
                part.sold += order.merchandise
                part.sold_elsewhere += ZERO if order.session else order.merchandise
        for refund in order.refunds:
            if inside(refund.time):
                part.refunds += refund.effective
                part.units_back += refund.effective_units
                part.back_elsewhere += ZERO if order.session else refund.effective
        if order.is_paid and order.cancelled_at and inside(order.cancelled_at):
            part.cancellations += order.cancellation
            part.units_back += order.cancelled_units
            part.back_elsewhere += ZERO if order.session else order.cancellation

    def _count(self, part: PartTruth, order: OrderTruth) -> None:
        part.orders += 1
        part.guest_orders += order.buyer is None
        part.non_live_orders += order.session is None
        if order.buyer:
            part.buyers.add(order.buyer)

    def _lines(
        self, found: dict[str, PartTruth], key: Key, order: OrderTruth, inside: Inside, *, basis: str
    ) -> None:
        """Amounts of an order by the products of its lines, and the order in each of them."""
        elsewhere = order.session is None
        if inside(order.placed_at) and order.counts(basis=basis):
            for item in {line.item_id for line in order.lines}:
                self._count(found[item], order)
                found[item].units += sum(line.quantity for line in order.lines if line.item_id == item)
        for row in happened(key, order, self._events):
            part = found[order.lines[row.position].item_id]
            if not inside(row.at) or (row.kind != "SALE" and not order.is_paid):
                continue
            if row.kind == "SALE":
                part.paid += row.amount if order.is_paid else ZERO
                if order.counts(basis=basis):
                    part.sold += row.amount
                    part.sold_elsewhere += row.amount if elsewhere else ZERO
                continue
            part.back_elsewhere -= row.amount if elsewhere else ZERO
            if row.kind == "REFUND":
                part.refunds -= row.amount
            else:
                part.cancellations -= row.amount


def _place(order: OrderTruth) -> tuple[datetime, str]:
    return (order.placed_at, order.transaction_id)
