"""Where sessions stand, beside the partner's own sessions before them: of a whole page by one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

from analytics.metrics import BASES, METRICS, Additivity, Fact, Metric, Scope, metric_of
from analytics.queries.statements import column, composed, fetch, listed
from commerce.access import Actor

LOOKED_BACK: Final = 10
"""Sessions before one that it is measured by."""
STORED: Final = [m for m in METRICS if m.scope is Scope.SESSION and m.fact is not Fact.DERIVED]
ZERO: Final = Decimal(0)

# Before: begun earlier, and over when this one began. By start, since that is what the index is ordered by.
# Uses session_partner_started, sessionrollup_partner_session, sessionsales_partner_session.
STATEMENT: Final = """
WITH asked AS (
    SELECT s.id, s.partner_id, s.channel, s.objective, COALESCE(s.currency, p.currency) AS currency,
        COALESCE(r.window_started_at, s.started_at, s.scheduled_at, %(now)s) AS begins_at
    FROM commerce_livesession s
    JOIN commerce_partner p ON p.id = s.partner_id
    LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
    WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
)
SELECT a.id, a.objective, a.currency, near.id, near.title, near.has_ended, r.computed_at, r.window_started_at,
    r.window_ended_at, o.currency::text, {columns}
FROM asked a
CROSS JOIN LATERAL (
    SELECT s.id, COALESCE(NULLIF(s.title, ''), s.external_id) AS title,
        COALESCE(s.last_ended_at >= COALESCE(s.last_started_at, s.last_ended_at), false) AS has_ended,
        0 AS place
    FROM commerce_livesession s
    WHERE s.partner_id = a.partner_id AND s.id = a.id
    UNION ALL
    SELECT q.*, row_number() OVER () FROM (
        SELECT s.id, COALESCE(NULLIF(s.title, ''), s.external_id), true
        FROM commerce_livesession s
        JOIN analytics_sessionrollup w ON w.partner_id = s.partner_id AND w.session_id = s.id
        WHERE s.partner_id = a.partner_id AND s.id <> a.id AND s.channel = a.channel
            AND s.merged_into_id IS NULL AND s.split_at IS NULL
            AND (NOT %(same_objective)s OR s.objective IS NOT DISTINCT FROM a.objective)
            AND s.started_at < a.begins_at AND w.window_ended_at <= a.begins_at AND w.session_seconds > 0
            AND s.last_ended_at >= COALESCE(s.last_started_at, s.last_ended_at)
        ORDER BY s.started_at DESC, s.id DESC LIMIT %(most)s
    ) q
) near
LEFT JOIN analytics_sessionrollup r ON r.partner_id = a.partner_id AND r.session_id = near.id
LEFT JOIN analytics_sessionsales o ON o.partner_id = a.partner_id AND o.session_id = near.id
ORDER BY a.id, near.place
"""

# How far each trend metric had come by a moment: whole minutes, and of the minute of the moment its elapsed
# part; of a level the highest so far. Uses minute_partner_session_minute.
COURSES: Final = """
SELECT t.asked_id, t.past_id, {columns}
FROM (
    SELECT * FROM unnest(%(asked)s::uuid[], %(past)s::uuid[], %(starts)s::timestamptz[],
        %(ends)s::timestamptz[], %(cuts)s::timestamptz[])
        AS t (asked_id, past_id, starts_at, ends_at, cut_at)
) t
JOIN LATERAL (
    SELECT m.*, GREATEST(0, LEAST(1, extract(epoch FROM t.cut_at - GREATEST(m.minute, t.starts_at))
        / NULLIF(extract(epoch FROM LEAST(m.minute + interval '1 minute', t.ends_at)
            - GREATEST(m.minute, t.starts_at)), 0))) AS part
    FROM analytics_sessionminute m
    WHERE m.partner_id = ANY(%(partners)s) AND m.session_id = t.past_id AND m.is_inside
) m ON true
GROUP BY 1, 2
"""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is stored of one session: numbers without a currency by key, amounts by currency and column."""

    session_id: UUID
    title: str
    """Its external id where it has none."""
    has_ended: bool
    is_known: bool
    """Whether its numbers have been computed at all."""
    starts_at: datetime | None
    ends_at: datetime | None
    """While live: of its last sign of life."""
    counts: Mapping[str, Any]
    sales: Mapping[str, Mapping[str, Any]]

    @property
    def length(self) -> timedelta:
        """From its start to its end so far."""
        return self.ends_at - self.starts_at if self.starts_at and self.ends_at else timedelta()

    def stored(self, metric: Metric, *, basis: str, currency: str) -> Decimal:
        """A stored number; 0 where nothing was counted."""
        if metric.fact is Fact.ORDERS:
            value = self.sales.get(currency, {}).get(metric.column(basis), 0)
        else:
            value = self.counts[metric.key]
        return Decimal(value)

    def parts(self, metric: Metric, *, basis: str, currency: str) -> tuple[Decimal, Decimal | None]:
        """A number and None, or the two a quotient is divided from."""
        if not metric.is_quotient:
            return self.stored(metric, basis=basis, currency=currency), None
        above, below = (
            self.stored(metric_of(metric.scope, key), basis=basis, currency=currency)
            for key in (metric.numerator, metric.denominator)
        )
        return above, below

    def value(self, metric: Metric, *, basis: str, currency: str) -> Decimal | None:
        """The number; None before it is computed, and for a quotient of nothing."""
        if not self.is_known:
            return None
        above, below = self.parts(metric, basis=basis, currency=currency)
        if below is None:
            return above
        return above * metric.per / below if below else None


