"""Who watched sessions: by source, by group, and one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson

from analytics.metrics import METRICS, Fact, Scope
from analytics.queries.sessions import Numbers
from analytics.queries.statements import by_key, column, composed, fetch, listed
from commerce.access import Actor

STORED: Final = [m for m in METRICS if m.scope is Scope.SOURCE and m.fact is not Fact.DERIVED]

# Sources have different names or none: rows of both tables are brought together by all three.
# Uses sessionsource_partner_session, sourcesales_partner_session.
TRAFFIC: Final = """
SELECT s.id, k.source, k.sub_source, k.is_paid, COALESCE(%(currency)s, s.currency, p.currency), {columns}
FROM commerce_livesession s
JOIN commerce_partner p ON p.id = s.partner_id
CROSS JOIN LATERAL (
    SELECT source, sub_source, is_paid FROM analytics_sessionsource e
    WHERE e.partner_id = s.partner_id AND e.session_id = s.id
    UNION
    SELECT source, sub_source, is_paid FROM analytics_sessionsourcesales o
    WHERE o.partner_id = s.partner_id AND o.session_id = s.id
        AND o.currency = COALESCE(%(currency)s, s.currency, p.currency)
) k
LEFT JOIN analytics_sessionsource e ON e.partner_id = s.partner_id AND e.session_id = s.id
    AND e.source = k.source AND e.sub_source = k.sub_source AND e.is_paid IS NOT DISTINCT FROM k.is_paid
LEFT JOIN analytics_sessionsourcesales o ON o.partner_id = s.partner_id AND o.session_id = s.id
    AND o.currency = COALESCE(%(currency)s, s.currency, p.currency)
    AND o.source = k.source AND o.sub_source = k.sub_source AND o.is_paid IS NOT DISTINCT FROM k.is_paid
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
ORDER BY s.id, COALESCE(e.viewers, 0) DESC, k.source, k.sub_source, k.is_paid
"""


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """A source of a session; empty names: whatever told none."""

    source: str
    sub_source: str
    is_paid: bool | None
    numbers: Numbers


@cache
def _traffic(basis: str) -> str:
    return composed(TRAFFIC, columns=listed(column(m, basis, events="e", orders="o") for m in STORED))


def session_traffic(
    session_ids: Sequence[UUID], *, actor: Actor, basis: str, currency: str | None
) -> dict[UUID, list[SourceRow]]:
    """Sources by session, most viewers first."""
    found: dict[UUID, list[SourceRow]] = {session: [] for session in session_ids}
    values = {"sessions": list(session_ids), "currency": currency}
    for session, source, sub_source, is_paid, of, *stored in fetch(_traffic(basis), values, actor=actor):
        numbers = Numbers(
            stored=by_key(STORED, stored), basis=basis, currency=of, other_currencies=[], computed_at=None,
            is_fresh=True,
        )  # fmt: skip
        row = SourceRow(source=source, sub_source=sub_source, is_paid=is_paid, numbers=numbers)
        found[session].append(row)
    return found


# Uses audience_partner_session.
AUDIENCES: Final = """
SELECT session_id, people, cells, is_live, computed_at FROM analytics_sessionaudience
WHERE partner_id = ANY(%(partners)s) AND session_id = ANY(%(sessions)s) AND of = %(of)s
"""


@dataclass(frozen=True, kw_only=True)
class AudienceRow:
    """An audience as it may be shown: None where there are too few."""

    people: int | None
    cells: Mapping[str, Mapping[str, int | None]]
    is_live: bool
    computed_at: datetime


def session_audiences(session_ids: Sequence[UUID], *, actor: Actor, of: str) -> dict[UUID, AudienceRow]:
    """Audiences by session; one that waits for its worker is missing."""
    rows = fetch(AUDIENCES, {"sessions": list(session_ids), "of": of}, actor=actor)
    return {
        session: AudienceRow(
            people=people,
            cells=orjson.loads(cells) if isinstance(cells, str) else cells,
            is_live=is_live,
            computed_at=at,
        )
        for session, people, cells, is_live, at in rows
    }


# Uses viewing_partner_session_viewer, viewerpath_partner_session, orderfact_partner_session.
VIEWINGS: Final = """
WITH session AS (
    SELECT s.partner_id, s.id, r.window_started_at AS starts_at, r.window_ended_at AS ends_at, s.heartbeats,
        r.session_seconds * interval '1 second' AS length,
        s.last_ended_at IS NOT NULL
            AND (s.last_started_at IS NULL OR s.last_ended_at >= s.last_started_at) AS has_ended,
        p.silence_seconds * interval '1 second' AS silence, p.grace_seconds * interval '1 second' AS grace,
        p.tail_seconds * interval '1 second' AS tail
    FROM commerce_livesession s
    JOIN commerce_partner p ON p.id = s.partner_id
    JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
    WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
), bought AS (
    SELECT DISTINCT ON (o.session_id, o.viewer_id) o.session_id, o.viewer_id, o.placed_at, c.external_id
    FROM session s
    JOIN analytics_orderfact o ON o.partner_id = s.partner_id AND o.session_id = s.id
    JOIN analytics_viewing v
        ON v.partner_id = o.partner_id AND v.session_id = o.session_id AND v.viewer_id = o.viewer_id
    JOIN commerce_order c ON c.partner_id = o.partner_id AND c.id = o.order_id
    WHERE o.paid_at IS NOT NULL AND o.placed_at >= v.first_joined_at AND o.placed_at < s.ends_at + s.tail
    ORDER BY o.session_id, o.viewer_id, o.placed_at, c.external_id COLLATE "C"
), seen AS (
    SELECT v.session_id, v.viewer_id, w.source AS told_by, w.external_id, v.first_joined_at, s.ends_at,
        s.length, s.has_ended, cardinality(v.started) AS joins,
        CASE WHEN v.open_since IS NULL THEN v.ended[cardinality(v.ended)]
            WHEN s.heartbeats AND s.ends_at - v.last_sign_at > s.silence THEN v.last_sign_at + s.grace
            ELSE s.ends_at END AS left_at,
        v.watched + CASE WHEN v.open_since IS NULL THEN interval '0'
            WHEN s.heartbeats AND s.ends_at - v.last_sign_at > s.silence
                THEN v.last_sign_at + s.grace - v.open_since
            ELSE s.ends_at - v.open_since END AS watched,
        p.source, p.sub_source, p.is_paid, COALESCE(p.is_returning, false) AS is_returning,
        p.first_clicked_at, p.first_carted_at, p.first_checkout_at, b.placed_at AS bought_at,
        b.external_id AS order_id
    FROM session s
    JOIN analytics_viewing v ON v.partner_id = s.partner_id AND v.session_id = s.id
    JOIN commerce_viewer w ON w.partner_id = v.partner_id AND w.id = v.viewer_id
    LEFT JOIN analytics_viewerpath p
        ON p.partner_id = v.partner_id AND p.session_id = v.session_id AND p.viewer_id = v.viewer_id
    LEFT JOIN bought b ON b.session_id = v.session_id AND b.viewer_id = v.viewer_id
), judged AS (
    SELECT *, left_at >= ends_at AS has_stayed,
        watched * 2 >= length AND length > interval '0' AS is_completed
    FROM seen
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY session_id ORDER BY first_joined_at, viewer_id) AS place
    FROM judged
    WHERE (%(stayed)s::bool IS NULL OR has_stayed = %(stayed)s)
        AND (%(bought)s::bool IS NULL OR (bought_at IS NOT NULL) = %(bought)s)
        AND (%(clicked)s::bool IS NULL OR (first_clicked_at IS NOT NULL) = %(clicked)s)
        AND (%(carted)s::bool IS NULL OR (first_carted_at IS NOT NULL) = %(carted)s)
        AND (%(returning)s::bool IS NULL OR is_returning = %(returning)s)
        AND (%(source)s::text IS NULL OR COALESCE(source, '') = %(source)s)
        AND (%(least)s::numeric IS NULL OR extract(epoch FROM watched) >= %(least)s)
        AND (%(after_at)s::timestamptz IS NULL
            OR (first_joined_at, viewer_id) > (%(after_at)s::timestamptz, %(after_id)s::uuid))
)
SELECT session_id, viewer_id, told_by, external_id, first_joined_at,
    CASE WHEN has_ended OR NOT has_stayed THEN left_at END, extract(epoch FROM watched), joins,
    COALESCE(source, ''), COALESCE(sub_source, ''), is_paid, is_returning, first_clicked_at, first_carted_at,
    first_checkout_at, bought_at, order_id, has_stayed, is_completed
