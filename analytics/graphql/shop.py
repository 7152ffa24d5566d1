"""The shop over a period of the partner's calendar, and over each day or hour of it."""

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from analytics.graphql.metrics import Kpis, declared
from analytics.graphql.pages import Info, bad_input, computed, needs
from analytics.graphql.values import Provenance, SalesBasis
from analytics.metrics import Scope, definition_version, metric_of
from analytics.queries import Numbers, shop_numbers, shop_rows
from config.api.cost import reads
from config.api.scalars import CurrencyCode, TimeZone

VERSION: Final = definition_version(Scope.SHOP)
LONGEST: Final = dt.timedelta(days=3660)
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


def _of_an_hour(numbers: Numbers) -> Numbers:
    return replace(numbers, stored=_OfAnHour(numbers.stored))


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
    partner_id: strawberry.Private[UUID]
    asked: strawberry.Private[tuple[SalesBasis, CurrencyCode | None]]

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
        basis, currency = self.asked
        rows = shop_rows(
            actor=needs(info, "read"),
            partner_id=self.partner_id,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            basis=basis.name,
            currency=currency,
            is_hourly=is_hourly,
            limit=first,
            now=info.context.now,
        )
        if is_hourly:
            rows = [replace(row, numbers=_of_an_hour(row.numbers)) for row in rows]
        return [(row.date, row.started_at, _kpis(row.numbers)) for row in rows]


def shop_of(
    info: Info,
    *,
    partner_id: UUID,
    calendar: str,
    period: PeriodInput,
    timezone: TimeZone | None,
    basis: SalesBasis,
    currency: CurrencyCode | None,
) -> Shop:
    """The shop over a period; `calendar` is the partner's time zone."""
    if timezone is not None and timezone != calendar:
        raise bad_input(f"Days are days of the partner's calendar: timezone is {calendar}, or left out.")
    if period.starts_on >= period.ends_on:
        raise bad_input("A period ends after its first day: to is the day after the last one.")
    if period.ends_on - period.starts_on > LONGEST:
        raise bad_input("A period has at most ten years.")
    numbers = shop_numbers(
        actor=needs(info, "read"),
        partner_id=partner_id,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        basis=basis.name,
        currency=currency,
        now=info.context.now,
    )
    return Shop(
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        timezone=TimeZone(calendar),
        kpis=_kpis(numbers),
        other_currencies=[CurrencyCode(other) for other in numbers.other_currencies],
        as_of=info.context.now,
        is_fresh=numbers.is_fresh,
        partner_id=partner_id,
        asked=(basis, currency),
    )
