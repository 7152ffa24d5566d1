"""The shop over time: columns by hour, day, week, month or quarter."""

import datetime as dt
import enum
from fractions import Fraction
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import strawberry

from analytics.graphql.metrics import MetricKey
from analytics.graphql.metrics import Unit as ShownUnit
from analytics.graphql.pages import Info, bad_input, needs
from analytics.graphql.series import Series
from analytics.graphql.shop_parts import ShopMetric, chosen
from analytics.metrics import Cadence, Metric, Unit
from analytics.plans.periods import period_of
from analytics.queries import Numbers, reading, shop_rows
from analytics.queries.shop_facts import ShopQuestion, facts_of_days, facts_of_hours
from analytics.queries.shop_series import OF_HOURS, OF_ZONES, shop_steps
from config.api.scalars import CurrencyCode, DateTimeSeries, FloatSeries, TimeZone

MOST_METRICS: Final = 4
TREND_COST: Final = 100
"""Steps are read in one go, and are small."""
HOUR: Final = dt.timedelta(hours=1)
DAY: Final = dt.timedelta(days=1)


@strawberry.enum(description="How long the steps of a series are.")
class ShopGrain(enum.Enum):
    HOUR = strawberry.enum_value("HOUR", description="Hours by the clock; over at most 31 days.")
    DAY = strawberry.enum_value("DAY", description="Days; at most 400.")
    WEEK = strawberry.enum_value(
        "WEEK", description="Weeks as the partner begins them; over at most 1100 days."
    )
    MONTH = strawberry.enum_value("MONTH", description="Months of the calendar; over at most ten years.")
    QUARTER = strawberry.enum_value("QUARTER", description="Quarters; over at most ten years.")


LONGEST: Final = {
    ShopGrain.HOUR: 31, ShopGrain.DAY: 400, ShopGrain.WEEK: 1100, ShopGrain.MONTH: 3660,
    ShopGrain.QUARTER: 3660,
}  # fmt: skip
CADENCES: Final = {
    ShopGrain.WEEK: Cadence.WEEKLY,
    ShopGrain.MONTH: Cadence.MONTHLY,
    ShopGrain.QUARTER: Cadence.QUARTERLY,
}


@strawberry.type(
    description="Columns of the shop's numbers over time; every step of the period is there. Counts, people "
    "and money of a step without any are 0; quotients without a denominator, and what is unknown, are null. "
    "People are counted anew in each step: they do not add up to those of the period."
)
class ShopTimeSeries:
    timestamps: DateTimeSeries = strawberry.field(description="Where each step begins, within the period.")
    partial: DateTimeSeries = strawberry.field(
        description="Those of the timestamps whose step is not whole: cut by the period, or not over yet."
    )
    series: list[Series] = strawberry.field(description="One column for each metric, in the order asked for.")
    grain: ShopGrain = strawberry.field(description="How long a step is.")
    timezone: TimeZone = strawberry.field(description="The time zone whose calendar the steps are of.")
    as_of: dt.datetime = strawberry.field(description="What was known at this moment.")


SeriesMetricsArgument = Annotated[
    list[ShopMetric],
    strawberry.argument(
        description=f"One to {MOST_METRICS}, in this order. Hours have no people, costs or customers' "
        "numbers; other time zones have what is counted of orders alone."
    ),
]
GrainArgument = Annotated[ShopGrain, strawberry.argument(description="How long a step is.")]
Stretch = tuple[dt.date, dt.date, bool]
"""[from, to) in days, and whether the period cuts it."""


def stretches(
    grain: ShopGrain, starts_on: dt.date, ends_on: dt.date, *, week_starts_on: int
) -> list[Stretch]:
    """The steps of days that [starts_on, ends_on) is made of; the first and the last may be cut."""
    if grain is ShopGrain.DAY:
        days = (ends_on - starts_on).days
        return [(starts_on + DAY * place, starts_on + DAY * (place + 1), False) for place in range(days)]
    found: list[Stretch] = []
    whole = period_of(CADENCES[grain], starts_on, week_starts_on=week_starts_on)
    while whole.starts_on < ends_on:
        cut = (max(whole.starts_on, starts_on), min(whole.ends_on, ends_on))
        found.append((*cut, cut != (whole.starts_on, whole.ends_on)))
        whole = whole.following
    return found


