"""What a partner keeps no longer than it says: bodies of refused events, and events in the log.

Events go by whole months of UTC, once the last moment of a month is older than the partner keeps; months of
the log are shared: one is dropped where nobody keeps anything of it, and emptied of a partner otherwise.
Before its events go, a session is frozen: its numbers stay what they are, and nothing computes them again.
"""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from psycopg import Connection, errors

from commerce.connection import worker_connection
from commerce.partitions import list_partitions

log = structlog.get_logger()

LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
PARTNERS: Final = """
SELECT id FROM commerce_partner WHERE bodies_kept_days IS NOT NULL OR events_kept_months IS NOT NULL
    OR events_gone_before IS NOT NULL ORDER BY id
"""
EMPTY_BODIES: Final = """
UPDATE commerce_rejection r SET body = '' FROM commerce_partner p
WHERE p.id = %(partner)s AND r.partner_id = p.id AND r.body <> ''
    AND r.received_at < %(now)s::timestamptz - make_interval(days => p.bodies_kept_days)
"""
EDGE: Final = """
SELECT date_trunc('month', %(now)s::timestamptz - make_interval(months => events_kept_months), 'UTC')
FROM commerce_partner
WHERE id = %(partner)s AND events_kept_months IS NOT NULL AND COALESCE(events_gone_before, '-infinity')
    < date_trunc('month', %(now)s::timestamptz - make_interval(months => events_kept_months), 'UTC')
"""
# Sessions with events before the edge, and those they are broadcasts of, or broadcasts of the same.
FROZEN: Final = """
WITH old AS (
    SELECT DISTINCT session_id AS id FROM commerce_event
    WHERE partner_id = %(partner)s AND occurred_at < %(edge)s AND session_id IS NOT NULL
), whole AS (
    SELECT s.merged_into_id AS id FROM commerce_livesession s JOIN old ON old.id = s.id
    WHERE s.partner_id = %(partner)s AND s.merged_into_id IS NOT NULL
)
SELECT s.id FROM commerce_livesession s
WHERE s.partner_id = %(partner)s AND s.frozen_at IS NULL AND (
    s.id IN (SELECT id FROM old) OR s.id IN (SELECT id FROM whole)
    OR s.merged_into_id IN (SELECT id FROM whole))
"""
# What would still be computed of what goes; but for what was set aside, which nobody computes.
WAITING: Final = """
SELECT EXISTS (
    SELECT FROM commerce_stale WHERE partner_id = %(partner)s AND attempts < 5 AND (
        kind = 'SESSION' AND subject = ANY(%(subjects)s) OR kind = 'DAY' AND subject < %(day)s
        OR kind = 'CAMPAIGN' AND (is_whole OR since < %(edge)s)))
"""
FREEZE: Final = """
UPDATE commerce_livesession SET frozen_at = %(now)s WHERE partner_id = %(partner)s AND id = ANY(%(frozen)s)
"""
MOVE_EDGE: Final = "UPDATE commerce_partner SET events_gone_before = %(edge)s WHERE id = %(partner)s"
GONE: Final = "SELECT id, events_gone_before FROM commerce_partner WHERE events_gone_before IS NOT NULL"
DELETE_DAY: Final = """
DELETE FROM commerce_event e USING (
    SELECT p.events_gone_before AS edge, f.occurred_at AS first FROM commerce_partner p CROSS JOIN LATERAL (
        SELECT occurred_at FROM commerce_event WHERE partner_id = p.id AND occurred_at < p.events_gone_before
        ORDER BY occurred_at LIMIT 1
    ) f WHERE p.id = %(partner)s
) d
WHERE e.partner_id = %(partner)s AND e.occurred_at >= d.first
    AND e.occurred_at < LEAST(d.edge, d.first + interval '1 day')
"""


def partners_with_retention() -> list[UUID]:
    """Partners that do not keep everything for good, or once did not."""
    return [row[0] for row in worker_connection().execute(PARTNERS).fetchall()]


def freeze_due(*, now: datetime) -> int:
    """Freeze what has events that are to go, at every partner where nothing of it waits; answers sessions."""
    return sum(freeze(partner_id=partner_id, now=now) for partner_id in partners_with_retention())


def freeze(*, partner_id: UUID, now: datetime) -> int:
    """Make the numbers of sessions whose events are to go what they stay; answers how many sessions.

    Not while anything of them waits to be computed: then the next run does it.
    """
    connection = worker_connection()
    values: dict[str, Any] = {"partner": partner_id, "now": now}
    with connection.transaction():
        connection.execute(LOCK, [f"fills of {partner_id}"])
        row = connection.execute(EDGE, values).fetchone()
        if row is None:
            return 0
        values["edge"] = row[0]
        values["frozen"] = [session for (session,) in connection.execute(FROZEN, values).fetchall()]
        values["subjects"] = [str(session) for session in values["frozen"]]
        # A day of any calendar that has begun by then.
        values["day"] = (row[0].date() + timedelta(days=2)).isoformat()
        waiting = connection.execute(WAITING, values).fetchone()
        if waiting is None or waiting[0]:
            log.info("events are kept on: something of them waits", partner=str(partner_id))
            return 0
        connection.execute(FREEZE, values)
        connection.execute(MOVE_EDGE, values)
    return len(values["frozen"])


def drop_months(*, now: datetime) -> list[date]:
    """Drop months of the log of which nobody keeps anything; answers them."""
    connection = worker_connection()
    edges = connection.execute(GONE).fetchall()
    dropped = []
    for partition in list_partitions():
        month, end = partition.starts_on, partition.ends_on
        if month is None or end is None or end > now.date():
            continue
        gone = [partner for partner, edge in edges if edge.date() >= end]
        if gone and _drop(connection, month, gone):
            dropped.append(month)
    return dropped


def _drop(connection: Connection[Any], month: date, partners: list[UUID]) -> bool:
    try:
        row = connection.execute("SELECT commerce_drop_event_partition(%s, %s)", [month, partners]).fetchone()
    except errors.LockNotAvailable:
        # Nobody is to wait behind this: it comes again.
        return False
    return row is not None and bool(row[0])


def expire(
    *, partner_id: UUID, now: datetime, deadline: Callable[[], bool] = lambda: False
) -> tuple[int, int]:
    """Take away what a partner does not keep; answers (bodies, events). Ends early by the deadline."""
    connection = worker_connection()
    values = {"partner": partner_id, "now": now}
    bodies = connection.execute(EMPTY_BODIES, values).rowcount
    events = 0
    while not deadline():
        # By the day, each by itself: nobody waits for long behind it.
        deleted = connection.execute(DELETE_DAY, values).rowcount
        if not deleted:
            break
        events += deleted
    return bodies, events


def within(seconds: float) -> Callable[[], bool]:
    """A deadline so many seconds from now."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until
