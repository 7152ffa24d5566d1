"""Sessions made of several broadcasts: presence is the union of theirs, what is new of one is new of all."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from analytics import staleness
from analytics.fills import statements
from analytics.fills.orders import Rules
from analytics.fills.subjects import BEGINNING, SessionFill, arrays

# Nothing is left of a session that was split; its other rows went with the presence they came from.
REMOVE: Final = (
    "DELETE FROM analytics_sessionrollup WHERE partner_id = %(partner)s AND session_id = ANY(%(gone)s)"
)

# Uses session_partner_merged.
KNOWN: Final = """
SELECT COALESCE(array_agg(id ORDER BY id), '{}'), COALESCE(array_agg(merged_into_id ORDER BY id), '{}')
FROM commerce_livesession WHERE partner_id = %(partner)s AND merged_into_id IS NOT NULL
"""


def known(connection: Connection[Any], values: dict[str, Any]) -> dict[str, Any]:
    """All broadcasts of a partner's merged sessions, and the sessions they are of, as columns."""
    row = connection.execute(KNOWN, values).fetchone()
    broadcasts, broadcasts_of = row or ([], [])
    return {"broadcasts": broadcasts, "broadcasts_of": broadcasts_of}


def tell_wholes(
    connection: Connection[Any],
    fills: "list[SessionFill]",
    claims: dict[str, staleness.Claim],
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """What changed in broadcasts is to be taken over: into claims at hand, else by marks."""
    marks = staleness.Marks(partner_id=rules.partner_id, now=now)
    for fill in fills:
        if fill.whole_id is None or not (fill.is_whole or fill.claim.has_new_events):
            continue
        is_whole = fill.is_whole or fill.has_whole_products or fill.minutes_from in (None, BEGINNING)
        hint = staleness.Claim(
            subject=str(fill.whole_id),
            is_whole=is_whole,
            since=None if is_whole else fill.minutes_from,
            has_new_events=True,
            arrivals=fill.claim.arrivals,
            viewers={} if is_whole else fill.claim.viewers,
        )
        if fill.claim.since is not None:
            hint.since = min(fill.claim.since, hint.since or fill.claim.since)
        if hint.subject in claims:
            claims[hint.subject].add(hint)
        else:
            marks.hint(hint)
    marks.write(connection)


def fill_viewings(
    connection: Connection[Any], wholes: list[SessionFill], values: dict[str, Any]
) -> set[UUID]:
    """Presence in merged sessions, from that in their broadcasts; answers viewers whose first join moved."""
    changed = [fill for fill in wholes if fill.is_whole or fill.claim.has_new_events]
    if not changed:
        return set()
    rows = statements.rows(connection, statements.merged_viewings(), {**values, **arrays(changed)})
    for fill in changed:
        fill.seen_anew = [
            *fill.claim.viewers,
            *(viewer for session, viewer in rows if session == fill.session_id),
        ]
    return {viewer for _, viewer in rows}


def remove_split(connection: Connection[Any], wholes: list[SessionFill], values: dict[str, Any]) -> None:
    """Take away the totals of sessions that have no broadcast any more."""
    gone = [fill.session_id for fill in wholes if not fill.broadcasts]
    if gone:
        connection.execute(REMOVE, {**values, "gone": gone})
