"""The numbers of each product in one session."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal

from tests.oracle.events import Event
from tests.oracle.orders import ZERO, Key, OrderTruth, RefundTruth
from tests.oracle.showings import ShowingTruth

Row = dict[str, int | Decimal]


def product_rows(
    *,
    events: Collection[Event],
    viewers: set[str],
    orders: Collection[OrderTruth],
    unlinked: Collection[RefundTruth],
    showings: Collection[ShowingTruth],
    basis: str,
) -> dict[str, Row]:
    """Numbers by item id, only of items with any that is not 0.

    Sales are line amounts *before* the order's seller discount, which belongs to no product. Refunds are of
    items (at quantity x price, even where a value is stated too) and of whole orders; a refund of a mere
    value belongs to no product. NET takes them, and all of a cancelled order, from sales and units.
    Impressions and clicks count every item of an event; people have presence. Sales while featured are those
    of orders placed in one of the product's moments.
    """
    impressions: dict[str, int] = defaultdict(int)
    clicks: dict[str, int] = defaultdict(int)
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in events:
        for item in event.items:
            item_id = str(item["item_id"])
            if event.type == "view_item_list":
                impressions[item_id] += 1
            elif event.type == "select_item":
                clicks[item_id] += 1
            if event.type in ("select_item", "add_to_cart") and event.viewer in viewers:
                people[(event.type, item_id)].add(str(event.viewer))

    bought: dict[str, int] = defaultdict(int)
    units: dict[str, int] = defaultdict(int)
    sales: dict[str, Decimal] = defaultdict(lambda: ZERO)
    refunds: dict[str, Decimal] = defaultdict(lambda: ZERO)
    featured: dict[str, Decimal] = defaultdict(lambda: ZERO)
    moments: dict[str, list[ShowingTruth]] = defaultdict(list)
    for showing in showings:
        moments[showing.item_id].append(showing)
    buyers: dict[str, set[Key]] = defaultdict(set)
    is_net = basis == "NET"
    for order in orders:
        if not order.counts(basis=basis):
            continue
        for item_id in {line.item_id for line in order.lines}:
            bought[item_id] += 1
            if order.buyer:
                buyers[item_id].add(order.buyer)
        if not (is_net and order.cancelled_at):
            for line in order.lines:
                units[line.item_id] += line.quantity
                sales[line.item_id] += line.amount
                if any(moment.covers(order.placed_at) for moment in moments[line.item_id]):
                    featured[line.item_id] += line.amount
    linked = [
        (refund, order)
        for order in orders
        if order.is_paid
        for refund in order.refunds
    ]
    for refund, refunded in [*linked, *((refund, None) for refund in unlinked)]:
        for item_id, part in refund.parts.items():
            refunds[item_id] += part.amount
            if is_net and not (refunded and refunded.cancelled_at):
                units[item_id] -= part.units
                sales[item_id] -= part.amount
                if refunded and any(moment.covers(refunded.placed_at) for moment in moments[item_id]):
                    featured[item_id] -= part.amount

    named = {item_id for _, item_id in people}
    rows: dict[str, Row] = {
        item_id: {
            "product_impressions": impressions[item_id],
            "product_clicks": clicks[item_id],
            "product_clickers": len(people[("select_item", item_id)]),
            "carts": len(people[("add_to_cart", item_id)]),
            "orders": bought[item_id],
            "items_sold": units[item_id],
            "buyers": len(buyers[item_id]),
            "live_sales": sales[item_id],
            "refunds": refunds[item_id],
            "sales_while_featured": featured[item_id],
            "times_featured": len(moments[item_id]),
            "seconds_featured": sum((each.seconds for each in moments[item_id]), ZERO),
            "moment_viewers": sum(len(each.viewers) for each in moments[item_id]),
            "moment_buyers": sum(len(each.buyers) for each in moments[item_id]),
        }
        for item_id in {*impressions, *clicks, *named, *bought, *refunds, *moments}
    }
    return {item_id: row for item_id, row in sorted(rows.items()) if any(row.values())}
