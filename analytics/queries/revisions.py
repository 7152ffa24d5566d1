"""What became known of live sessions, by how much numbers changed and why; a whole page by one statement."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from analytics.metrics import BASES, Fact, Metric, Unit
from analytics.queries.causes import Cause, CauseKind, Causes, of_order, of_refund
from analytics.queries.sessions import STORED
from analytics.queries.statements import composed, fetch, raw
from commerce.access import Actor

# A state of a row that began or ended between two revisions and was known at one of them: [is later, state].
_STATES: Final = """
    SELECT json_agg(json_build_array(v.is_later, v.row_id, v.told{more})) FROM (
        SELECT v.known_from > p.before_at AS is_later, v.row_id, to_jsonb(v) AS told, v.session_id
        FROM {versions} v
        WHERE v.partner_id = p.partner_id AND v.session_id = p.session_id AND (
            (v.known_from > p.before_at AND v.known_from <= p.known_from
                AND (v.known_until > p.known_from OR v.known_until IS NULL))
            OR (v.known_from <= p.before_at AND v.known_until > p.before_at
                AND v.known_until <= p.known_from)
        )
    ) v {joined}
"""
_WITH_NAMES: Final = """
    JOIN commerce_order d ON d.partner_id = p.partner_id AND d.id = v.row_id
    LEFT JOIN LATERAL (
        SELECT x.session_id FROM analytics_sessionorderversion x
        WHERE x.partner_id = p.partner_id AND x.row_id = v.row_id AND x.session_id <> p.session_id
            AND CASE WHEN v.is_later THEN x.known_until > p.before_at AND x.known_from <= p.known_from
                ELSE x.known_from > p.before_at END
        ORDER BY CASE WHEN v.is_later THEN x.known_until END DESC, x.known_from LIMIT 1
    ) other ON true
"""

# Uses sessionrevision_partner_known, the versions' ..._partner_known, orderversion_partner_row.
STATEMENT: Final = composed(
    """
WITH page AS (
    SELECT v.*, lag(v.known_from) OVER w AS before_at, lag(v.parts) OVER w AS parts_before,
        lag(v.rules) OVER w AS rules_before, lag(v.definition_version) OVER w AS definition_before
    FROM commerce_livesession s
    CROSS JOIN LATERAL (
        SELECT * FROM analytics_sessionrevision v
        WHERE v.partner_id = s.partner_id AND v.session_id = s.id AND (%(live)s OR NOT v.is_live)
            AND (%(after)s::timestamptz IS NULL OR v.known_from < %(after)s::timestamptz)
        ORDER BY v.known_from DESC LIMIT %(limit)s + 1
    ) v
    WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
    WINDOW w AS (PARTITION BY v.session_id ORDER BY v.known_from)
)
SELECT p.session_id, p.known_from, p.is_live, p.definition_version,
    p.definition_before <> p.definition_version, p.rules_before <> p.rules, p.parts_before, p.parts,
    p.late_events,
    (SELECT r.window_ended_at FROM analytics_sessionrollupversion r
        WHERE r.partner_id = p.partner_id AND r.session_id = p.session_id AND r.known_from <= p.known_from
        ORDER BY r.known_from DESC LIMIT 1),
    p.before_at, ({rollups})::text, ({sales})::text, ({orders})::text, ({refunds})::text
FROM page p WHERE p.before_at IS NOT NULL
ORDER BY p.session_id, p.known_from DESC
""",
    **{
        name: raw(_STATES.format(versions=f"analytics_session{versions}version", more=more, joined=joined))
        for name, versions, more, joined in (
            ("rollups", "rollup", "", ""),
            ("sales", "sales", "", ""),
            ("orders", "order", ", d.external_id, other.session_id", _WITH_NAMES),
            ("refunds", "refund", "", ""),
        )
    },
)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A stored number that changed; sums have a basis where it matters, and a currency."""

    metric: Metric
    basis: str | None
    currency: str | None
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class Revised:
    """A moment at which something of a session became known."""

    known_from: datetime
    is_live: bool
    definition_version: int
    changes: list[Change]
    causes: list[Cause]


