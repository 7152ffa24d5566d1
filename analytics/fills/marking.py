"""Telling which campaigns orders and sessions are part of, in the transaction that settled or filled them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from analytics import staleness

FIRST_FACT: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing is told of earlier times."""
HAS_CAMPAIGNS: Final = "SELECT EXISTS (SELECT 1 FROM kol_campaign WHERE partner_id = %(partner)s)"

# A contract that was superseded may be named too: it costs a look, and no number.
# Uses terms_partner_collaboration_from.
RUNNING: Final = """
SELECT k.campaign_id, min(m.at)
FROM unnest(%(moments)s::timestamptz[]) AS m (at)
JOIN kol_terms t ON t.partner_id = %(partner)s AND t.valid_from <= (m.at AT TIME ZONE %(timezone)s)::date
    AND (t.valid_until IS NULL OR (m.at AT TIME ZONE %(timezone)s)::date < t.valid_until)
JOIN kol_collaboration k ON k.partner_id = t.partner_id AND k.id = t.collaboration_id
GROUP BY k.campaign_id
"""

# Uses orderfact_partner_order.
WON_BY: Final = """
SELECT DISTINCT customer_id FROM analytics_orderfact
WHERE partner_id = %(partner)s AND order_id = ANY(%(orders)s) AND customer_id IS NOT NULL
"""

# Who is somebody else now takes touches along. Uses touch_partner_viewer, viewer_partner_customer.
MET_BY: Final = """
SELECT k.campaign_id, min(t.touched_at)
FROM (
    SELECT unnest(%(ids)s::uuid[]) AS viewer_id
    UNION
    SELECT id FROM commerce_viewer WHERE partner_id = %(partner)s AND customer_id = ANY(%(ids)s)
) v
JOIN analytics_touch t ON t.partner_id = %(partner)s AND t.viewer_id = v.viewer_id
JOIN kol_collaboration k ON k.partner_id = t.partner_id AND k.id = t.collaboration_id
GROUP BY k.campaign_id
"""

# Uses appearance_partner_session, session_partner_merged, event_partner_session.
APPEARING: Final = """
SELECT k.campaign_id, min(LEAST(s.since, first.at))
FROM unnest(%(sessions)s::uuid[], %(since)s::timestamptz[], %(whole)s::bool[])
    AS s (session_id, since, is_whole)
JOIN commerce_livesession own ON own.partner_id = %(partner)s AND own.id = s.session_id
JOIN commerce_livesession near ON near.partner_id = %(partner)s
    AND (near.id IN (own.id, own.merged_into_id) OR near.merged_into_id IN (own.id, own.merged_into_id))
JOIN kol_appearance a ON a.partner_id = %(partner)s AND a.session_id = near.id
JOIN kol_collaboration k ON k.partner_id = a.partner_id AND k.id = a.collaboration_id
LEFT JOIN LATERAL (
    SELECT e.occurred_at AS at FROM commerce_event e
    WHERE s.is_whole AND e.partner_id = %(partner)s AND e.session_id = near.id
    ORDER BY e.occurred_at LIMIT 1
) first ON true
GROUP BY k.campaign_id
"""


def orders_changed(
    connection: Connection[Any],
    marks: staleness.Marks,
    *,
    moments: Iterable[datetime],
    people: list[UUID],
    timezone: str,
) -> None:
    """Orders placed at these moments are others now, or were; so are people: viewers or customers, by id."""
    placed = sorted(set(moments))
    values = {"partner": marks.partner_id, "moments": placed, "ids": people, "timezone": timezone}
    if not _has_campaigns(connection, values):
        return
    found = connection.execute(RUNNING, values).fetchall() if placed else []
    found += connection.execute(MET_BY, values).fetchall()
    for campaign, since in found:
        marks.campaign(campaign, since=since)


def sessions_changed(
    connection: Connection[Any],
    marks: staleness.Marks,
    *,
    changed: Iterable[tuple[UUID, datetime | None, bool]],
) -> None:
    """(session, since, whether all of it): who was there, or what was clicked, is another."""
    rows = list(changed)
    if not rows or not _has_campaigns(connection, {"partner": marks.partner_id}):
        return
    sessions, since, whole = (list(column) for column in zip(*rows, strict=True))
    values = {"partner": marks.partner_id, "sessions": sessions, "since": since, "whole": whole}
    for campaign, moment in connection.execute(APPEARING, values).fetchall():
        marks.campaign(campaign, since=None if moment is None or moment < FIRST_FACT else moment)


def credits_changed(
    connection: Connection[Any], *, orders: set[UUID], partner_id: UUID, now: datetime
) -> None:
    """Orders are credited otherwise than before: their customers may have been won by somebody else."""
    marks = staleness.Marks(partner_id=partner_id, now=now)
    found = connection.execute(WON_BY, {"partner": partner_id, "orders": list(orders)})
    for (customer,) in found:
        marks.customer(customer)
    marks.write(connection)


def _has_campaigns(connection: Connection[Any], values: dict[str, Any]) -> bool:
    row = connection.execute(HAS_CAMPAIGNS, values).fetchone()
    return row is not None and bool(row[0])
