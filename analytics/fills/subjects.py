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
    r.window_started_at, r.window_ended_at, r.id IS NOT NULL AS is_filled, s.merged_into_id
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
WHERE s.partner_id = %(partner)s AND s.id = ANY(%(sessions)s) AND NOT s.is_merged
"""

# Merged sessions, and their broadcasts as they were filled last. Uses session_partner_merged.
MERGED = """
SELECT w.id, COALESCE(w.currency, %(currency)s), o.window_started_at, o.window_ended_at, o.id IS NOT NULL,
    ARRAY(
        SELECT jsonb_build_object('id', s.id, 'heartbeats', s.heartbeats, 'from', r.window_started_at,
            'to', r.window_ended_at, 'has_ended', s.last_ended_at IS NOT NULL
                AND (s.last_ended_at >= s.last_started_at OR s.last_started_at IS NULL))
        FROM commerce_livesession s
        LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
        WHERE s.partner_id = w.partner_id AND s.merged_into_id = w.id
        ORDER BY r.window_started_at, s.id
    )
FROM commerce_livesession w
LEFT JOIN analytics_sessionrollup o ON o.partner_id = w.partner_id AND o.session_id = w.id
WHERE w.partner_id = %(partner)s AND w.id = ANY(%(sessions)s) AND w.is_merged
"""


@dataclass(frozen=True, kw_only=True)
class Broadcast:
    """One of the broadcasts that make a session, with its own window."""

    session_id: UUID
    starts_at: datetime | None
    edge: datetime | None
    heartbeats: bool
    has_ended: bool


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
    whole_id: UUID | None = None
    """The session this one is a broadcast of."""
    broadcasts: list[Broadcast] | None = None
    """What a merged session is made of, by start; none any more once it was split."""
    length: timedelta | None = field(init=False)
    """Of the window, without the gaps between broadcasts."""
    half_at: datetime | None = field(init=False)
    """The latest moment by which no more than half of the length is over."""

    def __post_init__(self) -> None:
        self.length, self.half_at = measure(spans(self))

    @property
    def own(self) -> Broadcast:
        """What the log tells of the session under its own name; of a merged one that is next to nothing."""
        return Broadcast(
            session_id=self.session_id,
            starts_at=self.starts_at,
            edge=self.edge,
            heartbeats=self.heartbeats,
            has_ended=self.ends_at is not None,
        )

    @property
    def parts(self) -> list[Broadcast]:
        """What the log is read by."""
        return [self.own, *(self.broadcasts or ())]


def spans(fill: SessionFill) -> list[tuple[datetime, datetime]]:
    """The session's window as [start, end) that neither overlap nor touch, in order."""
    found: list[tuple[datetime, datetime]] = []
    for part in fill.parts[:1] if fill.broadcasts is None else fill.broadcasts:
        if part.starts_at is None or part.edge is None:
            continue
        if found and part.starts_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], part.edge))
        else:
            found.append((part.starts_at, part.edge))
    return found


def measure(found: list[tuple[datetime, datetime]]) -> tuple[timedelta | None, datetime | None]:
    """(length, the latest moment by which no more than half of it is over) of a window."""
    if not found:
        return None, None
    length = sum((end - start for start, end in found), timedelta())
    left, half_at = length // 2, found[-1][1]
    for start, end in found:
        if end - start > left:
            half_at = start + left
            break
        left -= end - start
    return length, half_at


def lasting(
    connection: Connection[Any], claims: dict[str, staleness.Claim], *, rules: Rules
) -> dict[str, staleness.Claim]:
    """Claims of sessions that can be computed: of frozen ones the events are gone, and the numbers stay."""
    if rules.gone_before is None:
        return claims
    rows = connection.execute(
        "SELECT id FROM commerce_livesession "
        "WHERE partner_id = %s AND id = ANY(%s) AND frozen_at IS NOT NULL",
        [rules.partner_id, [UUID(subject) for subject in claims]],
    )
    frozen = {str(session) for (session,) in rows}
    return {subject: claim for subject, claim in claims.items() if subject not in frozen}


