"""Everything of one partner, from raw events in any order with duplicates."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.assignment import Assignment, customers_of_viewers
from tests.oracle.events import Event, Partner, accept
from tests.oracle.links import ClickTruth, CodeTruth
from tests.oracle.markers import violations
from tests.oracle.merged import MergedTruth
from tests.oracle.orders import ZERO, Key, OrderTruth, RefundTruth, build_orders, build_refunds
from tests.oracle.session import SessionTruth

ShopNumber = int | Decimal | tuple[Decimal, int]


class World:
    """All sessions, orders and refunds of a partner; equal events sent again change nothing."""

    def __init__(
        self,
        events: Iterable[Mapping[str, Any]],
        *,
        partner: Partner,
        merges: Iterable[Sequence[Key]] = (),
        clicks: Sequence[ClickTruth] = (),
        codes: Sequence[CodeTruth] = (),
    ) -> None:
        delivery = accept(events)
        self.partner = partner
        self.accepted = len(delivery.events)
        self.duplicates = delivery.duplicates
        self.conflicts = delivery.conflicts
        self._sessions = _sessions(delivery.events, partner=partner)
        self.merged = [MergedTruth.of([self._sessions[key] for key in parts]) for parts in merges]
        wholes = {(part.source, part.subject): whole for whole in self.merged for part in whole.parts}
        self.violations: dict[Key, dict[str, Any]] = violations(delivery.events)
        self.orders: dict[Key, OrderTruth] = build_orders(delivery.events)
        self.refunds: dict[Key, RefundTruth] = build_refunds(delivery.events, orders=self.orders)
        assignment = Assignment(
            sessions=self._sessions,
            customers=customers_of_viewers(delivery.events),
            partner=partner,
            wholes=wholes,
            clicks=clicks,
            codes=codes,
        )
        for order in self.orders.values():
            assignment.assign(order)
            sold_by = order.broadcast or order.session
            order.currency = order.stated_currency or self._currency_of(sold_by)
            if sold_by:
                self._sessions[sold_by].orders.append(order)
            if order.broadcast:
                wholes[order.broadcast].orders.append(order)
        for refund in self.refunds.values():
            linked = (
                self.orders.get((refund.source, refund.transaction_id)) if refund.transaction_id else None
            )
            if linked is not None:
                refund.currency = linked.currency
            else:
                refund.currency = refund.currency or self._currency_of(refund.session)
            if refund.transaction_id is None and refund.session is not None:
                self._sessions[refund.session].unlinked_refunds.append(refund)
                if whole := wholes.get(refund.session):
                    whole.unlinked_refunds.append(refund)

    def _currency_of(self, session: Key | None) -> str:
        return self._sessions[session].currency if session else self.partner.currency

    @property
    def sessions(self) -> list[Key]:
        """(source, subject) of every session any event names, broadcasts of another included."""
        return sorted(self._sessions)

    def session(self, *, source: str, subject: str) -> SessionTruth:
        """One session; KeyError when no event names it."""
        return self._sessions[(source, subject)]

    def shop(
        self, start: date, end: date, *, basis: str = "PAID", currency: str | None = None
    ) -> dict[str, ShopNumber]:
        """The shop's numbers of the days `[start, end)` of the partner's calendar, in one currency."""
        zone = ZoneInfo(self.partner.timezone)
        return self._shop(
            lambda time: start <= time.astimezone(zone).date() < end, basis=basis, currency=currency
        )

    def shop_hour(
        self, hour: datetime, *, basis: str = "PAID", currency: str | None = None
    ) -> dict[str, ShopNumber]:
        """The shop's numbers of `[hour, hour + 1 h)`."""
        return self._shop(
            lambda time: hour <= time < hour + timedelta(hours=1), basis=basis, currency=currency
        )

    def _shop(
        self, inside: Callable[[datetime], bool], *, basis: str, currency: str | None
    ) -> dict[str, ShopNumber]:
        """Cash view: orders by when placed, refunds and cancellations by their own time."""
        wanted = currency or self.partner.currency
        mine = [order for order in self.orders.values() if order.currency == wanted]
        placed = [order for order in mine if inside(order.placed_at) and order.counts(basis=basis)]
        given_back = [
            refund for refund in self.refunds.values() if refund.currency == wanted and inside(refund.time)
        ]
        cancelled = [order for order in mine if order.cancelled_at and inside(order.cancelled_at)]
        refunds = sum((refund.effective for refund in given_back), ZERO)
        sales = _sales(placed)
        units = sum(order.units for order in placed)
        if basis == "NET":
            sales -= refunds + sum((order.cancellation for order in cancelled), ZERO)
            units -= sum(refund.effective_units for refund in given_back)
            units -= sum(order.cancelled_units for order in cancelled)
        no_live = _sales(order for order in placed if order.session is None)
        if basis == "NET":
            no_live -= sum(
                (refund.effective for refund in given_back if self._session_of(refund) is None), ZERO
            )
            no_live -= sum((order.cancellation for order in cancelled if order.session is None), ZERO)
        return {
            "non_live_orders": sum(order.session is None for order in placed),
            "non_live_sales": no_live,
            "orders": len(placed),
            "sales": sales,
            "refunds": refunds,
            "buyers": len({order.buyer for order in placed if order.buyer}),
            "items_sold": units,
            "average_order_value": (sales, len(placed)),
        }

    def _session_of(self, refund: RefundTruth) -> Key | None:
        """The session a refund takes from: its order's, else the one it names."""
        if refund.transaction_id is None:
            return refund.session
        order = self.orders.get((refund.source, refund.transaction_id))
        return order.session if order else None  # It waits for its order, and takes nothing yet.


def _sales(placed: Iterable[OrderTruth]) -> Decimal:
    return sum((order.merchandise for order in placed), ZERO)


def _sessions(events: list[Event], *, partner: Partner) -> dict[Key, SessionTruth]:
    """Every (source, subject) an event names, with those events."""
    found: dict[Key, list[Event]] = {}
    for event in events:
        if event.subject is not None:
            found.setdefault((event.source, event.subject), []).append(event)
    return {
        key: SessionTruth(source=key[0], subject=key[1], events=own, partner=partner)
        for key, own in found.items()
    }
