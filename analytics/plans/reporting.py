"""Reports of closed periods: made once a slot by the schedule, and again where their numbers changed."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from analytics.metrics import CHAINS, METRICS, Cadence, Direction, Metric, Scope, metric_of
from analytics.models import Target, TargetRevision
from analytics.plans.decomposition import decompose
from analytics.plans.judgement import Attained, is_vain, judged, targets_of
from analytics.plans.periods import Period, days_of, period_of
from analytics.plans.targets import DEFAULT_BASIS, is_of_sales, is_reachable, metric_of_target
from analytics.queries.periods import PeriodNumbers, period_numbers
from commerce.access import Actor, row_security
from commerce.connection import worker_connection
from commerce.models import new_id

MOST_MISSED: Final = 12
"""Periods of a cadence that are made up for at most, where the schedule did not run."""
CHECK_AGAIN: Final = timedelta(hours=24)
BASIS: Final = DEFAULT_BASIS
TIMEOUT_MS: Final = 30_000
# How often a metric is looked at says in which reports it stands: its own and those of longer periods.
ORDER: Final = list(Cadence)

LATEST: Final = """
SELECT DISTINCT ON (cadence) cadence, starts_on, ends_on, version, checked_at, content, id
FROM analytics_cadencereport WHERE partner_id = %s ORDER BY cadence, starts_on DESC, version DESC
"""
INSERT: Final = """
INSERT INTO analytics_cadencereport
    (partner_id, id, cadence, starts_on, ends_on, version, made_at, checked_at, content)
VALUES (%(partner)s, %(id)s, %(cadence)s, %(starts_on)s, %(ends_on)s, %(version)s, %(now)s, %(now)s,
    %(content)s)
ON CONFLICT (partner_id, cadence, starts_on, version) DO NOTHING
"""
# A period is to be looked at once there is a report of it.
OPEN_REVIEWS: Final = """
INSERT INTO analytics_review (id, partner_id, cadence, starts_on, ends_on, due_at)
SELECT id, partner_id, cadence, starts_on, ends_on, made_at
FROM analytics_cadencereport WHERE partner_id = %s AND version = 1
ON CONFLICT (partner_id, cadence, starts_on) DO NOTHING
"""


def all_partners() -> list[UUID]:
    """Everybody who may have a period to report on."""
    return [row[0] for row in worker_connection().execute("SELECT id FROM commerce_partner").fetchall()]


def report_closed(*, partner_id: UUID, now: datetime) -> int:
    """Make the reports of a partner that are due; answers how many. Twice, or by two: the same.

    A period is closed once the tail of its last sessions is over. Where the schedule missed some, up to
    twelve are made up for. The last one is compared with the facts once a day until the next one closes, and
    gets another version where a number changed. With its first report a period is due for review.
    """
    worker = worker_connection()
    row = worker.execute(
        "SELECT timezone, currency, tail_seconds, week_starts_on FROM commerce_partner WHERE id = %s",
        [partner_id],
    ).fetchone()
    if row is None:
        return 0
    zone, currency, tail, week_starts_on = ZoneInfo(row[0]), row[1], timedelta(seconds=row[2]), row[3]
    latest = {told[0]: told[1:] for told in worker.execute(LATEST, [partner_id]).fetchall()}
    made = 0
    for cadence in Cadence:
        last = last_closed(cadence, zone=zone, now=now - tail, week_starts_on=week_starts_on)
        known = latest.get(cadence.name)
        for period in _due(last, known):
            made += _write(period, 1, partner_id=partner_id, currency=currency, now=now, known=None)
        if known is not None and known[0] == last.starts_on and now - known[3] >= CHECK_AGAIN:
            worker.execute(
                "UPDATE analytics_cadencereport SET checked_at = %s WHERE partner_id = %s AND id = %s",
                [now, partner_id, known[5]],
            )
            made += _write(
                last, known[2] + 1, partner_id=partner_id, currency=currency, now=now, known=known[4]
            )
    worker.execute(OPEN_REVIEWS, [partner_id])
    return made


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day by a clock, also where that clock leaves midnight out."""
    return datetime.combine(day, time(), zone)


