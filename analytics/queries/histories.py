"""A partner's own sessions before one: the previous, the last ten, the week's; and their funnels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from statistics import median
from typing import Any, Final
from uuid import UUID

from analytics.metrics import Additivity, Apart, Metric, Unit
from analytics.queries.apart import READ_APART, Stored
from analytics.queries.funnels import COUNTED_BY, STAGES, counted
from analytics.queries.readings import Reading, reading
from analytics.queries.sessions import NAMED, STORED, Numbers, session_numbers
from analytics.queries.statements import composed, fetch, listed
from commerce.access import Actor

LOOKED_BACK: Final = 10
"""Ended sessions before one that its median is of."""
FEWEST: Final = 3
"""Under so many of them there is no median."""
DAYS_BEFORE: Final = 7
"""The previous period: so many days before a session's start."""

# Ended, no broadcast of another and not taken apart, not what `s` is a broadcast of, and begun before it.
BEFORE: Final = """h.partner_id = s.partner_id AND h.merged_into_id IS NULL AND h.split_at IS NULL
    AND h.id IS DISTINCT FROM s.merged_into_id
    AND h.last_ended_at >= COALESCE(h.last_started_at, h.last_ended_at)
    AND h.started_at <= s.begins_at AND (h.started_at < s.begins_at OR h.id < s.id)"""
ASKED: Final = """SELECT s.id, s.partner_id, s.channel, s.account, s.merged_into_id,
        COALESCE(s.currency, p.currency) AS currency,
        COALESCE(s.started_at, s.scheduled_at, %(now)s) AS begins_at
    FROM commerce_livesession s JOIN commerce_partner p ON p.id = s.partner_id
    WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)"""

# Uses session_partner_started.
NEIGHBOURS: Final = """
WITH s AS ({asked})
SELECT s.id, s.currency::text,
    (SELECT h.id FROM commerce_livesession h WHERE {before}
        AND h.channel = s.channel AND h.account = s.account
        ORDER BY h.started_at DESC, h.id DESC LIMIT 1),
    ARRAY(SELECT h.id FROM commerce_livesession h WHERE {before}
        ORDER BY h.started_at DESC, h.id DESC LIMIT {looked_back}),
    ARRAY(SELECT h.id FROM commerce_livesession h WHERE {before}
        AND h.started_at >= s.begins_at - {days} * interval '1 day' ORDER BY h.started_at DESC, h.id DESC)
FROM s
"""

# Uses session_partner_started, sessionrollup_partner_session, sessionsales_partner_session.
FUNNELS: Final = """
WITH s AS ({asked})
SELECT s.id, past.* FROM s
CROSS JOIN LATERAL (
    SELECT {counts} FROM (
        SELECT h.partner_id, h.id FROM commerce_livesession h WHERE {before}
        ORDER BY h.started_at DESC, h.id DESC LIMIT {looked_back}
    ) s LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
) past
"""


@dataclass(frozen=True, kw_only=True)
class History:
    """A session's numbers beside those of the partner's sessions before it, all in its currency."""

    numbers: Numbers
    previous: Numbers | None
    """Of the same channel and account."""
    last: list[Numbers]
    """Up to LOOKED_BACK ended ones, the latest first."""
    period: list[Numbers]
    """Of the DAYS_BEFORE days before its start."""

    def usual(self, metric: Metric) -> Fraction | None:
        """The median of the last sessions; None where fewer than FEWEST of them have a value."""
        return median_of(reading(metric, one).value for one in self.last)


def session_histories(
    session_ids: Sequence[UUID], *, actor: Actor, basis: str, now: datetime
) -> dict[UUID, History]:
    """Histories by session: one statement, and one for each currency on the page."""
    rows = fetch(_neighbours(), {"sessions": list(session_ids), "now": now}, actor=actor)
    wanted: dict[str, dict[UUID, None]] = {}
    for identity, currency, previous, last, period in rows:
        of = [identity, *last, *period, *([previous] if previous else [])]
        wanted.setdefault(currency, {}).update(dict.fromkeys(of))
    read = {
        currency: session_numbers(list(ids), actor=actor, basis=basis, currency=currency)
        for currency, ids in wanted.items()
    }
    return {
        identity: History(
            numbers=read[currency][identity],
            previous=read[currency].get(previous),
            last=[read[currency][one] for one in last],
            period=[read[currency][one] for one in period],
        )
        for identity, currency, previous, last, period in rows
    }


