"""The shop's customers over a period: won, come back, lost, and what they are worth."""

from dataclasses import replace
from typing import Final

from analytics.metrics.declaration import (
    Additivity,
    Apart,
    Benchmark,
    Cadence,
    Direction,
    Level,
    Metric,
    Reason,
    Scope,
    Serves,
    Unit,
)
from analytics.metrics.session import PAID

WORTH_DAYS: Final = 90
"""How long after the first purchase a new customer's margin is looked at."""
YEAR: Final = 365
"""Days of the textbook's year."""

BASE: Final = Metric(
    key="", label="", formula="", scope=Scope.SHOP, serves=Serves.CONVERSION, cadence=Cadence.MONTHLY
)
_people = replace(BASE, unit=Unit.PEOPLE, additivity=Additivity.DISTINCT)
_won = replace(BASE, apart=Apart.MATURED)
WON: Final = (
    replace(
        _people, key="new_customers", label="New customers", apart=Apart.WON, additivity=Additivity.SUM,
        formula="customers whose first paid order was placed in the period", cadence=Cadence.WEEKLY,
    ),
    replace(
        _won, key="new_customer_margin", label=f"Margin on new customers, {WORTH_DAYS} days",
        unit=Unit.MONEY,
        formula=f"NET sales - cost of goods of the period's new customers in the {WORTH_DAYS} days from each "
        "one's first purchase; none until that time is over for all of them",
        complete_when="new_customer_cost_coverage", unknown=Reason.NOT_YET, cadence=Cadence.QUARTERLY,
    ),
    replace(
        _won, key="new_customer_orders", label=f"Orders of new customers, {WORTH_DAYS} days",
        formula=f"orders of the new customers in their first {WORTH_DAYS} days", direction=Direction.NEUTRAL,
    ),
    replace(
        _won, key="costed_new_customer_orders",
        label=f"Orders of new customers with a cost, {WORTH_DAYS} days",
        formula=f"orders of the new customers in their first {WORTH_DAYS} days whose cost is known",
    ),
)  # fmt: skip

_bought = replace(BASE, apart=Apart.RHYTHM, by_basis=(("PLACED", "true"),), expression=PAID)
RHYTHM: Final = (
    replace(
        _bought, key="repurchasing_customers", label="Customers who bought again", unit=Unit.PEOPLE,
        formula="customers with two or more orders in the period, by basis", additivity=Additivity.DISTINCT,
    ),
    replace(
        _bought, key="repurchasing_customers_by_days", label="Customers who bought on several days",
        formula="customers with orders on two or more days of the partner's calendar in the period, by basis",
        unit=Unit.PEOPLE, additivity=Additivity.DISTINCT,
    ),
    replace(
        _bought, key="customer_orders", label="Orders of customers",
        formula="orders of the period that have a customer, by basis",
    ),
    replace(
        _bought, key="customer_days", label="Days of customers", direction=Direction.NEUTRAL,
        formula="days of the period, as far as it has come, x its distinct customers, by basis",
        additivity=Additivity.NONE,
    ),
    replace(
        _bought, key="days_between_purchases", label="Days between purchases", unit=Unit.DAYS,
        formula="time from each order of the period to its customer's order before, added up, by basis",
        direction=Direction.NEUTRAL,
    ),
    replace(
        _bought, key="purchase_gaps", label="Purchases after another",
        formula="orders of the period whose customer had an order before, by basis",
    ),
    replace(
        _bought, key="days_as_customer", label="Days as a customer", unit=Unit.DAYS,
        formula="time from the first purchase of each customer of the period to the last one in it, added up",
        additivity=Additivity.NONE,
    ),
)  # fmt: skip

