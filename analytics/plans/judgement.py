"""Where a target stands, given its numbers."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from analytics.metrics import VANITY, Direction, Metric, Serves
from analytics.models import Target, TargetRevision
from analytics.plans import attainment
from analytics.plans.attainment import Status
from analytics.plans.targets import metric_of_target
from commerce.access import Actor, scoped


class Warned(enum.Enum):
    """What is doubtful about a target."""

    VANITY = "VANITY"
    SET_AFTERWARDS = "SET_AFTERWARDS"


@dataclass(frozen=True, kw_only=True)
class Attained:
    """A target and where it stands."""

    target: Target
    metric: Metric
    actual: Decimal | None
    projected: Decimal | None
    baseline: Decimal | None
    baseline_of: str
    """What the baseline is of, for people; empty without one."""
    level: Decimal | None
    """The number to reach."""
    attainment: Decimal | None
    projected_attainment: Decimal | None
    status: Status
    warnings: list[Warned]


def targets_of(*, actor: Actor, with_retired: bool = False) -> QuerySet[Target]:
    """Targets with their histories, by two statements; those of a metric stand together."""
    revisions = scoped(TargetRevision.objects.order_by("at", "id"), actor=actor)
    rows = scoped(Target.objects.order_by("set_at", "id"), actor=actor)
    if not with_retired:
        rows = rows.filter(retired_at=None)
    return rows.prefetch_related(Prefetch("revisions", queryset=revisions))


def is_vain(metric: Metric, beside: Iterable[Metric]) -> bool:
    """Whether a target flatters: many may come, and nothing is asked of what comes of it."""
    return metric == VANITY and not any(other.serves is Serves.CONVERSION for other in beside)


def judged(
    target: Target,
    *,
    actual: Decimal | None,
    projected: Decimal | None,
    baseline: Decimal | None,
    baseline_of: str,
    is_over: bool,
    warnings: list[Warned],
    direction: Direction,
    value: Decimal | None = None,
) -> Attained:
    """Where a target stands, given its numbers; `value` where it was another one then."""
    metric = metric_of_target(target)
    level = attainment.level_of(target.kind, target.value if value is None else value, baseline)
    return Attained(
        target=target,
        metric=metric,
        actual=actual,
        projected=projected,
        baseline=baseline,
        baseline_of=baseline_of,
        level=level,
        attainment=attainment.attainment(actual, level, direction),
        projected_attainment=attainment.attainment(projected, level, direction),
        status=attainment.status(
            actual=actual,
            projected=projected,
            level=level,
            direction=direction,
            is_over=is_over,
            only_grows=attainment.only_grows(metric),
        ),
        warnings=warnings,
    )
