"""The numbers of the shop over a period of the partner's calendar: orders by the day they were placed,
refunds and cancellations by their own day."""

from dataclasses import replace
from typing import Final

from analytics.metrics.declaration import Additivity, Direction, Fact, Metric, Scope, Serves, Unit
from analytics.metrics.session import PAID
from analytics.metrics.shop_customers import SHOP_CUSTOMERS
from analytics.metrics.shop_money import SHOP_MONEY
from analytics.metrics.shop_visits import SHOP_VISITS

_orders = Metric(
    key="orders", label="Orders", formula="orders placed in the period, by basis", scope=Scope.SHOP,
    fact=Fact.ORDERS, serves=Serves.CONVERSION, by_basis=(("PLACED", "COALESCE(sum(o.is_order), 0)"),),
    expression=f"COALESCE(sum(o.is_order) FILTER (WHERE {PAID}), 0)",
)
# Rows `o` are orders on the day they were placed, and refunds and cancellations on their own.
SHOP_SALES: Final = (
    _orders,
    replace(
        _orders, key="guest_orders", label="Guest orders",
        formula="orders of the period without a customer, by basis",
        by_basis=(("PLACED", "COALESCE(sum(o.is_order) FILTER (WHERE o.customer_id IS NULL), 0)"),),
        expression=f"COALESCE(sum(o.is_order) FILTER (WHERE o.customer_id IS NULL AND {PAID}), 0)",
        direction=Direction.NEUTRAL,
    ),
    replace(
        _orders, key="non_live_orders", label="Non-live orders",
        formula="orders of the period that belong to no session, by basis", direction=Direction.NEUTRAL,
        by_basis=(("PLACED", "COALESCE(sum(o.is_order) FILTER (WHERE NOT o.is_live), 0)"),),
        expression=f"COALESCE(sum(o.is_order) FILTER (WHERE NOT o.is_live AND {PAID}), 0)",
    ),
    replace(
        _orders, key="items_sold", label="Items sold", formula="units of the orders, by basis",
        by_basis=(
            ("PLACED", "COALESCE(sum(o.units), 0)"),
            ("PAID", f"COALESCE(sum(o.units) FILTER (WHERE {PAID}), 0)"),
        ),
        expression=f"COALESCE(sum(o.units - o.refunded_units) FILTER (WHERE {PAID}), 0)",
    ),
    replace(
        _orders, key="sales", label="Sales",
        formula="merchandise after discounts, by basis; NET = paid - refunds and cancellations of the period",
        unit=Unit.MONEY,
        by_basis=(
            ("PLACED", "COALESCE(sum(o.merchandise), 0)"),
            ("PAID", f"COALESCE(sum(o.merchandise) FILTER (WHERE {PAID}), 0)"),
        ),
        expression=f"COALESCE(sum(o.merchandise - o.refunded - o.cancelled) FILTER (WHERE {PAID}), 0)",
    ),
    replace(
        _orders, key="non_live_sales", label="Non-live sales", unit=Unit.MONEY, direction=Direction.NEUTRAL,
        formula="sales of the period, less refunds and cancellations of it, of what belongs to no session",
        by_basis=(
            ("PLACED", "COALESCE(sum(o.merchandise) FILTER (WHERE NOT o.is_live), 0)"),
            ("PAID", f"COALESCE(sum(o.merchandise) FILTER (WHERE NOT o.is_live AND {PAID}), 0)"),
        ),
        expression="COALESCE(sum(o.merchandise - o.refunded - o.cancelled) "
        f"FILTER (WHERE NOT o.is_live AND {PAID}), 0)",
    ),
    replace(
        _orders, key="refunds", label="Refunds", formula="value given back in the period", unit=Unit.MONEY,
        by_basis=(), expression=f"COALESCE(sum(o.refunded) FILTER (WHERE {PAID}), 0)",
        direction=Direction.DOWN,
    ),
    replace(
        _orders, key="cancellations", label="Cancellations", unit=Unit.MONEY,
        formula="value of paid orders cancelled in the period, less what had been refunded",
        by_basis=(), expression=f"COALESCE(sum(o.cancelled) FILTER (WHERE {PAID}), 0)",
        direction=Direction.DOWN,
    ),
    replace(
        _orders, key="paid_sales", label="Paid sales",
        formula="paid merchandise, whatever the basis asked for",
        unit=Unit.MONEY, by_basis=(), expression=f"COALESCE(sum(o.merchandise) FILTER (WHERE {PAID}), 0)",
    ),
    replace(
        _orders, key="buyers", label="Buyers", formula="distinct customers of the orders; guests are none",
        unit=Unit.PEOPLE, additivity=Additivity.DISTINCT,
        by_basis=(("PLACED", "count(DISTINCT o.customer_id) FILTER (WHERE o.is_order = 1)"),),
        expression=f"count(DISTINCT o.customer_id) FILTER (WHERE o.is_order = 1 AND {PAID})",
    ),
)
SHOP_QUOTIENTS: Final = (
    Metric(
        key="average_order_value", label="Average order value (AOV)", formula="sales / orders, by basis",
        scope=Scope.SHOP, unit=Unit.MONEY_RATIO, numerator="sales", denominator="orders",
        additivity=Additivity.NONE, serves=Serves.CONVERSION,
    ),
    Metric(
        key="refund_rate", label="Refund rate", formula="refunded value / paid value", scope=Scope.SHOP,
        unit=Unit.RATIO, numerator="refunds", denominator="paid_sales", additivity=Additivity.NONE,
        direction=Direction.DOWN, serves=Serves.CONVERSION,
    ),
)
SHOP_METRICS: Final = (*SHOP_SALES, *SHOP_QUOTIENTS, *SHOP_VISITS, *SHOP_MONEY, *SHOP_CUSTOMERS)
