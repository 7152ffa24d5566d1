"""What was known of live sessions at an earlier moment, of a whole page by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from analytics.queries.sessions import Numbers, numbers_by, stored_of
from analytics.queries.statements import fetch
from commerce.access import Actor

# Uses sessionrevision_partner_known, rollupversion_partner_known, salesversion_partner_known.
STATEMENT: Final = """
SELECT s.id, COALESCE(%(currency)s, s.currency, p.currency),
    CASE WHEN COALESCE(earliest.is_first_kept, true)
        THEN COALESCE(earliest.known_from, stored.computed_at) END,
    state.known_from, state.definition_version,
    COALESCE(later.waiting_since > %(as_of)s, later.known_from IS NULL AND NOT EXISTS (
        SELECT 1 FROM commerce_stale m WHERE m.partner_id = s.partner_id AND m.marked_at <= %(as_of)s
            AND (m.kind = 'ORDER' OR (m.kind = 'SESSION' AND m.subject = s.id::text)))),
    ARRAY(SELECT c.currency::text FROM analytics_sessionsalesversion c
        WHERE c.partner_id = s.partner_id AND c.session_id = s.id AND c.known_from <= %(as_of)s
            AND (c.known_until > %(as_of)s OR c.known_until IS NULL) ORDER BY 1),
    {paid_parts}, {columns}
FROM commerce_livesession s
JOIN commerce_partner p ON p.id = s.partner_id
LEFT JOIN analytics_sessionrollup stored ON stored.partner_id = s.partner_id AND stored.session_id = s.id
LEFT JOIN LATERAL (
    SELECT v.known_from, v.is_first_kept FROM analytics_sessionrevision v
    WHERE v.partner_id = s.partner_id AND v.session_id = s.id ORDER BY v.known_from LIMIT 1
) earliest ON true
LEFT JOIN LATERAL (
    SELECT v.known_from, v.definition_version FROM analytics_sessionrevision v
    WHERE v.partner_id = s.partner_id AND v.session_id = s.id AND v.known_from <= %(as_of)s
    ORDER BY v.known_from DESC LIMIT 1
) state ON true
LEFT JOIN LATERAL (
    SELECT v.known_from, v.waiting_since FROM analytics_sessionrevision v
    WHERE v.partner_id = s.partner_id AND v.session_id = s.id AND v.known_from > %(as_of)s
    ORDER BY v.known_from LIMIT 1
) later ON true
LEFT JOIN LATERAL (
    SELECT * FROM analytics_sessionrollupversion v
    WHERE v.partner_id = s.partner_id AND v.session_id = s.id AND v.known_from <= %(as_of)s
        AND (v.known_until > %(as_of)s OR v.known_until IS NULL)
    ORDER BY v.known_from DESC LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT * FROM analytics_sessionsalesversion v
    WHERE v.partner_id = s.partner_id AND v.session_id = s.id AND v.known_from <= %(as_of)s
        AND (v.known_until > %(as_of)s OR v.known_until IS NULL)
        AND v.currency = COALESCE(%(currency)s, s.currency, p.currency)
    ORDER BY v.known_from DESC LIMIT 1
) o ON true
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
"""


@dataclass(frozen=True, kw_only=True)
class Past:
    """What was known of a session at a moment, or from when on that is kept."""

    numbers: Numbers
    kept_from: datetime | None
    """There were numbers before this moment, and nobody kept them; None: everything is kept."""


def past_session_numbers(
    session_ids: Sequence[UUID],
    *,
    actor: Actor,
    basis: str,
    as_of: datetime,
    currency: str | None = None,
    include: frozenset[str] = frozenset(),
) -> dict[UUID, Past]:
    """Numbers by session as they were known then; zeros, never computed, before anything was."""
    values = {"sessions": list(session_ids), "currency": currency, "as_of": as_of}
    rows = fetch(numbers_by(STATEMENT, basis), values, actor=actor)
    return {row[0]: _past(row, basis=basis, include=include) for row in rows}


def _past(row: tuple[Any, ...], *, basis: str, include: frozenset[str]) -> Past:
    _, currency, kept_from, computed_at, version, is_fresh, currencies, *rest = row
    numbers = Numbers(
        stored=stored_of(rest, include=include),
        basis=basis,
        currency=currency,
        other_currencies=[other for other in currencies if other != currency],
        computed_at=computed_at,
        is_fresh=is_fresh,
        is_past=True,
        definition_version=version,
    )
    return Past(numbers=numbers, kept_from=kept_from)
