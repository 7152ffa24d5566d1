"""Paths of viewers, and who of them came before; where they came from; who they are."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection

from analytics import staleness
from analytics.fills import sources, statements, suppression, told
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
    statements.rows(connection, sources.source_minutes(), known)


def fill_source_sales(connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]) -> None:
    """Sales by source; after the paths."""
    statements.rows(connection, sources.source_sales(), {**values, **arrays(fills)})


# -- audiences ---------------------------------------------------------------------------------

OLDEST: Final = timedelta(minutes=1)
FLAGS: Final = ("YES", "NO", "")
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "gender": (*told.GENDERS, ""),
    "age_band": (*told.AGE_BANDS, ""),
    "follower": FLAGS,
    "returning": ("RETURNING", "NEW"),
}
"""Every group of a dimension; one without a name is of whom nothing was told. Countries are as they come."""
REST: Final = "OTHER"

# People `w` of sessions, with a group in each dimension.
COUNT: Final = """
SELECT w.session_id, d.dimension, d.cell, count(*)
FROM (PEOPLE) w
CROSS JOIN LATERAL (VALUES ('gender', w.gender), ('age_band', w.age_band), ('country', w.country),
    ('follower', CASE w.is_follower WHEN true THEN 'YES' WHEN false THEN 'NO' ELSE '' END),
    ('returning', CASE WHEN w.is_returning THEN 'RETURNING' ELSE 'NEW' END), ('', '')) d (dimension, cell)
GROUP BY 1, 2, 3
"""
VIEWERS: Final = """
SELECT session_id, gender, age_band, country, is_follower, is_returning FROM analytics_viewerpath
WHERE partner_id = %(partner)s AND session_id = ANY(%(sessions)s) AND watched_from IS NOT NULL
"""
# A buyer is new whose first paid order is one of the session.
CUSTOMERS: Final = f"""
SELECT f.session_id, COALESCE({told.gender('c.gender')}, '') AS gender,
    COALESCE({told.age_band('c.age_band')}, '') AS age_band,
    COALESCE({told.country('c.country')}, '') AS country, bool_or(p.is_follower) AS is_follower,
    NOT bool_or({statements.is_first('{}.paid_at IS NOT NULL')}) AS is_returning
FROM analytics_orderfact f
LEFT JOIN commerce_customer c ON c.partner_id = f.partner_id AND c.id = f.customer_id
LEFT JOIN analytics_viewerpath p
    ON p.partner_id = f.partner_id AND p.session_id = f.session_id AND p.viewer_id = f.viewer_id
WHERE f.partner_id = %(partner)s AND f.session_id = ANY(%(sessions)s) AND f.paid_at IS NOT NULL
    AND f.customer_id IS NOT NULL
GROUP BY f.session_id, f.customer_id, 2, 3, 4
"""
PEOPLE: Final = {"VIEWERS": VIEWERS, "CUSTOMERS": CUSTOMERS}

# A copy of a live session that is young enough stays, and is known to be behind.
KEEP: Final = """
UPDATE analytics_sessionaudience SET is_behind = true
WHERE partner_id = %(partner)s AND session_id = ANY(%(live)s) AND is_live
    AND computed_at > %(now)s::timestamptz - %(oldest)s AND computed_at <= %(now)s
RETURNING session_id
"""
WRITE: Final = """
INSERT INTO analytics_sessionaudience
    (partner_id, id, session_id, of, people, cells, is_live, is_behind, computed_at)
SELECT %(partner)s, md5(session_id::text || of)::uuid, session_id, of, people, cells::jsonb, is_live, false,
    %(now)s
FROM unnest(%(of_session)s::uuid[], %(of)s::text[], %(people)s::bigint[], %(cells)s::text[],
    %(is_live)s::bool[])
    AS u (session_id, of, people, cells, is_live)
ON CONFLICT (partner_id, session_id, of) DO UPDATE SET people = EXCLUDED.people, cells = EXCLUDED.cells,
    is_live = EXCLUDED.is_live, is_behind = false, computed_at = EXCLUDED.computed_at
"""
CALL: Final = """
WITH behind AS (
    UPDATE analytics_sessionaudience SET is_behind = false
    WHERE is_behind AND computed_at <= now() - %(oldest)s RETURNING partner_id, session_id
)
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole, since)
SELECT DISTINCT partner_id, now(), 0, '', 'SESSION', session_id::text, false, %(since)s::timestamptz
FROM behind
"""


def fill_audiences(connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]) -> None:
    """Who the viewers and customers are, as it may be shown; of a live session once a minute at most."""
    live = {fill.session_id for fill in fills if fill.ends_at is None}
    known = {**values, "live": list(live), "oldest": OLDEST}
    kept = {session for (session,) in connection.execute(KEEP, known).fetchall()} if live else set()
    sessions = [fill.session_id for fill in fills if fill.session_id not in kept]
    if not sessions:
        return
    rows: list[tuple[UUID, str, int | None, str, bool]] = []
    for of, people in PEOPLE.items():
        counts: dict[UUID, dict[str, dict[str, int]]] = {session: {} for session in sessions}
        asked = {**values, "sessions": sessions}
        for session, dimension, cell, number in connection.execute(COUNT.replace("PEOPLE", people), asked):
            counts[session].setdefault(dimension, {})[cell] = number
        for session in sessions:
            total, cells = _shown(counts[session], is_live=session in live)
            rows.append((session, of, total, orjson.dumps(cells).decode(), session in live))
    columns = ([row[place] for row in rows] for place in range(5))
    names = ("of_session", "of", "people", "cells", "is_live")
    connection.execute(WRITE, {**values, **dict(zip(names, columns, strict=True))})


def _shown(
    counts: dict[str, dict[str, int]], *, is_live: bool
) -> tuple[int | None, dict[str, dict[str, int | None]]]:
    total = counts.get("", {}).get("", 0)
    cells = {
        dimension: suppression.shown({group: counts.get(dimension, {}).get(group, 0) for group in groups})
        for dimension, groups in GROUPS.items()
    }
    # Which countries have few people is not told either, nor whether any has.
    countries = suppression.shown({REST: 0, "": 0, **counts.get("country", {})})
    cells["country"] = {REST: None, "": countries[""]} | {
        country: people for country, people in sorted(countries.items()) if people is not None
    }
    if is_live:
        cells = {
            dimension: {group: suppression.rounded(people) for group, people in groups.items()}
            for dimension, groups in cells.items()
        }
    people = total if total >= suppression.FEWEST else None
    return suppression.rounded(people) if is_live else people, cells


def call_behind(connection: Connection[Any]) -> None:
    """Mark live sessions whose audience has been behind for long enough."""
    connection.execute(CALL, {"oldest": OLDEST, "since": staleness.NO_MINUTE})
