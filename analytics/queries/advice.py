"""What was advised, what came of it, and what was learnt: read as workers left it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from analytics.queries.statements import fetch
from commerce.access import Actor


@dataclass(frozen=True, kw_only=True)
class Advised:
    """A product advised to be featured next, and what happened."""

    product_id: UUID
    sku: str
    title: str
    made_at: datetime
    rank: int
    currency: str
    reachable_viewers: int
    conversion: Decimal
    price: Decimal
    fatigue: Decimal
    stock: int | None
    expected_sales: Decimal
    low_sales: Decimal
    high_sales: Decimal
    propensity: Decimal
    is_exploration: bool
    state: str
    featured_at: datetime | None
    outcome_viewers: int | None
    outcome_buyers: int | None
    outcome_sales: Decimal | None


# Uses pin_partner_session_rank. The latest advice of each session, or all that was taken.
PINS: Final = """
SELECT a.session_id, a.product_id, d.external_id, COALESCE(NULLIF(d.name, ''), d.external_id), a.made_at,
    a.rank, a.currency, a.reachable_viewers, a.conversion, a.price, a.fatigue, a.stock, a.expected_sales,
    a.low_sales, a.high_sales, a.propensity, a.is_exploration, a.state, a.featured_at, a.outcome_viewers,
    a.outcome_buyers, a.outcome_sales
FROM analytics_pinrecommendation a
JOIN commerce_product d ON d.partner_id = a.partner_id AND d.id = a.product_id
WHERE a.partner_id = ANY(%(partners)s) AND a.session_id = ANY(%(sessions)s) AND CASE
    WHEN %(is_past)s THEN a.state = 'ADOPTED'
    ELSE a.made_at = (
        SELECT max(l.made_at) FROM analytics_pinrecommendation l
        WHERE l.partner_id = a.partner_id AND l.session_id = a.session_id) END
ORDER BY a.session_id, a.made_at DESC, a.rank
"""


def session_pins(session_ids: Sequence[UUID], *, actor: Actor, is_past: bool) -> dict[UUID, list[Advised]]:
    """By session: the latest advice by rank, or (`is_past`) all advice that was taken, the latest first."""
    found: dict[UUID, list[Advised]] = {session: [] for session in session_ids}
    names = tuple(Advised.__dataclass_fields__)
    for row in fetch(PINS, {"sessions": list(session_ids), "is_past": is_past}, actor=actor):
        found[row[0]].append(Advised(**dict(zip(names, row[1:], strict=True))))
    return found


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Something to look at."""

    kind: str
    subject: str
    raised_at: datetime
    cleared_at: datetime | None
    details: dict[str, Any]


# Uses alert_partner_session_subject.
ALERTS: Final = """
SELECT session_id, kind, subject, raised_at, cleared_at, details FROM analytics_livealert
WHERE partner_id = ANY(%(partners)s) AND session_id = ANY(%(sessions)s)
ORDER BY session_id, cleared_at DESC NULLS FIRST, raised_at DESC, kind, subject
"""


def session_alerts(session_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, list[Alert]]:
    """Alerts by session: those that hold first, then the latest."""
    found: dict[UUID, list[Alert]] = {session: [] for session in session_ids}
    for session, kind, subject, raised_at, cleared_at, details in fetch(
        ALERTS, {"sessions": list(session_ids)}, actor=actor
    ):
        found[session].append(
            Alert(
                kind=kind,
                subject=subject,
                raised_at=raised_at,
                cleared_at=cleared_at,
                details=orjson.loads(details),
            )
        )
    return found


# Uses learning_partner_kind.
LEARNT: Final = """
SELECT kind, subject, made_at, content FROM analytics_learning
WHERE partner_id = ANY(%(partners)s) AND kind = ANY(%(kinds)s)
    AND (%(subjects)s::uuid[] IS NULL OR subject = ANY(%(subjects)s::uuid[]))
"""


def session_talk(session_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, list[dict[str, Any]]]:
    """[{productId, points}] of what is featured, by session."""
    found: dict[UUID, list[dict[str, Any]]] = {session: [] for session in session_ids}
    rows = fetch(LEARNT, {"kinds": ["TALKING"], "subjects": list(session_ids)}, actor=actor)
    for _, subject, _, content in rows:
        found[subject] = orjson.loads(content)
    return found


def learnt(*, actor: Actor) -> dict[str, tuple[datetime, Any]]:
    """(when, content) of what past sessions teach, by kind."""
    rows = fetch(LEARNT, {"kinds": ["LEADS", "SLOTS"], "subjects": None}, actor=actor)
    return {kind: (made_at, orjson.loads(content)) for kind, _, made_at, content in rows}


def product_names(product_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, tuple[str, str]]:
    """(SKU, title) of products."""
    rows = fetch(
        "SELECT id, external_id, COALESCE(NULLIF(name, ''), external_id) FROM commerce_product "
        "WHERE partner_id = ANY(%(partners)s) AND id = ANY(%(products)s)",
        {"products": list(product_ids)},
        actor=actor,
    )
    return {product: (sku, title) for product, sku, title in rows}
