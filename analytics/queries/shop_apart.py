"""What numbers of the shop need from elsewhere: people, spend, costs and customers of whole periods."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, Final
from uuid import UUID

from analytics.metrics import METRICS, WORTH_DAYS, YEAR, Apart, Metric, Scope, Unit, metric_of
from analytics.queries.statements import composed, fetch, raw
from commerce.access import Actor

PERIOD: Final = """
WITH period AS (
    SELECT t.*, p.id AS partner_id, p.timezone, COALESCE(%(currency)s, p.currency) AS currency,
        p.inactivity_days::int AS inactivity, commerce_day_start(t.starts_on, p.timezone) AS starts_at,
        commerce_day_start(t.ends_on, p.timezone) AS ends_at,
        -- Where the period ends, or as far as it has come.
        GREATEST(LEAST(t.ends_on, (%(now)s::timestamptz AT TIME ZONE p.timezone)::date + 1), t.starts_on)
            AS reaches
    FROM unnest(%(starts)s::date[], %(ends)s::date[]) WITH ORDINALITY AS t (starts_on, ends_on, place)
    JOIN commerce_partner p ON p.id = %(partner)s AND p.id = ANY(%(partners)s)
)"""

# Uses shopvisitor_partner_date, orderfact_partner_placed, viewer_partner_customer.
VISITORS: Final = """{period}, visitor AS (
    SELECT DISTINCT d.place, v.viewer_id
    FROM period d
    JOIN analytics_shopvisitor v ON v.partner_id = d.partner_id AND v.date >= d.starts_on
        AND v.date < d.ends_on
    WHERE v.viewer_id IS NOT NULL
), bought AS (
    SELECT d.place, o.partner_id, o.order_id, o.customer_id
    FROM period d
    JOIN analytics_orderfact o ON o.partner_id = d.partner_id AND o.currency = d.currency
        AND o.placed_at >= d.starts_at AND o.placed_at < d.ends_at
    WHERE {counts}
), buyer AS (
    SELECT b.place, c.viewer_id FROM bought b
    JOIN commerce_order c ON c.partner_id = b.partner_id AND c.id = b.order_id
    UNION
    SELECT b.place, v.id FROM bought b
    JOIN commerce_viewer v ON v.partner_id = b.partner_id AND v.customer_id = b.customer_id
)
SELECT d.place, v.visitors, v.buying
FROM period d
JOIN (
    SELECT place, count(*) AS visitors, count(b.viewer_id) AS buying
    FROM visitor v LEFT JOIN buyer b USING (place, viewer_id) GROUP BY 1
) v USING (place)
"""

# Uses lead_partner_occurred.
LEADS: Final = """{period}
SELECT d.place, count(DISTINCT l.key)
FROM period d
JOIN commerce_lead l ON l.partner_id = d.partner_id AND l.occurred_at >= d.starts_at
    AND l.occurred_at < d.ends_at
GROUP BY 1
"""

# A cost in another currency than the orders' is none of theirs. Uses shopproduct_partner_date,
# shopperiod_partner_date.
COSTS: Final = """{period}, moved AS (
    SELECT d.place, t.product_id, d.currency, sum(t.stated_costs) AS stated_costs,
        sum(t.unstated_units) AS unstated_units, sum(t.lines) AS lines, sum(t.stated_lines) AS stated_lines
    FROM period d
    JOIN analytics_shopproduct t ON t.partner_id = d.partner_id AND t.date >= d.starts_on
        AND t.date < d.ends_on AND t.currency = d.currency
    GROUP BY 1, 2, 3
), cost AS (
    SELECT m.place,
        sum(m.stated_costs + CASE WHEN c.cost IS NULL THEN 0 ELSE m.unstated_units * c.cost END) AS cost,
        sum(m.lines) AS lines, sum(CASE WHEN c.cost IS NULL THEN m.stated_lines ELSE m.lines END) AS costed
    FROM moved m
    LEFT JOIN commerce_product c ON c.partner_id = %(partner)s AND c.id = m.product_id
        AND COALESCE(c.currency, m.currency) = m.currency
    GROUP BY 1
), sold AS (
    SELECT d.place, sum(t.{net_sales}) AS sales
    FROM period d
    JOIN analytics_shopperiod t ON t.partner_id = d.partner_id AND t.grain = 'DAY' AND t.date >= d.starts_on
        AND t.date < d.ends_on AND t.currency = d.currency
    GROUP BY 1
)
SELECT place, COALESCE(s.sales, 0), COALESCE(c.cost, 0), COALESCE(s.sales, 0) - COALESCE(c.cost, 0),
    COALESCE(c.lines, 0)::bigint, COALESCE(c.costed, 0)::bigint