def session_revisions(
    session_ids: Sequence[UUID], *, actor: Actor, with_live: bool, after: datetime | None, limit: int
) -> dict[UUID, list[Revised]]:
    """Up to `limit` revisions by session, the latest first, all known before `after`.

    Each tells what changed since the one before it; a session's first has none. Without `with_live` they are
    those since the first that knew the session's end.
    """
    values = {"sessions": list(session_ids), "live": with_live, "after": after, "limit": limit}
    found: dict[UUID, list[Revised]] = {session: [] for session in session_ids}
    for session, *row in fetch(STATEMENT, values, actor=actor):
        found[session].append(_revised(row))
    return found


_Pairs = Iterator[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None, list[Any]]]


def _pairs(text: str | None) -> _Pairs:
    """(state before, state after, what else was told) of each row that changed."""
    rows: dict[str, tuple[list[Any], list[Any]]] = {}
    for is_later, row_id, *told in json.loads(text or "[]", parse_float=Decimal):
        rows.setdefault(row_id, ([], []))[is_later].append(told)
    for befores, afters in rows.values():
        before, after = (told[0] if told else None for told in (befores, afters))
        yield before and before[0], after and after[0], (after or before or [])[1:]


def _revised(row: Sequence[Any]) -> Revised:
    (
        known_from, is_live, version, is_redefined, is_other_rules, parts_before, parts, late_events, ends_at,
        before_at, rollups, sales, orders, refunds,
    ) = row  # fmt: skip
    causes = Causes()
    for before, after, (name, other) in _pairs(orders):
        came_as = CauseKind.ORDER_MOVED_IN
        told = after or {}
        if _moment(told.get("first_settled_at")) > before_at:
            is_late = ends_at is not None and _moment(told["placed_at"]) < ends_at and not is_live
            came_as = CauseKind.LATE_ORDER if is_late else CauseKind.NEW_ORDER
        for step in of_order(before, after, came_as=came_as):
            has_moved = step[0] in (CauseKind.ORDER_MOVED_IN, CauseKind.ORDER_MOVED_OUT)
            causes.add(step, name=name, session=UUID(other) if has_moved and other else None)
    for before, after, _ in _pairs(refunds):
        for step in of_refund(before, after):
            causes.add(step, name="")
    if late_events:
        causes.happened(CauseKind.LATE_EVENTS, times=late_events)
    if parts_before != parts:
        is_merged = len(parts.split()) > len(parts_before.split())
        causes.happened(CauseKind.SESSIONS_MERGED if is_merged else CauseKind.SESSION_SPLIT)
    if is_other_rules:
        causes.happened(CauseKind.RULES_CHANGED)
    if is_redefined:
        causes.happened(CauseKind.DEFINITION_CHANGED)
    return Revised(
        known_from=known_from,
        is_live=is_live,
        definition_version=version,
        changes=[*_of_rollups(rollups), *_of_sales(sales)],
        causes=causes.listed(),
    )


def _moment(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _of_rollups(text: str | None) -> Iterator[Change]:
    for before, after, _ in _pairs(text):
        for metric in STORED:
            if metric.fact is not Fact.ORDERS:
                yield from _change(metric, metric.column(), before, after, basis=None, currency=None)


def _of_sales(text: str | None) -> Iterator[Change]:
    for before, after, _ in _pairs(text):
        currency = (after or before or {})["currency"]
        for metric in STORED:
            if metric.fact is not Fact.ORDERS:
                continue
            for basis in BASES if metric.by_basis else BASES[1:2]:
                named = basis if metric.by_basis else None
                yield from _change(
                    metric, metric.column(basis), before, after, basis=named, currency=currency
                )


def _change(
    metric: Metric,
    column: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    basis: str | None,
    currency: str | None,
) -> Iterator[Change]:
    values = [told.get(column) if told else None for told in (before, after)]
    if metric.unit is Unit.MOMENT:
        values = [_moment(value) if value else None for value in values]
    else:
        values = [Decimal(value or 0) for value in values]
    if values[0] != values[1]:
        yield Change(metric=metric, basis=basis, currency=currency, before=values[0], after=values[1])
