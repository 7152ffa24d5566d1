"""Who came to the shop, and what became of carts."""

from dataclasses import replace
from typing import Final

from analytics.metrics.declaration import (
    Additivity,
    Apart,
    Direction,
    Fact,
    Metric,
    Scope,
    Serves,
    Unit,
)
from analytics.metrics.session import PAID

_visits = Metric(
    key="visits",
    label="Visits",
    scope=Scope.SHOP,
    fact=Fact.TRAFFIC,
    serves=Serves.AWARENESS,
    formula="visits with a page view, each once a day; without a visit id a viewer's day is one",
    expression="COALESCE(sum(t.visits), 0)",
)
TRAFFIC: Final = (
    _visits,
    replace(
        _visits,
        key="visits_with_add",
        label="Visits with an add to the cart",
        serves=Serves.CONVERSION,
        formula="visits in which something was put into a cart that day",
        expression="COALESCE(sum(t.visits_with_add), 0)",
    ),
    replace(
        _visits,
        key="carts",
        label="Carts",
        serves=Serves.CONVERSION,
        formula="carts by the day of their first add; without a cart id a viewer's day is one",
        expression="COALESCE(sum(t.is_cart), 0)",
    ),
)

_completed = Metric(
    key="completed_carts",
    label="Completed carts",
    scope=Scope.SHOP,
    fact=Fact.CARTS,
    serves=Serves.CONVERSION,
    formula="carts of the period that became an order, whenever; unless PLACED is asked for a paid one",
    by_basis=(("PLACED", "COALESCE(sum(t.is_cart) FILTER (WHERE t.is_placed), 0)"),),
    expression="COALESCE(sum(t.is_cart) FILTER (WHERE t.is_paid), 0)",
)
CARTS: Final = (
    _completed,
    replace(
        _completed,
        key="abandoned_carts",
        label="Abandoned carts",
        direction=Direction.DOWN,
        formula="carts of the period that did not become an order by now, by basis",
        by_basis=(("PLACED", "COALESCE(sum(t.is_cart) FILTER (WHERE NOT t.is_placed), 0)"),),
        expression="COALESCE(sum(t.is_cart) FILTER (WHERE NOT t.is_paid), 0)",
    ),
)

_visitors = Metric(
    key="visitors",
    label="Visitors",
    scope=Scope.SHOP,
    unit=Unit.PEOPLE,
    apart=Apart.VISITORS,
    formula="distinct viewers with a page view in the period",
    additivity=Additivity.DISTINCT,
    serves=Serves.AWARENESS,
    needs_identity=True,
)
VISITORS: Final = (
    _visitors,
    replace(
        _visitors,
        key="buying_visitors",
        label="Visitors who bought",
        serves=Serves.CONVERSION,
        formula="visitors of the period with an order placed in it, of their own or of their customer; "
        "unless PLACED is asked for a paid one",
        by_basis=(("PLACED", "true"),),
        expression=PAID,
    ),
)


def _ratio(key: str, label: str, numerator: str, denominator: str, formula: str) -> Metric:
    return Metric(
        key=key, label=label, formula=formula, scope=Scope.SHOP, unit=Unit.RATIO, numerator=numerator,
        denominator=denominator, additivity=Additivity.NONE, serves=Serves.CONVERSION,
    )  # fmt: skip


QUOTIENTS: Final = (
    Metric(
        key="conversion_rate", label="Conversion rate", scope=Scope.SHOP, unit=Unit.RATE,
        formula="visitors who bought in the period / visitors", numerator="buying_visitors",
        denominator="visitors", additivity=Additivity.NONE, serves=Serves.CONVERSION, needs_identity=True,
    ),
    _ratio(
        "orders_per_visitor", "Orders per visitor", "orders", "visitors", "orders, by basis / visitors"
    ),
    _ratio(
        "add_to_cart_rate", "Add-to-cart rate", "visits_with_add", "visits",
        "visits in which something was put into a cart / visits",
    ),
    replace(
        _ratio(
            "cart_abandonment_rate", "Cart abandonment rate", "abandoned_carts", "carts",
            "1 - completed carts / carts, by basis",
        ),
        direction=Direction.DOWN,
    ),
    _ratio(
        "cart_conversion_rate", "Cart conversion rate", "completed_carts", "carts",
        "completed carts / carts, by basis",
    ),
)  # fmt: skip
SHOP_VISITS: Final = (*TRAFFIC, *CARTS, *VISITORS, *QUOTIENTS)
