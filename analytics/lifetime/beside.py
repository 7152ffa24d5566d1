"""What customers won live are worth beside others, and what viewers spent after a session; by a worker."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from analytics.lifetime.comparing import Compared, compare, groups_of
from analytics.models.cohorts import MOMENTS
from commerce.connection import worker_connection
from commerce.models import new_id

DAYS: Final = 90
LEAST_KOL: Final = 30
"""Customers an influencer must have won live to be told of."""

PARTNERS: Final = "SELECT DISTINCT partner_id FROM analytics_customerlife"
# Whole months alone, once their last customer has been observed for so long by the partner's clock.
LIVES: Final = f"""
SELECT t.currency, date_trunc('month', t.first_date::timestamp)::date, t.is_live, t.kol_id, (
    SELECT COALESCE(sum(o.net), 0) FROM {MOMENTS} o
    WHERE o.at AT TIME ZONE p.timezone < t.first_at AT TIME ZONE p.timezone + %(days)s * interval '1 day'
)::float8
FROM analytics_customerlife t JOIN commerce_partner p ON p.id = t.partner_id
WHERE t.partner_id = %(partner)s AND date_trunc('month', t.first_date::timestamp) + interval '1 month'
    + %(days)s * interval '1 day' <= %(now)s AT TIME ZONE p.timezone
"""
# Viewers of sessions whose tail was over so long ago: an order in it is the session's, none of those after.
# Who watched under several names is several.
# Uses viewing_partner_session_viewer, orderfact_partner_session, viewerpath's key, life_partner_customer.
VIEWERS: Final = """
WITH session AS MATERIALIZED (
    SELECT s.id, r.window_ended_at + make_interval(secs => p.tail_seconds) AS over_at,
        COALESCE(s.currency, p.currency) AS currency
    FROM commerce_livesession s
    JOIN commerce_partner p ON p.id = s.partner_id
    JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
    WHERE s.partner_id = %(partner)s AND s.merged_into_id IS NULL AND s.split_at IS NULL
        AND s.last_ended_at IS NOT NULL
        AND r.window_ended_at + make_interval(secs => p.tail_seconds) + %(days)s * interval '1 day' <= %(now)s
), viewing AS (
    SELECT s.currency, s.over_at, v.customer_id, COALESCE(h.is_returning, false) AS is_returning, EXISTS (
        SELECT 1 FROM analytics_orderfact f
        WHERE f.partner_id = %(partner)s AND f.session_id = s.id AND f.paid_at IS NOT NULL
            AND (f.viewer_id = w.viewer_id OR f.customer_id = v.customer_id)
    ) AS has_bought
    FROM session s
    JOIN analytics_viewing w ON w.partner_id = %(partner)s AND w.session_id = s.id
    JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.id = w.viewer_id
    LEFT JOIN analytics_viewerpath h ON h.partner_id = %(partner)s AND h.id = w.id
)
SELECT w.currency, w.is_returning, w.has_bought, count(*), count(w.customer_id),
    count(*) FILTER (WHERE o.orders > 0), COALESCE(sum(o.net), 0)
FROM viewing w
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.is_paid) AS orders, sum(a.net) AS net
    FROM analytics_customerlife t, unnest(t.ordered_at, t.is_paid, t.net) AS a (at, is_paid, net)
    WHERE t.partner_id = %(partner)s AND t.customer_id = w.customer_id AND t.currency = w.currency
        AND a.at >= w.over_at AND a.at < w.over_at + %(days)s * interval '1 day'
) o ON true
GROUP BY 1, 2, 3
"""
FORGET: Final = (
    "DELETE FROM analytics_liveltvindex WHERE partner_id = %(partner)s",
    "DELETE FROM analytics_viewerworth WHERE partner_id = %(partner)s",
)
STORE: Final = """
INSERT INTO analytics_liveltvindex (partner_id, id, kol_id, currency, live_customers, other_customers,
    live_value, other_value, low, high, months, computed_at)
VALUES (%(partner)s, %(id)s, %(kol)s, %(currency)s, %(live_customers)s, %(other_customers)s,
    %(live_value)s, %(other_value)s, %(low)s, %(high)s, %(months)s, %(now)s)
"""
STORE_VIEWERS: Final = """
INSERT INTO analytics_viewerworth
    (partner_id, id, currency, is_returning, has_bought, viewings, customers, buyers, value, computed_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def partners_with_customers() -> list[UUID]:
    """Everybody who has customers to compare."""
    return [row[0] for row in worker_connection().execute(PARTNERS).fetchall()]


def compare_customers(*, partner_id: UUID, now: datetime) -> int:
    """Work out a partner's live LTV indices and what its viewers are worth; two at once do it once.

    Answers how many indices there are.
    """
    connection = worker_connection()
    values = {"partner": partner_id, "now": now, "days": DAYS}
    with connection.transaction():
        row = connection.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"worth of {partner_id}"]
        ).fetchone()
        if row is None or not row[0]:
            return 0
        for statement in FORGET:
            connection.execute(statement, values)
        stored = _store_indices(connection, values)
        connection.execute("SET LOCAL jit = off")
        for told in connection.execute(VIEWERS, values).fetchall():
            connection.execute(STORE_VIEWERS, [partner_id, new_id(), *told, now])
    return stored


def _store_indices(connection: Connection[Any], values: dict[str, Any]) -> int:
    # By currency, then by whose they are (an influencer's, all of those won live, the others'), by month.
    groups: dict[str, dict[UUID | bool, dict[date, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for currency, month, is_live, kol, value in connection.execute(LIVES, values):
        of_currency = groups[currency]
        of_currency[is_live][month].append(value)
        if is_live and kol is not None:
            of_currency[kol][month].append(value)
    stored = 0
    for currency, of_currency in groups.items():
        other = groups_of(of_currency[False], is_live=False)
        for whose in {True, *of_currency} - {False}:
            kol = None if isinstance(whose, bool) else whose
            if kol is not None and sum(map(len, of_currency[whose].values())) < LEAST_KOL:
                continue
            told = _told(compare(groups_of(of_currency[whose], is_live=True), other))
            of_whom = {"kol": kol, "currency": currency, "id": new_id()}
            connection.execute(STORE, {**values, **told, **of_whom})
            stored += 1
    return stored


def _told(found: Compared) -> dict[str, Any]:
    return {
        "live_customers": sum(one.live_customers for one in found.months),
        "other_customers": sum(one.other_customers for one in found.months),
        "live_value": _rounded(found.live_value, 4),
        "other_value": _rounded(found.other_value, 4),
        "low": _rounded(found.low, 6),
        "high": _rounded(found.high, 6),
        "months": Jsonb(
            [
                {
                    "month": one.month.isoformat(),
                    "live_customers": one.live_customers,
                    "live_value": str(_rounded(one.live_value, 4)),
                    "other_customers": one.other_customers,
                    "other_value": str(_rounded(one.other_value, 4)),
                }
                for one in found.months
            ]
        ),
    }


def _rounded(value: float | None, places: int) -> Decimal | None:
    return None if value is None else Decimal(repr(round(value, places)))
