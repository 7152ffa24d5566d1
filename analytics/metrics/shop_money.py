"""What the shop's sales cost: goods, marketing, and each customer, order, lead and click."""

from dataclasses import replace
from typing import Final

from analytics.metrics.declaration import Additivity, Apart, Cadence, Direction, Metric, Scope, Serves, Unit
from analytics.metrics.session import PAID

BASE: Final = Metric(
    key="", label="", formula="", scope=Scope.SHOP, serves=Serves.CONVERSION, cadence=Cadence.MONTHLY
)
_goods = replace(BASE, unit=Unit.MONEY, apart=Apart.COSTS, complete_when="cost_coverage")
COSTS: Final = (
    replace(
        _goods, key="net_sales", label="Net sales", complete_when="",
        formula="NET sales of the period, whatever the basis asked for",
    ),
    replace(
        _goods, key="cost_of_goods_sold", label="Cost of goods sold (COGS)", direction=Direction.DOWN,
        formula="unit costs x units of the net sales; the order line's cost, else the product's of today",
    ),
    replace(
        _goods, key="gross_profit", label="Gross profit", formula="net sales - cost of goods sold",
    ),
    replace(
        _goods, key="order_lines", label="Order lines", unit=Unit.COUNT, complete_when="",
        formula="lines of paid orders sold, given back or cancelled in the period",
        direction=Direction.NEUTRAL,
    ),
    replace(
        _goods, key="costed_order_lines", label="Order lines with a cost", unit=Unit.COUNT, complete_when="",
        formula="lines of paid orders sold, given back or cancelled in the period whose cost is known",
    ),
)  # fmt: skip

_spend = replace(BASE, unit=Unit.MONEY, apart=Apart.SPEND, direction=Direction.NEUTRAL)
SPEND: Final = (
    replace(
        _spend, key="marketing_spend", label="Marketing spend", cadence=Cadence.WEEKLY,
        formula="marketing money by the days it was for, the same on each, of every purpose",
    ),
    replace(
        _spend, key="campaign_costs", label="Costs of campaigns",
        formula="what KOL campaigns cost: their ledger by its days, net commission by those of orders",
    ),
    replace(
        _spend, key="acquisition_costs", label="Acquisition costs",
        formula="marketing spend of purpose ACQUISITION that names no KOL campaign + costs of campaigns",
        direction=Direction.DOWN,
    ),
)  # fmt: skip

REACHED: Final = (
    replace(
        BASE, key="leads", label="Leads", unit=Unit.PEOPLE, apart=Apart.LEADS, cadence=Cadence.WEEKLY,
        formula="distinct people who left a phone number or an e-mail in the period",
        additivity=Additivity.DISTINCT,
    ),
    replace(
        BASE, key="link_clicks", label="Link clicks", apart=Apart.CLICKS, cadence=Cadence.WEEKLY,
        formula="times people followed tracking links in the period; bots are not people",
    ),
    replace(
        BASE, key="credited_sales", label="Sales credited to campaigns", unit=Unit.MONEY, apart=Apart.CLICKS,
        formula="what the last touch credits to KOL campaigns of the orders placed in the period, by basis",
        by_basis=(("PLACED", "true"),), expression=PAID, cadence=Cadence.WEEKLY,
    ),
)  # fmt: skip


def _ratio(
    key: str, label: str, numerator: str, denominator: str, formula: str, unit: Unit = Unit.RATIO
) -> Metric:
    return replace(
        BASE, key=key, label=label, formula=formula, unit=unit, numerator=numerator, denominator=denominator,
        additivity=Additivity.NONE,
    )  # fmt: skip


def _for_each(key: str, label: str, numerator: str, denominator: str, formula: str) -> Metric:
    told = _ratio(key, label, numerator, denominator, formula, Unit.MONEY_RATIO)
    return replace(told, direction=Direction.DOWN)


QUOTIENTS: Final = (
    _ratio(
        "cost_coverage", "Cost coverage", "costed_order_lines", "order_lines",
        "order lines with a cost / order lines of the net sales",
    ),
    _ratio("gross_margin", "Gross margin", "gross_profit", "net_sales", "gross profit / net sales"),
    _for_each(
        "customer_acquisition_cost", "Customer acquisition cost (CAC)", "acquisition_costs", "new_customers",
        "acquisition costs / new customers",
    ),
    _for_each(
        "cost_per_order", "Cost per order", "marketing_spend", "orders", "marketing spend / orders, by basis"
    ),
    _for_each("cost_per_lead", "Cost per lead", "marketing_spend", "leads", "marketing spend / leads"),
    replace(
        _for_each(
            "revenue_per_click", "Revenue per click", "credited_sales", "link_clicks",
            "sales credited to campaigns, by basis / link clicks",
        ),
        direction=Direction.UP,
    ),
    replace(
        _ratio(
            "marketing_spend_share", "Marketing spend, share of sales", "marketing_spend", "paid_sales",
            "marketing spend / paid sales before refunds",
        ),
        direction=Direction.DOWN,
    ),
)  # fmt: skip
SHOP_MONEY: Final = (*COSTS, *SPEND, *REACHED, *QUOTIENTS)