def last_closed(cadence: Cadence, *, zone: ZoneInfo, now: datetime, week_starts_on: int) -> Period:
    """The latest period that is over by a clock."""
    return period_of(cadence, now.astimezone(zone).date(), week_starts_on=week_starts_on).previous


def _due(last: Period, known: tuple[Any, ...] | None) -> list[Period]:
    if known is None:
        return [last]
    due: list[Period] = []
    period = last
    while period.starts_on > known[0] and len(due) < MOST_MISSED:
        due.append(period)
        period = period.previous
    return due[::-1]


def _write(
    period: Period, version: int, *, partner_id: UUID, currency: str, now: datetime, known: Any
) -> int:
    content = contents(period, partner_id=partner_id, currency=currency, now=now)
    if content is None or content == known:
        return 0
    written = worker_connection().execute(
        INSERT,
        {
            "partner": partner_id, "id": new_id(), "cadence": period.cadence.name,
            "starts_on": period.starts_on, "ends_on": period.ends_on, "version": version, "now": now,
            "content": Jsonb(content),
        },
    )  # fmt: skip
    return written.rowcount


def metrics_of(cadence: Cadence) -> list[Metric]:
    """What a report of a cadence tells: what is looked at that often, or more often."""
    looked_at = ORDER[: ORDER.index(cadence) + 1]
    return [
        metric
        for metric in METRICS
        if metric.scope in (Scope.SESSION, Scope.SHOP)
        and metric.cadence in looked_at
        and is_reachable(metric)
    ]


# -- contents ----------------------------------------------------------------------------------


def contents(period: Period, *, partner_id: UUID, currency: str, now: datetime) -> dict[str, Any] | None:
    """A report as data, every number as text; None where nothing was meant and nothing happened."""
    actor = Actor(name="schedule", partner_ids=(partner_id,), scopes=frozenset({"read"}))
    days = [(one.starts_on, one.ends_on) for one in (period, period.previous)]
    # To the end: some of the shop's numbers are read when they are asked for.
    with row_security(actor, statement_timeout_ms=TIMEOUT_MS):
        own, before = period_numbers(days, partner_id=partner_id, actor=actor, now=now)
        targets = [
            (target, revision)
            for target in targets_of(actor=actor, with_retired=True).filter(
                cadence=period.cadence.name, starts_on__lt=period.ends_on
            )
            if (revision := in_force(target, own.ends_at)) is not None
        ]
        if own.is_empty and before.is_empty and not targets:
            return None
        return _contents(period, own, before, targets, currency)


def _contents(
    period: Period,
    now: PeriodNumbers,
    before: PeriodNumbers,
    targets: Sequence[tuple[Target, TargetRevision]],
    currency: str,
) -> dict[str, Any]:
    previous = period.previous
    beside = [metric_of_target(target) for target, _ in targets]
    return {
        "currency": currency,
        "basis": BASIS,
        "other_currencies": [other for other in now.currencies() if other != currency],
        "sessions": now.sessions,
        "previous": {
            "starts_on": previous.starts_on.isoformat(),
            "ends_on": previous.ends_on.isoformat(),
            "sessions": before.sessions,
        },
        "metrics": [
            told
            for metric in metrics_of(period.cadence)
            if (told := _metric(metric, now, before, currency)) is not None
        ],
        "targets": [
            _target(target, revision, now, before, previous, is_vain(metric_of_target(target), beside))
            for target, revision in targets
        ],
        "changes": [told for chain in CHAINS if (told := _change(chain, now, before, currency)) is not None],
    }


def in_force(target: Target, at: datetime) -> TargetRevision | None:
    """The revision a target stood at just before a moment; None: not set by then, or retired."""
    revisions = [revision for revision in target.revisions.all() if revision.at < at]
    return revisions[-1] if revisions and revisions[-1].new_value is not None else None


