"""The sessions of one fill: their windows, and what of them is to be computed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from analytics import staleness
from analytics.fills.orders import Rules
from commerce.ingest import SIGNS_OF_LIFE

SIGNS: Final = sorted(int(kind) for kind in SIGNS_OF_LIFE)
BEGINNING: Final = datetime.min.replace(tzinfo=UTC)

WINDOWS = """
SELECT s.id, COALESCE(s.started_at, first.at) AS starts_at,
    CASE WHEN s.last_ended_at >= s.last_started_at OR s.last_started_at IS NULL
        THEN s.last_ended_at END AS told_end,
    last.at AS last_sign_at, s.heartbeats, COALESCE(s.currency, %(currency)s) AS currency,
    r.window_started_at, r.window_ended_at, r.id IS NOT NULL AS is_filled
FROM commerce_livesession s
LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
LEFT JOIN LATERAL (
    SELECT e.occurred_at AS at FROM commerce_event e
    WHERE s.started_at IS NULL AND e.partner_id = s.partner_id AND e.session_id = s.id
        AND e.viewer_id IS NOT NULL AND e.kind = ANY(%(signs)s)
    ORDER BY e.occurred_at LIMIT 1
) first ON true
LEFT JOIN LATERAL (
    SELECT e.occurred_at AS at FROM commerce_event e
    WHERE (s.last_ended_at IS NULL OR s.last_ended_at < s.last_started_at)
        AND e.partner_id = s.partner_id AND e.session_id = s.id
        AND e.viewer_id IS NOT NULL AND e.kind = ANY(%(signs)s)
    ORDER BY e.occurred_at DESC LIMIT 1
) last ON true
WHERE s.partner_id = %(partner)s AND s.id = ANY(%(sessions)s)
"""


@dataclass(kw_only=True)
class SessionFill:
    """One session being filled."""

    session_id: UUID
    claim: staleness.Claim
    starts_at: datetime | None
    ends_at: datetime | None
    """The told end; None while live."""
    edge: datetime | None
    """The end so far."""
    heartbeats: bool
    currency: str
    old_edge: datetime | None
    is_whole: bool
    is_filled: bool
    """It has numbers already."""
    is_new: bool
    """Whole for what was told of it: its orders may belong elsewhere. (A young live is whole for less.)"""
    minutes_from: datetime | None
    seen_anew: list[UUID] = field(default_factory=list)
    """In a part: whose presence was computed from all of their signs, so that it may be another."""
    has_whole_products: bool = False
    """Who is a viewer changed, and with it whose earlier clicks count."""


def windows(
    connection: Connection[Any], claims: dict[str, staleness.Claim], *, rules: Rules
) -> list[SessionFill]:
    """The sessions of some claims with their windows."""
    ids = [UUID(subject) for subject in claims]
    rows = connection.execute(
        WINDOWS, {"partner": rules.partner_id, "sessions": ids, "signs": SIGNS, "currency": rules.currency}
    ).fetchall()
    fills = []
    for session, starts_at, told_end, last_sign, heartbeats, currency, old_start, old_edge, is_filled in rows:
        claim = claims[str(session)]
        ends_at = edge = None
        if starts_at is not None:
            ends_at = None if told_end is None else max(told_end, starts_at)
            edge = ends_at or max(starts_at, last_sign + timedelta(seconds=30) if last_sign else starts_at)
        is_new = claim.is_whole or not is_filled or old_start != starts_at
        is_whole = is_new
        if (
            ends_at is None
            and starts_at is not None
            and (old_edge is None or old_edge - starts_at <= rules.silence)
        ):
            # Whoever waited for the start is there or not by how far it has come.
            is_whole = True
        fills.append(
            SessionFill(
                session_id=session, claim=claim, starts_at=starts_at, ends_at=ends_at, edge=edge,
                heartbeats=heartbeats, currency=currency, old_edge=old_edge, is_filled=is_filled,
                is_whole=is_whole, is_new=is_new,
                minutes_from=BEGINNING if is_whole else claim.since,
            )
        )  # fmt: skip
    return fills


def arrays(fills: list[SessionFill]) -> dict[str, Any]:
    """The sessions as columns for a statement.

    The log is read by `parts`, each of the session at its place in `part_of`; everything else by session.
    """
    return {
        "parts": [fill.session_id for fill in fills],
        "part_of": [fill.session_id for fill in fills],
        "sessions": [fill.session_id for fill in fills],
        "starts": [fill.starts_at for fill in fills],
        "ends": [fill.ends_at for fill in fills],
        "edges": [fill.edge for fill in fills],
        "from": [minute_of(fill.minutes_from) for fill in fills],
        "currencies": [fill.currency for fill in fills],
        "heartbeats": [fill.heartbeats for fill in fills],
    }


def minute_of(moment: datetime | None) -> datetime | None:
    """The minute a moment lies in; None stands for the beginning of time."""
    if moment is None or moment == BEGINNING:
        return None
    return moment.replace(second=0, microsecond=0)