FROM sold s FULL JOIN cost c USING (place)
"""

# Days [i, j) of n have what was spent by the end of j - 1 less what had been by the beginning of i, each cut
# to four decimals: so parts add up to the whole. Uses spend_partner_starts, campaignmoney_partner_subject.
SPEND: Final = """{period}, spent AS (
    SELECT d.place,
        (div(s.amount * 10000 * (LEAST(s.ends_on, d.ends_on) - s.starts_on), s.ends_on - s.starts_on)
            - div(s.amount * 10000 * (GREATEST(s.starts_on, d.starts_on) - s.starts_on),
                s.ends_on - s.starts_on)) / 10000 AS amount,
        s.purpose = 'ACQUISITION' AND NOT EXISTS (
            SELECT 1 FROM kol_campaign c WHERE c.partner_id = s.partner_id
                AND lower(btrim(s.campaign)) IN (lower(btrim(c.name)), c.id::text)
        ) AS is_for_new
    FROM period d
    JOIN commerce_spend s ON s.partner_id = d.partner_id AND s.starts_on < d.ends_on
        AND s.ends_on > d.starts_on AND s.currency = d.currency
), marketing AS (
    SELECT place, sum(amount) AS amount, COALESCE(sum(amount) FILTER (WHERE is_for_new), 0) AS for_new
    FROM spent GROUP BY 1
), ledger AS (
    SELECT d.place, sum(r.ledger_cost + r.commission) AS amount
    FROM period d
    JOIN analytics_campaignmoney r ON r.partner_id = d.partner_id AND r.kind = 'CAMPAIGN'
        AND r.agency_id IS NULL AND r.date >= d.starts_on AND r.date < d.ends_on AND r.currency = d.currency
    GROUP BY 1
)
SELECT place, COALESCE(m.amount, 0)::numeric(38, 4), COALESCE(l.amount, 0),
    (COALESCE(m.for_new, 0) + COALESCE(l.amount, 0))::numeric(38, 4)
FROM marketing m FULL JOIN ledger l USING (place)
"""

# Each order's last touch is one campaign's. Uses campaignrollup_partner_subject,
# campaigncredit_partner_subject.
CLICKS: Final = """{period}, followed AS (
    SELECT d.place, sum(r.{clicks})::bigint AS clicks
    FROM period d
    JOIN analytics_campaignrollup r ON r.partner_id = d.partner_id AND r.kind = 'CAMPAIGN'
        AND r.agency_id IS NULL AND r.date >= d.starts_on AND r.date < d.ends_on
    GROUP BY 1
), credited AS (
    SELECT d.place, sum(r.{sales}) AS sales
    FROM period d
    JOIN analytics_campaigncredit r ON r.partner_id = d.partner_id AND r.kind = 'CAMPAIGN'
        AND r.agency_id IS NULL AND r.date >= d.starts_on AND r.date < d.ends_on
        AND r.currency = d.currency AND r.model = 'LAST'
    GROUP BY 1
)
SELECT place, COALESCE(f.clicks, 0), COALESCE(c.sales, 0)
FROM followed f FULL JOIN credited c USING (place)
"""

# Gaps that follow each other add up to the time from the first to the last of them.
# Uses orderfact_partner_placed, orderfact_partner_customer, life_partner_customer.
RHYTHM: Final = """{period}, bought AS (
    SELECT d.place, d.partner_id, d.currency, d.starts_at, o.customer_id, count(*) AS orders,
        count(DISTINCT (o.placed_at AT TIME ZONE d.timezone)::date) AS days, min(o.placed_at) AS first_at,
        max(o.placed_at) AS last_at
    FROM period d
    JOIN analytics_orderfact o ON o.partner_id = d.partner_id AND o.currency = d.currency
        AND o.placed_at >= d.starts_at AND o.placed_at < d.ends_at
    WHERE o.customer_id IS NOT NULL AND {counts}
    GROUP BY 1, 2, 3, 4, 5
), told AS (
    SELECT b.*, before.placed_at AS before_at, l.first_at AS won_at
    FROM bought b
    LEFT JOIN LATERAL (
        SELECT o.placed_at FROM analytics_orderfact o
        WHERE o.partner_id = b.partner_id AND o.customer_id = b.customer_id AND o.placed_at < b.starts_at
            AND o.currency = b.currency AND {counts}
        ORDER BY o.placed_at DESC LIMIT 1
    ) before ON true
    LEFT JOIN analytics_customerlife l ON l.partner_id = b.partner_id AND l.customer_id = b.customer_id
)
SELECT d.place, t.again, t.again_by_days, t.orders, t.customers * (d.reaches - d.starts_on), t.seconds,
    t.gaps, t.since