def shop_series(
    info: Info,
    asked: ShopQuestion,
    *,
    metrics: list[ShopMetric],
    grain: ShopGrain,
    calendar: str,
    week_starts_on: int,
) -> ShopTimeSeries:
    """The shop over a period step by step; `calendar` is the time zone of its days."""
    wanted = chosen(metrics, most=MOST_METRICS)
    if (asked.ends_on - asked.starts_on).days > LONGEST[grain]:
        raise bad_input(f"A series by {grain.name} goes over at most {LONGEST[grain]} days.")
    if grain is ShopGrain.HOUR:
        _are_known(wanted, OF_HOURS, "of hours")
    if asked.timezone is not None:
        _are_known(wanted, OF_ZONES, "in other time zones")
    now, zone = info.context.now, ZoneInfo(calendar)
    if grain is ShopGrain.HOUR:
        steps = _hours(info, asked)
        partial = [at for at, _ in steps if at + HOUR > now]
    else:
        cuts = stretches(grain, asked.starts_on, asked.ends_on, week_starts_on=week_starts_on)
        steps = _days(info, asked, [(first, last) for first, last, _ in cuts], grain)
        today = now.astimezone(zone).date()
        partial = [
            at for (at, _), (_, last, is_cut) in zip(steps, cuts, strict=True) if is_cut or last > today
        ]
    return ShopTimeSeries(
        timestamps=DateTimeSeries([at for at, _ in steps]),
        partial=DateTimeSeries(partial),
        series=[_column(metric, [numbers for _, numbers in steps]) for metric in wanted],
        grain=grain,
        timezone=TimeZone(calendar),
        as_of=now,
    )


def _are_known(wanted: list[Metric], known: list[Metric], where: str) -> None:
    if strange := [metric.key.upper() for metric in wanted if metric not in known]:
        raise bad_input(f"Not known {where}: {', '.join(strange)}.")


def _hours(info: Info, asked: ShopQuestion) -> list[tuple[dt.datetime, Numbers]]:
    actor, most = needs(info, "read"), LONGEST[ShopGrain.HOUR] * 25
    if asked.timezone is not None:
        hours = facts_of_hours(asked, limit=most, actor=actor)
        return [(hour.started_at, hour.numbers) for hour in hours]
    rows = shop_rows(
        actor=actor,
        partner_id=asked.partner_id,
        starts_on=asked.starts_on,
        ends_on=asked.ends_on,
        basis=asked.basis,
        currency=asked.currency,
        is_hourly=True,
        limit=most,
        now=info.context.now,
    )
    return [(row.started_at, row.numbers) for row in rows]


def _days(
    info: Info, asked: ShopQuestion, days: list[tuple[dt.date, dt.date]], grain: ShopGrain
) -> list[tuple[dt.datetime, Numbers]]:
    actor, now = needs(info, "read"), info.context.now
    if asked.timezone is not None:
        found = facts_of_days(asked, days, actor=actor)
        return [(step.started_at, step.numbers) for step in found]
    if grain is ShopGrain.DAY:
        rows = shop_rows(
            actor=actor,
            partner_id=asked.partner_id,
            starts_on=asked.starts_on,
            ends_on=asked.ends_on,
            basis=asked.basis,
            currency=asked.currency,
            is_hourly=False,
            limit=LONGEST[grain],
            now=now,
        )
    else:
        rows = shop_steps(asked, days, actor=actor, now=now)
    return [(row.started_at, row.numbers) for row in rows]


def _column(metric: Metric, steps: list[Numbers]) -> Series:
    is_money = metric.unit in (Unit.MONEY, Unit.MONEY_RATIO)
    values = [reading(metric, numbers).value for numbers in steps]
    return Series(
        metric=MetricKey[metric.key.upper()],
        unit=ShownUnit[metric.unit.name],
        currency=CurrencyCode(steps[0].currency) if is_money else None,
        values=FloatSeries([None if value is None else float(Fraction(value)) for value in values]),
    )
