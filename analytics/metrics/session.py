"""The numbers of a live session."""

from typing import Final

from analytics.metrics.declaration import (
    Additivity,
    Benchmark,
    Cadence,
    Direction,
    Fact,
    Level,
    Metric,
    Serves,
    Unit,
)
from analytics.metrics.showing import SESSION_CONVERSION, SESSION_MOMENTS
from commerce.ingest import Kind

PAID: Final = "o.paid_at IS NOT NULL"


def _events(*kinds: Kind) -> str:
    """Events of these kinds; an event of several items counts once."""
    return f"count(*) FILTER (WHERE {_are(*kinds)} AND e.item = 0)"


def _are(*kinds: Kind) -> str:
    numbers = ", ".join(str(int(kind)) for kind in kinds)
    return f"e.kind = {numbers}" if len(kinds) == 1 else f"e.kind IN ({numbers})"


def _quantity(kind: Kind) -> str:
    return f"COALESCE(sum(COALESCE(e.quantity, 1)) FILTER (WHERE {_are(kind)}), 0)"


def _acting(kind: Kind) -> str:
    return f"count(DISTINCT e.viewer_id) FILTER (WHERE {_are(kind)})"


EVENTS: Final = (
    Metric(
        key="impressions", label="Impressions", formula="times the live was shown", fact=Fact.EVENTS,
        expression=_quantity(Kind.live_impression), serves=Serves.AWARENESS, in_trend=True,
    ),
    Metric(
        key="views", label="Views", formula="view starts; coming back counts again", fact=Fact.EVENTS,
        expression=_events(Kind.live_view_started), serves=Serves.AWARENESS, in_trend=True,
    ),
    Metric(
        key="likes", label="Likes", formula="likes given", fact=Fact.EVENTS,
        expression=_quantity(Kind.live_like), serves=Serves.AWARENESS, in_trend=True,
    ),
    Metric(
        key="comments", label="Comments", formula="comments written", fact=Fact.EVENTS,
        expression=_events(Kind.live_comment), serves=Serves.AWARENESS, in_trend=True,
    ),
    Metric(
        key="shares", label="Shares", formula="times the live was shared", fact=Fact.EVENTS,
        expression=_events(Kind.share), serves=Serves.AWARENESS, in_trend=True,
    ),
    Metric(
        key="follows", label="Follows", formula="follows gained in the live", fact=Fact.EVENTS,
        expression=_events(Kind.live_follow), serves=Serves.AWARENESS, in_trend=True,
    ),
    Metric(
        key="engagements", label="Engagements", formula="likes + comments + shares", fact=Fact.EVENTS,
        expression=f"{_quantity(Kind.live_like)} + {_events(Kind.live_comment, Kind.share)}",
        serves=Serves.AWARENESS, in_trend=True,
    ),
    Metric(
        key="product_impressions", label="Product impressions", formula="items shown in product lists",
        fact=Fact.EVENTS, expression=f"count(*) FILTER (WHERE {_are(Kind.view_item_list)})",
        serves=Serves.CONVERSION, in_trend=True,
    ),
    Metric(
        key="product_clicks", label="Product clicks", formula="clicks on a product", fact=Fact.EVENTS,
        expression=_events(Kind.select_item), serves=Serves.CONVERSION, in_trend=True,
    ),
    Metric(
        key="cta_clicks", label="Call-to-action clicks", formula="clicks on a call to action",
        fact=Fact.EVENTS,
        expression=_events(Kind.live_cta_click), serves=Serves.CONVERSION, in_trend=True,
    ),
    Metric(
        key="cart_events", label="Carts, by events", formula="times something was put into a cart",
        fact=Fact.EVENTS, expression=_events(Kind.add_to_cart), serves=Serves.CONVERSION,
    ),
    Metric(
        key="checkout_events", label="Checkouts, by events", formula="times a checkout was begun",
        fact=Fact.EVENTS, expression=_events(Kind.begin_checkout), serves=Serves.CONVERSION,
    ),
)

# Distinct people within one minute: for the trend alone, since people are never summed.
MINUTE_PEOPLE: Final = {"carts": _acting(Kind.add_to_cart), "checkouts": _acting(Kind.begin_checkout)}