def windows(
    connection: Connection[Any], claims: dict[str, staleness.Claim], *, rules: Rules
) -> list[SessionFill]:
    """The sessions of some claims with their windows."""
    ids = [UUID(subject) for subject in claims]
    rows = connection.execute(
        WINDOWS, {"partner": rules.partner_id, "sessions": ids, "signs": SIGNS, "currency": rules.currency}
    ).fetchall()
    fills = []
    for (
        session, starts_at, told_end, last_sign, heartbeats, currency, old_start, old_edge, is_filled, whole,
    ) in rows:  # fmt: skip
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
                minutes_from=BEGINNING if is_whole else claim.since, whole_id=whole,
            )
        )  # fmt: skip
    return fills


def merged(
    connection: Connection[Any], claims: dict[str, staleness.Claim], *, rules: Rules
) -> list[SessionFill]:
    """The merged sessions of some claims: their windows are the union of their broadcasts'."""
    ids = [UUID(subject) for subject in claims]
    rows = connection.execute(
        MERGED, {"partner": rules.partner_id, "sessions": ids, "currency": rules.currency}
    ).fetchall()
    fills = []
    for session, currency, old_start, old_edge, is_filled, told in rows:
        claim = claims[str(session)]
        broadcasts = [_broadcast(part) for part in told]
        starts_at = min((part.starts_at for part in broadcasts if part.starts_at), default=None)
        edge = max((part.edge for part in broadcasts if part.edge), default=None)
        is_over = all(part.has_ended for part in broadcasts if part.starts_at)
        is_new = claim.is_whole or not is_filled or old_start != starts_at
        fills.append(
            SessionFill(
                session_id=session, claim=claim, starts_at=starts_at, ends_at=edge if is_over else None,
                edge=edge, heartbeats=True, currency=currency, old_edge=old_edge, is_filled=is_filled,
                is_whole=is_new, is_new=is_new, minutes_from=BEGINNING if is_new else claim.since,
                broadcasts=broadcasts,
            )
        )  # fmt: skip
    return fills


def _broadcast(told: dict[str, Any]) -> Broadcast:
    return Broadcast(
        session_id=UUID(told["id"]),
        starts_at=None if told["from"] is None else datetime.fromisoformat(told["from"]),
        edge=None if told["to"] is None else datetime.fromisoformat(told["to"]),
        heartbeats=told["heartbeats"],
        has_ended=told["has_ended"],
    )


def arrays(fills: list[SessionFill]) -> dict[str, Any]:
    """The sessions as columns for a statement.

    The log is read by `parts`, each of the session at its place in `part_of`; everything else by session.
    """
    parts = [(fill.session_id, part) for fill in fills for part in fill.parts]
    return {
        "parts": [part.session_id for _, part in parts],
        "part_of": [session for session, _ in parts],
        "part_starts": [part.starts_at for _, part in parts],
        "part_edges": [part.edge for _, part in parts],
        "part_ended": [part.has_ended for _, part in parts],
        "part_heartbeats": [part.heartbeats for _, part in parts],
        "sessions": [fill.session_id for fill in fills],
        "starts": [fill.starts_at for fill in fills],
        "ends": [fill.ends_at for fill in fills],
        "edges": [fill.edge for fill in fills],
        "lengths": [fill.length for fill in fills],
        "halves": [fill.half_at for fill in fills],
        "from": [minute_of(fill.minutes_from) for fill in fills],
        "currencies": [fill.currency for fill in fills],
        "heartbeats": [fill.heartbeats for fill in fills],
    }


def minute_of(moment: datetime | None) -> datetime | None:
    """The minute a moment lies in; None stands for the beginning of time."""
    if moment is None or moment == BEGINNING:
        return None
    return moment.replace(second=0, microsecond=0)
