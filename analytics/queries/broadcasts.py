"""Sessions that look like broadcasts of one: of the same account, at most half an hour apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from analytics.queries.statements import fetch
from commerce.access import Actor

APART: Final = timedelta(minutes=30)
"""From the end of one to the start of the next, at most."""

# With their windows: the end of a broadcast whose signal was lost is known by its last sign of life alone.
# Uses session_partner_started, sessionrollup_partner_session.
CANDIDATES: Final = """
SELECT s.partner_id, lower(s.account), s.id, r.window_started_at, r.window_ended_at
FROM commerce_livesession s
JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
WHERE s.partner_id = ANY(%(partners)s) AND s.account <> '' AND NOT s.is_merged AND s.merged_into_id IS NULL
    AND r.window_started_at >= %(since)s
ORDER BY 1, 2, 4, 3
"""
KEPT_APART: Final = "SELECT first_id, second_id FROM commerce_keptapart WHERE partner_id = ANY(%(partners)s)"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Sessions of one account to be merged, the earliest first."""

    partner_id: UUID
    account: str
    """Without regard to case."""
    session_ids: list[UUID]


def merge_proposals(*, actor: Actor, since: datetime) -> list[Proposal]:
    """What may be one session among those started since then, the latest first; not what is kept apart."""
    apart = {frozenset(pair) for pair in fetch(KEPT_APART, {}, actor=actor)}
    groups: dict[tuple[UUID, str], list[list[tuple[Any, ...]]]] = {}
    for partner, account, *session in fetch(CANDIDATES, {"since": since}, actor=actor):
        found = groups.setdefault((partner, account), [])
        near = next((group for group in reversed(found) if _belongs(session, group, apart)), None)
        if near is None:
            found.append([tuple(session)])
        else:
            near.append(tuple(session))
    told = [
        (group[0][1], Proposal(partner_id=partner, account=account, session_ids=[row[0] for row in group]))
        for (partner, account), found in groups.items()
        for group in found
        if len(group) > 1
    ]
    return [proposal for _, proposal in sorted(told, key=lambda one: one[0], reverse=True)]


def _belongs(session: Sequence[Any], group: Sequence[tuple[Any, ...]], apart: set[frozenset[UUID]]) -> bool:
    """Whether a session starts soon enough after what is there, and nobody said it is another."""
    identity, starts_at, _ = session
    if any(frozenset((identity, other)) in apart for other, _, _ in group):
        return False
    return bool(starts_at - max(ends_at for _, _, ends_at in group) <= APART)
