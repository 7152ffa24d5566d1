"""The limit of reading: a bare ASGI app that answers the numbers from one psycopg query, and nothing else."""

import os
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

_connection = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True, row_factory=dict_row)

OF_SUBJECTS = (
    "SELECT r.subject_id, r.reach, r.views, r.engagements, r.engaged_viewers, r.traffic, r.link_clicks, "
    "r.product_clicks, r.impressions, c.orders_net, c.conversions_net, c.sales_net, c.buyers_net, "
    "m.ledger_cost FROM analytics_campaignrollup r "
    "LEFT JOIN analytics_campaigncredit c ON c.partner_id = r.partner_id AND c.kind = r.kind "
    "AND c.subject_id = r.subject_id AND c.date IS NULL AND c.agency_id IS NULL AND c.model = 'LAST' "
    "LEFT JOIN analytics_campaignmoney m ON m.partner_id = r.partner_id AND m.kind = r.kind "
    "AND m.subject_id = r.subject_id AND m.date IS NULL AND m.agency_id IS NULL "
    "WHERE r.partner_id = %(partner)s AND r.date IS NULL AND r.agency_id IS NULL"
)
QUERIES = {
    "/overview": (
        "SELECT r.views, r.viewers, r.peak_concurrent_viewers, r.watch_time, r.session_seconds, "
        "r.likes, r.comments, "
        "r.shares, r.follows, r.engagements, r.engaged_viewers, r.product_clicks, "
        "r.product_clickers, r.carts, "
        "r.converted_viewers, r.purchasing_viewers, r.completed_viewers, s.orders_paid, "
        "s.buyers_paid, s.live_sales_paid "
        "FROM analytics_sessionrollup r LEFT JOIN analytics_sessionsales s USING (partner_id, session_id) "
        "WHERE r.partner_id = %(partner)s AND r.session_id = %(session)s"
    ),
    "/trend": (
        "SELECT array_agg(minute ORDER BY minute) AS minutes, array_agg(concurrent_viewers ORDER BY "
        "minute) AS viewers, "
        "array_agg(likes ORDER BY minute) AS likes, array_agg(comments ORDER BY minute) AS comments, "
        "array_agg(product_clicks ORDER BY minute) AS clicks FROM analytics_sessionminute "
        "WHERE partner_id = %(partner)s AND session_id = %(session)s AND is_inside"
    ),
    "/page": (
        "SELECT l.id, l.title, l.started_at, r.views, r.viewers, r.peak_concurrent_viewers, r.likes, "
        "r.comments, "
        "r.product_clicks, r.converted_viewers, s.orders_paid, s.live_sales_paid FROM commerce_livesession l "
        "LEFT JOIN analytics_sessionrollup r ON r.partner_id = l.partner_id AND r.session_id = l.id "
        "LEFT JOIN analytics_sessionsales s ON s.partner_id = l.partner_id AND s.session_id = l.id "
        "WHERE l.partner_id = %(partner)s ORDER BY l.started_at DESC LIMIT 20"
    ),
    "/campaign": f"{OF_SUBJECTS} AND r.kind = 'CAMPAIGN'",
    "/ranking": f"{OF_SUBJECTS} AND r.kind = 'COLLABORATION' ORDER BY c.sales_net DESC LIMIT 15",
}
_values = {"partner": os.environ.get("BENCH_PARTNER"), "session": os.environ.get("BENCH_SESSION")}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer one of the paths."""
    if scope["type"] != "http":
        return
    await receive()
    rows = _connection.execute(QUERIES[scope["path"]], _values).fetchall()
    body = orjson.dumps({"data": rows}, default=str)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
