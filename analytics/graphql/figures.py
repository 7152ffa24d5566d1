"""A number of any metric with all that goes with it, in one form whatever its unit."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any, Final

import strawberry

from analytics.graphql.metrics import MetricKey, SessionMetric, Unit, declared_metric
from analytics.graphql.pages import bad_input
from analytics.graphql.values import SIX_DECIMALS, NullReason, Provenance, null_reason, plain, wilson
from analytics.metrics import Metric, Reason, Scope, metric_of
from analytics.metrics import Unit as DeclaredUnit
from analytics.queries import Numbers, Reading, is_identified, reading
from analytics.queries.readings import decimal
from config.api.scalars import BigInt, CurrencyCode

OF_MONEY: Final = (DeclaredUnit.MONEY, DeclaredUnit.MONEY_RATIO)


@strawberry.type(description="A number of any metric, with what it is made of and how sure it is.")
class Figure:
    metric: MetricKey = strawberry.field(description="Which metric.")
    label: str = strawberry.field(description="Its name for people.")
    unit: Unit = strawberry.field(description="How it is written.")
    currency: CurrencyCode | None = strawberry.field(description="Its currency; null when it is no money.")
    value: Decimal | None = strawberry.field(
        description="The number; quotients half-even to six decimals. Null for the reason given."
    )
    numerator: Decimal | None = strawberry.field(description="What is divided; null when it is no quotient.")
    denominator: Decimal | None = strawberry.field(
        description="What it is divided by; null when it is no quotient."
    )
    n: BigInt | None = strawberry.field(
        description="How many it is of: the people of a rate, the orders of an average; null for others."
    )
    low: Decimal | None = strawberry.field(
        description="Lower end of the 95 % Wilson interval; null unless it is a rate of people."
    )
    high: Decimal | None = strawberry.field(
        description="Upper end of the 95 % Wilson interval; null unless it is a rate of people."
    )
    provenance: Provenance = strawberry.field(
        description="Where it comes from; PROXY where a stand-in is used, or viewers are not told apart."
    )
    numerator_provenance: Provenance = strawberry.field(description="Where what is divided comes from.")
    denominator_provenance: Provenance = strawberry.field(
        description="Where what it is divided by comes from."
    )
    reason: NullReason | None = strawberry.field(description="Why there is no value.")
    definition_version: int = strawberry.field(description="Grows when its meaning changes.")


def six(value: Fraction | Decimal | int) -> Decimal:
    """A number to six decimals, without trailing zeros."""
    return plain(decimal(value).quantize(SIX_DECIMALS, ROUND_HALF_EVEN))


def shown(value: Any) -> Decimal | None:
    """A value as figures show it: fractions to six decimals, everything else as it is."""
    if value is None:
        return None
    return six(value) if isinstance(value, Fraction) else plain(value)


def chosen_metrics(metrics: list[SessionMetric], *, most: int) -> list[Metric]:
    """The metrics that were chosen; BAD_USER_INPUT for too many, for one twice, and for moments."""
    chosen = [declared_metric(Scope.SESSION, metric) for metric in metrics]
    if not 1 <= len(chosen) <= most:
        raise bad_input(f"metrics has one to {most} entries.")
    if len(set(chosen)) < len(chosen):
        raise bad_input("metrics names each number once.")
    if moments := [metric.key.upper() for metric in chosen if metric.unit is DeclaredUnit.MOMENT]:
        raise bad_input(f"A moment in time is not compared: {', '.join(moments)}.")
    return chosen


def figure(metric: Metric, numbers: Numbers) -> dict[str, Any]:
    """The fields of a metric's figure."""
    return figure_of(metric, numbers, reading(metric, numbers), is_known=is_identified(numbers))


def figure_of(metric: Metric, numbers: Numbers, told: Reading, *, is_known: bool = True) -> dict[str, Any]:
    """The fields of a figure of a value that was read."""
    low, high = interval(metric, told) if is_known else (None, None)
    # Without names for viewers, what is counted of them is a stand-in at best.
    provenance = Provenance.MEASURED if is_known or not metric.needs_identity else Provenance.PROXY
    return {
        "metric": MetricKey[metric.key.upper()],
        "label": metric.label,
        "unit": Unit[metric.unit.name],
        "currency": CurrencyCode(numbers.currency) if metric.unit in OF_MONEY else None,
        "value": shown(told.value),
        "numerator": shown(told.numerator),
        "denominator": shown(told.denominator),
        "n": _n(metric, numbers, told),
        "low": low,
        "high": high,
        "provenance": provenance,
        "numerator_provenance": provenance,
        "denominator_provenance": provenance,
        "reason": null_reason(told.reason),
        "definition_version": metric.version,
    }


def interval(metric: Metric, told: Reading) -> tuple[Decimal | None, Decimal | None]:
    """The 95 % interval of a rate of people; (None, None) for everything else."""
    if metric.unit is not DeclaredUnit.RATE or told.value is None:
        return None, None
    assert told.numerator is not None
    assert told.denominator is not None
    low, high = wilson(int(told.numerator), int(told.denominator))
    return six(Fraction(low)), six(Fraction(high))


def _n(metric: Metric, numbers: Numbers, told: Reading) -> BigInt | None:
    if metric.unit is DeclaredUnit.RATE and told.denominator is not None:
        return BigInt(int(told.denominator))
    _, counts = metric.least
    if counts:
        return BigInt(numbers.stored[counts[0]])
    if metric.unit is DeclaredUnit.MONEY_RATIO and told.denominator is not None:
        below = metric_of(metric.scope, metric.denominator)
        return BigInt(int(told.denominator)) if below.unit is not DeclaredUnit.SECONDS else None
    return None


def nothing(metric: Metric, numbers: Numbers, reason: Reason) -> dict[str, Any]:
    """The fields of a figure that has no value."""
    return figure_of(metric, numbers, Reading(value=None, reason=reason))