PRESENCE: Final = (
    Metric(
        key="concurrent_viewers", label="Concurrent viewers",
        formula="people present, at the end of each minute",
        unit=Unit.PEOPLE, fact=Fact.PRESENCE, additivity=Additivity.NONE, serves=Serves.AWARENESS,
        needs_identity=True, in_trend=True,
    ),
    Metric(
        key="peak_concurrent_viewers", label="Peak concurrent viewers",
        formula="the most people present at one instant; at one instant leaves are taken before joins",
        unit=Unit.PEOPLE, fact=Fact.PRESENCE, additivity=Additivity.MAX, serves=Serves.AWARENESS,
        needs_identity=True, in_trend=True,
    ),
    Metric(
        key="peak_concurrent_viewers_at", label="Time of the peak", formula="the first instant of the peak",
        unit=Unit.MOMENT, fact=Fact.PRESENCE, additivity=Additivity.NONE, direction=Direction.NEUTRAL,
        serves=Serves.AWARENESS, needs_identity=True,
    ),
    Metric(
        key="joins", label="Joins", formula="times somebody came", fact=Fact.PRESENCE,
        serves=Serves.AWARENESS,
        needs_identity=True, in_trend=True,
    ),
    Metric(
        key="leaves", label="Leaves", formula="times somebody left before the end", fact=Fact.PRESENCE,
        direction=Direction.DOWN, serves=Serves.AWARENESS, needs_identity=True, in_trend=True,
    ),
    Metric(
        key="session_seconds", label="Length of the session", formula="end - start, in seconds",
        unit=Unit.SECONDS, fact=Fact.PRESENCE, direction=Direction.NEUTRAL,
    ),
    Metric(
        key="watch_time", label="Watch time", formula="seconds watched by all viewers together",
        unit=Unit.SECONDS, fact=Fact.PRESENCE, serves=Serves.AWARENESS, needs_identity=True,
    ),
)


# People are not counted anew every minute: what they do is, and it comes in as they do.
CURVES: Final = {
    "viewers": "joins",
    "engaged_viewers": "engagements",
    "product_clickers": "product_clicks",
    "cta_clickers": "cta_clicks",
    "purchasing_viewers": "orders",
    "converted_viewers": "orders",
}


def _people(key: str, label: str, formula: str, expression: str, serves: Serves) -> Metric:
    return Metric(
        key=key, label=label, formula=formula, unit=Unit.PEOPLE, fact=Fact.PEOPLE, expression=expression,
        additivity=Additivity.DISTINCT, serves=serves, needs_identity=True, in_trend=key in MINUTE_PEOPLE,
        curve=CURVES.get(key, ""),
    )


ENGAGED: Final = "v.likes + v.comments + v.shares > 0"
PEOPLE: Final = (
    _people(
        "viewers", "Viewers", "distinct people with presence in the session", "count(*)", Serves.AWARENESS,
    ),
    _people(
        "engaged_viewers", "Engaged viewers", "viewers with a like, comment or share",
        f"count(*) FILTER (WHERE {ENGAGED})", Serves.AWARENESS,
    ),
    _people(
        "product_clickers", "Product clickers", "viewers who clicked a product",
        "count(*) FILTER (WHERE v.product_clicks > 0)", Serves.CONVERSION,
    ),
    _people(
        "cta_clickers", "Call-to-action clickers", "viewers who clicked a call to action",
        "count(*) FILTER (WHERE v.cta_clicks > 0)", Serves.CONVERSION,
    ),
    _people(
        "carts", "Carts", "viewers who put something into a cart",
        "count(*) FILTER (WHERE v.cart_adds > 0)", Serves.CONVERSION,
    ),
    _people(
        "checkouts", "Checkouts", "viewers who began a checkout",
        "count(*) FILTER (WHERE v.checkouts > 0)", Serves.CONVERSION,
    ),
    _people(
        "carting_clickers", "Clickers with a cart",
        "viewers who clicked a product and put something into a cart",
        "count(*) FILTER (WHERE v.product_clicks > 0 AND v.cart_adds > 0)", Serves.CONVERSION,
    ),
    _people(
        "checking_out_clickers", "Clickers with a cart in checkout",
        "viewers who clicked, put something into a cart and began a checkout",
        "count(*) FILTER (WHERE v.product_clicks > 0 AND v.cart_adds > 0 AND v.checkouts > 0)",
        Serves.CONVERSION,
    ),
    _people(
        "paying_clickers", "Clickers who went all the way",
        "viewers who clicked, put something into a cart, began a checkout and paid an order of this session",
        "count(*) FILTER (WHERE v.product_clicks > 0 AND v.cart_adds > 0 AND v.checkouts > 0 AND "
        "v.has_bought)",
        Serves.CONVERSION,
    ),
    _people(
        "purchasing_viewers", "Viewers who bought during the session",
        "viewers with a paid order of this session placed between their first join and its end",
        "count(*) FILTER (WHERE v.has_bought_during)", Serves.CONVERSION,
    ),
    _people(
        "converted_viewers", "Viewers who bought",
        "viewers with a paid order of this session placed between their first join and its end plus the tail",
        "count(*) FILTER (WHERE v.has_bought)", Serves.CONVERSION,
    ),
    _people(
        "completed_viewers", "Viewers who stayed", "viewers present for at least half of the session",
        "count(*) FILTER (WHERE v.is_completed)", Serves.AWARENESS,
    ),
    _people(
        "eligible_viewers", "Viewers who could stay", "viewers who joined at or before the half-way point",
        "count(*) FILTER (WHERE v.is_eligible)", Serves.AWARENESS,
    ),
)

