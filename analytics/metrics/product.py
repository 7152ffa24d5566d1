"""The numbers of a product in a session."""

from dataclasses import replace
from typing import Final

from analytics.metrics.declaration import Additivity, Direction, Fact, Metric, Scope, Serves, Unit
from analytics.metrics.session import PAID
from analytics.metrics.showing import PRODUCT_CONVERSION, PRODUCT_MOMENTS
from commerce.ingest import Kind

FEATURED: Final = "o.is_featured"


def _shown(key: str, label: str, formula: str, expression: str, unit: Unit = Unit.COUNT) -> Metric:
    return Metric(
        key=key, label=label, formula=formula, scope=Scope.PRODUCT, unit=unit, fact=Fact.EVENTS,
        expression=expression, serves=Serves.CONVERSION,
        additivity=Additivity.DISTINCT if unit is Unit.PEOPLE else Additivity.SUM,
        needs_identity=unit is Unit.PEOPLE,
    )


PRODUCT_EVENTS: Final = (
    _shown(
        "product_impressions", "Product impressions", "times the product was shown in a list",
        f"count(*) FILTER (WHERE e.kind = {int(Kind.view_item_list)})",
    ),
    _shown(
        "product_clicks", "Product clicks", "clicks on the product",
        f"count(*) FILTER (WHERE e.kind = {int(Kind.select_item)})",
    ),
    _shown(
        "product_clickers", "Product clickers", "viewers who clicked the product",
        f"count(DISTINCT v.viewer_id) FILTER (WHERE e.kind = {int(Kind.select_item)})", Unit.PEOPLE,
    ),
    _shown(
        "carts", "Carts", "viewers who put the product into a cart",
        f"count(DISTINCT v.viewer_id) FILTER (WHERE e.kind = {int(Kind.add_to_cart)})", Unit.PEOPLE,
    ),
)

_orders = Metric(
    key="orders", label="Orders", formula="orders of the session with the product, by basis",
    scope=Scope.PRODUCT,
    fact=Fact.ORDERS, serves=Serves.CONVERSION, by_basis=(("PLACED", "count(DISTINCT o.order_id)"),),
    expression=f"count(DISTINCT o.order_id) FILTER (WHERE {PAID})",
)
PRODUCT_SALES: Final = (
    _orders,
    replace(
        _orders, key="items_sold", label="Items sold", formula="units of the product in the orders, by basis",
        by_basis=(
            ("PLACED", "COALESCE(sum(o.units), 0)"),
            ("PAID", f"COALESCE(sum(o.units) FILTER (WHERE {PAID}), 0)"),
        ),
        expression=f"COALESCE(sum(o.units - o.refunded_units) FILTER (WHERE {PAID} AND o.cancelled_at "
        "IS NULL), 0)",
    ),
    replace(
        _orders, key="buyers", label="Buyers", formula="distinct customers who ordered the product, by basis",
        unit=Unit.PEOPLE, additivity=Additivity.DISTINCT,
        by_basis=(("PLACED", "count(DISTINCT o.customer_id)"),),
        expression=f"count(DISTINCT o.customer_id) FILTER (WHERE {PAID})",
    ),
    replace(
        _orders, key="live_sales", label="Live sales",
        formula="quantity x price of the product's lines, before the seller's order discount, by basis",
        unit=Unit.MONEY,
        by_basis=(
            ("PLACED", "COALESCE(sum(o.amount), 0)"),
            ("PAID", f"COALESCE(sum(o.amount) FILTER (WHERE {PAID}), 0)"),
        ),
        expression=f"COALESCE(sum(o.amount - o.refunded) FILTER (WHERE {PAID} AND o.cancelled_at IS "
        "NULL), 0)",
    ),
    replace(
        _orders, key="refunds", label="Refunds",
        formula="value of the product's items given back on paid orders (whole-order refunds included)",
        unit=Unit.MONEY, by_basis=(), expression=f"COALESCE(sum(o.refunded) FILTER (WHERE {PAID}), 0)",
        direction=Direction.DOWN,
    ),
    replace(
        _orders, key="sales_while_featured", label="Sales while featured",
        formula="the part of the product's live sales that was ordered while it was featured, by basis",
        unit=Unit.MONEY,
        by_basis=(
            ("PLACED", f"COALESCE(sum(o.amount) FILTER (WHERE {FEATURED}), 0)"),
            ("PAID", f"COALESCE(sum(o.amount) FILTER (WHERE {PAID} AND {FEATURED}), 0)"),
        ),
        expression=f"COALESCE(sum(o.amount - o.refunded) FILTER (WHERE {PAID} AND {FEATURED} AND "
        "o.cancelled_at IS NULL), 0)",
    ),
)
PRODUCT_QUOTIENTS: Final = (
    Metric(
        key="product_click_through_rate", label="Click-through rate", scope=Scope.PRODUCT, unit=Unit.RATIO,
        formula="product clicks / product impressions", numerator="product_clicks",
        denominator="product_impressions", additivity=Additivity.NONE, serves=Serves.CONVERSION,
    ),
)
PRODUCT_METRICS: Final = (
    *PRODUCT_EVENTS,
    *PRODUCT_SALES,
    *PRODUCT_QUOTIENTS,
    *PRODUCT_MOMENTS,
    PRODUCT_CONVERSION,
)