_active = replace(_people, apart=Apart.CHURN)
CHURN: Final = (
    replace(
        _active, key="active_customers", label="Active customers",
        formula="customers with a paid order in the partner's days of inactivity before the period",
    ),
    replace(
        _active, key="lost_customers", label="Lost customers", direction=Direction.DOWN,
        formula="active customers without a paid order in the days of inactivity before the period's end, or "
        "before the next midnight while it goes on",
    ),
    replace(
        _active, key="customers_lost_in_a_year", label="Customers lost in a year", unit=Unit.SHARES,
        formula="active customers x annual churn rate", additivity=Additivity.NONE, direction=Direction.DOWN,
    ),
)  # fmt: skip


def _quotient(
    key: str, label: str, numerator: str, denominator: str, formula: str, unit: Unit = Unit.RATIO
) -> Metric:
    return replace(
        BASE, key=key, label=label, formula=formula, unit=unit, numerator=numerator, denominator=denominator,
        additivity=Additivity.NONE,
    )  # fmt: skip


QUOTIENTS: Final = (
    _quotient(
        "new_customer_cost_coverage", "Cost coverage of new customers", "costed_new_customer_orders",
        "new_customer_orders", "orders of new customers with a cost / orders of new customers",
    ),
    replace(
        _quotient(
            "ltv_to_cac", f"LTV to CAC, {WORTH_DAYS} days", "new_customer_margin", "acquisition_costs",
            f"mean margin of the period's new customers over their first {WORTH_DAYS} days / customer "
            "acquisition cost; none until those days are over for all of them",
        ),
        least=(1, ("new_customers",)), least_reason=Reason.NO_DENOMINATOR, cadence=Cadence.QUARTERLY,
        benchmark=Benchmark(source="a rule of thumb", levels=(Level.at("healthy from", "3"),)),
    ),
    _quotient(
        "repurchase_rate", "Repurchase rate", "repurchasing_customers", "buyers",
        "customers with two or more orders in the period / customers with one or more, by basis", Unit.RATE,
    ),
    _quotient(
        "repurchase_rate_by_days", "Repurchase rate by days", "repurchasing_customers_by_days", "buyers",
        "customers with orders on two or more days of the period / customers with one or more, by basis",
        Unit.RATE,
    ),
    _quotient(
        "purchase_frequency", "Purchase frequency", "customer_orders", "buyers",
        "orders that have a customer / distinct customers, by basis",
    ),
    replace(
        _quotient(
            "time_between_purchases", "Time between purchases", "days_between_purchases", "purchase_gaps",
            "mean days from a customer's order to the next one, over all pairs whose later one is of the "
            "period, by basis",
        ),
        direction=Direction.DOWN,
    ),
    replace(
        _quotient(
            "textbook_time_between_purchases", "Time between purchases, textbook", "customer_days",
            "customer_orders", f"{YEAR} / yearly purchase frequency, in days, by basis",
        ),
        direction=Direction.DOWN,
    ),
    replace(
        _quotient(
            "churn_rate", "Churn rate", "lost_customers", "active_customers",
            "customers active at the start and not at the end / active at the start; new ones do not count",
            Unit.RATE,
        ),
        direction=Direction.DOWN,
    ),
    replace(
        _quotient(
            "annual_churn_rate", "Annual churn rate", "customers_lost_in_a_year", "active_customers",
            "1 - (1 - m)^12, where m is the churn rate of a calendar month, or of the period, as far as it "
            "has come, scaled to one",
        ),
        direction=Direction.DOWN, cadence=Cadence.QUARTERLY,
    ),
    _quotient(
        "days_active", "Days active", "days_as_customer", "buyers",
        "mean days from the first purchase to the last one of the customers of the period",
    ),
    replace(
        BASE, key="simple_clv", label="Customer lifetime value, textbook", unit=Unit.MONEY,
        formula=f"gross profit x {YEAR} / days of the period, as far as it has come / distinct customers x "
        "mean years active - customer acquisition cost: the textbook's form, which takes customers for alike",
        complete_when="cost_coverage", unknown=Reason.NO_DENOMINATOR, additivity=Additivity.NONE,
        cadence=Cadence.QUARTERLY,
    ),
)  # fmt: skip
SHOP_CUSTOMERS: Final = (*WON, *RHYTHM, *CHURN, *QUOTIENTS)
