"""The way from being shown to a paid order, by people and by events."""

from collections.abc import Sequence
from functools import cache
from typing import Final
from uuid import UUID

from analytics.metrics import Fact, Scope, metric_of
from analytics.queries.statements import composed, fetch, listed
from commerce.access import Actor

STAGES: Final = ("IMPRESSION", "VIEW", "PRODUCT_CLICK", "ADD_TO_CART", "CHECKOUT", "ORDER_PAID")
# The metric that counts each stage. An impression has no viewer; each later stage by viewers is a part of the
# one before, where by events it need not be.
COUNTED_BY: Final[dict[str, tuple[str | None, ...]]] = {
    "VIEWERS": (
        None,
        "viewers",
        "product_clickers",
        "carting_clickers",
        "checking_out_clickers",
        "paying_clickers",
    ),
    "EVENTS": ("impressions", "views", "product_clicks", "cart_events", "checkout_events", "orders"),
}

# Uses sessionrollup_partner_session, sessionsales_partner_session.
STATEMENT: Final = """
SELECT s.id, {counts}
FROM commerce_livesession s
LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
"""
IN_ANY_CURRENCY: Final = (
    "COALESCE((SELECT sum(o.{}) FROM analytics_sessionsales o "
    "WHERE o.partner_id = s.partner_id AND o.session_id = s.id), 0)::bigint"
)


def counted(key: str | None) -> str:
    """Where a stage is counted, of sessions `s` with rollups `r`."""
    if key is None:
        return "NULL::bigint"
    metric = metric_of(Scope.SESSION, key)
    # Orders are counted whatever their currency: a count of them mixes no amounts.
    return (
        IN_ANY_CURRENCY.format(metric.column("PAID"))
        if metric.fact is Fact.ORDERS
        else f"COALESCE(r.{key}, 0)"
    )


@cache
def _statement(unit: str) -> str:
    return composed(STATEMENT, counts=listed(counted(key) for key in COUNTED_BY[unit]))


def session_funnels(session_ids: Sequence[UUID], *, actor: Actor, unit: str) -> dict[UUID, list[int | None]]:
    """Counts in the order of STAGES by session; None where the unit cannot be counted."""
    rows = fetch(_statement(unit), {"sessions": list(session_ids)}, actor=actor)
    return {row[0]: list(row[1:]) for row in rows}
