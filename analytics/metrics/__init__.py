"""Every number, declared once: meaning, formula, unit, fact and how it is divided."""

from typing import Final

from analytics.metrics.audience import AUDIENCE_METRICS, SOURCE_METRICS
from analytics.metrics.campaign import ACQUIRED_DAYS, CAMPAIGN_NUMBERS
from analytics.metrics.campaign_quotients import CAMPAIGN_QUOTIENTS
from analytics.metrics.declaration import (
    BASES,
    BY_BASIS,
    Additivity,
    Apart,
    Benchmark,
    Cadence,
    Direction,
    Fact,
    Level,
    Metric,
    Reason,
    Scope,
    Serves,
    Unit,
)
from analytics.metrics.product import PRODUCT_METRICS
from analytics.metrics.selling import BASELINE_DAYS, SELLING_METRICS
from analytics.metrics.session import MINUTE_PEOPLE
from analytics.metrics.session import SESSION_METRICS as COUNTED_METRICS
from analytics.metrics.shop import SHOP_METRICS
from analytics.metrics.shop_customers import WORTH_DAYS, YEAR
from analytics.metrics.showing import SHOWING_METRICS
from analytics.metrics.splits import Dimension, dimensions_of

SESSION_METRICS: Final = (*COUNTED_METRICS, *SELLING_METRICS, *AUDIENCE_METRICS)
CAMPAIGN_METRICS: Final = (*CAMPAIGN_NUMBERS, *CAMPAIGN_QUOTIENTS)
METRICS: Final = (
    *SESSION_METRICS,
    *PRODUCT_METRICS,
    *SHOP_METRICS,
    *SHOWING_METRICS,
    *SOURCE_METRICS,
    *CAMPAIGN_METRICS,
)
_BY_KEY: Final = {(metric.scope, metric.key): metric for metric in METRICS}


def stored(scope: Scope, fact: Fact) -> list[Metric]:
    """The metrics of a scope that one fact is counted for, in order."""
    return [metric for metric in METRICS if metric.scope is scope and metric.fact is fact]


def definition_version(scope: Scope) -> int:
    """The version of a scope's definitions together: it grows when any of them changes."""
    return 1 + sum(metric.version - 1 for metric in METRICS if metric.scope is scope)


def metric_of(scope: Scope, key: str) -> Metric:
    """The declaration behind a key."""
    return _BY_KEY[scope, key]


def dimensions(metric: Metric) -> tuple[Dimension, ...]:
    """What a metric can be split by."""
    return dimensions_of(metric, {one.key: one for one in METRICS if one.scope is metric.scope})


# Where there is room for a handful: lists of sessions show these, in this order.
HEADLINES: Final = tuple(
    metric_of(Scope.SESSION, key)
    for key in ("viewers", "peak_concurrent_viewers", "viewer_to_buyer_rate", "orders", "live_sales")
)

# Whether viewers are told apart at all: where there are views and nobody who viewed, they are not.
IDENTIFIED: Final = metric_of(Scope.SESSION, "viewers")
ANONYMOUS: Final = metric_of(Scope.SESSION, "views")
# Their stand-ins where a platform reports viewers and nobody tells them apart.
VBR: Final = metric_of(Scope.SESSION, "viewer_to_buyer_rate")
BUYERS: Final = metric_of(Scope.SESSION, "buyers")

# The five that say how a live did, each with the numbers it is made of or read beside. A moment's conversion
# is there once moments are counted.
FIVE: Final = tuple(
    tuple(metric_of(Scope.SESSION, key) for key in keys if key in {m.key for m in SESSION_METRICS})
    for keys in (
        ("viewer_to_buyer_rate", "purchase_rate", "tail_purchase_rate"),
        ("live_aov_ratio",),
        ("session_completion_rate", "eligible_completion_rate"),
        ("product_moment_conversion",),
        ("live_ltv_index",),
    )
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
# What makes a sum of money: the last is the first, times each next number for one of that before it.
CHAINS: Final = (
    tuple(metric_of(Scope.SESSION, key) for key in ("viewers", "converted_viewers", "orders", "live_sales")),
    tuple(metric_of(Scope.SHOP, key) for key in ("orders", "sales")),
)
# A target that flatters where nothing beside it asks what came of it.
VANITY: Final = metric_of(Scope.SESSION, "views")

__all__ = [
    "ACQUIRED_DAYS",
    "ANONYMOUS",
    "BASELINE_DAYS",
    "BASES",
    "BUYERS",
    "BY_BASIS",
    "CAMPAIGN_METRICS",
    "CHAINS",
    "FIVE",
    "HEADLINES",
    "IDENTIFIED",
    "METRICS",
    "MINUTE_PEOPLE",
    "OBJECTIVES",
    "SESSION_METRICS",
    "VANITY",
    "VBR",
    "WORTH_DAYS",
    "YEAR",
    "Additivity",
    "Apart",
    "Benchmark",
    "Cadence",
    "Dimension",
    "Direction",
    "Fact",
    "Level",
    "Metric",
    "Reason",
    "Scope",
    "Serves",
    "Unit",
    "definition_version",
    "dimensions",
    "metric_of",
    "stored",
]
