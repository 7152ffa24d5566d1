"""Writing debriefs that are due: once a session's numbers have settled after its end, and a day later."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from analytics.debriefs.findings import findings, maturity
from analytics.debriefs.gathering import gather
from commerce.access import Actor, row_security
from commerce.connection import worker_connection
from commerce.models import new_id

AGAIN: Final = timedelta(hours=24)
TIMEOUT_MS: Final = 30_000
AT_ONCE: Final = 20
"""Sessions of one run; the next run goes on."""

# Ended, the whole of what was merged, nothing waiting that may change its numbers; and either without a
# debrief of the stage, or ended anew since. Uses session_partner_started, debrief_partner_session_stage.
DUE = """
SELECT s.id, stage.name, d.version, first.findings
FROM commerce_livesession s
CROSS JOIN (VALUES ('END', interval '0'), ('DAY', %(again)s)) AS stage (name, after)
LEFT JOIN LATERAL (
    SELECT * FROM analytics_debrief d
    WHERE d.partner_id = s.partner_id AND d.session_id = s.id AND d.stage = stage.name
    ORDER BY d.version DESC LIMIT 1
) d ON true
LEFT JOIN LATERAL (
    SELECT * FROM analytics_debrief d
    WHERE d.partner_id = s.partner_id AND d.session_id = s.id AND d.stage = 'END'
    ORDER BY d.version DESC LIMIT 1
) first ON true
WHERE s.partner_id = %(partner)s AND s.merged_into_id IS NULL AND s.split_at IS NULL
    AND s.last_ended_at + stage.after <= %(now)s
    AND (s.last_started_at IS NULL OR s.last_ended_at >= s.last_started_at)
    AND (d.id IS NULL OR d.made_at < s.last_ended_at + stage.after)
    AND (stage.name = 'END' OR first.id IS NOT NULL)
    AND EXISTS (
        SELECT 1 FROM analytics_sessionrollup r WHERE r.partner_id = s.partner_id AND r.session_id = s.id)
    AND NOT EXISTS (
        SELECT 1 FROM commerce_stale m WHERE m.partner_id = s.partner_id
            AND (m.kind = 'ORDER' OR (m.kind = 'SESSION' AND m.subject = ANY(s.id::text || ARRAY(
                SELECT b.id::text FROM commerce_livesession b
                WHERE b.partner_id = s.partner_id AND b.merged_into_id = s.id)))))
ORDER BY s.last_ended_at DESC, stage.name DESC
LIMIT %(most)s
"""


def partners_with_ended_sessions(*, now: datetime) -> list[UUID]:
    """Partners with an ended session that lacks a debrief."""
    rows = worker_connection().execute(
        "SELECT DISTINCT s.partner_id FROM commerce_livesession s "
        "CROSS JOIN (VALUES ('END', interval '0'), ('DAY', %(again)s)) AS stage (name, after) "
        "WHERE s.merged_into_id IS NULL AND s.split_at IS NULL "
        "AND s.last_ended_at + stage.after <= %(now)s AND (s.last_started_at IS NULL "
        "OR s.last_ended_at >= s.last_started_at) AND NOT EXISTS (SELECT 1 FROM analytics_debrief d "
        "WHERE d.partner_id = s.partner_id AND d.session_id = s.id AND d.stage = stage.name "
        "AND d.made_at >= s.last_ended_at + stage.after)",
        {"now": now, "again": AGAIN},
    )
    return [partner for (partner,) in rows.fetchall()]


def write_due(*, partner_id: UUID, now: datetime) -> int:
    """Write the debriefs of a partner that are due; answers how many. The second time it is none."""
    actor = Actor(name="debrief", partner_ids=(partner_id,), scopes=frozenset({"read"}))
    asked = {"partner": partner_id, "now": now, "again": AGAIN, "most": AT_ONCE}
    due = worker_connection().execute(DUE, asked).fetchall()
    for session_id, stage, version, first in due:
        _write(session_id, stage, (version or 0) + 1, first, actor=actor, now=now)
    return len(due)


def _write(
    session_id: UUID, stage: str, version: int, first: dict[str, Any] | None, *, actor: Actor, now: datetime
) -> None:
    with row_security(actor, statement_timeout_ms=TIMEOUT_MS):
        facts = gather(session_id, actor=actor, now=now)
    told = {
        "headlines": facts.headlines,
        "findings": findings(facts, first=first["headlines"] if stage == "DAY" and first else None),
    }
    worker_connection().execute(
        "INSERT INTO analytics_debrief "
        "(partner_id, id, session_id, stage, version, made_at, maturity, findings) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb) "
        "ON CONFLICT (partner_id, session_id, stage, version) DO NOTHING",
        [
            actor.partner_id,
            new_id(),
            session_id,
            stage,
            version,
            now,
            maturity(facts),
            orjson.dumps(told, default=str).decode(),
        ],
    )
