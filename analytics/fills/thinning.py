"""Letting go of what was known from second to second while a session was live, once that is a day old.

What stays is the state at the start of every minute: asked for a moment in between, it is at most a minute's
less than what was known then, and never more. What was known since the session's end stays as it is.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from analytics.fills import statements
from analytics.fills.history import BY_SETTLING
from analytics.models import KEPT
from commerce.connection import worker_connection

KEPT_WHOLE: Final = timedelta(hours=24)
BATCH: Final = 20

# Uses sessionrevision_to_thin.
PARTNERS = """
SELECT DISTINCT partner_id FROM analytics_sessionrevision
WHERE is_live AND NOT is_thinned AND known_from < %s
"""
SESSIONS = """
SELECT DISTINCT session_id FROM analytics_sessionrevision
WHERE partner_id = %s AND is_live AND NOT is_thinned AND known_from < %s LIMIT %s
"""

# A revision goes when no state begins with it; the next one has then waited for as long.
# Uses sessionrevision_partner_known.
REVISIONS = """
WITH told AS (
    SELECT r.id, r.session_id, r.is_live AND r.known_from < %(before)s AS is_old, r.waiting_since,
        NOT r.is_live OR r.known_from >= %(before)s OR r.is_first_kept OR k.known_from IS NOT NULL
            OR row_number() OVER (PARTITION BY r.session_id ORDER BY r.known_from) = 1 AS stays,
        r.known_from
    FROM analytics_sessionrevision r
    LEFT JOIN (SELECT DISTINCT s, m FROM unnest(%(state_sessions)s::uuid[], %(state_moments)s::timestamptz[])
        AS u (s, m)) k (session_id, known_from)
        ON k.session_id = r.session_id AND k.known_from = r.known_from
    WHERE r.partner_id = %(partner)s AND r.session_id = ANY(%(sessions)s)
), grouped AS (
    SELECT *, sum(stays::int) OVER (PARTITION BY session_id ORDER BY known_from DESC) AS place FROM told
), waited AS (
    SELECT *, min(waiting_since) OVER (PARTITION BY session_id, place) AS since FROM grouped
), gone AS (
    DELETE FROM analytics_sessionrevision r USING waited w
    WHERE r.partner_id = %(partner)s AND r.id = w.id AND NOT w.stays
)
UPDATE analytics_sessionrevision r SET waiting_since = w.since, is_thinned = r.is_thinned OR w.is_old
FROM waited w
WHERE r.partner_id = %(partner)s AND r.id = w.id AND w.stays
    AND (w.is_old AND NOT r.is_thinned OR r.waiting_since IS DISTINCT FROM w.since)
"""


def _before(now: datetime) -> datetime:
    """The minute before which what was made while live may be thinned."""
    return (now - KEPT_WHOLE).replace(second=0, microsecond=0)


def partners_to_thin(*, now: datetime) -> list[UUID]:
    """Partners with something to let go of."""
    rows = worker_connection().execute(PARTNERS, [_before(now)]).fetchall()
    return [partner for (partner,) in rows]


def thin_history(*, partner_id: UUID, now: datetime) -> int:
    """Thin what a partner's sessions were known for while live, a day ago or more; answers how many sessions.

    Twice is the same as once, and two at a time do no harm: the second waits for the first's rows.
    """
    connection, done = worker_connection(), 0
    while True:
        with connection.transaction():
            rows = connection.execute(SESSIONS, [partner_id, _before(now), BATCH]).fetchall()
            if not rows:
                return done
            _thin(connection, partner_id, [session for (session,) in rows], _before(now))
            done += len(rows)


def _thin(connection: Connection[Any], partner_id: UUID, sessions: list[UUID], before: datetime) -> None:
    values: dict[str, Any] = {"partner": partner_id, "sessions": sessions, "before": before}
    moments: list[tuple[UUID, datetime]] = []
    for rows, versions in KEPT.items():
        if rows not in BY_SETTLING:
            moments += connection.execute(statements.thin(versions), values).fetchall()
    values["state_sessions"] = [session for session, _ in moments]
    values["state_moments"] = [moment for _, moment in moments]
    connection.execute(REVISIONS, values)
