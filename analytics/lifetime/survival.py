"""When customers come back: Kaplan and Meier's curve of the second purchase."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Final

Z: Final = 1.959963984540054


@dataclass(frozen=True, kw_only=True)
class Point:
    """So many days after the first purchase, the share that has bought again, within 95 % limits.

    `at_risk` is how many were still seen, and had not returned before that day.
    """

    days: int
    share: float
    low: float
    high: float
    at_risk: int
    returned: int


def repeat_curve(ends: Iterable[tuple[int, int, int]]) -> list[Point]:
    """The curve, a point for each day on which somebody returned, from (days, returned, no longer seen).

    Days are those from the first purchase to the second, or to the end of what was observed. Who returns on
    the day another is last seen returned before that. Limits are Greenwood's on the scale log(-log), which
    keeps them within 0 and 1.
    """
    told = sorted(ends)
    at_risk = sum(returned + gone for _, returned, gone in told)
    left, variance = 1.0, 0.0
    points = []
    for days, returned, gone in told:
        if returned:
            left *= 1 - returned / at_risk
            variance += returned / (at_risk * (at_risk - returned)) if at_risk > returned else 0.0
            low, high = _limits(left, variance)
            points.append(
                Point(days=days, share=1 - left, low=low, high=high, at_risk=at_risk, returned=returned)
            )
        at_risk -= returned + gone
    return points


def _limits(left: float, variance: float) -> tuple[float, float]:
    """Of the share that returned, from the share that has not."""
    if left <= 0:
        return 1.0, 1.0
    spread = exp(Z * sqrt(variance) / abs(log(left)))
    return 1 - left ** (1 / spread), 1 - left**spread