FROM period d
JOIN (
    SELECT place, count(*) AS customers, count(*) FILTER (WHERE orders > 1) AS again,
        count(*) FILTER (WHERE days > 1) AS again_by_days, sum(orders)::bigint AS orders,
        sum(extract(epoch FROM last_at - COALESCE(before_at, first_at))) AS seconds,
        sum(orders - (before_at IS NULL)::int)::bigint AS gaps,
        COALESCE(sum(extract(epoch FROM GREATEST(last_at - won_at, '0'))), 0) AS since
    FROM told GROUP BY 1
) t USING (place)
"""

# Nobody is lost for not having bought on days to come. A calendar month is a twelfth of a year, other days
# are as many of 365.25. Uses orderfact_partner_placed.
CHURN: Final = """{period}, customer AS (
    SELECT d.place, o.customer_id,
        bool_or(o.placed_at < d.starts_at) AS was_active, bool_or(o.placed_at >= d.counts_from) AS is_active
    FROM (
        SELECT *, commerce_day_start(starts_on - inactivity, timezone) AS reads_from,
            commerce_day_start(reaches - inactivity, timezone) AS counts_from
        FROM period
    ) d
    JOIN analytics_orderfact o ON o.partner_id = d.partner_id AND o.currency = d.currency
        AND o.placed_at >= d.reads_from AND o.placed_at < d.ends_at
    WHERE o.customer_id IS NOT NULL AND o.paid_at IS NOT NULL
    GROUP BY 1, 2
), found AS (
    SELECT place, count(*) AS active, count(*) FILTER (WHERE NOT is_active) AS lost
    FROM customer WHERE was_active GROUP BY 1
)
SELECT f.place, f.active, f.lost, COALESCE(trim_scale(round(
    f.active * (1 - ((f.active - f.lost)::numeric / f.active) ^ CASE
        WHEN extract(day FROM d.starts_on) = 1 AND extract(day FROM d.reaches) = 1
        THEN 12 / NULLIF(12 * (extract(year FROM d.reaches) - extract(year FROM d.starts_on))
            + extract(month FROM d.reaches) - extract(month FROM d.starts_on), 0)
        ELSE 365.25 / NULLIF(d.reaches - d.starts_on, 0) END), 10)), 0)
FROM found f JOIN period d USING (place)
"""

# Uses life_partner_first.
WON: Final = """{period}
SELECT d.place, count(*)
FROM period d
JOIN analytics_customerlife l ON l.partner_id = d.partner_id AND l.first_date >= d.starts_on
    AND l.first_date < d.ends_on AND l.currency = d.currency
GROUP BY 1
"""

# By the partner's clock, half-open. Uses life_partner_first.
MATURED: Final = """{period}, customer AS (
    SELECT d.place, l.ordered_at, l.net, l.costs, l.refunded_at, l.refunded, d.timezone,
        l.first_at AT TIME ZONE d.timezone + %(worth)s * interval '1 day' AS until
    FROM period d
    JOIN analytics_customerlife l ON l.partner_id = d.partner_id AND l.first_date >= d.starts_on
        AND l.first_date < d.ends_on AND l.currency = d.currency
)
SELECT c.place,
    CASE WHEN bool_and(c.until <= %(now)s::timestamptz AT TIME ZONE c.timezone)
        THEN sum(COALESCE(o.margin, 0) - COALESCE(r.amount, 0)) END,
    sum(o.orders)::bigint, sum(o.costed)::bigint
