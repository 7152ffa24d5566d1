"""Product moments of sessions: what is told of them, and what came of those that something new reaches."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, sql

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
    JOIN unnest(
        %(sessions)s::uuid[], %(edges)s::timestamptz[], %(from)s::timestamptz[], %(currencies)s::text[]
    ) AS s (session_id, ends_at, from_at, currency) USING (session_id)
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
    # Orders that were settled change neither who was there nor what was done.
    seen = {fill.session_id for fill in fills if fill.is_whole or fill.claim.has_new_events}
    _compute(connection, statements.showings(), [row for row in reached if row[1] in seen], fills, values)
    _compute(connection, statements.plain("showings_sold.sql"), reached, fills, values)


def _compute(
    connection: Connection[Any],
    statement: sql.Composed,
    moments: list[Any],
    fills: list[SessionFill],
    values: dict[str, Any],
) -> None:
    """Run one of the two statements over some moments, rows of REACHED."""
    if not moments:
        return
    ids, sessions, products, featured, ended, window_ended, currencies, _ = (
        list(column) for column in zip(*moments, strict=True)
    )
    concerned = set(sessions)
    named = {
        "moments": ids,
        "moments_of": sessions,
        "products": products,
        "featured": featured,
        "ended": ended,
        "window_ended": window_ended,
        "sold_in": currencies,
        "window": WINDOW,
        "instant": INSTANT,
        "earliest": min(featured),
        "latest": max(ended),
    }
    of = arrays([fill for fill in fills if fill.session_id in concerned])
    statements.rows(connection, statement, {**values, **of, **named})


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
