"""The shop beside the period before, or beside the same one of the year before."""

import calendar
import datetime as dt
import enum
from typing import Annotated, Final

import strawberry

from analytics.graphql.comparison import KpiDifference, difference
from analytics.graphql.metrics import of_scope
from analytics.graphql.shop_parts import ShopMetric
from analytics.metrics import Metric, Scope
from analytics.queries import Numbers, reading

MOST_METRICS: Final = len(of_scope(Scope.SHOP))
Days = tuple[dt.date, dt.date]
"""[from, to)."""


@strawberry.enum(description="What a period of the shop is compared with.")
class ShopComparison(enum.Enum):
    PREVIOUS_PERIOD = strawberry.enum_value(
        "PREVIOUS_PERIOD",
        description="As many days right before; whole months and quarters with as many months before.",
    )
    SAME_PERIOD_LAST_YEAR = strawberry.enum_value(
        "SAME_PERIOD_LAST_YEAR",
        description="The same dates one year earlier, 28 February for the 29th; whole months with whole "
        "months.",
    )


@strawberry.type(description="A period of the shop beside another one, number by number.")
class ShopChange:
    starts_on: dt.date = strawberry.field(name="from", description="The first day.")
    ends_on: dt.date = strawberry.field(name="to", description="The day after the last one.")
    compared_from: dt.date = strawberry.field(description="The first day it is compared with.")
    compared_to: dt.date = strawberry.field(description="The day after the last one it is compared with.")
    is_partial: bool = strawberry.field(
        description="Whether the period is not over yet: then less of it is compared with a whole one."
    )
    kpis: list[KpiDifference] = strawberry.field(
        description="The numbers asked for, in this order: first of the period, second of the other one."
    )


WithArgument = Annotated[
    ShopComparison, strawberry.argument(name="with", description="What it is compared with.")
]
ChangedArgument = Annotated[
    list[ShopMetric], strawberry.argument(description="Which numbers, in this order, each once.")
]


def compared_days(starts_on: dt.date, ends_on: dt.date, *, to: ShopComparison) -> Days:
    """The days that [starts_on, ends_on) is compared with; OverflowError or ValueError before year 1."""
    is_months = starts_on.day == 1 and ends_on.day == 1
    if to is ShopComparison.SAME_PERIOD_LAST_YEAR:
        if is_months:
            return _months_before(starts_on, 12), _months_before(ends_on, 12)
        last = _year_before(ends_on - dt.timedelta(days=1))
        return _year_before(starts_on), last + dt.timedelta(days=1)
    if is_months:
        months = (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month
        return _months_before(starts_on, months), starts_on
    return starts_on - (ends_on - starts_on), starts_on


def _year_before(day: dt.date) -> dt.date:
    year = day.year - 1
    return dt.date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def _months_before(first: dt.date, months: int) -> dt.date:
    count = first.year * 12 + first.month - 1 - months
    return dt.date(count // 12, count % 12 + 1, 1)


def shop_change(
    first: Numbers, second: Numbers, *, metrics: list[Metric], days: Days, compared: Days, today: dt.date
) -> ShopChange:
    """Two periods of a shop side by side; `today` in the calendar of the days."""
    return ShopChange(
        starts_on=days[0],
        ends_on=days[1],
        compared_from=compared[0],
        compared_to=compared[1],
        is_partial=days[1] > today,
        kpis=[
            difference(metric, [(side, reading(metric, side)) for side in (first, second)])
            for metric in metrics
        ],
    )
