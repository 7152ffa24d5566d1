"""Keeping what was known: after a fill, what differs from before is a new state, and a revision says why."""

from collections import defaultdict
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from analytics.fills import statements
from analytics.fills.orders import Rules
from analytics.fills.subjects import SessionFill, arrays
from analytics.metrics import Scope, definition_version
from analytics.models import KEPT, OrderFact, RefundFact
from commerce.ingest import Kind

# Events of orders: these tell for themselves.
SALES: Final = [int(kind) for kind in Kind if Kind.purchase <= kind <= Kind.refund]
# Rows that change by settling orders alone, which says so.
BY_SETTLING: Final = frozenset({OrderFact, RefundFact})

# The latest revision of each session.
LATEST = """
SELECT DISTINCT ON (session_id) session_id, known_from, is_live FROM analytics_sessionrevision
WHERE partner_id = %s AND session_id = ANY(%s) ORDER BY session_id, known_from DESC
"""

# An event came when the mark that tells of it was left.
ARRIVED = """
SELECT a.session_id, count(*) FROM unnest(%(sessions)s::uuid[], %(since)s::timestamptz[])
    AS a (session_id, since)
JOIN unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id) USING (session_id)
JOIN commerce_event e ON e.session_id = p.part_id AND e.occurred_at >= a.since
WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.item = 0
    AND e.occurred_at >= %(earliest)s AND e.kind <> ALL(%(sales)s)
    AND (a.session_id, e.received_at) IN (SELECT * FROM unnest(%(came_to)s::uuid[], %(came)s::timestamptz[]))
GROUP BY 1
"""

REVISE = """
INSERT INTO analytics_sessionrevision AS r (partner_id, id, session_id, known_from, waiting_since, is_live,
    is_first_kept, is_thinned, definition_version, late_events, parts, rules)
SELECT %(partner)s, md5(session_id::text || extract(epoch FROM known_at)::text)::uuid, session_id, known_at,
    waiting_since, is_live, is_first_kept, false, %(definition)s, late_events, parts, %(rules)s
FROM unnest(%(sessions)s::uuid[], %(known)s::timestamptz[], %(waiting)s::timestamptz[], %(live)s::bool[],
    %(first_kept)s::bool[], %(late_events)s::bigint[], %(parts)s::text[])
    AS told (session_id, known_at, waiting_since, is_live, is_first_kept, late_events, parts)
ON CONFLICT (partner_id, session_id, known_from) DO UPDATE SET
    waiting_since = LEAST(r.waiting_since, EXCLUDED.waiting_since), is_live = EXCLUDED.is_live,
    definition_version = EXCLUDED.definition_version, late_events = r.late_events + EXCLUDED.late_events,
    parts = EXCLUDED.parts, rules = EXCLUDED.rules
"""


class _Latest(NamedTuple):
    """What is known of a session's revisions so far."""

    known_from: datetime | None = None
    is_live: bool = True

    @property
    def has_ended(self) -> bool:
        """Whether the session had ended by then."""
        return not self.is_live


def keep_history(
    connection: Connection[Any], fills: list[SessionFill], *, rules: Rules, now: datetime
) -> None:
    """Keep the states of filled sessions that are not those of before, and a revision of each such session.

    A session's moments never go back, and never lie before the arrival of a fact that is in the numbers.
    """
    latest = _latest(connection, fills, rules)
    known = {
        fill.session_id: max(now, latest[fill.session_id].known_from or now, *fill.claim.arrivals)
        for fill in fills
    }
    changed: set[UUID] = set()
    for rows, versions in KEPT.items():
        chosen = [fill.session_id for fill in fills if rows not in BY_SETTLING or fill.claim.has_new_sales]
        if chosen:
            values = {
                "partner": rules.partner_id,
                "sessions": chosen,
                "known": [known[session] for session in chosen],
            }
            found = statements.rows(connection, statements.versions(rows, versions), values)
            changed |= {session for (session,) in found}
    told = [fill for fill in fills if fill.session_id in changed]
    if not told:
        return
    ended = [fill for fill in told if latest[fill.session_id].has_ended]
    late = _late_events(connection, ended, rules, now)
    connection.execute(
        REVISE,
        {
            "partner": rules.partner_id,
            "definition": definition_version(Scope.SESSION),
            "rules": _in_words(rules),
            "sessions": [fill.session_id for fill in told],
            "known": [known[fill.session_id] for fill in told],
            "waiting": [min(fill.claim.arrivals, default=now) for fill in told],
            "live": [fill.ends_at is None for fill in told],
            "first_kept": [latest[fill.session_id].known_from is None and fill.is_filled for fill in told],
            "late_events": [late.get(fill.session_id, 0) for fill in told],
            "parts": [_parts(fill) for fill in told],
        },
    )


def _latest(
    connection: Connection[Any], fills: list[SessionFill], rules: Rules
) -> defaultdict[UUID, _Latest]:
    """The latest revision of each session; of one without, that there is none."""
    ids = [fill.session_id for fill in fills]
    rows = connection.execute(LATEST, [rules.partner_id, ids]).fetchall()
    return defaultdict(_Latest, {session: _Latest(*told) for session, *told in rows})


def _late_events(
    connection: Connection[Any], fills: list[SessionFill], rules: Rules, now: datetime
) -> dict[UUID, int]:
    """How many events came to sessions that had ended, by the marks of this fill."""
    asked = [fill for fill in fills if fill.claim.has_new_events]
    if not asked:
        return {}
    came = [(fill.session_id, moment) for fill in asked for moment in fill.claim.arrivals]
    values = {
        **arrays(asked),
        "partner": rules.partner_id,
        "since": [fill.claim.since or now for fill in asked],
        "earliest": min(fill.claim.since or now for fill in asked),
        "sales": SALES,
        "came_to": [session for session, _ in came],
        "came": [moment for _, moment in came],
    }
    return dict(statements.rows(connection, ARRIVED, values))


def _in_words(rules: Rules) -> str:
    """The settings that a session's numbers depend on."""
    seconds = {"tail": rules.tail, "silence": rules.silence, "grace": rules.grace}
    told = " ".join(f"{name} {length.total_seconds():g} s" for name, length in seconds.items())
    return f"{told}, {rules.currency}"


def _parts(fill: SessionFill) -> str:
    """The broadcasts a session is made of where they are several, in an order of their own."""
    told = arrays([fill])["parts"]
    return " ".join(sorted(map(str, told))) if len(told) > 1 else ""
