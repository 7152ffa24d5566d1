"""Campaigns and influencers day by day, and beside each other."""

import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry

from analytics.graphql.campaigns import (
    METRICS,
    AttributionModel,
    CampaignMetric,
    Subjects,
    chosen,
    numbers_of,
    withheld,
)
from analytics.graphql.comparison import KpiDifference, difference
from analytics.graphql.metrics import MetricKey
from analytics.graphql.metrics import Unit as ShownUnit
from analytics.graphql.pages import Info, bad_input, needs
from analytics.graphql.series import Series, TimeSeries
from analytics.graphql.values import SalesBasis
from analytics.metrics import Apart, Metric, Reason, Unit
from analytics.queries import Reading, reading
from analytics.queries.campaigns import CampaignNumbers, Day, campaign_days
from analytics.queries.subjects import Period
from commerce.access import Actor
from config.api.scalars import CurrencyCode, DateTimeSeries, FloatSeries

MOST_METRICS: Final = 8
MOST_DAYS: Final = 400
DAY: Final = dt.timedelta(days=1)
TREND_COST: Final = 100
"""Days are read in one go, and are small."""
DAILY: Final = {
    key
    for key, metric in METRICS.items()
    if Apart.FOLLOWERS not in {METRICS[part].apart for part in (key, metric.denominator) if part}
}
"""Followers are not known day by day."""
COMPARED: Final = [metric for metric in METRICS.values() if not metric.awaits]

TrendMetricsArgument = Annotated[
    list[CampaignMetric],
    strawberry.argument(description=f"One to {MOST_METRICS}, in this order; not those of followers."),
]
ComparedArgument = Annotated[
    list[CampaignMetric] | None,
    strawberry.argument(description="Which numbers, in this order; all when left out."),
]


def subject_trend(
    info: Info,
    siblings: Subjects,
    identity: UUID,
    *,
    metrics: list[CampaignMetric],
    model: AttributionModel,
    basis: SalesBasis,
    currency: CurrencyCode | None,
    period: Period,
    timezone: str,
) -> TimeSeries:
    """One subject day by day, read for all of its page at once; `timezone` is the calendar of the days."""
    actor, wanted = needs(info, "read"), chosen(metrics, most=MOST_METRICS)
    if strange := [metric.key.upper() for metric in wanted if metric.key not in DAILY]:
        raise bad_input(f"Not known day by day: {', '.join(strange)}.")
    if (period.ends_on - period.starts_on).days > MOST_DAYS:
        raise bad_input(f"A trend has at most {MOST_DAYS} days.")

    def answer(_: Sequence[UUID]) -> Mapping[UUID, list[Day]]:
        return {
            subject.id: days
            for group in siblings.groups(actor=actor)
            for subject, days in campaign_days(
                group,
                actor=actor,
                model=model.name,
                basis=basis.name,
                period=period,
                limit=MOST_DAYS,
                currency=currency,
            ).items()
        }

    days = siblings.load(("trend", model, basis, currency, period), answer)[identity]
    return _shown(info, days, wanted, period=period, zone=ZoneInfo(timezone))


def _shown(
    info: Info, days: list[Day], metrics: list[Metric], *, period: Period, zone: ZoneInfo
) -> TimeSeries:
    actor, now = info.context.actor, info.context.now
    currency = CurrencyCode(days[0].numbers.currency)
    return TimeSeries(
        timestamps=DateTimeSeries(
            [dt.datetime.combine(day.date, dt.time(), tzinfo=zone).astimezone(dt.UTC) for day in days]
        ),
        series=[
            Series(
                metric=MetricKey[metric.key.upper()],
                unit=ShownUnit[metric.unit.name],
                currency=currency if metric.unit in (Unit.MONEY, Unit.MONEY_RATIO) else None,
                values=FloatSeries([_drawn(metric, day.numbers, actor=actor) for day in days]),
            )
            for metric in metrics
        ],
        grain=DAY,
        as_of=now,
        computed_at=days[0].numbers.computed_at,
        is_partial=period.ends_on > now.astimezone(zone).date(),
    )


def _drawn(metric: Metric, numbers: CampaignNumbers, *, actor: Actor) -> float | None:
    told = reading_for(metric, numbers, actor=actor).value
    return None if told is None else float(Fraction(told))


def reading_for(metric: Metric, numbers: CampaignNumbers, *, actor: Actor) -> Reading:
    """A value as an actor may see it: none where it is withheld."""
    if withheld(numbers, actor=actor)(metric):
        return Reading(value=None, reason=Reason.TOO_FEW_PEOPLE)
    return reading(metric, numbers)


# -- two sides -----------------------------------------------------------------------------------


def period_before(period: Period) -> Period:
    """As many days right before."""
    return Period(period.starts_on - (period.ends_on - period.starts_on), period.starts_on)


def compare_subjects(
    info: Info,
    first: tuple[Subjects, UUID, Period | None],
    second: tuple[Subjects, UUID, Period | None],
    *,
    metrics: list[CampaignMetric] | None,
    model: AttributionModel,
    basis: SalesBasis,
) -> list[KpiDifference]:
    """Two subjects, or two periods of one, number by number in the currency of the first.

    Empty where one of them is not the actor's to see.
    """
    wanted = COMPARED if metrics is None else chosen(metrics, most=len(COMPARED))
    sides: list[CampaignNumbers] = []
    for siblings, identity, period in (first, second):
        numbers = numbers_of(
            info,
            siblings,
            identity,
            model=model,
            basis=basis,
            currency=CurrencyCode(sides[0].currency) if sides else None,
            period=period,
        )
        if numbers is None:
            return []
        sides.append(numbers)
    actor = info.context.actor
    return [
        difference(metric, [(side, reading_for(metric, side, actor=actor)) for side in sides])
        for metric in wanted
    ]
