"""Paths of viewers, and who of them came before; where they came from."""

from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from analytics import staleness
from analytics.fills import statements, told
from analytics.fills.subjects import SessionFill, arrays

# Who is present where, is written by one fill of a partner at a time, and until its end: of two that start
# together neither would see the other's viewers, and both would take them for new.
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('paths of ' || %(partner)s::text, 0))"

HAS_OTHERS: Final = """
SELECT EXISTS (SELECT 1 FROM analytics_sessionrollup WHERE partner_id = %(partner)s
    AND session_id <> ALL(%(sessions)s) AND window_started_at IS NOT NULL)
"""

# Among the viewers whose presence is another, and in the sessions of this fill.
CORRECT: Final = """
UPDATE analytics_viewerpath p SET is_returning = NOT p.is_returning
WHERE p.partner_id = %(partner)s AND p.session_id = ANY(%(sessions)s) AND p.watched_from IS NOT NULL
    AND (%(viewers)s::uuid[] IS NULL OR p.viewer_id = ANY(%(viewers)s))
    AND p.is_returning <> (IS_RETURNING)
""".replace("IS_RETURNING", statements.IS_RETURNING.format("p", "watched_from"))

ELSEWHERE: Final = """
SELECT DISTINCT p.session_id
FROM unnest(%(viewers)s::uuid[]) AS c (viewer_id)
CROSS JOIN LATERAL (
    SELECT * FROM analytics_viewerpath p
    WHERE p.partner_id = %(partner)s AND p.viewer_id = c.viewer_id AND p.watched_from IS NOT NULL
    OFFSET 0
) p
WHERE p.session_id <> ALL(%(sessions)s) AND p.is_returning <> (IS_RETURNING)
""".replace("IS_RETURNING", statements.IS_RETURNING.format("p", "watched_from"))


def fill_paths(connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]) -> None:
    """Paths of viewers; marks other sessions in which one of them is now a returning viewer, or no longer."""
    whole = [fill for fill in fills if fill.is_whole]
    parts = [fill for fill in fills if not fill.is_whole and (fill.claim.has_new_events or fill.seen_anew)]
    judged = [fill.session_id for fill in fills if fill.claim.has_other_totals]
    if not (whole or parts or judged):
        return
    connection.execute(LOCK, values)
    sessions = [fill.session_id for fill in fills]
    row = connection.execute(HAS_OTHERS, {**values, "sessions": sessions}).fetchone()
    has_others = len(fills) > 1 or bool(row and row[0])
    changed: set[UUID] = set()
    for some, is_picked in ((whole, False), (parts, True)):
        if not some:
            continue
        pairs = [(fill.session_id, viewer) for fill in some for viewer in fill.seen_anew]
        ((viewers,),) = statements.rows(
            connection,
            statements.paths(is_picked=is_picked),
            {
                **values,
                **arrays(some),
                "since": [fill.claim.since or staleness.NO_MINUTE for fill in some],
                "path_kinds": told.PATH_KINDS,
                "has_others": has_others,
                "picked_sessions": [session for session, _ in pairs],
                "picked_viewers": [viewer for _, viewer in pairs],
            },
        )
        changed.update(viewers or ())
    if judged:
        connection.execute(CORRECT, {**values, "sessions": judged, "viewers": None})
    if changed and has_others:
        _correct(connection, sessions, list(changed), values)


def _correct(
    connection: Connection[Any], sessions: list[UUID], viewers: list[UUID], values: dict[str, Any]
) -> None:
    """Whose presence is another, may be returning elsewhere, and somebody else in the same fill."""
    known = {**values, "sessions": sessions, "viewers": viewers}
    if len(sessions) > 1:
        connection.execute(CORRECT, known)
    marks = staleness.Marks(partner_id=values["partner"], now=values["now"])
    for (session,) in connection.execute(ELSEWHERE, known).fetchall():
        marks.totals_of(session)
    marks.write(connection)


def fill_source_minutes(
    connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]
) -> None:
    """What came from each source, by the minute; `values` are those of the minutes."""
    known = {**values, **arrays(fills), "source_kinds": told.SOURCE_KINDS}
    statements.rows(connection, statements.source_minutes(), known)


def fill_source_sales(connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]) -> None:
    """Sales by source; after the paths."""
    statements.rows(connection, statements.source_sales(), {**values, **arrays(fills)})
