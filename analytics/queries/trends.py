"""Sessions minute by minute: every minute of a window, of a whole page of sessions by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from analytics.metrics import METRICS, Additivity, Fact, Metric, Scope, Unit
from analytics.queries.statements import composed, fetch, listed
from commerce.access import Actor

MINUTE: Final = timedelta(minutes=1)
LONGEST: Final = 2880
"""Minutes of one answer: two days."""
IN_TREND: Final = [metric for metric in METRICS if metric.scope is Scope.SESSION and metric.in_trend]

# How many are there is a level: in a minute without a row it is what it was, where anything counted is 0.
LEVELS: Final = [metric for metric in IN_TREND if metric.fact is Fact.PRESENCE and metric.unit is Unit.PEOPLE]
(LEVEL,) = (metric for metric in LEVELS if metric.additivity is Additivity.NONE)

# A window's last minute is the one its last microsecond lies in; GREATEST and LEAST pass over nulls.
# Uses minute_partner_session_minute.
STATEMENT: Final = """
WITH session AS (
    SELECT s.partner_id, s.id, COALESCE(s.currency, p.currency) AS currency, r.computed_at,
        CASE WHEN r.window_started_at IS NOT NULL THEN
            date_trunc('minute', GREATEST(r.window_started_at, %(from)s::timestamptz,
                date_trunc('minute', r.window_ended_at - interval '1 microsecond')
                - (%(last)s::int - 1) * interval '1 minute')) END AS begins,
        LEAST(r.window_ended_at, %(to)s::timestamptz) AS finishes
    FROM commerce_livesession s
    JOIN commerce_partner p ON p.id = s.partner_id
    LEFT JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
    WHERE s.partner_id = ANY(%(partners)s) AND s.id = ANY(%(sessions)s)
)
SELECT s.id, s.currency, s.computed_at, s.begins, s.finishes, carried.level, minutes.*
FROM session s
LEFT JOIN LATERAL (
    SELECT m.{level} AS level FROM analytics_sessionminute m
    WHERE m.partner_id = s.partner_id AND m.session_id = s.id AND m.is_inside AND m.minute < s.begins
        AND m.{level} IS NOT NULL
    ORDER BY m.minute DESC LIMIT 1
) carried ON true
CROSS JOIN LATERAL (
    SELECT array_agg(m.minute ORDER BY m.minute), array_agg(m.{level} ORDER BY m.minute), {columns}
    FROM analytics_sessionminute m
    WHERE m.partner_id = s.partner_id AND m.session_id = s.id AND m.is_inside
        AND m.minute >= s.begins AND m.minute < s.finishes
        AND s.finishes - s.begins <= %(longest)s * interval '1 minute'
) minutes
"""


@dataclass(frozen=True, kw_only=True)
class Trend:
    """Minutes of one session, every one of the window, and a column of values for each metric asked for."""

    currency: str
    computed_at: datetime | None
    minutes: list[datetime]
    columns: list[list[float]]
    is_too_long: bool
    """The window has more minutes than asked for at most: nothing was read."""


def session_trends(
    session_ids: Sequence[UUID],
    *,
    actor: Actor,
    metrics: Sequence[Metric],
    last_minutes: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    longest: int = LONGEST,
) -> dict[UUID, Trend]:
    """Trends by session: of the whole window, of its last minutes, or of the part in [starts_at, ends_at)."""
    statement = composed(
        STATEMENT,
        level=listed([LEVEL.key]),
        columns=listed(f"array_agg(m.{metric.key} ORDER BY m.minute)" for metric in metrics),
    )
    values = {
        "sessions": list(session_ids),
        "from": starts_at,
        "to": ends_at,
        "last": last_minutes,
        "longest": longest,
    }
    return {row[0]: _trend(row, metrics, longest) for row in fetch(statement, values, actor=actor)}


def _trend(row: tuple[Any, ...], metrics: Sequence[Metric], longest: int) -> Trend:
    _, currency, computed_at, begins, finishes, carried, touched, levels, *columns = row
    count = 0
    if begins is not None and finishes is not None and finishes > begins:
        count = -((begins - finishes) // MINUTE)
    is_too_long = count > longest
    count = 0 if is_too_long else count
    minutes = [begins + number * MINUTE for number in range(count)]
    places = [(minute - begins) // MINUTE for minute in touched or ()]
    level = _carried(places, levels or (), count, carried or 0)
    return Trend(
        currency=currency,
        computed_at=computed_at,
        minutes=minutes,
        columns=[
            _column(metric, places, values or (), level, carried or 0)
            for metric, values in zip(metrics, columns, strict=True)
        ],
        is_too_long=is_too_long,
    )


def _carried(places: Sequence[int], values: Sequence[int | None], count: int, before: int) -> list[float]:
    """How many are there at the end of each minute."""
    told = dict(zip(places, values, strict=True))
    level, filled = before, []
    for place in range(count):
        known = told.get(place)
        level = level if known is None else known
        filled.append(float(level))
    return filled


def _column(
    metric: Metric,
    places: Sequence[int],
    values: Sequence[int | Decimal | None],
    level: list[float],
    before: int,
) -> list[float]:
    if metric is LEVEL:
        return level
    # In a minute in which nobody comes or goes the most there are at once is who was there before.
    filled = [float(before), *level[:-1]] if metric in LEVELS and level else [0.0] * len(level)
    for place, value in zip(places, values, strict=True):
        if value is not None:
            filled[place] = float(value)
    return filled
