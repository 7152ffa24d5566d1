"""How far sessions are from their targets, and what is proposed for them."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from analytics.metrics import OBJECTIVES, VANITY, Direction, Metric, Serves
from analytics.models import Target, TargetRevision
from analytics.plans import attainment
from analytics.plans.attainment import FEWEST, Status
from analytics.plans.targets import DEFAULT_BASIS, counted_parts, is_of_sales, metric_of_target
from analytics.queries.standings import Course, Standing, Standings, session_courses, session_standings
from commerce.access import Actor, scoped

REALISTIC: Final = Decimal("0.5")
CHALLENGING: Final = Decimal("0.75")
MICROSECOND: Final = timedelta(microseconds=1)


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


def session_targets(
    session_ids: Sequence[UUID], *, actor: Actor, now: datetime, with_retired: bool = False
) -> dict[UUID, list[Attained]]:
    """Targets by session with where they stand; at most four statements, however many sessions."""
    rows: dict[UUID, list[Target]] = {}
    for target in targets_of(actor=actor, with_retired=with_retired).filter(session_id__in=session_ids):
        assert target.session_id is not None
        rows.setdefault(target.session_id, []).append(target)
    found = session_standings(list(rows), actor=actor, now=now) if rows else {}
    courses = _courses(found, actor=actor)
    return {
        identity: [
            _attained(target, found[identity], courses.get(identity, []), beside=rows[identity])
            for target in rows.get(identity, [])
            if identity in found
        ]
        for identity in session_ids
    }


def standing_of(target_id: UUID, *, actor: Actor, now: datetime) -> Attained:
    """One target of the actor's and where it stands."""
    target = targets_of(actor=actor, with_retired=True).get(id=target_id)
    if target.session_id is None:
        return judged(
            target, actual=None, projected=None, baseline=None, baseline_of="", is_over=False, warnings=[],
            direction=Direction(target.direction),
        )  # fmt: skip
    told = session_targets([target.session_id], actor=actor, now=now, with_retired=True)
    return next(one for one in told[target.session_id] if one.target.id == target_id)


def _courses(found: Mapping[UUID, Standings], *, actor: Actor) -> dict[UUID, list[Course]]:
    """Of each session that is live: those before it up to the share of their length it has come."""
    asked = [
        (identity, past, share)
        for identity, near in found.items()
        if (share := elapsed_share(near)) is not None
        for past in near.past
    ]
    return session_courses(asked, actor=actor) if asked else {}


def elapsed_share(near: Standings) -> Decimal | None:
    """How far a live session has come of the median length of those before; None: not live, or too few."""
    if near.own.has_ended or not near.own.length or len(near.past) < FEWEST:
        return None
    expected = attainment.median(Decimal(past.length // MICROSECOND) for past in near.past)
    return Decimal(near.own.length // MICROSECOND) / expected


def _attained(
    target: Target, near: Standings, courses: Sequence[Course], *, beside: Sequence[Target]
) -> Attained:
    metric, direction = metric_of_target(target), Direction(target.direction)
    basis, currency = target.basis or DEFAULT_BASIS, target.currency
    actual = near.own.value(metric, basis=basis, currency=currency)
    before = near.past[0] if near.past else None
    baseline = None if before is None else before.value(metric, basis=basis, currency=currency)
    projected = None
    if near.own.is_known and courses:
        projected = attainment.project(_stored(near.own, metric, basis, currency), metric, courses)
    warnings = []
    others = [metric_of_target(other) for other in beside if other.retired_at is None]
    if is_vain(metric, others):
        warnings.append(Warned.VANITY)
    if near.own.has_ended and near.own.ends_at is not None and target.set_at >= near.own.ends_at:
        warnings.append(Warned.SET_AFTERWARDS)
    return judged(
        target,
        actual=actual,
        projected=projected,
        baseline=baseline,
        baseline_of="" if before is None else before.title,
        is_over=near.own.has_ended,
        warnings=warnings,
        direction=direction,
    )


def _stored(own: Standing, metric: Metric, basis: str, currency: str) -> dict[str, Decimal]:
    return {part.key: own.stored(part, basis=basis, currency=currency) for part in counted_parts(metric)}


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


# -- proposals ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a session may set out to reach in one metric."""

    metric: Metric
    currency: str | None
    realistic: Decimal | None
    challenging: Decimal | None
    sessions: int
    """How many had the number."""


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """What a session may set out to reach, from those before it of its objective and channel."""

    objective: str | None
    sessions: int
    proposals: list[Proposal]


def session_proposals(
    session_ids: Sequence[UUID], *, actor: Actor, now: datetime, basis: str
) -> dict[UUID, Proposals]:
    """Proposals by session: of its objective's metrics the median and the 75th percentile; one statement."""
    found = session_standings(session_ids, actor=actor, now=now, same_objective=True)
    return {identity: _proposals(near, basis) for identity, near in found.items()}


def _proposals(near: Standings, basis: str) -> Proposals:
    metrics = () if near.objective is None else OBJECTIVES[Serves(near.objective)]
    return Proposals(
        objective=near.objective,
        sessions=len(near.past),
        proposals=[_proposal(metric, near, basis) for metric in metrics],
    )


def _proposal(metric: Metric, near: Standings, basis: str) -> Proposal:
    told = (past.value(metric, basis=basis, currency=near.currency) for past in near.past)
    values = [value for value in told if value is not None]
    # Where less is better the harder quarter is the lower one.
    hard = CHALLENGING if metric.direction is not Direction.DOWN else 1 - CHALLENGING
    is_enough = len(values) >= FEWEST
    return Proposal(
        metric=metric,
        currency=near.currency if is_of_sales(metric) else None,
        realistic=attainment.percentile(values, REALISTIC) if is_enough else None,
        challenging=attainment.percentile(values, hard) if is_enough else None,
        sessions=len(values),
    )
