"""Filling what is set beside a session's numbers: markers, comments, and what platforms report."""

from functools import cache
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final

from psycopg import Connection, sql

from analytics.fills import statements
from analytics.fills.questions import LANGUAGES, QUESTIONS
from analytics.fills.subjects import BEGINNING, SessionFill, arrays
from commerce.ingest import Kind

HERE: Final = Path(__file__).parent

# Spans: which kind of event begins or ends which kind of marker.
SPANS: Final = (
    (Kind.live_product_featured, "PRODUCT_FEATURED", False),
    (Kind.live_product_unfeatured, "PRODUCT_FEATURED", True),
    (Kind.live_giveaway_started, "GIVEAWAY", False),
    (Kind.live_giveaway_ended, "GIVEAWAY", True),
    (Kind.live_promotion_started, "PROMOTION", False),
    (Kind.live_promotion_ended, "PROMOTION", True),
)
POINTS: Final = ((Kind.live_message_pinned, "PINNED_MESSAGE"), (Kind.live_host_note, "HOST_NOTE"))
MARKER_KINDS: Final = (*(kind for kind, *_ in SPANS), Kind.live_violation, *(kind for kind, _ in POINTS))
# Kinds in the log's index of moments; written out in statements, for only constants find a partial index.
MOMENT_KINDS: Final = (*MARKER_KINDS, Kind.live_metrics_reported)

NEWS: Final = """
SELECT p.session_id, EXISTS (
        SELECT 1 FROM commerce_event e WHERE e.partner_id = %(partner)s AND e.session_id = p.part_id
            AND e.occurred_at >= s.since AND e.kind IN ({markers})
    ), EXISTS (
        SELECT 1 FROM commerce_event e WHERE e.partner_id = %(partner)s AND e.session_id = p.part_id
            AND e.occurred_at >= s.since AND e.kind IN ({reports})
    )
FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
JOIN unnest(%(sessions)s::uuid[], %(since)s::timestamptz[]) AS s (session_id, since) USING (session_id)
"""


def fill_markers(connection: Connection[Any], fills: list[SessionFill], values: dict[str, Any]) -> None:
    """Bring markers, comments and reported numbers of sessions up to the log."""
    fresh = [fill for fill in fills if fill.is_whole or fill.claim.has_new_events]
    if not fresh:
        return
    since = [BEGINNING if fill.is_whole else fill.claim.since or BEGINNING for fill in fresh]
    everything = {**values, **arrays(fresh), "since": since, "earliest": min(since)}
    statements.rows(connection, _comments(), everything)
    told = connection.execute(_news(), everything).fetchall()
    marked = {session for session, has_markers, _ in told if has_markers}
    reported = {session for session, _, has_reports in told if has_reports}
    for statement, chosen in ((_markers(), marked), (_reported(), reported)):
        # Few, and found by their index: all of them again, so that a late one finds its place.
        picked = [fill for fill in fresh if fill.is_whole or fill.session_id in chosen]
        if picked:
            connection.execute(statement, {**values, **arrays(picked)})


def _list(kinds: tuple[Kind, ...]) -> sql.Composable:
    return sql.SQL(", ").join([sql.Literal(int(kind)) for kind in kinds])


def _rows(rows: tuple[tuple[Any, ...], ...]) -> sql.Composable:
    return sql.SQL(", ").join(
        sql.SQL("({})").format(sql.SQL(", ").join([sql.Literal(_plain(one)) for one in row])) for row in rows
    )


def _plain(value: object) -> object:
    return int(value) if isinstance(value, Kind) else value


def _composed(name: str, **parts: sql.Composable) -> sql.Composed:
    text: Any = (HERE / name).read_text()
    return sql.SQL(text).format(**parts)


@cache
def _news() -> sql.Composed:
    return sql.SQL(NEWS).format(markers=_list(MARKER_KINDS), reports=_list((Kind.live_metrics_reported,)))


@cache
def _markers() -> sql.Composed:
    return _composed(
        "markers.sql",
        kinds=_list(MARKER_KINDS),
        spans=_rows(SPANS),
        points=_rows(POINTS),
        violation=_list((Kind.live_violation,)),
    )


@cache
def _reported() -> sql.Composed:
    return _composed("reported.sql", kinds=_list((Kind.live_metrics_reported,)))


@cache
def _comments() -> sql.Composed:
    matches = sql.SQL("folded ~ {}")
    questions = [
        sql.SQL("({} AND ({}))").format(
            matches.format(sql.Literal(letters)),
            sql.SQL(" OR ").join([matches.format(sql.Literal(pattern)) for pattern in patterns]),
        )
        for letters, patterns in QUESTIONS
    ]
    cases = [
        sql.SQL("WHEN folded ~ {} THEN {}").format(sql.Literal(pattern), sql.Literal(code))
        for code, pattern in LANGUAGES
    ]
    return _composed(
        "comments.sql",
        comment=_list((Kind.live_comment,)),
        upper=sql.Literal(ascii_uppercase),
        lower=sql.Literal(ascii_lowercase),
        question=sql.SQL(" OR ").join(questions),
        languages=sql.SQL(" ").join(cases),
    )
