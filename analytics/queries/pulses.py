"""Where the numbers of sessions are: which state they have reached, and whether another one will follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from analytics.queries.statements import fetch
from commerce.access import Actor

SETTLING: Final = timedelta(seconds=30)
"""Events of the last moments are on their way for so long after an end."""
PATIENCE: Final = timedelta(minutes=10)
"""An end is final after so long, even while facts of the partner still wait: some always may."""

# A row's version is the transaction that wrote it: it grows with every fill, of whichever worker, and needs
# no clock. The row keeps its lower 32 bits; the snapshot tells the rest.
# Uses session_partner..., sessionrollup_partner_session, stale_partner_subject.
STATEMENT: Final = """
SELECT s.id, s.partner_id, COALESCE(now.latest - ((now.latest - r.xmin::text::bigint) & 4294967295), 0),
    r.computed_at,
    CASE WHEN s.last_started_at IS NULL OR s.last_ended_at >= s.last_started_at THEN s.last_ended_at END,
    NOT EXISTS (SELECT 1 FROM commerce_stale m
        WHERE m.partner_id = s.partner_id
            AND (m.kind = 'ORDER' OR (m.kind = 'SESSION' AND m.subject = ANY(s.id::text || ARRAY(
                SELECT b.id::text FROM commerce_livesession b
                WHERE b.partner_id = s.partner_id AND b.merged_into_id = s.id)))))
FROM commerce_livesession s
CROSS JOIN (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS latest) now
LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
"""


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """The state of one session's numbers."""

    partner_id: UUID
    sequence: int
    """Grows with every fill; 0: never filled."""
    computed_at: datetime | None
    is_final: bool
    """The session has ended and its numbers are settled."""

    @property
    def revision(self) -> str:
        """Another text for every other state."""
        return f"{self.sequence}-final" if self.is_final else str(self.sequence)


def session_pulses(session_ids: Sequence[UUID], *, actor: Actor, now: datetime) -> dict[UUID, Pulse]:
    """The pulse of those sessions the actor may see."""
    rows = fetch(STATEMENT, {"sessions": list(session_ids)}, actor=actor)
    return {
        session: Pulse(
            partner_id=partner,
            sequence=sequence,
            computed_at=computed_at,
            is_final=_is_final(ended_at, now=now, is_computed=computed_at is not None, is_fresh=is_fresh),
        )
        for session, partner, sequence, computed_at, ended_at, is_fresh in rows
    }


def _is_final(ended_at: datetime | None, *, now: datetime, is_computed: bool, is_fresh: bool) -> bool:
    if ended_at is None or now < ended_at + SETTLING:
        return False
    return (is_computed and is_fresh) or now >= ended_at + PATIENCE
