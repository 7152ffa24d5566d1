"""The shop over days of the partner's calendar: visits, carts, costs, spend and customers, the slow way."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.assignment import customers_of_viewers
from tests.oracle.events import Event, accept, money, text
from tests.oracle.orders import ZERO, Key, OrderTruth
from tests.oracle.world import World

LEAST = Decimal("0.0001")
Told = dict[str, Any]


class ShopTruth:
    """All numbers of a partner's shop, from raw events and from the orders of its world."""

    def __init__(self, raw: Iterable[Mapping[str, Any]], world: World, *, inactivity: int = 90) -> None:
        self.world = world
        self.events = accept(raw).events
        self.zone = ZoneInfo(world.partner.timezone)
        self.inactivity = timedelta(days=inactivity)
        self.customers = customers_of_viewers(self.events)
        self.orders = list(world.orders.values())
        self.visits = self._visits()
        self.carts = self._carts()
        self.costs = self._costs()

    def day(self, moment: datetime) -> date:
        """The day of the partner's calendar."""
        return moment.astimezone(self.zone).date()

    def of_kind(self, kind: str) -> list[Event]:
        """Events of a type, the earliest first."""
        return sorted((one for one in self.events if one.type == kind), key=lambda one: one.moment)

    # -- visits and carts ------------------------------------------------------------------------

    def _visits(self) -> dict[tuple[date, Any], list[Event]]:
        """Page views by the visit they are of."""
        found: dict[tuple[date, Any], list[Event]] = defaultdict(list)
        for view in self.of_kind("page_view"):
            name: Any = text(view.data.get("visit_id"))
            if name is None and view.viewer is not None:
                name = (view.source, view.viewer)
            if name is not None:
                found[self.day(view.time), name].append(view)
        return found

    def _with_add(self) -> set[tuple[date, Any]]:
        owned: dict[tuple[date, Key], list[tuple[datetime, str, Any]]] = defaultdict(list)
        for (day, name), views in self.visits.items():
            owner = next(((one.source, one.viewer) for one in views if one.viewer), None)
            if owner is not None:
                owned[day, owner].append((views[0].time, name if isinstance(name, str) else "~", (day, name)))
        found: set[tuple[date, Any]] = set()
        for add in self.of_kind("add_to_cart"):
            day, visit = self.day(add.time), text(add.data.get("visit_id"))
            if visit is not None:
                found.add((day, visit))
            elif add.viewer is not None and (mine := owned.get((day, (add.source, add.viewer)))):
                begun = [one for one in mine if one[0] <= add.time]
                latest = max((one[0] for one in begun), default=min(one[0] for one in mine))
                found.add(min((one for one in mine if one[0] == latest), key=lambda one: one[1])[2])
        return found & self.visits.keys()

    def _carts(self) -> dict[Any, date]:
        """Carts by the day they were begun."""
        found: dict[Any, date] = {}
        for add in self.of_kind("add_to_cart"):
            day, cart = self.day(add.time), text(add.data.get("cart_id"))
            if cart is not None:
                found.setdefault(cart, day)
            elif add.viewer is not None:
                found.setdefault((add.source, add.viewer, day), day)
        return found

    def _is_of(self, order: OrderTruth, viewer: Key) -> bool:
        """Whether it is the viewer's own order, or one of his customer."""
        is_own = order.viewer_id is not None and (order.source, order.viewer_id) == viewer
        return is_own or (order.buyer is not None and self.customers.get(viewer) == order.buyer)

    def _is_completed(self, cart: Any, *, basis: str) -> bool:
        for order in self.orders:
            if not order.counts(basis=basis):
                continue
            if isinstance(cart, str):
                if self._cart_of(order) == cart:
                    return True
            elif self.day(order.placed_at) == cart[2] and self._is_of(order, cart[:2]):
                return True
        return False

    def _cart_of(self, order: OrderTruth) -> str | None:
        versions = [
            one
            for one in self.of_kind("purchase")
            if (one.source, str(one.data["transaction_id"])) == (order.source, order.transaction_id)
        ]
        latest = max(versions, key=lambda one: (int(one.data.get("version") or 0), one.moment))
        return text(latest.data.get("cart_id"))

    def traffic(self, start: date, end: date, *, basis: str) -> Told:
        """Visits and carts of days, people once."""
        visits = {key for key in self.visits if start <= key[0] < end}
        carts = [cart for cart, day in self.carts.items() if start <= day < end]
        completed = sum(self._is_completed(cart, basis=basis) for cart in carts)
        visitors = {
            (one.source, one.viewer) for key in visits for one in self.visits[key] if one.viewer is not None
        }
        bought = [one for one in self._placed(start, end) if one.counts(basis=basis)]
        return {
            "visits": len(visits),
            "visits_with_add": len(self._with_add() & visits),
            "carts": len(carts),
            "completed_carts": completed,
            "abandoned_carts": len(carts) - completed,
            "visitors": len(visitors),
            "buying_visitors": sum(any(self._is_of(one, who) for one in bought) for who in visitors),
            "leads": self._leads(start, end),
        }

    def _leads(self, start: date, end: date) -> int:
        first: dict[tuple[str | None, str], date] = {}
        for lead in self.of_kind("generate_lead"):
            key = text(lead.data.get("phone")) or str(lead.data["email"])
            first.setdefault((lead.subject, key), self.day(lead.time))
        return len({key for (_, key), day in first.items() if start <= day < end})

    # -- money -----------------------------------------------------------------------------------

    def _mine(self) -> list[OrderTruth]:
        return [one for one in self.orders if one.currency == self.world.partner.currency]

    def _placed(self, start: date, end: date) -> list[OrderTruth]:
        return [one for one in self._mine() if start <= self.day(one.placed_at) < end]

    def _costs(self) -> dict[Key, tuple[Decimal | None, str | None]]:
        found: dict[Key, tuple[Decimal | None, str | None]] = {}
        for told in self.of_kind("product_updated"):
            key = (told.source, str(told.data["item_id"]))
            cost, currency = found.get(key, (None, None))
            if told.data.get("cost") is not None:
                cost = money(told.data["cost"])
            found[key] = (cost, text(told.data.get("currency")) or currency)
        return found

    def _cost(self, order: OrderTruth, item: str, stated: Decimal | None) -> Decimal | None:
        cost, currency = self.costs.get((order.source, item), (None, None))
        if stated is None and currency in (None, order.currency):
            return cost
        return stated

    def goods(self, start: date, end: date) -> Told:
        """What was sold less what came back on these days, at its costs, and the lines it is made of."""
        known, cost, lines = 0, ZERO, 0

        def move(order: OrderTruth, item: str, begins: int, ends: int, sign: int) -> None:
            nonlocal known, cost, lines
            at = 0
            for line in (one for one in order.lines if one.item_id == item):
                units = min(ends, at + line.quantity) - max(begins, at)
                at += line.quantity
                if units > 0:
                    lines += 1
                    if (each := self._cost(order, item, line.cost)) is not None:
                        known, cost = known + 1, cost + sign * units * each

        for order in self._mine():
            if not order.is_paid:
                continue
            for item in {one.item_id for one in order.lines}:
                units, back = sum(one.quantity for one in order.lines if one.item_id == item), 0
                if start <= self.day(order.placed_at) < end:
                    move(order, item, 0, units, 1)
                for refund in order.refunds:
                    part = refund.parts[item].units if item in refund.parts else 0
                    if start <= self.day(refund.time) < end:
                        move(order, item, back, back + part, -1)
                    back += part
                if order.cancelled_at and start <= self.day(order.cancelled_at) < end:
                    move(order, item, back, units, -1)
        net = self.world.shop(start, end, basis="NET")["sales"]
        assert isinstance(net, int | Decimal)
        is_known = known == lines
        return {
            "net_sales": net,
            "cost_of_goods_sold": cost if is_known else None,
            "gross_profit": net - cost if is_known else None,
            "order_lines": lines,
            "costed_order_lines": known,
        }

    def spend(self, start: date, end: date, *, campaigns: Collection[str | None] = ()) -> Told:
        """Marketing money of these days: all of it, and what is for new customers and names no campaign."""
        latest = {(one.source, one.id): one for one in self.of_kind("marketing_spend")}
        total = acquisition = ZERO
        for told in latest.values():
            first, last = (date.fromisoformat(told.data[name]) for name in ("from", "to"))
            days = max((last - first).days, 1)

            def until(day: date, told: Event = told, first: date = first, days: int = days) -> Decimal:
                passed = min(max((day - first).days, 0), days)
                exact = Fraction(money(told.data["amount"])) * 10_000 * passed / days
                return int(exact) * LEAST

            if told.data["currency"] != self.world.partner.currency:
                continue
            amount = until(end) - until(start)
            total += amount
            if told.data.get("purpose") == "ACQUISITION" and told.data.get("campaign") not in campaigns:
                acquisition += amount
        return {"marketing_spend": total, "acquisition_costs": acquisition}

    # -- customers -------------------------------------------------------------------------------

    def _by_customer(self, *, basis: str) -> dict[Key, list[OrderTruth]]:
        found: dict[Key, list[OrderTruth]] = defaultdict(list)
        for order in sorted(self.orders, key=lambda one: (one.placed_at, one.transaction_id)):
            if order.buyer is not None and order.counts(basis=basis):
                found[order.buyer].append(order)
        return found

    def so_far(self, start: date, end: date, *, now: datetime) -> date:
        """Where the days [start, end) end, or where they have come to."""
        return max(min(end, self.day(now) + timedelta(days=1)), start)

    def rhythm(self, start: date, end: date, *, basis: str, now: datetime) -> Told:
        """Who bought again in these days, and how long after the time before."""
        again = by_days = orders = customers = gaps = 0
        between = since = timedelta()
        firsts = {who: bought[0].placed_at for who, bought in self._by_customer(basis="PAID").items()}
        for who, bought in self._by_customer(basis=basis).items():
            mine = [one for one in bought if one.currency == self.world.partner.currency]
            inside = [one for one in mine if start <= self.day(one.placed_at) < end]
            if not inside:
                continue
            customers, orders = customers + 1, orders + len(inside)
            again += len(inside) > 1
            by_days += len({self.day(one.placed_at) for one in inside}) > 1
            for before, after in pairwise(mine):
                if start <= self.day(after.placed_at) < end:
                    gaps, between = gaps + 1, between + (after.placed_at - before.placed_at)
            if who in firsts:
                since += max(inside[-1].placed_at - firsts[who], timedelta())
        second = timedelta(microseconds=1)
        return {
            "repurchasing_customers": again,
            "repurchasing_customers_by_days": by_days,
            "customer_orders": orders,
            "customer_days": customers * (self.so_far(start, end, now=now) - start).days,
            "days_between_purchases": Fraction(between // second, 86_400_000_000),
            "purchase_gaps": gaps,
            "days_as_customer": Fraction(since // second, 86_400_000_000),
        }

    def churn(self, start: date, end: date, *, now: datetime) -> Told:
        """Customers who were active when these days began, and of them those who are not any more."""

        def active(day: date) -> set[Key]:
            paid = (one for one in self._mine() if one.is_paid and one.buyer is not None)
            return {
                one.buyer
                for one in paid
                if one.buyer and day - self.inactivity <= self.day(one.placed_at) < day
            }

        before, after = active(start), active(self.so_far(start, end, now=now))
        return {"active_customers": len(before), "lost_customers": len(before - after)}

    def won(self, start: date, end: date, *, now: datetime, worth: int = 90) -> Told:
        """New customers, and their margin over their first days; None before those are over for all."""
        margin, customers, orders, known, is_over = ZERO, 0, 0, 0, True
        placed = self._by_customer(basis="PLACED")
        for who, paid in self._by_customer(basis="PAID").items():
            first = paid[0]
            if first.currency != self.world.partner.currency or not start <= self.day(first.placed_at) < end:
                continue
            customers += 1
            until = first.placed_at.astimezone(self.zone).replace(tzinfo=None) + timedelta(days=worth)
            is_over = is_over and until <= now.astimezone(self.zone).replace(tzinfo=None)
            begins = (first.placed_at, first.transaction_id)
            for order in placed[who]:
                if order.currency != first.currency or (order.placed_at, order.transaction_id) < begins:
                    continue
                if order.placed_at.astimezone(self.zone).replace(tzinfo=None) >= until:
                    continue
                cost, orders = self._cost_of(order), orders + 1
                known += cost is not None
                net = order.value(basis="NET") if order.is_paid else ZERO
                margin += net - (cost or ZERO)
            for refund in self.world.refunds.values():
                is_his = refund.customer_id is not None and (refund.source, refund.customer_id) == who
                if refund.transaction_id is None and is_his and refund.currency == first.currency:
                    local = refund.time.astimezone(self.zone).replace(tzinfo=None)
                    margin -= refund.effective if refund.time >= first.placed_at and local < until else ZERO
        is_told = is_over and known == orders
        return {
            "new_customers": customers,
            "new_customer_margin": margin if is_told else None,
            "new_customer_orders": orders,
            "costed_new_customer_orders": known,
        }

    def _cost_of(self, order: OrderTruth) -> Decimal | None:
        if not order.is_paid or order.cancelled_at or not order.units:
            return ZERO
        costs = [self._cost(order, line.item_id, line.cost) for line in order.lines]
        if None in costs:
            return None
        lines = zip(order.lines, costs, strict=True)
        whole = sum((line.quantity * (each or 0) for line, each in lines), ZERO)
        left = Fraction(whole) * (order.units - order.refunded_units) / order.units
        return (Decimal(left.numerator) / left.denominator).quantize(LEAST, ROUND_HALF_UP)