FROM customer c
CROSS JOIN LATERAL (
    SELECT sum(net - cost) AS margin, count(*) AS orders, count(cost) AS costed
    FROM unnest(c.ordered_at, c.net, c.costs) AS o (at, net, cost)
    WHERE at AT TIME ZONE c.timezone < c.until
) o
CROSS JOIN LATERAL (
    SELECT sum(amount) AS amount FROM unnest(c.refunded_at, c.refunded) AS r (at, amount)
    WHERE at AT TIME ZONE c.timezone < c.until
) r
GROUP BY c.place
"""
STATEMENTS: Final = {
    Apart.VISITORS: VISITORS,
    Apart.LEADS: LEADS,
    Apart.COSTS: COSTS,
    Apart.SPEND: SPEND,
    Apart.CLICKS: CLICKS,
    Apart.RHYTHM: RHYTHM,
    Apart.CHURN: CHURN,
    Apart.WON: WON,
    Apart.MATURED: MATURED,
}
READ_APART: Final = {
    apart: [metric for metric in METRICS if metric.scope is Scope.SHOP and metric.apart is apart]
    for apart in STATEMENTS
}
DAY: Final = 24 * 60 * 60


@cache
def _statement(apart: Apart, basis: str) -> str:
    (counts,) = {metric.aggregate(basis) for metric in READ_APART[Apart.RHYTHM]}
    return composed(
        STATEMENTS[apart],
        period=raw(PERIOD),
        counts=raw(counts),
        net_sales=raw(metric_of(Scope.SHOP, "sales").column("NET")),
        clicks=raw(metric_of(Scope.CAMPAIGN, "link_clicks").column()),
        sales=raw(metric_of(Scope.CAMPAIGN, "sales").column(basis)),
    )


class ShopApart:
    """What periods of a shop need from elsewhere, in one currency and basis; each sort by one statement."""

    def __init__(
        self,
        days: Sequence[tuple[date, date]],
        *,
        actor: Actor,
        partner_id: UUID,
        basis: str,
        currency: str | None,
        now: datetime,
    ) -> None:
        self._actor = actor
        self._basis = basis
        self._values = {
            "partner": partner_id,
            "starts": [starts_on for starts_on, _ in days],
            "ends": [ends_on for _, ends_on in days],
            "currency": currency,
            "worth": WORTH_DAYS,
            "now": now,
        }
        self._read: dict[Apart, dict[int, dict[str, Any]]] = {}

    def of(self, place: int) -> Callable[[Apart], Mapping[str, Any]]:
        """What reads it for one of the periods, counted from 0."""
        return lambda apart: self._all(apart).get(place, _nothing(apart))

    def _all(self, apart: Apart) -> dict[int, dict[str, Any]]:
        if apart not in self._read:
            rows = fetch(_statement(apart, self._basis), self._values, actor=self._actor)
            self._read[apart] = {row[0] - 1: _told(READ_APART[apart], row[1:]) for row in rows}
        return self._read[apart]


def _told(metrics: Sequence[Metric], values: Sequence[Any]) -> dict[str, Any]:
    # Lengths of time come in seconds.
    return {
        metric.key: Fraction(value) / DAY if metric.unit is Unit.DAYS else value
        for metric, value in zip(metrics, values, strict=True)
    }


def _nothing(apart: Apart) -> dict[str, Any]:
    return {
        metric.key: Decimal(0) if metric.unit in (Unit.MONEY, Unit.SHARES) else 0
        for metric in READ_APART[apart]
    }


PROFIT, BUYERS, ACQUISITION, NEW, AS_CUSTOMER, OF_BUYERS, CLV = (
    metric_of(Scope.SHOP, key)
    for key in (
        "gross_profit", "buyers", "acquisition_costs", "new_customers", "days_as_customer", "customer_days",
        "simple_clv",
    )
)  # fmt: skip
MEAN_YEAR: Final = Decimal("365.25")


class ShopStored(dict[str, Any]):
    """The numbers of a period of the shop by key; what is read apart is read when asked."""

    def __init__(self, told: Mapping[str, Any], later: Callable[[Apart], Mapping[str, Any]]) -> None:
        super().__init__(told)
        self._later = later

    def __missing__(self, key: str) -> Any:
        apart = metric_of(Scope.SHOP, key).apart
        if apart is not None:
            self.update(self._later(apart))
        elif key == CLV.key:
            self[key] = self._textbook_value()
        else:
            raise KeyError(key)
        return self[key]

    def _textbook_value(self) -> Decimal | None:
        customers, new, days = self[BUYERS.key], self[NEW.key], self[OF_BUYERS.key]
        if not customers or not new or not days:
            return None
        yearly = Fraction(self[PROFIT.key]) * YEAR / days
        years = Fraction(self[AS_CUSTOMER.key]) / customers / Fraction(MEAN_YEAR)
        value = yearly * years - Fraction(self[ACQUISITION.key]) / new
        return Decimal(round(value * 10_000)).scaleb(-4)