LEADS: Final = (
    Metric(
        key="leads", label="Leads", formula="distinct people who left a phone number, else an e-mail",
        unit=Unit.PEOPLE, fact=Fact.LEADS, additivity=Additivity.DISTINCT, serves=Serves.CONVERSION,
        in_trend=True,
    ),
)

# Shared by sessions and the shop: the same orders, grouped by another subject.
ORDER_COUNT: Final = (("PLACED", "COALESCE(sum(o.is_order), 0)"),)
SALES: Final = (
    Metric(
        key="orders", label="Orders", formula="orders of the session, by basis", fact=Fact.ORDERS,
        by_basis=ORDER_COUNT, expression=f"COALESCE(sum(o.is_order) FILTER (WHERE {PAID}), 0)",
        serves=Serves.CONVERSION, in_trend=True,
    ),
    Metric(
        key="items_sold", label="Items sold", formula="units of the orders, by basis", fact=Fact.ORDERS,
        curve="orders",
        by_basis=(
            ("PLACED", "COALESCE(sum(o.units), 0)"),
            ("PAID", f"COALESCE(sum(o.units) FILTER (WHERE {PAID}), 0)"),
        ),
        expression="COALESCE(sum(CASE WHEN o.cancelled_at IS NULL THEN o.units - o.refunded_units "
        "ELSE 0 END) "
        f"FILTER (WHERE {PAID}), 0)",
        serves=Serves.CONVERSION,
    ),
    Metric(
        key="buyers", label="Buyers", formula="distinct customers of the orders; guests are none",
        unit=Unit.PEOPLE, fact=Fact.ORDERS, additivity=Additivity.DISTINCT, curve="orders",
        by_basis=(("PLACED", "count(DISTINCT o.customer_id) FILTER (WHERE o.is_order = 1)"),),
        expression=f"count(DISTINCT o.customer_id) FILTER (WHERE o.is_order = 1 AND {PAID})",
        serves=Serves.CONVERSION,
    ),
    Metric(
        key="live_sales", label="Live sales",
        formula="merchandise after discounts of the session's orders, by basis", unit=Unit.MONEY,
        fact=Fact.ORDERS,
        by_basis=(
            ("PLACED", "COALESCE(sum(o.merchandise), 0)"),
            ("PAID", f"COALESCE(sum(o.merchandise) FILTER (WHERE {PAID}), 0)"),
        ),
        expression="COALESCE(sum(CASE WHEN o.cancelled_at IS NULL THEN o.merchandise - o.refunded "
        "ELSE 0 END) "
        f"FILTER (WHERE {PAID}), 0)",
        serves=Serves.CONVERSION, in_trend=True,
    ),
    Metric(
        key="shipping", label="Shipping", formula="shipping of the orders, by basis", unit=Unit.MONEY,
        fact=Fact.ORDERS,
        by_basis=(
            ("PLACED", "COALESCE(sum(o.shipping), 0)"),
            ("PAID", f"COALESCE(sum(o.shipping) FILTER (WHERE {PAID}), 0)"),
        ),
        expression=f"COALESCE(sum(o.shipping) FILTER (WHERE {PAID} AND o.cancelled_at IS NULL), 0)",
        serves=Serves.CONVERSION, direction=Direction.NEUTRAL,
    ),
    Metric(
        key="tax", label="Tax", formula="tax of the orders, by basis", unit=Unit.MONEY, fact=Fact.ORDERS,
        by_basis=(
            ("PLACED", "COALESCE(sum(o.tax), 0)"),
            ("PAID", f"COALESCE(sum(o.tax) FILTER (WHERE {PAID}), 0)"),
        ),
        expression=f"COALESCE(sum(o.tax) FILTER (WHERE {PAID} AND o.cancelled_at IS NULL), 0)",
        serves=Serves.CONVERSION, direction=Direction.NEUTRAL,
    ),
    Metric(
        key="refunds", label="Refunds",
        formula="value given back on paid orders of the session, plus unlinked refunds that name it",
        unit=Unit.MONEY, fact=Fact.ORDERS, expression=f"COALESCE(sum(o.refunded) FILTER (WHERE {PAID}), 0)",
        direction=Direction.DOWN, serves=Serves.CONVERSION, cadence=Cadence.MONTHLY,
    ),
    Metric(
        key="paid_sales", label="Paid sales", formula="paid merchandise, whatever the basis asked for",
        unit=Unit.MONEY, fact=Fact.ORDERS, curve="live_sales",
        expression=f"COALESCE(sum(o.merchandise) FILTER (WHERE {PAID}), 0)", serves=Serves.CONVERSION,
    ),
)