FROM placed WHERE place <= %(limit)s
ORDER BY session_id, place
"""


@dataclass(frozen=True, kw_only=True)
class ViewingRow:
    """A viewer's way through a session; times it did not come to are None."""

    viewer_id: UUID
    told_by: str
    external_id: str
    joined_at: datetime
    left_at: datetime | None
    """None while live and present."""
    watched_seconds: Decimal
    joins: int
    source: str
    sub_source: str
    is_paid: bool | None
    is_returning: bool
    clicked_at: datetime | None
    carted_at: datetime | None
    checkout_at: datetime | None
    bought_at: datetime | None
    order_id: str | None
    has_stayed: bool
    is_completed: bool


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which viewings; None: whichever."""

    stayed: bool | None = None
    bought: bool | None = None
    clicked: bool | None = None
    carted: bool | None = None
    returning: bool | None = None
    source: str | None = None
    least: Decimal | None = None


def session_viewings(
    session_ids: Sequence[UUID],
    *,
    actor: Actor,
    wanted: Wanted,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> dict[UUID, list[ViewingRow]]:
    """Up to `limit` viewings by session, the first to join first; an empty list where there is none."""
    at, identity = after or (None, None)
    values: dict[str, Any] = {
        **vars(wanted),
        "sessions": list(session_ids),
        "after_at": at,
        "after_id": identity,
        "limit": limit,
    }
    found: dict[UUID, list[ViewingRow]] = {session: [] for session in session_ids}
    names = list(ViewingRow.__dataclass_fields__)
    for session, *row in fetch(VIEWINGS, values, actor=actor):
        found[session].append(ViewingRow(**dict(zip(names, row, strict=True))))
    return found
