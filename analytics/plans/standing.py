"""How far sessions are from their targets, and what is proposed for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from analytics.metrics import OBJECTIVES, Direction, Metric, Serves
from analytics.models import Target
from analytics.plans import attainment
from analytics.plans.attainment import FEWEST
from analytics.plans.judgement import Attained, Warned, is_vain, judged, targets_of
from analytics.plans.targets import DEFAULT_BASIS, is_of_sales, metric_of_target
from analytics.queries.periods import parts_of
from analytics.queries.standings import Course, Standing, Standings, session_courses, session_standings
from commerce.access import Actor

REALISTIC: Final = Decimal("0.5")
CHALLENGING: Final = Decimal("0.75")
MICROSECOND: Final = timedelta(microseconds=1)


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
    return {part.key: own.stored(part, basis=basis, currency=currency) for part in parts_of(metric)}


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
