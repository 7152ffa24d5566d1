"""What of influencers is divided on read: rates, returns and prices of one of something."""

from dataclasses import replace
from typing import Final

from analytics.metrics.campaign import ACQUIRED_DAYS, BASE
from analytics.metrics.declaration import Additivity, Direction, Metric, Reason, Serves, Unit

LEAST_CLICKS: Final = 100


def _ratio(key: str, label: str, formula: str, above: str, below: str) -> Metric:
    return replace(
        BASE, key=key, label=label, formula=formula, unit=Unit.RATIO, numerator=above, denominator=below,
        additivity=Additivity.NONE,
    )  # fmt: skip


def _price(key: str, label: str, below: str, of: str, per: int = 1) -> Metric:
    return replace(
        BASE, key=key, label=label, formula=f"cost / {of}", unit=Unit.MONEY_RATIO, numerator="cost",
        denominator=below, additivity=Additivity.NONE, direction=Direction.DOWN, per=per,
    )  # fmt: skip


_roi: Final = _ratio(
    "roi", "Return on investment (ROI)", "(net sales x margin - cost) / cost", "profit", "cost"
)
CAMPAIGN_QUOTIENTS: Final = (
    _ratio("frequency", "Frequency", "views / unique reach", "views", "reach"),
    replace(
        _ratio("overlap", "Overlap", "1 - unique reach / gross reach", "reach_repeated", "reach_gross"),
        direction=Direction.DOWN,
    ),
    replace(
        _ratio(
            "engagement_rate", "Engagement rate", "engaged viewers / unique reach", "engaged_viewers",
            "reach",
        ),
        unit=Unit.RATE, serves=Serves.AWARENESS, needs_identity=True,
    ),
    _ratio(
        "engagements_per_follower", "Engagements per follower", "engagements / followers", "engagements",
        "followers",
    ),
    _ratio(
        "engagements_per_impression", "Engagements per impression", "engagements / impressions",
        "engagements", "impressions",
    ),
    replace(
        _ratio(
            "refund_rate", "Refund rate", "refunded value / paid value, as credited", "refunds", "paid_sales",
        ),
        direction=Direction.DOWN,
    ),
    replace(
        _ratio(
            "average_order_value", "Average order value (AOV)", "sales / conversions, by basis", "sales",
            "conversions",
        ),
        unit=Unit.MONEY_RATIO,
    ),
    _ratio(
        "click_conversion_rate", "Click conversion", "orders / people who clicked, by basis", "orders",
        "traffic",
    ),
    _ratio(
        "cost_coverage", "Cost coverage", "order lines with a cost / order lines", "costed_order_lines",
        "order_lines",
    ),
    _ratio(
        "acquired_cost_coverage", "Cost coverage of new buyers",
        "order lines of new buyers with a cost / order lines of new buyers", "acquired_costed_order_lines",
        "acquired_order_lines",
    ),
    _ratio("roas", "Return on ad spend (ROAS)", "net sales / cost", "net_sales", "cost"),
    _roi,
    replace(
        _roi, key="roi_90d", label=f"ROI with {ACQUIRED_DAYS}-day sales", numerator="acquired_profit",
        formula=f"({ACQUIRED_DAYS}-day net sales of the new buyers x margin - cost) / cost; what buyers who "
        "were won bought later was not caused by it alone",
    ),
    _price("cpm", "Cost per thousand impressions (CPM)", "impressions", "(impressions / 1000)", 1000),
    _price("cpe", "Cost per engagement (CPE)", "engagements", "engagements"),
    _price("cpc", "Cost per click (CPC)", "clicks", "clicks"),
    _price("cpv", "Cost per view (CPV)", "views", "views"),
    _price("cpa", "Cost per order (CPA)", "orders", "orders, by basis"),
    _price("cost_per_reach", "Cost per person reached", "reach", "unique reach"),
    replace(
        _price("epc", "Commission per 100 clicks (EPC)", "clicks", "", 100), numerator="commission",
        formula=f"100 x commission / clicks; none under {LEAST_CLICKS} clicks", direction=Direction.NEUTRAL,
        least=(LEAST_CLICKS, ("clicks",)), least_reason=Reason.TOO_FEW_CLICKS,
    ),
    replace(
        BASE, key="incremental_roas", label="Incremental ROAS", unit=Unit.RATIO, additivity=Additivity.NONE,
        formula="net sales that would not have been without it / cost", awaits="a holdout or a switchback",
        serves=Serves.CONVERSION,
    ),
)  # fmt: skip
