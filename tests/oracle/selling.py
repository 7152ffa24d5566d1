"""What a session's sales were worth: when orders came, what they cost, and orders of no live before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.events import Event, accept, money, text
from tests.oracle.orders import ZERO, Key, OrderTruth
from tests.oracle.session import Kpi, SessionTruth
from tests.oracle.world import World

DAYS_BEFORE = 28
FEWEST_ORDERS = 30


def timed(truth: SessionTruth, *, basis: str, currency: str | None = None) -> dict[str, Kpi]:
    """Orders by when they were placed, and what the session's sales are for each viewer, hour and view."""
    kpis = truth.kpis(basis=basis, currency=currency)
    mine = [
        order
        for order in truth.orders
        if order.currency == (currency or truth.currency) and order.counts(basis=basis)
    ]
    counts = {when: sum(truth.timing(order) == when for order in mine) for when in ("DURING", "TAIL", "LATE")}
    viewers, sales = len(truth.viewers), kpis["live_sales"]
    assert isinstance(sales, Decimal | int)
    views = kpis["views"]
    assert isinstance(views, int)
    in_tail = len(truth.buyers_among_viewers() - truth.buyers_among_viewers(during=True))
    return {
        "reach": viewers,
        "merchandise": sales,
        "orders_during": counts["DURING"],
        "orders_in_tail": counts["TAIL"],
        "late_orders": counts["LATE"],
        "tail_buying_viewers": in_tail,
        "tail_purchase_rate": (in_tail, viewers),
        "sales_per_viewer": (sales, viewers),
        "sales_per_hour": (sales, truth.seconds),
        "sales_per_thousand_views": (sales, views),
    }


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Cost and currency of products and lines, as events tell them."""

    of_product: dict[Key, tuple[Decimal | None, str | None]]
    of_lines: dict[Key, list[Decimal | None]]


def costs_told(raw: Iterable[dict[str, Any]]) -> Costs:
    """What each product costs by the latest word, and each line of each order's winning purchase."""
    events = accept(raw).events
    products: dict[Key, tuple[Decimal | None, str | None]] = {}
    for item in {(e.source, text(e.data["item_id"]) or "") for e in events if e.type == "product_updated"}:
        cost = _latest(events, item, "cost")
        currency = _latest(events, item, "currency")
        products[item] = (None if cost is None else money(cost), text(currency))
    purchases: dict[Key, list[Event]] = {}
    for event in events:
        if event.type == "purchase":
            purchases.setdefault((event.source, str(event.data["transaction_id"])), []).append(event)
    lines = {key: _lines(max(versions, key=_version)) for key, versions in purchases.items()}
    return Costs(of_product=products, of_lines=lines)


def _version(event: Event) -> tuple[Any, ...]:
    return (int(event.data.get("version") or 0), event.time, event.place)


def _lines(winner: Event) -> list[Decimal | None]:
    return [None if item.get("cost") is None else money(item["cost"]) for item in winner.items]


def _latest(events: list[Event], item: Key, name: str) -> object:
    told = [
        event
        for event in events
        if event.type == "product_updated"
        and (event.source, text(event.data["item_id"])) == item
        and event.data.get(name) is not None
    ]
    return max(told, key=lambda event: event.moment).data[name] if told else None


def costed(truth: SessionTruth, costs: Costs, *, currency: str | None = None) -> dict[str, Kpi]:
    """Net sales, what they cost and what is left; None where a line of them has no known cost.

    Units that were given back are those of the order's first lines of the product.
    """
    wanted = currency or truth.currency
    lines = known = 0
    total = ZERO
    for order in truth.orders:
        if order.currency != wanted or not order.is_paid or order.cancelled_at:
            continue
        for cost, kept in _kept(order, costs, truth.source):
            lines += 1
            if cost is not None:
                known += 1
                total += cost * kept
    net = truth.kpis(basis="NET", currency=wanted)["live_sales"]
    assert isinstance(net, Decimal | int)
    is_whole = lines == known
    return {
        "net_sales": net,
        "order_lines": lines,
        "costed_order_lines": known,
        "cost_coverage": (known, lines),
        "cost_of_goods": total if is_whole else None,
        "gross_profit": net - total if is_whole else None,
    }


def _kept(order: OrderTruth, costs: Costs, source: str) -> list[tuple[Decimal | None, int]]:
    """(unit cost, units that stayed sold) of each line."""
    back: dict[str, int] = {}
    for refund in order.refunds:
        for item, part in refund.parts.items():
            back[item] = back.get(item, 0) + part.units
    found = []
    for line, stated in zip(order.lines, costs.of_lines[order.source, order.transaction_id], strict=True):
        returned = min(back.get(line.item_id, 0), line.quantity)
        back[line.item_id] = back.get(line.item_id, 0) - returned
        cost, currency = costs.of_product.get((source, line.item_id), (None, None))
        if currency is not None and currency != order.currency:
            cost = None
        found.append((cost if stated is None else stated, line.quantity - returned))
    return found


def live_aov_ratio(world: World, truth: SessionTruth, *, basis: str) -> Fraction | None:
    """AOV of the session / AOV of orders of no session in the 28 local days before the day it starts on."""
    if truth.start is None:
        return None
    day = truth.start.astimezone(ZoneInfo(world.partner.timezone)).date()
    before = world.shop(day - timedelta(days=DAYS_BEFORE), day, basis=basis, currency=truth.currency)
    kpis = truth.kpis(basis=basis)
    orders, sales = kpis["orders"], kpis["live_sales"]
    others, their_sales = before["non_live_orders"], before["non_live_sales"]
    assert isinstance(orders, int)
    assert isinstance(others, int)
    assert isinstance(sales, Decimal | int)
    assert isinstance(their_sales, Decimal | int)
    if min(orders, others) < FEWEST_ORDERS or their_sales == 0:
        return None
    return (Fraction(sales) / orders) / (Fraction(their_sales) / others)