def text(value: Decimal | None) -> str | None:
    """A number to six decimals, without zeros at its end."""
    if value is None:
        return None
    shown = f"{value.quantize(Decimal('0.000001')):f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _metric(
    metric: Metric, now: PeriodNumbers, before: PeriodNumbers, currency: str
) -> dict[str, Any] | None:
    told: dict[str, Any] = {"about": metric.scope.value, "metric": metric.key}
    values = []
    for prefix, numbers in (("", now), ("previous_", before)):
        value = numbers.value(metric, basis=BASIS, currency=currency)
        parts = numbers.parts(metric, basis=BASIS, currency=currency)
        values.append(value)
        told |= {
            f"{prefix}value": text(value),
            f"{prefix}above": None if parts is None else text(parts[0]),
            f"{prefix}below": None if parts is None else text(parts[1]),
        }
    told["change"] = _relative(values[1], values[0])
    told["currency"] = currency if is_of_sales(metric) else None
    # People who cannot be told apart over sessions have no number of a period.
    return told if metric.is_quotient or values[0] is not None else None


def _relative(before: Decimal | None, now: Decimal | None) -> str | None:
    return text(now / before - 1) if before and now is not None else None


def _target(
    target: Target,
    revision: TargetRevision,
    now: PeriodNumbers,
    before: PeriodNumbers,
    previous: Period,
    vain: bool,
) -> dict[str, Any]:
    metric, basis = metric_of_target(target), target.basis or BASIS
    told: Attained = judged(
        target,
        actual=now.value(metric, basis=basis, currency=target.currency),
        projected=None,
        baseline=before.value(metric, basis=basis, currency=target.currency),
        baseline_of=days_of(previous),
        is_over=True,
        warnings=[],
        direction=Direction(target.direction),
        value=revision.new_value,
    )
    return {
        "id": str(target.id),
        "about": target.about,
        "metric": target.metric,
        "kind": target.kind,
        "direction": target.direction,
        "basis": target.basis or None,
        "currency": target.currency or None,
        "value": text(revision.new_value),
        "owner": revision.new_owner,
        "level": text(told.level),
        "actual": text(told.actual),
        "previous": text(told.baseline),
        "attainment": text(told.attainment),
        "status": told.status.name,
        "is_vain": vain,
        "parts": _parts(metric, now, before, basis, target.currency),
    }


def _parts(
    metric: Metric, now: PeriodNumbers, before: PeriodNumbers, basis: str, currency: str
) -> list[dict[str, Any]]:
    """What a number is made of, before and now: both sides of a quotient; of a sum over sessions their number
    and what there was for each."""
    if metric.is_quotient:
        sides = [metric_of(metric.scope, key) for key in (metric.numerator, metric.denominator)]
        return [
            {
                "label": side.label,
                "now": text(now.total(side, basis=basis, currency=currency)),
                "before": text(before.total(side, basis=basis, currency=currency)),
            }
            for side in sides
        ]
    if metric.scope is not Scope.SESSION:
        return []
    each = [
        numbers.total(metric, basis=basis, currency=currency) / numbers.sessions if numbers.sessions else None
        for numbers in (now, before)
    ]
    return [
        {"label": "Sessions", "now": str(now.sessions), "before": str(before.sessions)},
        {"label": f"{metric.label} for each session", "now": text(each[0]), "before": text(each[1])},
    ]


def _change(
    chain: Sequence[Metric], now: PeriodNumbers, before: PeriodNumbers, currency: str
) -> dict[str, Any] | None:
    """What moved a sum of money."""
    totals = [[one.total(m, basis=BASIS, currency=currency) for m in chain] for one in (before, now)]
    factors = decompose(*totals)
    if factors is None:
        return None
    return {
        "about": chain[-1].scope.value,
        "metric": chain[-1].key,
        "currency": currency,
        "before": text(totals[0][-1]),
        "now": text(totals[1][-1]),
        "factors": [
            {
                "label": label,
                "before": text(factor.before),
                "now": text(factor.now),
                "contribution": text(factor.contribution),
            }
            for label, factor in zip(_labels(chain), factors, strict=True)
        ],
    }


def _labels(chain: Sequence[Metric]) -> list[str]:
    quotients = {(m.numerator, m.denominator): m.label for m in METRICS if m.scope is chain[0].scope}
    return [
        chain[0].label,
        *(
            quotients.get((one.key, each.key)) or f"{one.label} for each of {each.label.lower()}"
            for each, one in pairwise(chain)
        ),
    ]
