"""A metric's value from stored numbers: exact, or with the reason why there is none."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from analytics.metrics import ANONYMOUS, IDENTIFIED, Metric, Reason, metric_of
from analytics.queries.sessions import Numbers

ONE: Final = Fraction(1)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A value with what it was divided from; no value has a reason. Quotients are exact fractions."""

    value: Any
    reason: Reason | None = None
    numerator: Fraction | None = None
    denominator: Fraction | None = None


def is_identified(numbers: Numbers) -> bool:
    """Whether viewers are told apart: there are some, or nothing was viewed."""
    stored = numbers.stored
    return bool(stored.get(IDENTIFIED.key, 1)) or not stored.get(ANONYMOUS.key)


def reading(metric: Metric, numbers: Numbers) -> Reading:
    """The value of a metric of one subject."""
    if numbers.is_past and metric.apart:
        return Reading(value=None, reason=Reason.NOT_KEPT)
    if metric.awaits:
        return Reading(value=None, reason=Reason.NOT_YET)
    if metric.is_quotient:
        return _quotient(metric, numbers)
    if metric.complete_when and not is_complete(metric, numbers):
        return Reading(value=None, reason=Reason.MISSING_COSTS)
    value = numbers.stored[metric.key]
    return Reading(value=value, reason=metric.unknown if value is None else None)


def is_complete(metric: Metric, numbers: Numbers) -> bool:
    """Whether everything a metric is made of is known."""
    if not metric.complete_when:
        return True
    coverage = metric_of(metric.scope, metric.complete_when)
    return bool(numbers.stored[coverage.numerator] == numbers.stored[coverage.denominator])


def _quotient(metric: Metric, numbers: Numbers) -> Reading:
    above, below = (
        _part(metric_of(metric.scope, key), numbers) for key in (metric.numerator, metric.denominator)
    )
    reason = above.reason or below.reason
    if Reason.NOT_KEPT in (above.reason, below.reason):
        return Reading(value=None, reason=Reason.NOT_KEPT)
    fewest, counts = metric.least
    if any(numbers.stored[key] < fewest for key in counts):
        reason = metric.least_reason
    elif below.value == 0 and below.reason is None:
        unknown = metric.needs_identity and not is_identified(numbers)
        reason = Reason.NO_IDENTITY if unknown else Reason.NO_DENOMINATOR
    value = None if reason else above.value * metric.per / below.value
    return Reading(value=value, reason=reason, numerator=above.value, denominator=below.value)


def _part(metric: Metric, numbers: Numbers) -> Reading:
    """One side of a quotient as a fraction; 0 beside the reason where it has no value itself."""
    told = reading(metric, numbers)
    value = Fraction(told.value if told.value is not None else 0)
    return Reading(value=value, reason=told.reason)


def decimal(value: Fraction | Decimal | int) -> Decimal:
    """An exact number, or its first 28 digits."""
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return Decimal(value)
