"""What numbers of sessions need from elsewhere: the shop before a session, and what its products cost."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from analytics.metrics import BASELINE_DAYS, METRICS, Apart, Metric, Scope, Unit, metric_of
from analytics.queries.statements import composed, fetch, listed
from commerce.access import Actor

READ_APART: Final = {
    apart: [metric for metric in METRICS if metric.scope is Scope.SESSION and metric.apart is apart]
    for apart in Apart
}

# Uses shopperiod_partner_date, sessionrollup_partner_session.
BASELINE: Final = """
SELECT s.id, {columns}
FROM commerce_livesession s
JOIN commerce_partner p ON p.id = s.partner_id
LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
CROSS JOIN LATERAL (
    SELECT COALESCE(r.window_started_at, s.started_at) AT TIME ZONE p.timezone AS starts_at
) local
LEFT JOIN LATERAL (
    SELECT {sums} FROM analytics_shopperiod d
    WHERE d.partner_id = s.partner_id AND d.grain = 'DAY'
        AND d.date >= local.starts_at::date - %(days)s AND d.date < local.starts_at::date
        AND d.currency = COALESCE(%(currency)s, s.currency, p.currency)
) d ON true
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
"""

# A cost in another currency than the orders' is none of theirs. Uses sessionproductsales_partner,
# sessionsales_partner_session.
COSTS: Final = """
SELECT s.id, {columns}
FROM commerce_livesession s
JOIN commerce_partner p ON p.id = s.partner_id
LEFT JOIN analytics_sessionsales o ON o.partner_id = s.partner_id AND o.session_id = s.id
    AND o.currency = COALESCE(%(currency)s, s.currency, p.currency)
LEFT JOIN LATERAL (
    SELECT sum(c.stated_costs + CASE WHEN c.is_usable THEN c.unstated_units * c.cost ELSE 0 END) AS cost,
        sum(c.lines) AS lines, sum(CASE WHEN c.is_usable THEN c.lines ELSE c.stated_lines END) AS costed_lines
    FROM (
        SELECT t.*, d.cost, d.cost IS NOT NULL AND COALESCE(d.currency, t.currency) = t.currency AS is_usable
        FROM analytics_sessionproductsales t
        JOIN commerce_product d ON d.partner_id = t.partner_id AND d.id = t.product_id
        WHERE t.partner_id = s.partner_id AND t.session_id = s.id
            AND t.currency = COALESCE(%(currency)s, s.currency, p.currency)
    ) c
) c ON true
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
"""
# Uses liveltvindex_partner_kol.
LIFETIME: Final = """
SELECT s.id, {columns}
FROM commerce_livesession s
JOIN commerce_partner p ON p.id = s.partner_id
LEFT JOIN analytics_liveltvindex i ON i.partner_id = s.partner_id AND i.kol_id IS NULL
    AND i.currency = COALESCE(%(currency)s, s.currency, p.currency)
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
"""
OF_THE_INDEX: Final = {"live_lifetime_value": "i.live_value", "other_lifetime_value": "i.other_value"}
# What of the shop's days, and of what was sold, each number read apart is.
OF_THE_SHOP: Final = {"baseline_orders": "non_live_orders", "baseline_sales": "non_live_sales"}
OF_THE_SALES: Final = {
    "cost_of_goods": "COALESCE(c.cost, 0)",
    "net_sales": "COALESCE(o.{net_sales}, 0)",
    "gross_profit": "COALESCE(o.{net_sales}, 0) - COALESCE(c.cost, 0)",
    "order_lines": "COALESCE(c.lines, 0)::bigint",
    "costed_order_lines": "COALESCE(c.costed_lines, 0)::bigint",
}


@cache
def _statement(apart: Apart, basis: str) -> str:
    metrics = READ_APART[apart]
    if apart is Apart.COSTS:
        net_sales = metric_of(Scope.SESSION, "live_sales").column("NET")
        return composed(
            COSTS, columns=listed(OF_THE_SALES[metric.key].format(net_sales=net_sales) for metric in metrics)
        )
    if apart is Apart.LIFETIME:
        return composed(LIFETIME, columns=listed(OF_THE_INDEX[metric.key] for metric in metrics))
    of_the_shop = {metric: metric_of(Scope.SHOP, OF_THE_SHOP[metric.key]) for metric in metrics}
    return composed(
        BASELINE,
        columns=listed(_whole(metric) for metric in metrics),
        sums=listed(f"sum(d.{shop.column(basis)}) AS {metric.key}" for metric, shop in of_the_shop.items()),
    )


def _whole(metric: Metric) -> str:
    return f"COALESCE(d.{metric.key}, 0)" + ("" if metric.unit is Unit.MONEY else "::bigint")


class Stored(dict[str, Any]):
    """The stored numbers of a session by key; what is read apart is read once a page, when first asked."""

    def __init__(self, told: Mapping[str, Any], later: Callable[[Apart], Mapping[str, Any]]) -> None:
        super().__init__(told)
        self._later = later

    def __missing__(self, key: str) -> Any:
        apart = next(
            (apart for apart, metrics in READ_APART.items() if key in {one.key for one in metrics}), None
        )
        if apart is None:
            raise KeyError(key)
        self.update(self._later(apart))
        return self[key]


class ReadApart:
    """What a page of sessions needs from elsewhere, in one currency and basis; each sort by one statement."""

    def __init__(self, ids: Sequence[UUID], *, actor: Actor, basis: str, currency: str | None) -> None:
        self._basis = basis
        self._actor = actor
        self._values = {"sessions": list(ids), "currency": currency, "days": BASELINE_DAYS}
        self._read: dict[Apart, dict[UUID, dict[str, Any]]] = {}

    def of(self, session_id: UUID) -> Callable[[Apart], Mapping[str, Any]]:
        """What reads it for one of the sessions."""
        return lambda apart: self._page(apart)[session_id]

    def _page(self, apart: Apart) -> dict[UUID, dict[str, Any]]:
        if apart not in self._read:
            keys = [metric.key for metric in READ_APART[apart]]
            rows = fetch(_statement(apart, self._basis), self._values, actor=self._actor)
            self._read[apart] = {row[0]: dict(zip(keys, row[1:], strict=True)) for row in rows}
        return self._read[apart]