@dataclass(frozen=True, kw_only=True)
class Standings:
    """A session and those before it on its channel, the latest first."""

    objective: str | None
    currency: str
    own: Standing
    past: list[Standing]


@dataclass(frozen=True, kw_only=True)
class Course:
    """How much of a past session's trend metrics there was by a moment, and at its end."""

    by_then: Mapping[str, Decimal]
    in_all: Mapping[str, Decimal]


COUNTS: Final = [m for m in STORED if m.fact is not Fact.ORDERS]
AMOUNTS: Final = [m.column(basis) for m in STORED if m.fact is Fact.ORDERS for basis in BASES]
WITH_COURSE: Final = [
    m
    for m in METRICS
    if m.scope is Scope.SESSION and m.in_trend and m.additivity is not Additivity.NONE
]


@cache
def _statement() -> str:
    return composed(
        STATEMENT,
        columns=listed([
                *(column(metric, "", events="r", orders="o") for metric in COUNTS),
                *(f"o.{name}" for name in AMOUNTS),
            ]),
    )


def session_standings(
    session_ids: Sequence[UUID], *, actor: Actor, now: datetime, same_objective: bool = False
) -> dict[UUID, Standings]:
    """Standings by session of those the actor may see."""
    values = {
        "sessions": list(session_ids), "now": now, "same_objective": same_objective, "most": LOOKED_BACK,
    }  # fmt: skip
    heads: dict[UUID, tuple[Any, ...]] = {}
    rows: dict[UUID, dict[UUID, tuple[Any, ...]]] = {}
    sales: dict[tuple[UUID, UUID], dict[str, dict[str, Any]]] = {}
    for row in fetch(_statement(), values, actor=actor):
        asked, near, currency = row[0], row[3], row[9]
        heads[asked] = row
        rows.setdefault(asked, {}).setdefault(near, row)
        amounts = sales.setdefault((asked, near), {})
        if currency is not None:
            amounts[currency] = dict(zip(AMOUNTS, row[10 + len(COUNTS) :], strict=True))
    return {
        asked: Standings(
            objective=head[1],
            currency=head[2],
            own=_standing(rows[asked][asked], sales[asked, asked]),
            past=[_standing(row, sales[asked, near]) for near, row in rows[asked].items() if near != asked],
        )
        for asked, head in heads.items()
    }


def _standing(row: tuple[Any, ...], sales: Mapping[str, Mapping[str, Any]]) -> Standing:
    counts = {metric.key: value or 0 for metric, value in zip(COUNTS, row[10:], strict=False)}
    return Standing(
        session_id=row[3], title=row[4], has_ended=row[5], is_known=row[6] is not None, starts_at=row[7],
        ends_at=row[8], counts=counts, sales=sales,
    )  # fmt: skip


def _course(metric: Metric) -> tuple[str, str]:
    if metric.additivity is Additivity.MAX:
        return (
            f"COALESCE(max(m.{metric.key}) FILTER (WHERE m.minute < t.cut_at), 0)",
            f"COALESCE(max(m.{metric.key}), 0)",
        )
    return f"COALESCE(sum(m.{metric.key} * m.part), 0)", f"COALESCE(sum(m.{metric.key}), 0)"


@cache
def _courses() -> str:
    pairs = [_course(metric) for metric in WITH_COURSE]
    return composed(COURSES, columns=listed([one for pair in pairs for one in pair]))


def session_courses(
    asked: Sequence[tuple[UUID, Standing, Decimal]], *, actor: Actor
) -> dict[UUID, list[Course]]:
    """Courses of past sessions, each up to a share of its length, by the session that asks."""
    cuts = [(one, past, _cut(past, share)) for one, past, share in asked]
    rows = fetch(
        _courses(),
        {
            "asked": [one for one, _, _ in cuts],
            "past": [past.session_id for _, past, _ in cuts],
            "starts": [past.starts_at for _, past, _ in cuts],
            "ends": [past.ends_at for _, past, _ in cuts],
            "cuts": [cut for _, _, cut in cuts],
        },
        actor=actor,
    )
    found: dict[UUID, list[Course]] = {}
    for one, _, *values in rows:
        numbers = [Decimal(value) for value in values]
        found.setdefault(one, []).append(
            Course(
                by_then={metric.key: value for metric, value in zip(WITH_COURSE, numbers[::2], strict=True)},
                in_all={metric.key: value for metric, value in zip(WITH_COURSE, numbers[1::2], strict=True)},
            )
        )
    return found


def _cut(past: Standing, share: Decimal) -> datetime:
    assert past.starts_at is not None  # past sessions have a length
    microseconds = past.length // timedelta(microseconds=1)
    return past.starts_at + timedelta(microseconds=int(microseconds * min(share, Decimal(1))))
