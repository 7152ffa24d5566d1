"""The numbers of live sessions, of a whole page by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

from analytics.metrics import METRICS, Fact, Metric, Scope
from analytics.queries.apart import ReadApart, Stored
from analytics.queries.statements import by_key, column, composed, fetch, listed
from commerce.access import Actor

STORED: Final = [m for m in METRICS if m.scope is Scope.SESSION and m.fact is not Fact.DERIVED]
NAMED: Final = [metric for metric in METRICS if metric.scope is Scope.SESSION and metric.same_as]

# What a sale may be asked to include: the amount that grows, and by which part of the order. Whatever the
# basis asked for, the paid amount grows by the paid part.
GROWING: Final = (("live_sales", ""), ("paid_sales", "PAID"))
PARTS: Final = ("shipping", "tax")

# Uses session_partner..., sessionrollup_partner_session, sessionsales_partner_session, stale_partner_subject.
STATEMENT: Final = """
SELECT s.id, COALESCE(%(currency)s, s.currency, p.currency), r.computed_at,
    NOT EXISTS (SELECT 1 FROM commerce_stale m
        WHERE m.partner_id = s.partner_id
            AND (m.kind = 'ORDER' OR (m.kind = 'SESSION' AND m.subject = ANY(s.id::text || ARRAY(
                SELECT b.id::text FROM commerce_livesession b
                WHERE b.partner_id = s.partner_id AND b.merged_into_id = s.id))))),
    ARRAY(SELECT c.currency::text FROM analytics_sessionsales c
        WHERE c.partner_id = s.partner_id AND c.session_id = s.id ORDER BY 1),
    {paid_parts}, {columns}
FROM commerce_livesession s
JOIN commerce_partner p ON p.id = s.partner_id
LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
LEFT JOIN analytics_sessionsales o ON o.partner_id = s.partner_id AND o.session_id = s.id
    AND o.currency = COALESCE(%(currency)s, s.currency, p.currency)
WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
"""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Stored numbers of one subject by key, in one currency and basis; who reads them divides quotients."""

    stored: dict[str, Any]
    basis: str
    currency: str
    other_currencies: list[str]
    computed_at: datetime | None
    """None: never computed yet."""
    is_fresh: bool
    """No fact waits that may change these numbers."""
    is_past: bool = False
    """Of an earlier moment: what is read apart is not among the stored ones."""
    definition_version: int | None = None
    """Of what they mean; None: as they are declared now."""


@cache
def numbers_by(statement: str, basis: str) -> str:
    """A statement with what `stored_of` reads of rows `r` of a session and `o` of its sales."""
    by_name: dict[str, Metric] = {metric.key: metric for metric in STORED}
    return composed(
        statement,
        paid_parts=listed(column(by_name[part], "PAID", events="r", orders="o") for part in PARTS),
        columns=listed(column(metric, basis, events="r", orders="o") for metric in STORED),
    )


def session_numbers(
    session_ids: Sequence[UUID],
    *,
    actor: Actor,
    basis: str,
    currency: str | None = None,
    include: frozenset[str] = frozenset(),
) -> dict[UUID, Numbers]:
    """Numbers by session of those the actor may see; `include` names parts of PARTS that sales grow by."""
    values = {"sessions": list(session_ids), "currency": currency}
    rows = fetch(numbers_by(STATEMENT, basis), values, actor=actor)
    apart = ReadApart(session_ids, actor=actor, basis=basis, currency=currency)
    return {row[0]: _numbers(row, apart, basis=basis, include=include) for row in rows}


def _numbers(row: tuple[Any, ...], apart: ReadApart, *, basis: str, include: frozenset[str]) -> Numbers:
    session_id, currency, computed_at, is_fresh, currencies, *rest = row
    return Numbers(
        stored=Stored(stored_of(rest, include=include), apart.of(session_id)),
        basis=basis,
        currency=currency,
        other_currencies=[other for other in currencies if other != currency],
        computed_at=computed_at,
        is_fresh=is_fresh,
    )


def stored_of(values: Sequence[Any], *, include: frozenset[str]) -> dict[str, Any]:
    """Numbers by key from the paid parts and the columns of STORED; sales grown by what is to be included."""
    stored = by_key(STORED, values[len(PARTS) :])
    stored |= {metric.key: stored[metric.same_as] for metric in NAMED}
    if include:
        paid = dict(zip(PARTS, values, strict=False))
        for key, of_basis in GROWING:
            parts = paid if of_basis else stored
            stored[key] += sum((parts[part] for part in PARTS if part in include), Decimal(0))
    return stored
