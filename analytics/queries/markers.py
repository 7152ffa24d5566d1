"""What is set beside the numbers of sessions: when they run, their markers, what platforms report, uplift."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from analytics.queries.statements import fetch
from commerce.access import Actor

MOST: Final = 200
"""Markers or reported numbers of a session in one answer."""

CLOCKS: Final = """
SELECT s.id, COALESCE(r.window_started_at, s.started_at), r.window_ended_at, s.replay_url
FROM commerce_livesession s
LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
"""

# Seconds are counted from the session's start; without one nothing lies within any.
# Uses marker_partner_session.
MARKERS: Final = """
SELECT s.id, m.id, m.kind, m.at, m.ended_at, m.is_start_told, m.label, m.text, m.scheduled_at_random,
    m.details, m.product_id, m.sku, m.name
FROM commerce_livesession s
LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
CROSS JOIN LATERAL (
    SELECT m.*, p.external_id AS sku, p.name FROM analytics_sessionmarker m
    LEFT JOIN commerce_product p ON p.partner_id = m.partner_id AND p.id = m.product_id
    WHERE m.partner_id = s.partner_id AND m.session_id = s.id AND m.kind = ANY(%(kinds)s)
        AND (%(from)s::bigint IS NULL OR COALESCE(m.ended_at, m.at) >=
            COALESCE(r.window_started_at, s.started_at) + %(from)s * interval '1 second')
        AND (%(to)s::bigint IS NULL OR m.at <
            COALESCE(r.window_started_at, s.started_at) + %(to)s * interval '1 second')
    ORDER BY m.at, m.id LIMIT %(most)s
) m
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
ORDER BY m.at, m.id
"""

# As text a number stays what was reported, digit by digit. Uses reported_partner_session.
REPORTED: Final = """
SELECT s.id, m.source, m.definition, m.starts_at, m.ends_at, m.reported_at, m.key, m.value
FROM commerce_livesession s
CROSS JOIN LATERAL (
    SELECT r.source, r.definition, r.starts_at, r.ends_at, r.reported_at, told.key, told.value
    FROM analytics_reportednumbers r CROSS JOIN LATERAL jsonb_each_text(r.metrics) AS told (key, value)
    WHERE r.partner_id = s.partner_id AND r.session_id = s.id AND r.interval = %(interval)s
        AND (%(from)s::timestamptz IS NULL OR r.starts_at >= %(from)s)
        AND (%(to)s::timestamptz IS NULL OR r.starts_at < %(to)s)
    ORDER BY r.starts_at, r.source, r.definition, told.key LIMIT %(most)s
) m
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
ORDER BY m.starts_at, m.source, m.definition, m.key
"""

# Uses uplift_partner_kind.
UPLIFTS: Final = """
SELECT s.id, u.metric, u.window, u.ratio, u.low, u.high, u.reason, u.sessions, u.offers, u.computed_at
FROM commerce_livesession s
JOIN analytics_offeruplift u ON u.partner_id = s.partner_id AND u.kind = %(kind)s AND u.design = %(design)s
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
"""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """When a session runs, as far as is known, and where it can be watched again."""

    starts_at: datetime | None
    ends_at: datetime | None
    replay_url: str

    def seconds(self, moment: datetime) -> int | None:
        """Whole seconds from the session's start; negative before it, None where that is unknown."""
        return None if self.starts_at is None else (moment - self.starts_at) // timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class MarkerRow:
    """A moment or a span of a session."""

    id: UUID
    kind: str
    at: datetime
    ended_at: datetime | None
    is_start_told: bool
    label: str
    text: str
    scheduled_at_random: bool
    details: Mapping[str, Any]
    product_id: UUID | None
    sku: str | None
    product_name: str | None


@dataclass(frozen=True, kw_only=True)
class ReportedRow:
    """One number of a platform, as it was reported."""

    source: str
    definition: str
    starts_at: datetime | None
    ends_at: datetime | None
    reported_at: datetime
    key: str
    value: str


@dataclass(frozen=True, kw_only=True)
class UpliftRow:
    """What offers of a kind do to a number in a window."""

    metric: str
    window: str
    ratio: Decimal | None
    low: Decimal | None
    high: Decimal | None
    reason: str
    sessions: int
    offers: int
    computed_at: datetime


def session_clocks(session_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, Clock]:
    """When each session runs."""
    rows = fetch(CLOCKS, {"sessions": list(session_ids)}, actor=actor)
    return {
        session: Clock(starts_at=starts_at, ends_at=ends_at, replay_url=url)
        for session, starts_at, ends_at, url in rows
    }


def session_markers(
    session_ids: Sequence[UUID],
    *,
    actor: Actor,
    kinds: Sequence[str],
    from_second: int | None = None,
    to_second: int | None = None,
    most: int = MOST,
) -> Mapping[UUID, list[MarkerRow]]:
    """The first `most` markers of each session, by time: those that touch [from_second, to_second)."""
    values = {
        "sessions": list(session_ids),
        "kinds": list(kinds),
        "from": from_second,
        "to": to_second,
        "most": most,
    }
    found: dict[UUID, list[MarkerRow]] = defaultdict(list)
    for session, identity, kind, at, ended_at, told, label, text, random, details, *product in fetch(
        MARKERS, values, actor=actor
    ):
        found[session].append(
            MarkerRow(
                id=identity, kind=kind, at=at, ended_at=ended_at, is_start_told=told, label=label, text=text,
                scheduled_at_random=random, details=orjson.loads(details),
                product_id=product[0], sku=product[1], product_name=product[2],
            )
        )  # fmt: skip
    return found


def session_reports(
    session_ids: Sequence[UUID],
    *,
    actor: Actor,
    interval: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Mapping[UUID, list[ReportedRow]]:
    """The first MOST reported numbers of each session, of intervals that begin in [starts_at, ends_at)."""
    values = {
        "sessions": list(session_ids),
        "interval": interval,
        "from": starts_at,
        "to": ends_at,
        "most": MOST,
    }
    found: dict[UUID, list[ReportedRow]] = defaultdict(list)
    for session, source, definition, begins, finishes, reported_at, key, value in fetch(
        REPORTED, values, actor=actor
    ):
        found[session].append(
            ReportedRow(
                source=source, definition=definition, starts_at=begins, ends_at=finishes,
                reported_at=reported_at, key=key, value=value,
            )
        )  # fmt: skip
    return found


def offer_uplifts(
    session_ids: Sequence[UUID], *, actor: Actor, kind: str, design: str
) -> Mapping[UUID, list[UpliftRow]]:
    """What the offers of each session's partner do, as estimated last; none before the first estimate."""
    values = {"sessions": list(session_ids), "kind": kind, "design": design}
    found: dict[UUID, list[UpliftRow]] = defaultdict(list)
    for session, metric, window, ratio, low, high, reason, sessions, offers, at in fetch(
        UPLIFTS, values, actor=actor
    ):
        found[session].append(
            UpliftRow(
                metric=metric, window=window, ratio=ratio, low=low, high=high, reason=reason,
                sessions=sessions, offers=offers, computed_at=at,
            )
        )  # fmt: skip
    return found
