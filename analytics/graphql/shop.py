"""The shop over a period, over each day or hour of it, in parts, beside another time and over time."""

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry

from analytics.graphql.metrics import Kpis, declared
from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    bad_input,
    computed,
    needs,
)
from analytics.graphql.shop_changes import (
    MOST_METRICS,
    ChangedArgument,
    ShopChange,
    ShopComparison,
    WithArgument,
    compared_days,
    shop_change,
)
from analytics.graphql.shop_parts import (
    DimensionArgument,
    PartOrderArgument,
    ShopPart,
    chosen,
    shop_split,
)
from analytics.graphql.shop_series import (
    TREND_COST,
    GrainArgument,
    SeriesMetricsArgument,
    ShopGrain,
    ShopTimeSeries,
    shop_series,
)
from analytics.graphql.values import Provenance, SalesBasis
from analytics.metrics import Scope, definition_version, metric_of
from analytics.queries import Numbers, shop_numbers, shop_rows
from analytics.queries.shop_facts import ShopQuestion, facts_of_days, facts_of_hours
from config.api.cost import reads
from config.api.scalars import CurrencyCode, TimeZone

VERSION: Final = definition_version(Scope.SHOP)
LONGEST: Final = dt.timedelta(days=3660)
MOST_DAYS_ELSEWHERE: Final = 400
"""In other time zones days are added up from orders themselves."""
MOST_ROWS: Final = 400


@strawberry.input(description="Days of the partner's calendar: the first one is in, the last one is not.")
class PeriodInput:
    starts_on: dt.date = strawberry.field(name="from", description="The first day.")
    ends_on: dt.date = strawberry.field(name="to", description="The day after the last one.")


@strawberry.type(description="The numbers of a shop: one field a metric, in one currency and basis.")
@declared(Scope.SHOP)
class ShopKpis(Kpis):
    basis: SalesBasis = strawberry.field(description="Which orders count, and at which value.")
    currency: CurrencyCode = strawberry.field(
        description="The one currency of all amounts and order counts here."
    )
    definition_version: int = strawberry.field(
        description="Grows when the meaning of any of these numbers changes."
    )
    provenance: Provenance = strawberry.field(description="Where the numbers come from.")

    def __init__(self, numbers: Numbers, **given: object) -> None:
        super().__init__(numbers, **given)


@strawberry.type(description="A day of the shop.")
class ShopDay:
    date: dt.date = strawberry.field(description="The day in the partner's calendar.")
    started_at: dt.datetime = strawberry.field(description="When it begins.")
    kpis: ShopKpis = strawberry.field(description="Its numbers.")


@strawberry.type(description="An hour of the shop.")
class ShopHour:
    date: dt.date = strawberry.field(description="The day it lies in, in the partner's calendar.")
    started_at: dt.datetime = strawberry.field(description="When it begins.")
    kpis: ShopKpis = strawberry.field(description="Its numbers.")


RowsArgument = Annotated[
    int, strawberry.argument(description="At most so many from the period's beginning, 1 to 400.")
]


class _OfAnHour(dict[str, Any]):
    """Numbers of an hour; of those that only days have each refuses to be asked for."""

    def __missing__(self, key: str) -> Any:
        label = metric_of(Scope.SHOP, key).label
        raise bad_input(f"Hours have no such number; days and periods have: {label}.")


class _OfAZone(dict[str, Any]):
    """Numbers in another time zone than the partner's; each of those of its calendar refuses to be asked."""

    def __missing__(self, key: str) -> Any:
        label = metric_of(Scope.SHOP, key).label
        raise bad_input(f"Known of the partner's own calendar alone, leave timezone out: {label}.")


def _of_an_hour(numbers: Numbers) -> Numbers:
    return replace(numbers, stored=_OfAnHour(numbers.stored))


def _of_a_zone(numbers: Numbers) -> Numbers:
    return replace(numbers, stored=_OfAZone(numbers.stored))


def _numbers(info: Info, asked: ShopQuestion) -> Numbers:
    """The shop's numbers over the days asked for."""
    actor = needs(info, "read")
    if asked.timezone is not None:
        (whole,) = facts_of_days(asked, [(asked.starts_on, asked.ends_on)], actor=actor)
        return _of_a_zone(whole.numbers)
    return shop_numbers(
        actor=actor,
        partner_id=asked.partner_id,
        starts_on=asked.starts_on,
        ends_on=asked.ends_on,
        basis=asked.basis,
        currency=asked.currency,
        now=info.context.now,
    )


def _kpis(numbers: Numbers) -> ShopKpis:
    return ShopKpis(
        numbers,
        basis=SalesBasis[numbers.basis],
        currency=numbers.currency,
        definition_version=VERSION,
        provenance=Provenance.MEASURED,
    )