@cache
def _neighbours() -> str:
    return composed(
        NEIGHBOURS, asked=listed([ASKED]), before=listed([BEFORE]), looked_back=listed([str(LOOKED_BACK)]),
        days=listed([str(DAYS_BEFORE)]),
    )  # fmt: skip


def median_of(values: Iterable[Any]) -> Fraction | None:
    """The median of what is known, if at least FEWEST are."""
    known = sorted(Fraction(value) for value in values if value is not None)
    return Fraction(median(known)) if len(known) >= FEWEST else None


# -- several sessions together -----------------------------------------------------------------


def pooled(several: Sequence[Numbers], *, currency: str, basis: str) -> Numbers:
    """Numbers of sessions added up; a peak is the highest. People count once for each session."""
    keys = {metric.key: metric.additivity for metric in STORED if metric.unit is not Unit.MOMENT}

    def together(key: str, how: Additivity | None) -> Any:
        values = [one.stored[key] for one in several]
        if how is Additivity.NONE:
            return values[0] if values else None  # Of the partner: each session tells the same.
        return max(values, default=0) if how is Additivity.MAX else sum(values, Decimal(0))

    def later(apart: Apart) -> dict[str, Any]:
        return {metric.key: together(metric.key, metric.additivity) for metric in READ_APART[apart]}

    stored = Stored({key: together(key, how) for key, how in keys.items()}, later)
    stored |= {metric.key: together(metric.key, None) for metric in NAMED}
    return Numbers(
        stored=stored,
        basis=basis,
        currency=currency,
        other_currencies=sorted({other for one in several for other in one.other_currencies}),
        computed_at=None,
        is_fresh=all(one.is_fresh for one in several),
    )


def per_session(metric: Metric, several: Sequence[Numbers]) -> Reading:
    """What a session of several has: quotients from the sums of their parts, everything else the mean."""
    if not several:
        return Reading(value=None)
    if metric.is_quotient:
        return reading(metric, pooled(several, currency=several[0].currency, basis=several[0].basis))
    values = [told.value for told in (reading(metric, one) for one in several) if told.value is not None]
    return Reading(value=Fraction(sum(map(Fraction, values))) / len(values) if values else None)


# -- funnels -----------------------------------------------------------------------------------


@cache
def _funnels(unit: str) -> str:
    counts = (f"array_agg({counted(key)})" for key in COUNTED_BY[unit])
    return composed(
        FUNNELS, asked=listed([ASKED]), before=listed([BEFORE]), looked_back=listed([str(LOOKED_BACK)]),
        counts=listed(counts),
    )  # fmt: skip


def usual_steps(
    session_ids: Sequence[UUID], *, actor: Actor, unit: str, now: datetime
) -> dict[UUID, list[tuple[Fraction | None, int]]]:
    """By session and stage: (median step rate of the last sessions, how many of them have one)."""
    rows = fetch(_funnels(unit), {"sessions": list(session_ids), "now": now}, actor=actor)
    return {identity: _steps([column or [] for column in columns]) for identity, *columns in rows}


def _steps(columns: list[list[int | None]]) -> list[tuple[Fraction | None, int]]:
    steps: list[tuple[Fraction | None, int]] = [(None, 0)]
    for above, below in zip(columns[1:], columns, strict=False):
        rates = [
            Fraction(count, before)
            for count, before in zip(above, below, strict=True)
            if before and count is not None
        ]
        steps.append((median_of(rates), len(rates)))
    assert len(steps) == len(STAGES)
    return steps
