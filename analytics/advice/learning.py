"""What past sessions teach: which products to lead with, when to go live, what is bought together."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from analytics.advice import openings
from analytics.advice.live import keep
from analytics.advice.shrinkage import Shrunk
from commerce.connection import worker_connection

EVERY: Final = timedelta(minutes=55)
"""A little less than the hour between two runs."""
LOOKS_BACK: Final = timedelta(days=365)
PAIRS_LOOK_BACK: Final = timedelta(days=28)
MOST_PAIRS: Final = 2
LEAST_ORDERS: Final = 3
"""Two products are bought together when at least so many orders hold both."""

# Only sessions that have ended, and of merged ones the whole. Uses sessionshowing_partner_moment.
ENDED = """
JOIN commerce_livesession s ON s.partner_id = r.partner_id AND s.id = r.session_id
    AND s.merged_into_id IS NULL AND s.split_at IS NULL AND s.last_ended_at <= %(now)s
    AND (s.last_started_at IS NULL OR s.last_ended_at >= s.last_started_at)
WHERE r.partner_id = %(partner)s AND r.window_started_at >= %(from)s
"""
MOMENTS = f"""
SELECT w.product_id, w.number, extract(epoch FROM w.featured_at - r.window_started_at) / 60,
    w.moment_viewers, w.moment_buyers, d.price
FROM analytics_sessionrollup r
JOIN analytics_sessionshowing w ON w.partner_id = r.partner_id AND w.session_id = r.session_id
JOIN commerce_product d ON d.partner_id = w.partner_id AND d.id = w.product_id
{ENDED}
"""
STARTS = f"""
SELECT r.window_started_at, r.peak_concurrent_viewers FROM analytics_sessionrollup r {ENDED}
    AND r.viewers > 0
"""
# Uses orderfact_partner_placed, line_partner_order_position.
PAIRS = """
WITH line AS (
    SELECT DISTINCT l.order_id, l.product_id
    FROM analytics_orderfact o
    JOIN commerce_orderline l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
    WHERE o.partner_id = %(partner)s AND o.placed_at >= %(from)s AND o.placed_at <= %(now)s
        AND o.paid_at IS NOT NULL AND o.cancelled_at IS NULL
), paired AS (
    SELECT a.product_id, b.product_id AS other, count(*) AS orders,
        row_number() OVER (PARTITION BY a.product_id ORDER BY count(*) DESC, b.product_id) AS place
    FROM line a JOIN line b ON b.order_id = a.order_id AND b.product_id <> a.product_id
    GROUP BY 1, 2 HAVING count(*) >= %(least)s
)
SELECT product_id, other, orders FROM paired WHERE place <= %(most)s ORDER BY product_id, place
"""


def partners_to_learn_from(*, now: datetime) -> list[UUID]:
    """Partners whose past was not looked at for an hour."""
    rows = worker_connection().execute(
        "SELECT p.id FROM commerce_partner p WHERE NOT EXISTS (SELECT 1 FROM analytics_learning l "
        "WHERE l.partner_id = p.id AND l.kind = 'LEADS' AND l.made_at > %s)",
        [now - EVERY],
    )
    return [partner for (partner,) in rows.fetchall()]


def learn_from_past(*, partner_id: UUID, now: datetime) -> None:
    """Work out what a partner's ended sessions and recent orders teach, in one transaction."""
    connection = worker_connection()
    told = {"partner": partner_id, "now": now, "from": now - LOOKS_BACK}
    with connection.transaction():
        learnt = {
            "LEADS": _leads(connection, told),
            "SLOTS": _slots(connection, told),
            "PAIRS": _pairs(connection, told),
        }
        for kind, content in learnt.items():
            keep(connection, partner_id=partner_id, kind=kind, subject=partner_id, now=now, content=content)


def _leads(connection: Connection[Any], told: dict[str, Any]) -> list[dict[str, Any]]:
    rows = connection.execute(MOMENTS, told).fetchall()
    moments = [
        openings.PastMoment(
            product_id=product, position=number, minute=float(minute), viewers=seen, buyers=bought
        )
        for product, number, minute, seen, bought, _ in rows
    ]
    prices = {row[0]: row[5] for row in rows if row[5] is not None}
    return [
        {
            "productId": lead.product_id,
            "viewers": lead.viewers,
            "buyers": lead.buyers,
            "conversion": _shrunk(lead.conversion),
            "expectedPerViewer": lead.expected_per_viewer,
            "byPosition": [_bucket(one) for one in lead.by_position],
            "byMinute": [_bucket(one) for one in lead.by_minute],
        }
        for lead in openings.leads(moments, prices=prices)
    ]


def _shrunk(told: Shrunk | None) -> dict[str, float] | None:
    return None if told is None else {"value": told.mean, "low": told.low, "high": told.high}


def _bucket(told: openings.Bucket) -> dict[str, Any]:
    counted = {"begins": told.begins, "ends": told.ends, "viewers": told.viewers, "buyers": told.buyers}
    return {**counted, "conversion": _shrunk(told.conversion)}


def _slots(connection: Connection[Any], told: dict[str, Any]) -> list[dict[str, Any]]:
    row = connection.execute("SELECT timezone FROM commerce_partner WHERE id = %(partner)s", told).fetchone()
    starts = connection.execute(STARTS, told).fetchall()
    return [
        {
            "weekday": slot.weekday,
            "hour": slot.hour,
            "sessions": slot.sessions,
            "medianPeakViewers": slot.median_peak_viewers,
        }
        for slot in openings.slots(starts, timezone=row[0] if row else "UTC")
    ]


def _pairs(connection: Connection[Any], told: dict[str, Any]) -> dict[str, list[list[Any]]]:
    values = {**told, "from": told["now"] - PAIRS_LOOK_BACK, "least": LEAST_ORDERS, "most": MOST_PAIRS}
    found: dict[str, list[list[Any]]] = defaultdict(list)
    for product, other, orders in connection.execute(PAIRS, values).fetchall():
        found[str(product)].append([str(other), orders])
    return dict(found)
