"""What a session's sales were worth: by viewer, hour and view, after costs, and beside orders of no live."""

from dataclasses import replace
from typing import Final

from analytics.metrics.declaration import (
    Additivity,
    Apart,
    Benchmark,
    Direction,
    Fact,
    Level,
    Metric,
    Reason,
    Serves,
    Unit,
)
from analytics.metrics.session import ORDER_COUNT, PAID

BASELINE_DAYS: Final = 28
"""Whole days of the partner's calendar before the day a session starts on."""
LEAST_ORDERS: Final = 30
"""Fewer orders on either side make no average to compare."""

# The same numbers under other names.
NAMED: Final = (
    Metric(
        key="reach", label="Reach", formula="the viewers, looked at as people reached", unit=Unit.PEOPLE,
        same_as="viewers", additivity=Additivity.DISTINCT, serves=Serves.AWARENESS, needs_identity=True,
    ),
    Metric(
        key="merchandise", label="Merchandise", unit=Unit.MONEY, same_as="live_sales",
        serves=Serves.CONVERSION,
        formula="live sales by basis, without shipping and tax whatever is included elsewhere",
    ),
)


def _orders(key: str, label: str, formula: str, timing: str) -> Metric:
    is_then = f"o.timing = '{timing}'"
    return Metric(
        key=key, label=label, formula=formula, fact=Fact.ORDERS, serves=Serves.CONVERSION,
        by_basis=tuple(
            (basis, expression.replace("o.is_order)", f"o.is_order) FILTER (WHERE {is_then})"))
            for basis, expression in ORDER_COUNT
        ),
        expression=f"COALESCE(sum(o.is_order) FILTER (WHERE {PAID} AND {is_then}), 0)",
    )  # fmt: skip


TIMED: Final = (
    _orders(
        "orders_during", "Orders during the session", "orders placed between start and end, by basis",
        "DURING",
    ),
    _orders(
        "orders_in_tail", "Orders in the tail",
        "orders placed after the end and within the tail, of its links and codes within a day, by basis",
        "TAIL",
    ),
    _orders(
        "late_orders", "Late orders",
        "orders that name the session, or have a link or code of it, and were placed before it or after its "
        "tail, by basis", "LATE",
    ),
)  # fmt: skip

_tail_buyers = Metric(
    key="tail_buying_viewers", label="Viewers who bought in the tail", unit=Unit.PEOPLE, fact=Fact.PEOPLE,
    formula="viewers with a paid order of this session in the tail and none before its end",
    expression="count(*) FILTER (WHERE v.has_bought AND NOT v.has_bought_during)",
    additivity=Additivity.DISTINCT, serves=Serves.CONVERSION, needs_identity=True,
)
TAIL: Final = (
    _tail_buyers,
    Metric(
        key="tail_purchase_rate", label="Purchase rate of the tail", unit=Unit.RATE,
        formula="viewers who bought in the tail and not before / viewers; VBR is this and the purchase rate",
        numerator=_tail_buyers.key, denominator="viewers", additivity=Additivity.NONE,
        serves=Serves.CONVERSION, needs_identity=True,
    ),
)

_costs = Metric(
    key="cost_of_goods", label="Cost of goods", unit=Unit.MONEY, apart=Apart.COSTS, serves=Serves.CONVERSION,
    formula="unit costs x units of the net sales; the order line's cost, else the product's",
    direction=Direction.DOWN, complete_when="cost_coverage",
)
COSTS: Final = (
    _costs,
    replace(
        _costs, key="net_sales", label="Net sales", formula="NET live sales, whatever the basis asked for",
        direction=Direction.UP, complete_when="",
    ),
    replace(
        _costs, key="gross_profit", label="Gross profit", formula="net sales - cost of goods",
        direction=Direction.UP,
    ),
    replace(
        _costs, key="order_lines", label="Order lines", formula="lines of the orders of the net sales",
        unit=Unit.COUNT, direction=Direction.NEUTRAL, complete_when="",
    ),
    replace(
        _costs, key="costed_order_lines", label="Order lines with a cost", unit=Unit.COUNT, complete_when="",
        formula="lines of the orders of the net sales whose cost is known", direction=Direction.UP,
    ),
)

