"""What was known of live sessions at an earlier moment, of a whole page by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from analytics.queries.sessions import Numbers, numbers_by, stored_of
from analytics.queries.showings import STORED, Shown, shown
from analytics.queries.statements import composed, fetch, listed
from commerce.access import Actor

# Uses sessionrevision_partner_known, rollupversion_partner_known, salesversion_partner_known.
STATEMENT: Final = """
SELECT s.id, COALESCE(%(currency)s, s.currency, p.currency),
    CASE WHEN COALESCE(earliest.is_first_kept, true) AND state.known_from IS NULL
        THEN COALESCE(earliest.known_from, stored.computed_at) END,
    state.known_from, state.definition_version,
    COALESCE(later.waiting_since > %(as_of)s, later.known_from IS NULL AND NOT EXISTS (
        SELECT 1 FROM commerce_stale m WHERE m.partner_id = s.partner_id AND m.marked_at <= %(as_of)s
            AND (m.kind = 'ORDER' OR (m.kind = 'SESSION' AND m.subject = ANY(s.id::text || ARRAY(
                SELECT b.id::text FROM commerce_livesession b
                WHERE b.partner_id = s.partner_id AND b.merged_into_id = s.id)))))),
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

# Uses sessionrevision_partner_known, showingversion_partner_known.
SHOWINGS: Final = composed(
    """
SELECT s.id,
    CASE WHEN COALESCE(earliest.is_first_kept, true) AND state.known_from IS NULL
        THEN COALESCE(earliest.known_from, stored.computed_at) END,
    w.row_id, w.number, w.position, w.featured_at, w.unfeatured_at, w.ends_at, w.window_ends_at,
    w.unfeatured_at IS NULL AND state.is_live,
    d.id, d.source, d.external_id, d.name, d.image_url, w.currency, state.known_from, {columns}
FROM commerce_livesession s
LEFT JOIN analytics_sessionrollup stored ON stored.partner_id = s.partner_id AND stored.session_id = s.id
LEFT JOIN LATERAL (
    SELECT v.known_from, v.is_first_kept FROM analytics_sessionrevision v
    WHERE v.partner_id = s.partner_id AND v.session_id = s.id ORDER BY v.known_from LIMIT 1
) earliest ON true
LEFT JOIN LATERAL (
    SELECT v.known_from, v.is_live FROM analytics_sessionrevision v
    WHERE v.partner_id = s.partner_id AND v.session_id = s.id AND v.known_from <= %(as_of)s
    ORDER BY v.known_from DESC LIMIT 1
) state ON true
LEFT JOIN analytics_sessionshowingversion w ON w.partner_id = s.partner_id AND w.session_id = s.id
    AND w.known_from <= %(as_of)s AND (w.known_until > %(as_of)s OR w.known_until IS NULL)
LEFT JOIN commerce_product d ON d.partner_id = w.partner_id AND d.id = w.product_id
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
ORDER BY s.id, w.number
""",
    columns=listed(f"w.{metric.key}" for metric in STORED),
)

KnownT = TypeVar("KnownT")


@dataclass(frozen=True, kw_only=True)
class Past(Generic[KnownT]):
    """What was known of a session at a moment, or that it was not kept then."""

    known: KnownT
    kept_from: datetime | None
    """There were numbers at that moment, and they are kept from this one on only; None: they are kept."""


def past_session_numbers(
    session_ids: Sequence[UUID],
    *,
    actor: Actor,
    basis: str,
    as_of: datetime,
    currency: str | None = None,
    include: frozenset[str] = frozenset(),
) -> dict[UUID, Past[Numbers]]:
    """Numbers by session as they were known then; zeros, never computed, before anything was."""
    values = {"sessions": list(session_ids), "currency": currency, "as_of": as_of}
    rows = fetch(numbers_by(STATEMENT, basis), values, actor=actor)
    return {row[0]: _past(row, basis=basis, include=include) for row in rows}


def _past(row: tuple[Any, ...], *, basis: str, include: frozenset[str]) -> Past[Numbers]:
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
    return Past(known=numbers, kept_from=kept_from)


def past_session_showings(
    session_ids: Sequence[UUID], *, actor: Actor, as_of: datetime
) -> dict[UUID, Past[list[Shown]]]:
    """Moments by session in their order, as they were known then."""
    found: dict[UUID, Past[list[Shown]]] = {}
    for session, kept_from, *row in fetch(
        SHOWINGS, {"sessions": list(session_ids), "as_of": as_of}, actor=actor
    ):
        past = found.setdefault(session, Past(known=[], kept_from=kept_from))
        if row[0] is not None:
            past.known.append(shown(row))
    return found
