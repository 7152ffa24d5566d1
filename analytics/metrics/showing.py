"""The numbers of product moments: of each, and summed over the moments of a session or of a product in it."""

from datetime import timedelta
from typing import Final

from analytics.metrics.declaration import Additivity, Fact, Metric, Scope, Serves, Unit

WINDOW: Final = timedelta(seconds=90)
"""How long after a product is featured an order of it counts as the moment's, and how soon after its end
the same product continues the moment instead of beginning another."""


def _of_a_moment(
    key: str,
    label: str,
    formula: str,
    *,
    unit: Unit = Unit.COUNT,
    additivity: Additivity = Additivity.SUM,
    serves: Serves = Serves.CONVERSION,
) -> Metric:
    return Metric(
        key=key, label=label, formula=formula, scope=Scope.SHOWING, unit=unit, fact=Fact.SHOWINGS,
        additivity=additivity, serves=serves, needs_identity=unit is Unit.PEOPLE,
    )  # fmt: skip


# Counted by a statement of their own: people of one moment may be people of the next, so that what adds up
# over moments is people of moments, never people.
MOMENTS: Final = (
    _of_a_moment(
        "moment_viewers", "Viewers of the moment",
        "distinct viewers present at any time in the 90 seconds from the featuring", unit=Unit.PEOPLE,
    ),
    _of_a_moment(
        "moment_buyers", "Buyers of the moment",
        "viewers of the moment with a paid order of the product in this session, placed in those 90 seconds",
        unit=Unit.PEOPLE,
    ),
    _of_a_moment(
        "viewers_at_start", "Viewers at the start", "people present when the moment begins",
        unit=Unit.PEOPLE, additivity=Additivity.NONE, serves=Serves.AWARENESS,
    ),
    _of_a_moment(
        "viewers_at_end", "Viewers at the end", "people present until just before the moment ends",
        unit=Unit.PEOPLE, additivity=Additivity.NONE, serves=Serves.AWARENESS,
    ),
    _of_a_moment("product_clicks", "Product clicks", "clicks on the product while it is featured"),
    _of_a_moment(
        "carts", "Carts", "viewers who put the product into a cart while it is featured",
        unit=Unit.PEOPLE, additivity=Additivity.DISTINCT,
    ),
    _of_a_moment(
        "comments", "Comments", "comments written while it is featured, whatever about",
        serves=Serves.AWARENESS,
    ),
    _of_a_moment(
        "orders", "Orders", "paid orders of the session with the product, placed while it is featured"
    ),
    _of_a_moment(
        "live_sales", "Live sales",
        "quantity x price of the product's lines in those orders, before the seller's order discount",
        unit=Unit.MONEY,
    ),
)  # fmt: skip


def _conversion(scope: Scope, formula: str) -> Metric:
    return Metric(
        key="product_moment_conversion", label="Product moment conversion (PMC)", formula=formula,
        scope=scope, unit=Unit.RATE, numerator="moment_buyers", denominator="moment_viewers",
        additivity=Additivity.NONE, serves=Serves.CONVERSION, needs_identity=True,
    )  # fmt: skip


SHOWING_METRICS: Final = (
    *MOMENTS,
    _conversion(Scope.SHOWING, "buyers of the moment / viewers of the moment"),
)


def _summed(scope: Scope, of: str) -> tuple[Metric, ...]:
    return tuple(
        Metric(
            key=key, label=label, scope=scope, unit=Unit.PEOPLE, fact=Fact.SHOWINGS,
            formula=f"{what}, summed over {of}: who is in several counts in each",
            expression=f"COALESCE(sum(w.{key}), 0)::bigint", serves=Serves.CONVERSION, needs_identity=True,
        )
        for key, label, what in (
            ("moment_viewers", "Viewers of moments", "viewers in the 90 seconds from a featuring"),
            ("moment_buyers", "Buyers of moments", "those of them who then bought the featured product"),
        )
    )  # fmt: skip


_SESSION: Final = "the session's product moments"
SESSION_MOMENTS: Final = _summed(Scope.SESSION, _SESSION)
SESSION_CONVERSION: Final = _conversion(
    Scope.SESSION, f"buyers of moments / viewers of moments, both summed over {_SESSION}"
)

_PRODUCT: Final = "the product's moments in the session"
PRODUCT_MOMENTS: Final = (
    Metric(
        key="times_featured", label="Times featured", formula="moments the product had", scope=Scope.PRODUCT,
        fact=Fact.SHOWINGS, expression="count(*)", serves=Serves.CONVERSION,
    ),
    Metric(
        key="seconds_featured", label="Time featured",
        formula="seconds in which the product was featured, cut to the session", scope=Scope.PRODUCT,
        unit=Unit.SECONDS, fact=Fact.SHOWINGS,
        expression="COALESCE(sum(extract(epoch FROM w.ends_at - w.featured_at)), 0)",
        serves=Serves.CONVERSION,
    ),
    *_summed(Scope.PRODUCT, _PRODUCT),
)  # fmt: skip
PRODUCT_CONVERSION: Final = _conversion(
    Scope.PRODUCT, f"buyers of moments / viewers of moments, both summed over {_PRODUCT}"
)
