"""Merged sessions follow what sources tell of their broadcasts."""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

WHOLES: Final = (
    "SELECT DISTINCT merged_into_id FROM commerce_livesession "
    "WHERE partner_id = %s AND id = ANY(%s) AND merged_into_id IS NOT NULL"
)
# Before what they follow is read: whoever else changes a broadcast of theirs has committed by then.
LOCK: Final = (
    "SELECT id FROM commerce_livesession WHERE partner_id = %s AND id = ANY(%s) ORDER BY id FOR UPDATE"
)

EARLIEST_FIRST: Final = 'ORDER BY s.started_at NULLS LAST, s.source COLLATE "C", s.external_id COLLATE "C"'


def _first(column: str, nothing: str) -> str:
    """What the earliest broadcast says that says anything."""
    return f"(array_agg(s.{column} {EARLIEST_FIRST}) FILTER (WHERE s.{column} IS DISTINCT FROM {nothing}))[1]"


# Uses session_partner_merged. Live while any broadcast is.
FOLLOW: Final = f"""
UPDATE commerce_livesession w SET title = COALESCE(t.title, ''), host = COALESCE(t.host, ''),
    channel = t.channel, account = COALESCE(t.account, ''), objective = t.objective, currency = t.currency,
    timezone = t.timezone, replay_url = COALESCE(t.replay_url, ''), scheduled_at = t.scheduled_at,
    started_at = t.started_at, last_started_at = t.last_started_at, last_ended_at = t.last_ended_at
FROM (
    SELECT s.merged_into_id AS id, {_first("title", "''")} AS title, {_first("host", "''")} AS host,
        (array_agg(s.channel {EARLIEST_FIRST}))[1] AS channel, {_first("account", "''")} AS account,
        {_first("objective", "NULL")} AS objective, {_first("currency", "NULL")} AS currency,
        {_first("timezone", "NULL")} AS timezone, {_first("replay_url", "''")} AS replay_url,
        min(s.scheduled_at) AS scheduled_at, min(s.started_at) AS started_at,
        max(s.last_started_at) AS last_started_at,
        CASE WHEN bool_and(s.started_at IS NULL OR COALESCE(s.last_ended_at >= s.last_started_at, false))
            THEN max(s.last_ended_at) END AS last_ended_at
    FROM commerce_livesession s WHERE s.partner_id = %s AND s.merged_into_id = ANY(%s) GROUP BY 1
) t
WHERE w.partner_id = %s AND w.id = t.id
"""


def follow(connection: Connection[Any], broadcasts: Collection[UUID], *, partner_id: UUID) -> None:
    """Bring the sessions that some broadcasts were merged into up to what is told of those."""
    wholes = [row[0] for row in connection.execute(WHOLES, [partner_id, list(broadcasts)])]
    if wholes:
        connection.execute(LOCK, [partner_id, wholes])
        connection.execute(FOLLOW, [partner_id, wholes, partner_id])