def _rate(
    key: str,
    label: str,
    numerator: str,
    denominator: str,
    formula: str,
    serves: Serves,
    benchmark: Benchmark | None = None,
) -> Metric:
    return Metric(
        key=key, label=label, formula=formula, unit=Unit.RATE, numerator=numerator, denominator=denominator,
        additivity=Additivity.NONE, serves=serves, needs_identity=True, benchmark=benchmark,
    )


def _ratio(key: str, label: str, numerator: str, denominator: str, formula: str, serves: Serves) -> Metric:
    return Metric(
        key=key, label=label, formula=formula, unit=Unit.RATIO, numerator=numerator, denominator=denominator,
        additivity=Additivity.NONE, serves=serves,
    )


QUOTIENTS: Final = (
    _ratio(
        "average_concurrent_viewers", "Average concurrent viewers", "watch_time", "session_seconds",
        "watch seconds / session seconds", Serves.AWARENESS,
    ),
    _ratio(
        "average_watch_time", "Average watch time", "watch_time", "viewers", "seconds watched / viewers",
        Serves.AWARENESS,
    ),
    _ratio(
        "average_watch_time_per_view", "Average watch time per view", "watch_time", "views",
        "seconds watched / views", Serves.AWARENESS,
    ),
    _rate(
        "engagement_rate", "Engagement rate", "engaged_viewers", "viewers",
        "viewers with a like, comment or share / viewers", Serves.AWARENESS,
    ),
    _ratio(
        "engagements_per_view", "Engagements per view", "engagements", "views",
        "engagements / views; may exceed 1", Serves.AWARENESS,
    ),
    _ratio(
        "product_click_through_rate", "Product click-through rate", "product_clicks", "product_impressions",
        "product clicks / product impressions", Serves.CONVERSION,
    ),
    _ratio(
        "click_to_order_rate", "Click-to-order rate", "orders", "product_clicks", "orders / product clicks",
        Serves.CONVERSION,
    ),
    _rate(
        "cta_click_rate", "Call-to-action click rate", "cta_clickers", "viewers",
        "viewers who clicked a call to action / viewers", Serves.CONVERSION,
    ),
    _ratio("lead_rate", "Lead rate", "leads", "viewers", "distinct leads / viewers", Serves.CONVERSION),
    _rate(
        "add_to_cart_rate", "Add-to-cart rate", "carts", "viewers",
        "viewers who put something into a cart / viewers", Serves.CONVERSION,
    ),
    _rate(
        "purchase_rate", "Purchase rate", "purchasing_viewers", "viewers",
        "viewers who bought during the session / viewers", Serves.CONVERSION,
    ),
    _rate(
        "viewer_to_buyer_rate", "Viewer-to-buyer rate (VBR)", "converted_viewers", "viewers",
        "viewers with a paid order of this session, placed between their first join and its end plus "
        "the tail / viewers", Serves.CONVERSION,
        benchmark=Benchmark(
            source="vendors' reports",
            levels=(
                Level.at("on social platforms", "0.02", "0.04"),
                Level.at("on owned channels with session analytics", "0.18"),
                Level.at("at the top", "0.25"),
            ),
        ),
    ),
    Metric(
        key="average_order_value", label="Average order value (AOV)", formula="sales / orders, by basis",
        unit=Unit.MONEY_RATIO, numerator="live_sales", denominator="orders", additivity=Additivity.NONE,
        serves=Serves.CONVERSION,
    ),
    Metric(
        key="refund_rate", label="Refund rate", formula="refunded value / paid value", unit=Unit.RATIO,
        numerator="refunds", denominator="paid_sales", additivity=Additivity.NONE, direction=Direction.DOWN,
        serves=Serves.CONVERSION, cadence=Cadence.MONTHLY,
    ),
    _rate(
        "session_completion_rate", "Session completion rate (SCR)", "completed_viewers", "viewers",
        "viewers present for at least half of the session / viewers; while live, of what has elapsed",
        Serves.AWARENESS,
    ),
    _rate(
        "eligible_completion_rate", "Eligible completion rate", "completed_viewers", "eligible_viewers",
        "viewers present for at least half of the session / viewers who joined at or before the "
        "half-way point",
        Serves.AWARENESS,
    ),
)

SESSION_METRICS: Final = (
    *EVENTS, *PRESENCE, *PEOPLE, *LEADS, *SALES, *QUOTIENTS, *SESSION_MOMENTS, SESSION_CONVERSION,
)  # fmt: skip
