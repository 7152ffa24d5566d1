"""Product moments of sessions: what is told of them, and what came of those that something new reaches."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from analytics.fills import statements
from analytics.fills.subjects import SessionFill, arrays
from analytics.metrics.showing import WINDOW
from commerce.ingest import Kind

TELLING: Final = [int(Kind.live_product_featured), int(Kind.live_product_unfeatured)]
INSTANT: Final = timedelta(microseconds=1)
"""The least time there is between two moments."""

TOLD_SINCE: Final = """
SELECT s.session_id FROM unnest(%(telling)s::uuid[], %(since)s::timestamptz[]) AS s (session_id, since)
WHERE EXISTS (
    SELECT 1 FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
    CROSS JOIN LATERAL (
        SELECT 1 FROM commerce_event e
        WHERE e.partner_id = %(partner)s AND e.session_id = p.part_id AND e.occurred_at >= s.since
            AND e.kind = ANY(%(kinds)s)
        LIMIT 1
    ) told
    WHERE p.session_id = s.session_id
)
"""

# With the session's end so far: it may have moved since the moments were computed.
REACHED: Final = """
SELECT * FROM (
    SELECT w.id, w.session_id, w.product_id, w.featured_at, LEAST(w.unfeatured_at, s.ends_at) AS ends_at,
        LEAST(w.featured_at + %(window)s, s.ends_at) AS window_ends_at, s.currency, s.from_at
    FROM analytics_sessionshowing w
    JOIN unnest(%(sessions)s::uuid[], %(edges)s::timestamptz[], %(from)s::timestamptz[], %(currencies)s::text[])
        AS s (session_id, ends_at, from_at, currency) USING (session_id)
    WHERE w.partner_id = %(partner)s AND w.session_id = ANY(%(sessions)s)
) w WHERE from_at IS NULL OR GREATEST(ends_at, window_ends_at) >= from_at
"""


def fill_showings(connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]) -> None:
    """Bring the moments of sessions up to their facts; after viewings, before what sums moments."""
    told = _told_anew(connection, fills, values)
    if told:
        statements.rows(
            connection, statements.showings_told(), {**values, **arrays(told), "window": WINDOW}
        )
    reached = connection.execute(REACHED, {**values, **arrays(fills), "window": WINDOW}).fetchall()
    if not reached:
        return
    ids, sessions, products, featured, ended, window_ended, currencies, _ = (
        list(column) for column in zip(*reached, strict=True)
    )
    concerned = set(sessions)
    statements.rows(
        connection,
        statements.showings(),
        {
            **values,
            **arrays([fill for fill in fills if fill.session_id in concerned]),
            "window": WINDOW,
            "instant": INSTANT,
            "earliest": min(featured),
            "latest": max(ended),
            "moments": ids,
            "moments_of": sessions,
            "products": products,
            "featured": featured,
            "ended": ended,
            "window_ended": window_ended,
            "sold_in": currencies,
        },
    )


def _told_anew(
    connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]
) -> list[SessionFill]:
    """Sessions whose moments may be others: whole ones, and where a featuring or its end is among the new."""
    parts = [fill for fill in fills if not fill.is_whole and fill.claim.since and fill.claim.has_new_events]
    found: set[UUID] = set()
    if parts:
        # What was featured after the end so far was no moment of the session; now it may be one.
        since = [min(filter(None, (fill.claim.since, fill.old_edge))) for fill in parts]
        named = {"telling": [fill.session_id for fill in parts], "since": since, "kinds": TELLING}
        found = {row[0] for row in connection.execute(TOLD_SINCE, {**values, **arrays(parts), **named})}
    return [fill for fill in fills if fill.is_whole or fill.session_id in found]
