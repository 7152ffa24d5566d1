"""Where targets of periods stand in the period that goes on."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.metrics import Additivity, Apart, Cadence, Direction, Metric
from analytics.models import Target
from analytics.plans.judgement import Attained, Warned, is_vain, judged, targets_of
from analytics.plans.periods import Period, days_of, period_of
from analytics.plans.standing import session_targets
from analytics.plans.targets import DEFAULT_BASIS, metric_of_target
from analytics.queries.periods import PeriodNumbers, period_numbers
from commerce.access import Actor
from commerce.models import Partner

MICROSECOND: Final = timedelta(microseconds=1)


def today_of(partner: Partner, now: datetime) -> date:
    """The day by the partner's calendar."""
    return now.astimezone(ZoneInfo(partner.timezone)).date()


def period_standings(
    targets: Sequence[Target], *, partner: Partner, actor: Actor, now: datetime
) -> list[Attained]:
    """Where a partner's targets of periods stand now; three statements, and one for what is beside them."""
    if not targets:
        return []
    today = today_of(partner, now)
    current = {
        name: period_of(Cadence[name], today, week_starts_on=partner.week_starts_on)
        for name in sorted({one.cadence for one in targets})
    }
    periods = [one for period in current.values() for one in (period, period.previous)]
    days = [(one.starts_on, one.ends_on) for one in periods]
    numbers = dict(
        zip(periods, period_numbers(days, partner_id=partner.id, actor=actor, now=now), strict=True)
    )
    beside = _beside(partner.id, actor=actor)
    return [
        _standing(target, current[target.cadence], numbers, beside[target.cadence], now) for target in targets
    ]


def standing_of(target_id: UUID, *, actor: Actor, now: datetime) -> Attained:
    """One target of the actor's and where it stands."""
    target = targets_of(actor=actor, with_retired=True).select_related("partner").get(id=target_id)
    if target.session_id is None:
        (told,) = period_standings([target], partner=target.partner, actor=actor, now=now)
        return told
    of_session = session_targets([target.session_id], actor=actor, now=now, with_retired=True)
    return next(one for one in of_session[target.session_id] if one.target.id == target_id)


def _beside(partner_id: UUID, *, actor: Actor) -> dict[str, list[Metric]]:
    found: dict[str, list[Metric]] = {cadence.name: [] for cadence in Cadence}
    rows = targets_of(actor=actor).filter(partner_id=partner_id, session=None).prefetch_related(None)
    for target in rows:
        found[target.cadence].append(metric_of_target(target))
    return found


def _standing(
    target: Target,
    period: Period,
    numbers: dict[Period, PeriodNumbers],
    beside: list[Metric],
    now: datetime,
) -> Attained:
    metric, basis = metric_of_target(target), target.basis or DEFAULT_BASIS
    assert target.starts_on is not None  # of a period
    own, before = numbers[period], numbers[period.previous]
    # Not by the first day: where the days that weeks begin on have changed, it lies within one.
    has_begun = target.starts_on < period.ends_on
    actual = own.value(metric, basis=basis, currency=target.currency) if has_begun else None
    return judged(
        target,
        actual=actual,
        projected=project(metric, actual, elapsed=_elapsed(own, now)),
        baseline=before.value(metric, basis=basis, currency=target.currency) if has_begun else None,
        baseline_of=days_of(period.previous) if has_begun else "",
        is_over=False,
        warnings=[Warned.VANITY] if is_vain(metric, beside) else [],
        direction=Direction(target.direction),
    )


def _elapsed(numbers: PeriodNumbers, now: datetime) -> Decimal:
    passed, whole = now - numbers.starts_at, numbers.ends_at - numbers.starts_at
    return Decimal(passed // MICROSECOND) / Decimal(whole // MICROSECOND)


def project(metric: Metric, actual: Decimal | None, *, elapsed: Decimal) -> Decimal | None:
    """A period's number at its end: what adds up by the share of it that is over, quotients as they stand.

    So does what was spent, of which the days to come are known. None for people, who may come back, for
    peaks, and for what grows by no clock.
    """
    if actual is None or elapsed <= 0:
        return None
    if metric.is_quotient or metric.apart is Apart.SPEND:
        return actual
    return actual / min(elapsed, Decimal(1)) if metric.additivity is Additivity.SUM else None
