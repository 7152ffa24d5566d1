"""How good a number is: the rule by which a scorecard says GOOD, WATCH or BAD."""

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from analytics.metrics import Direction, Metric
from analytics.queries.readings import Reading

NEAR: Final = Fraction(9, 10)


class Verdict(enum.Enum):
    """GOOD: as good as the yardstick. WATCH: at least 90 % of it, or not surely worse. BAD: worse."""

    GOOD = "GOOD"
    WATCH = "WATCH"
    BAD = "BAD"
    UNKNOWN = "UNKNOWN"


class Yardstick(enum.Enum):
    """What a number is judged by: the first of these that there is."""

    TARGET = "TARGET"
    OWN_MEDIAN = "OWN_MEDIAN"
    BENCHMARK = "BENCHMARK"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A verdict, by what, and how near: value / yardstick, or its inverse where less is better."""

    verdict: Verdict
    by: Yardstick | None = None
    nearness: Fraction | None = None


def benchmark_of(metric: Metric) -> Fraction | None:
    """The lowest known level: what a number should come to at least."""
    return Fraction(metric.benchmark.levels[0].low) if metric.benchmark else None


def judge(
    metric: Metric,
    told: Reading,
    *,
    target: Fraction | None,
    usual: Fraction | None,
    high: Fraction | None,
    low: Fraction | None,
) -> Judgement:
    """Judge a value by its target, else by what is usual, else by the benchmark.

    `low` and `high` are the interval of a rate: while the yardstick lies within, it is not surely worse.
    """
    yardsticks = (
        (Yardstick.TARGET, target),
        (Yardstick.OWN_MEDIAN, usual),
        (Yardstick.BENCHMARK, benchmark_of(metric)),
    )
    by, level = next(((by, level) for by, level in yardsticks if level is not None), (None, None))
    if told.value is None or level is None or metric.direction is Direction.NEUTRAL:
        return Judgement(verdict=Verdict.UNKNOWN)
    near = nearness(metric, Fraction(told.value), level)
    if near is None:
        return Judgement(verdict=Verdict.UNKNOWN, by=by)
    is_within = low is not None and high is not None and low <= level <= high
    verdict = Verdict.BAD
    if near >= 1:
        verdict = Verdict.GOOD
    elif near >= NEAR or is_within:
        verdict = Verdict.WATCH
    return Judgement(verdict=verdict, by=by, nearness=near)


def nearness(metric: Metric, value: Fraction, level: Fraction) -> Fraction | None:
    """value / level, or level / value where less is better (nothing of it is as good as can be: 1)."""
    if metric.direction is Direction.DOWN:
        return level / value if value > 0 else Fraction(1)
    return value / level if level > 0 else None
