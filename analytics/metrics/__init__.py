"""Every number, declared once: meaning, formula, unit, fact and how it is divided."""

from typing import Final

from analytics.metrics.declaration import (
    BASES,
    Additivity,
    Cadence,
    Direction,
    Fact,
    Metric,
    Scope,
    Serves,
    Unit,
)
from analytics.metrics.product import PRODUCT_METRICS
from analytics.metrics.session import MINUTE_PEOPLE, SESSION_METRICS
from analytics.metrics.shop import SHOP_METRICS

METRICS: Final = (*SESSION_METRICS, *PRODUCT_METRICS, *SHOP_METRICS)


def stored(scope: Scope, fact: Fact) -> list[Metric]:
    """The metrics of a scope that one fact is counted for, in order."""
    return [metric for metric in METRICS if metric.scope is scope and metric.fact is fact]


def metric_of(scope: Scope, key: str) -> Metric:
    """The declaration behind a key."""
    return next(metric for metric in METRICS if metric.scope is scope and metric.key == key)


# Where there is room for a handful: lists of sessions show these, in this order.
HEADLINES: Final = tuple(
    metric_of(Scope.SESSION, key)
    for key in ("viewers", "peak_concurrent_viewers", "viewer_to_buyer_rate", "orders", "live_sales")
)

# What a session of an objective sets out to reach: targets are proposed for these, in this order.
OBJECTIVES: Final = {
    Serves.AWARENESS: tuple(
        metric_of(Scope.SESSION, key) for key in ("views", "viewers", "likes", "comments", "shares")
    ),
    Serves.CONVERSION: tuple(
        metric_of(Scope.SESSION, key)
        for key in ("cta_clicks", "leads", "orders", "live_sales", "viewer_to_buyer_rate")
    ),
}
# A target that flatters where nothing beside it asks what came of it.
VANITY: Final = metric_of(Scope.SESSION, "views")

__all__ = [
    "BASES",
    "HEADLINES",
    "METRICS",
    "MINUTE_PEOPLE",
    "OBJECTIVES",
    "SESSION_METRICS",
    "Additivity",
    "Cadence",
    "Direction",
    "Fact",
    "Metric",
    "Scope",
    "Serves",
    "VANITY",
    "Unit",
    "metric_of",
    "stored",
]