BASELINE: Final = (
    Metric(
        key="baseline_orders", label="Non-live orders before", apart=Apart.BASELINE, serves=Serves.CONVERSION,
        formula=f"orders of no session placed in the {BASELINE_DAYS} days before the day it starts on",
        direction=Direction.NEUTRAL, additivity=Additivity.SUM, by_basis=ORDER_COUNT,
    ),
    Metric(
        key="baseline_sales", label="Non-live sales before", apart=Apart.BASELINE, serves=Serves.CONVERSION,
        formula=f"sales of no session in the {BASELINE_DAYS} days before the day it starts on",
        unit=Unit.MONEY, direction=Direction.NEUTRAL, by_basis=ORDER_COUNT,
    ),
)


def _money_for(
    key: str, label: str, numerator: str, denominator: str, formula: str, per: int = 1
) -> Metric:
    return Metric(
        key=key, label=label, formula=formula, unit=Unit.MONEY_RATIO, numerator=numerator,
        denominator=denominator, additivity=Additivity.NONE, serves=Serves.CONVERSION, per=per,
    )  # fmt: skip


WORTH: Final = (
    _money_for("sales_per_viewer", "Sales per viewer", "live_sales", "viewers", "live sales / viewers"),
    _money_for(
        "sales_per_hour", "Sales per hour", "live_sales", "session_seconds",
        "live sales / length of the session in hours", 3600,
    ),
    _money_for(
        "sales_per_thousand_views", "Sales per thousand views (GPM)", "live_sales", "views",
        "1000 x live sales / views", 1000,
    ),
    Metric(
        key="cost_coverage", label="Cost coverage", unit=Unit.RATIO, numerator="costed_order_lines",
        denominator="order_lines", additivity=Additivity.NONE, serves=Serves.CONVERSION,
        formula="order lines with a cost / order lines of the net sales",
    ),
    Metric(
        key="gross_margin", label="Gross margin", unit=Unit.RATIO, numerator="gross_profit",
        denominator="net_sales", additivity=Additivity.NONE, serves=Serves.CONVERSION,
        formula="gross profit / net sales",
    ),
    _money_for(
        "merchandise_order_value", "Average order value, merchandise alone", "merchandise", "orders",
        "merchandise / orders, by basis",
    ),
    _money_for(
        "baseline_order_value", "Average order value of non-live orders before", "baseline_sales",
        "baseline_orders", "non-live sales before / non-live orders before, by basis",
    ),
    Metric(
        key="live_aov_ratio", label="AOV ratio of the live (AOV-L)", unit=Unit.RATIO,
        numerator="merchandise_order_value", denominator="baseline_order_value",
        additivity=Additivity.NONE, serves=Serves.CONVERSION,
        least=(LEAST_ORDERS, ("orders", "baseline_orders")),
        formula="average order value of the session / average order value of the partner's orders of no "
        f"session in the {BASELINE_DAYS} days of its calendar before; over sessions, of all their orders; "
        f"none under {LEAST_ORDERS} orders on either side",
    ),
    Metric(
        key="live_lifetime_value", label="Lifetime value of customers won live", unit=Unit.MONEY,
        apart=Apart.LIFETIME, additivity=Additivity.NONE, serves=Serves.CONVERSION, unknown=Reason.NOT_YET,
        formula="mean net sales within 90 days of the first purchase, of the partner's customers whose first "
        "order was live, in months that are wholly observed",
    ),
    Metric(
        key="other_lifetime_value", label="Lifetime value of other customers", unit=Unit.MONEY,
        apart=Apart.LIFETIME, additivity=Additivity.NONE, serves=Serves.CONVERSION, unknown=Reason.NOT_YET,
        direction=Direction.NEUTRAL,
        formula="the same of customers whose first order was not live, at the live customers' mix of months",
    ),
    Metric(
        key="live_ltv_index", label="Lifetime value index of the live (LLVI)", unit=Unit.RATIO,
        numerator="live_lifetime_value", denominator="other_lifetime_value",
        additivity=Additivity.NONE, serves=Serves.CONVERSION,
        formula="mean 90-day lifetime value of customers whose first order was live / of those whose first "
        "was not, by months alike; of the partner, not of one session; an association, no effect",
        benchmark=Benchmark(source="a vendor's report", levels=(Level.at("known level", "2.1"),)),
    ),
)  # fmt: skip

SELLING_METRICS: Final = (*NAMED, *TIMED, *TAIL, *COSTS, *BASELINE, *WORTH)