@strawberry.type(
    description="The whole shop over a period. Orders belong to the day they were placed, refunds and "
    "cancellations to their own day."
)
class Shop:
    starts_on: dt.date = strawberry.field(name="from", description="The first day.")
    ends_on: dt.date = strawberry.field(name="to", description="The day after the last one.")
    timezone: TimeZone = strawberry.field(description="The time zone whose calendar the days are of.")
    kpis: ShopKpis = strawberry.field(description="The numbers of the whole period.")
    other_currencies: list[CurrencyCode] = strawberry.field(
        description="Currencies with sales in the period, which these numbers leave out."
    )
    as_of: dt.datetime = strawberry.field(description="What was known at this moment.")
    is_fresh: bool = strawberry.field(description="Whether no fact waits that may change these numbers.")
    asked: strawberry.Private[ShopQuestion]
    week_starts_on: strawberry.Private[int]

    @computed(
        description="The period in parts; of what adds up the parts add up to the whole. What is not known "
        "is a part too."
    )
    def split(
        self,
        info: Info,
        by: DimensionArgument,
        order_by: PartOrderArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[ShopPart]:
        return shop_split(info, self.asked, by=by, order=order_by, first=first, after=after)

    @computed(description="The period beside the one before, or beside the same of the year before.")
    @reads(weight=10)
    def compare(
        self,
        info: Info,
        metrics: ChangedArgument,
        compared_with: WithArgument = ShopComparison.PREVIOUS_PERIOD,
    ) -> ShopChange:
        wanted = chosen(metrics, most=MOST_METRICS)
        try:
            compared = compared_days(self.starts_on, self.ends_on, to=compared_with)
        except (OverflowError, ValueError):
            raise bad_input("Nothing lies that long before.") from None
        other = replace(self.asked, starts_on=compared[0], ends_on=compared[1])
        return shop_change(
            self.kpis._numbers,
            _numbers(info, replace(other, currency=self.kpis._numbers.currency)),
            metrics=wanted,
            days=(self.starts_on, self.ends_on),
            compared=compared,
            today=info.context.now.astimezone(ZoneInfo(self.timezone)).date(),
        )

    @computed(description="The period step by step, as columns; also steps without a sale.")
    @reads(weight=TREND_COST, size=0)
    def trend(
        self, info: Info, metrics: SeriesMetricsArgument, grain: GrainArgument = ShopGrain.DAY
    ) -> ShopTimeSeries:
        return shop_series(
            info,
            self.asked,
            metrics=metrics,
            grain=grain,
            calendar=self.timezone,
            week_starts_on=self.week_starts_on,
        )

    @computed(description="Each day of the period, also those without a sale.")
    @reads(weight=1)
    def days(self, info: Info, first: RowsArgument = 31) -> list[ShopDay]:
        return [
            ShopDay(date=date, started_at=started_at, kpis=kpis)
            for date, started_at, kpis in self._rows(info, first, is_hourly=False)
        ]

    @computed(
        description="Each hour of the period, also those without a sale; an hour by the partner's clock. "
        "People, costs and what becomes of customers are numbers of whole days: hours refuse them."
    )
    @reads(weight=1)
    def hours(self, info: Info, first: RowsArgument = 24) -> list[ShopHour]:
        return [
            ShopHour(date=date, started_at=started_at, kpis=kpis)
            for date, started_at, kpis in self._rows(info, first, is_hourly=True)
        ]

    def _rows(
        self, info: Info, first: int, *, is_hourly: bool
    ) -> list[tuple[dt.date, dt.datetime, ShopKpis]]:
        if not 1 <= first <= MOST_ROWS:
            raise bad_input(f"first is 1 to {MOST_ROWS}.")
        actor, asked = needs(info, "read"), self.asked
        if asked.timezone is not None:
            return [
                (step.date, step.started_at, _kpis(_of_a_zone(step.numbers)))
                for step in (
                    facts_of_hours(asked, limit=first, actor=actor)
                    if is_hourly
                    else facts_of_days(asked, _each_day(asked)[:first], actor=actor)
                )
            ]
        rows = shop_rows(
            actor=actor,
            partner_id=asked.partner_id,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            basis=asked.basis,
            currency=asked.currency,
            is_hourly=is_hourly,
            limit=first,
            now=info.context.now,
        )
        if is_hourly:
            rows = [replace(row, numbers=_of_an_hour(row.numbers)) for row in rows]
        return [(row.date, row.started_at, _kpis(row.numbers)) for row in rows]


def _each_day(asked: ShopQuestion) -> list[tuple[dt.date, dt.date]]:
    days = (asked.starts_on + dt.timedelta(days=place) for place in range(MOST_ROWS))
    return [(day, day + dt.timedelta(days=1)) for day in days if day < asked.ends_on]


def shop_of(
    info: Info,
    *,
    partner_id: UUID,
    calendar: str,
    week_starts_on: int,
    period: PeriodInput,
    timezone: TimeZone | None,
    basis: SalesBasis,
    currency: CurrencyCode | None,
) -> Shop:
    """The shop over a period; `calendar` is the partner's time zone, `week_starts_on` 0 for Monday."""
    if period.starts_on >= period.ends_on:
        raise bad_input("A period ends after its first day: to is the day after the last one.")
    if period.ends_on - period.starts_on > LONGEST:
        raise bad_input("A period has at most ten years.")
    zone = None if timezone == calendar else timezone
    if zone is not None and period.ends_on - period.starts_on > dt.timedelta(days=MOST_DAYS_ELSEWHERE):
        raise bad_input(
            f"In another time zone than {calendar}, which is the partner's, a period has at most "
            f"{MOST_DAYS_ELSEWHERE} days."
        )
    asked = ShopQuestion(
        partner_id=partner_id,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        basis=basis.name,
        currency=currency,
        timezone=zone,
    )
    numbers = _numbers(info, asked)
    return Shop(
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        timezone=TimeZone(zone or calendar),
        kpis=_kpis(numbers),
        other_currencies=[CurrencyCode(other) for other in numbers.other_currencies],
        as_of=info.context.now,
        is_fresh=numbers.is_fresh,
        asked=asked,
        week_starts_on=week_starts_on,
    )
