"""Two sessions, or the sessions of two periods, number by number."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from analytics.graphql.figures import OF_MONEY, Figure, chosen_metrics, figure_of, six
from analytics.graphql.metrics import MetricKey, SessionMetric, Unit, of_scope
from analytics.graphql.pages import Info, needs
from analytics.graphql.values import SalesBasis, wilson
from analytics.metrics import Additivity, Direction, Metric, Reason, Scope, metric_of
from analytics.metrics import Unit as DeclaredUnit
from analytics.queries import Numbers, Reading, is_identified, reading, session_numbers
from analytics.queries.crowds import crowds
from analytics.queries.histories import pooled
from config.api.scalars import CurrencyCode

COMPARED: Final = [metric for metric in of_scope(Scope.SESSION) if metric.unit is not DeclaredUnit.MOMENT]
MOST_SESSIONS: Final = 1000
"""Of both periods together."""

ComparedArgument = Annotated[
    list[SessionMetric] | None,
    strawberry.argument(description="Which numbers, in this order; all but moments in time when left out."),
]


@strawberry.type(description="One number on two sides.")
class KpiDifference:
    metric: MetricKey = strawberry.field(description="Which metric.")
    label: str = strawberry.field(description="Its name for people.")
    unit: Unit = strawberry.field(description="How it is written.")
    currency: CurrencyCode | None = strawberry.field(description="Its currency; null when it is no money.")
    first: Figure = strawberry.field(description="The number of the first side.")
    second: Figure = strawberry.field(description="The number of the second side.")
    difference: Decimal | None = strawberry.field(
        description="First - second, to six decimals; null where one of them has no value."
    )
    relative: Decimal | None = strawberry.field(
        description="The difference / the second, to six decimals; null where that is 0 or has no value."
    )
    low: Decimal | None = strawberry.field(
        description="Lower end of the 95 % interval of the difference of two rates of people (Newcombe's "
        "hybrid score, for sides of different people); null for everything else."
    )
    high: Decimal | None = strawberry.field(
        description="Upper end of that interval; the difference is more than chance where 0 is outside."
    )
    is_better: bool | None = strawberry.field(
        description="Whether the first is the better one; null where they are equal or neither way is better."
    )


def newcombe(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    """The 95 % interval of the difference of two rates (numerator, denominator): the hybrid score method 10.

    R. G. Newcombe, Statistics in Medicine 17 (1998).
    """
    p, q = first[0] / first[1], second[0] / second[1]
    (low, high), (other_low, other_high) = wilson(*first), wilson(*second)
    below = math.hypot(p - low, other_high - q)
    above = math.hypot(high - p, q - other_low)
    return p - q - below, p - q + above


def difference(metric: Metric, sides: Sequence[tuple[Numbers, Reading]]) -> KpiDifference:
    """One metric of two sides."""
    (first, a), (second, b) = sides
    gap = relative = low = high = None
    if a.value is not None and b.value is not None:
        gap = Fraction(a.value) - Fraction(b.value)
        relative = gap / abs(Fraction(b.value)) if b.value else None
        if metric.unit is DeclaredUnit.RATE:
            low, high = (six(Fraction(end)) for end in newcombe(_parts(a), _parts(b)))
    return KpiDifference(
        metric=MetricKey[metric.key.upper()],
        label=metric.label,
        unit=Unit[metric.unit.name],
        currency=CurrencyCode(first.currency) if metric.unit in OF_MONEY else None,
        first=_figure(metric, first, a),
        second=_figure(metric, second, b),
        difference=None if gap is None else six(gap),
        relative=None if relative is None else six(relative),
        low=low,
        high=high,
        is_better=is_better(metric, gap),
    )


def is_better(metric: Metric, gap: Fraction | None) -> bool | None:
    """Whether a change by so much is for the better; None where there is none, or neither way is."""
    if not gap or metric.direction is Direction.NEUTRAL:
        return None
    return (gap > 0) is (metric.direction is Direction.UP)


def _parts(told: Reading) -> tuple[int, int]:
    assert told.numerator is not None
    assert told.denominator is not None
    return int(told.numerator), int(told.denominator)


def _figure(metric: Metric, numbers: Numbers, told: Reading) -> Figure:
    return Figure(**figure_of(metric, numbers, told, is_known=is_identified(numbers)))


def compared(metrics: list[SessionMetric] | None) -> list[Metric]:
    """The metrics to compare."""
    return COMPARED if metrics is None else chosen_metrics(metrics, most=len(COMPARED))


def compare_sessions(
    info: Info, first: UUID, second: UUID, *, metrics: list[SessionMetric] | None, basis: SalesBasis
) -> list[KpiDifference]:
    """Two sessions, in the currency of the first."""
    actor, chosen = needs(info, "read"), compared(metrics)
    own = session_numbers([first], actor=actor, basis=basis.name)[first]
    other = session_numbers([second], actor=actor, basis=basis.name, currency=own.currency)[second]
    return [difference(metric, [(side, reading(metric, side)) for side in (own, other)]) for metric in chosen]


def compare_groups(
    info: Info,
    groups: Sequence[Sequence[UUID]],
    *,
    metrics: list[SessionMetric] | None,
    basis: SalesBasis,
    currency: str,
) -> list[KpiDifference]:
    """Two groups of sessions: quotients of sums, people once however many sessions they were in."""
    actor, chosen = needs(info, "read"), compared(metrics)
    every = list(dict.fromkeys(identity for group in groups for identity in group))
    read = session_numbers(every, actor=actor, basis=basis.name, currency=currency)
    people = crowds(groups, actor=actor, basis=basis.name, currency=currency)
    sides = [
        pooled([read[identity] for identity in group], currency=currency, basis=basis.name)
        for group in groups
    ]
    return [
        difference(
            metric, [(side, _together(metric, side, who)) for side, who in zip(sides, people, strict=True)]
        )
        for metric in chosen
    ]


def _together(metric: Metric, numbers: Numbers, people: Mapping[str, Any]) -> Reading:
    kept = metric_of(metric.scope, metric.same_as) if metric.same_as else metric
    if metric.is_quotient or metric.awaits:
        return reading(metric, numbers)
    if kept.additivity is Additivity.DISTINCT and kept.key in people:
        return Reading(value=people[kept.key])
    if kept.additivity in (Additivity.DISTINCT, Additivity.NONE):
        return Reading(value=None, reason=Reason.NOT_ADDITIVE)
    return reading(metric, numbers)
