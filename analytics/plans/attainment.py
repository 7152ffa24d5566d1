"""How far a number is from its target: exact arithmetic over plain numbers, without a clock or a database."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from analytics.metrics import Additivity, Direction, Metric, Unit, metric_of
from analytics.models import Target
from analytics.queries.standings import WITH_COURSE, Course

FEWEST: Final = 3
"""Sessions before one, under which nothing is proposed and nothing projected."""
NEAR: Final = Decimal("0.8")
"""Of a target, from which on it is at risk rather than off track."""
ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
COURSES: Final = {metric.key for metric in WITH_COURSE}


class Status(enum.Enum):
    """Where a target stands; see `status`."""

    ON_TRACK = "ON_TRACK"
    AT_RISK = "AT_RISK"
    OFF_TRACK = "OFF_TRACK"
    ACHIEVED = "ACHIEVED"
    UNKNOWN = "UNKNOWN"


def percentile(values: Iterable[Decimal], share: Decimal) -> Decimal:
    """The value below which that share of at least one value lies, linear between neighbours.

    As PostgreSQL's `percentile_cont` and numpy's default do: the place is share x (n - 1).
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    if below == place:
        return ordered[below]
    return ordered[below] + (ordered[below + 1] - ordered[below]) * (place - below)


def median(values: Iterable[Decimal]) -> Decimal:
    """The middle value, or the mean of the middle two."""
    return percentile(values, Decimal("0.5"))


def level_of(kind: str, value: Decimal, baseline: Decimal | None) -> Decimal | None:
    """The number to reach; None without a baseline to measure from, of which a share of nothing is none."""
    if kind == Target.Kind.ABSOLUTE:
        return value
    if kind == Target.Kind.RELATIVE_CHANGE:
        return baseline * (ONE + value) if baseline else None
    return None if baseline is None else baseline + value / HUNDRED


def attainment(actual: Decimal | None, level: Decimal | None, direction: Direction) -> Decimal | None:
    """actual / level, or level / actual where less is better; None where that divides by 0 or less."""
    if actual is None or level is None:
        return None
    above, below = (level, actual) if direction is Direction.DOWN else (actual, level)
    return above / below if below > 0 else None


def is_reached(actual: Decimal, level: Decimal, direction: Direction) -> bool:
    """Whether a number is as good as its target, or better."""
    return actual <= level if direction is Direction.DOWN else actual >= level


def status(
    *,
    actual: Decimal | None,
    projected: Decimal | None,
    level: Decimal | None,
    direction: Direction,
    is_over: bool,
    only_grows: bool,
) -> Status:
    """Where a target stands.

    Over: ACHIEVED when it is reached, else OFF_TRACK. Before: ACHIEVED when a number that only grows has
    reached it; else by the projection: ON_TRACK when that reaches it, AT_RISK when it comes to at least 80 %
    of it (where less is better: the target is at least 80 % of the projection), else OFF_TRACK. UNKNOWN
    without a number, a level to reach or a projection.
    """
    if actual is None or level is None:
        return Status.UNKNOWN
    if is_over:
        return Status.ACHIEVED if is_reached(actual, level, direction) else Status.OFF_TRACK
    if only_grows and direction is Direction.UP and actual >= level:
        return Status.ACHIEVED
    if projected is None:
        return Status.UNKNOWN
    if is_reached(projected, level, direction):
        return Status.ON_TRACK
    near = attainment(projected, level, direction)
    return Status.AT_RISK if near is not None and near >= NEAR else Status.OFF_TRACK


def only_grows(metric: Metric) -> bool:
    """Whether a number can only become more as more happens: counts, people and peaks, not quotients."""
    return not metric.is_quotient and metric.additivity is not Additivity.NONE


def curve_of(metric: Metric) -> str | None:
    """The trend metric whose course over a session is a metric's own or stands for it; None: none does."""
    if metric.key in COURSES:
        return metric.key
    return metric.curve or None


def project(stored: Mapping[str, Decimal], metric: Metric, courses: Sequence[Course]) -> Decimal | None:
    """A live session's number at its end, if it goes on as those before it; None where that cannot be told.

    What adds up: the number so far / the mean share that past sessions had of theirs after the same share of
    their length. A peak: likewise, of the highest so far. Distinct people: by the course of what they do
    (viewers: by joins). Quotients: both parts projected, then divided. A past session that had none of it in
    all has no course; under three courses, or none begun by then, nothing is projected.
    """
    if metric.is_quotient:
        above, below = (
            project(stored, metric_of(metric.scope, key), courses)
            for key in (metric.numerator, metric.denominator)
        )
        if above is None or not below:
            return None
        return min(above / below, ONE) if metric.unit is Unit.RATE else above * metric.per / below
    curve = curve_of(metric)
    if curve is None:
        return None
    shares = [course.by_then[curve] / course.in_all[curve] for course in courses if course.in_all[curve] > 0]
    if len(shares) < FEWEST or (so_far := sum(shares, ZERO) / len(shares)) == 0:
        return None
    return stored[metric.key] / so_far
