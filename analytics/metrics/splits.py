"""What numbers of the shop can be split by."""

from enum import Enum
from typing import Final

from analytics.metrics.declaration import Fact, Metric, Scope


class Dimension(Enum):
    """How the shop's orders are told apart: each is in one part, but by PRODUCT in that of each line."""

    LIVE = "LIVE"
    CHANNEL = "CHANNEL"
    CUSTOMER = "CUSTOMER"
    PRODUCT = "PRODUCT"
    KOL = "KOL"
    COUNTRY = "COUNTRY"


EVERY: Final = tuple(Dimension)


def dimensions_of(metric: Metric, metrics: dict[str, Metric]) -> tuple[Dimension, ...]:
    """What a metric can be split by, given all metrics of its scope by key: what is counted of orders.

    Visits, carts and money spent have no order that would tell whose they are.
    """
    if metric.scope is not Scope.SHOP:
        return ()
    if not metric.is_quotient:
        return EVERY if metric.fact is Fact.ORDERS else ()
    above, below = (dimensions_of(metrics[key], metrics) for key in (metric.numerator, metric.denominator))
    return tuple(dimension for dimension in above if dimension in below)
