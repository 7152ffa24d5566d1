"""Who came before, who bought for the first time, and where viewers came from."""

from dataclasses import replace
from typing import Final

from analytics.metrics.declaration import (
    Additivity,
    Cadence,
    Direction,
    Fact,
    Metric,
    Scope,
    Serves,
    Unit,
)
from commerce.ingest import Kind


def _people(key: str, label: str, formula: str, expression: str) -> Metric:
    return Metric(
        key=key, label=label, formula=formula, unit=Unit.PEOPLE, fact=Fact.PEOPLE, expression=expression,
        additivity=Additivity.DISTINCT, needs_identity=True,
    )


def _where(condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition})"


REPEAT: Final = _where("v.is_returning")
NEW: Final = _where("NOT v.is_returning")
REPEAT_CONVERTED: Final = _where("v.is_returning AND v.has_bought")
NEW_CONVERTED: Final = _where("NOT v.is_returning AND v.has_bought")

RETURNING: Final = (
    _people(
        "repeat_viewers", "Repeat viewers",
        "viewers who also watched a session of the partner that started earlier", REPEAT,
    ),
    _people("new_viewers", "New viewers", "viewers who watched no session that started earlier", NEW),
    _people(
        "repeat_converted_viewers", "Repeat viewers who bought",
        "repeat viewers with a paid order of this session placed between their first join and its end plus "
        "the tail", REPEAT_CONVERTED,
    ),
    _people(
        "first_time_converted_viewers", "New viewers who bought",
        "new viewers with a paid order of this session placed between their first join and its end plus the "
        "tail", NEW_CONVERTED,
    ),
    # A quotient of two rates, (a / b) / (c / d), stays exact as (a x d) / (c x b).
    Metric(
        key="repeat_conversion_weight", label="Weight of repeat conversion", fact=Fact.PEOPLE,
        formula="repeat viewers who bought x new viewers", expression=f"{REPEAT_CONVERTED} * {NEW}",
        additivity=Additivity.NONE, direction=Direction.NEUTRAL, serves=Serves.CONVERSION,
        needs_identity=True,
    ),
    Metric(
        key="first_time_conversion_weight", label="Weight of first-time conversion", fact=Fact.PEOPLE,
        formula="new viewers who bought x repeat viewers", expression=f"{NEW_CONVERTED} * {REPEAT}",
        additivity=Additivity.NONE, direction=Direction.NEUTRAL, serves=Serves.CONVERSION,
        needs_identity=True,
    ),
)
RETURNING_QUOTIENTS: Final = (
    Metric(
        key="repeat_viewer_rate", label="Repeat viewer rate", unit=Unit.RATE,
        formula="viewers who also watched an earlier session / viewers", numerator="repeat_viewers",
        denominator="viewers", additivity=Additivity.NONE, cadence=Cadence.MONTHLY, needs_identity=True,
    ),
    Metric(
        key="repeat_conversion_ratio", label="Repeat conversion ratio", unit=Unit.RATIO,
        formula="viewer-to-buyer rate of repeat viewers / the one of new viewers; shown as (repeat viewers "
        "who bought x new viewers) / (new viewers who bought x repeat viewers), which is the same and exact",
        numerator="repeat_conversion_weight", denominator="first_time_conversion_weight",
        additivity=Additivity.NONE, serves=Serves.CONVERSION, cadence=Cadence.MONTHLY, needs_identity=True,
    ),
)

# Rows `o` of a session tell whether an order is its customer's first: of all, and of those that are paid.
NEW_BUYERS: Final = (
    Metric(
        key="new_buyers", label="New buyers", unit=Unit.PEOPLE, fact=Fact.ORDERS,
        formula="buyers whose first order ever is one of this session, among the orders the basis counts",
        by_basis=(("PLACED", "count(*) FILTER (WHERE o.is_first_placed)"),),
        expression="count(*) FILTER (WHERE o.is_first_paid)", additivity=Additivity.SUM,
        serves=Serves.CONVERSION, cadence=Cadence.MONTHLY,
    ),
)
NEW_BUYER_RATE: Final = Metric(
    key="new_buyer_rate", label="New buyer rate", unit=Unit.RATE, formula="new buyers / buyers, by basis",
    numerator="new_buyers", denominator="buyers", additivity=Additivity.NONE, serves=Serves.CONVERSION,
    cadence=Cadence.MONTHLY,
)
AUDIENCE_METRICS: Final = (*RETURNING, *RETURNING_QUOTIENTS, *NEW_BUYERS, NEW_BUYER_RATE)

# -- where they came from ----------------------------------------------------------------------

PAID: Final = "o.paid_at IS NOT NULL"
SOURCE_EVENTS: Final = (
    Metric(
        key="impressions", label="Impressions", scope=Scope.SOURCE, fact=Fact.EVENTS,
        formula="times the live was shown, by the source each showing told",
        expression=f"COALESCE(sum(COALESCE(e.quantity, 1)) FILTER (WHERE e.kind = "
        f"{int(Kind.live_impression)}), 0)", serves=Serves.AWARENESS,
    ),
    Metric(
        key="views", label="Views", scope=Scope.SOURCE, fact=Fact.EVENTS,
        formula="view starts, by the source each start told; coming back counts again",
        expression=f"count(*) FILTER (WHERE e.kind = {int(Kind.live_view_started)})",
        serves=Serves.AWARENESS,
    ),
)
SOURCE_PEOPLE: Final = (
    Metric(
        key="viewers", label="Viewers", scope=Scope.SOURCE, unit=Unit.PEOPLE, fact=Fact.PEOPLE,
        formula="distinct people with presence, by the first source they told in the session",
        expression="count(*)", serves=Serves.AWARENESS, needs_identity=True,
    ),
    Metric(
        key="watch_time", label="Watch time", scope=Scope.SOURCE, unit=Unit.SECONDS, fact=Fact.PEOPLE,
        formula="seconds watched by these viewers together",
        expression="COALESCE(extract(epoch FROM sum(v.watched)), 0)", serves=Serves.AWARENESS,
        needs_identity=True,
    ),
    Metric(
        key="converted_viewers", label="Viewers who bought", scope=Scope.SOURCE, unit=Unit.PEOPLE,
        fact=Fact.PEOPLE,
        formula="these viewers with a paid order of this session placed between their first join and its end "
        "plus the tail",
        expression="count(*) FILTER (WHERE v.has_bought)", serves=Serves.CONVERSION, needs_identity=True,
    ),
)
_orders = Metric(
    key="orders", label="Orders", scope=Scope.SOURCE, fact=Fact.ORDERS,
    formula="orders of the session by the source of the viewing they are of, by basis",
    by_basis=(("PLACED", "COALESCE(sum(o.is_order), 0)"),),
    expression=f"COALESCE(sum(o.is_order) FILTER (WHERE {PAID}), 0)", serves=Serves.CONVERSION,
)
SOURCE_SALES: Final = (
    _orders,
    replace(
        _orders, key="live_sales", label="Live sales", unit=Unit.MONEY,
        formula="merchandise after discounts of these orders, by basis",
        by_basis=(
            ("PLACED", "COALESCE(sum(o.merchandise), 0)"),
            ("PAID", f"COALESCE(sum(o.merchandise) FILTER (WHERE {PAID}), 0)"),
        ),
        expression="COALESCE(sum(CASE WHEN o.cancelled_at IS NULL THEN o.merchandise - o.refunded "
        f"ELSE 0 END) FILTER (WHERE {PAID}), 0)",
    ),
)
SOURCE_QUOTIENTS: Final = (
    Metric(
        key="viewer_to_buyer_rate", label="Viewer-to-buyer rate (VBR)", scope=Scope.SOURCE, unit=Unit.RATE,
        formula="viewers of the source who bought / viewers of the source", numerator="converted_viewers",
        denominator="viewers", additivity=Additivity.NONE, serves=Serves.CONVERSION, needs_identity=True,
    ),
)
SOURCE_METRICS: Final = (*SOURCE_EVENTS, *SOURCE_PEOPLE, *SOURCE_SALES, *SOURCE_QUOTIENTS)
