"""Cohorts: customers by when they first bought, and what came of them."""

import datetime as dt
import enum
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry

from analytics.graphql.pages import Info, bad_input, needs, node_id
from analytics.graphql.products import PRODUCT_LETTER
from analytics.graphql.values import (
    CoveredMoney,
    Money,
    MoneyRatio,
    NullReason,
    Rate,
    SalesBasis,
    money,
    money_ratio,
    rate,
    ratio,
)
from analytics.metrics import Reason
from analytics.models.cohorts import CohortDimension, CohortGrain, Won
from analytics.queries import cohorts as read
from analytics.queries.parts import kol_names, product_names
from commerce.access import Actor
from commerce.models import Channel
from config.api.scalars import BigInt, CurrencyCode

KOL_LETTER: Final = "K"
MONTHS_SHOWN: Final = 12
LONGEST: Final = {
    CohortGrain.DAY: dt.timedelta(days=92),
    CohortGrain.WEEK: dt.timedelta(weeks=104),
    CohortGrain.MONTH: dt.timedelta(days=1830),
    CohortGrain.QUARTER: dt.timedelta(days=3660),
}


@strawberry.enum(description="The period of the first purchase that makes a cohort.")
class CohortPeriod(enum.Enum):
    DAY = strawberry.enum_value("DAY", description="Days; up to 92 of them.")
    WEEK = strawberry.enum_value("WEEK", description="Weeks as the partner begins them; up to 104.")
    MONTH = strawberry.enum_value("MONTH", description="Months; up to 60.")
    QUARTER = strawberry.enum_value("QUARTER", description="Quarters; up to 40.")


@strawberry.enum(description="How customers are told apart: by how they were won.")
class CohortSplit(enum.Enum):
    LIVE = strawberry.enum_value("LIVE", description="By an order of a live session, or another.")
    KOL = strawberry.enum_value("KOL", description="By the influencer met last before the first purchase.")
    CHANNEL = strawberry.enum_value("CHANNEL", description="By the channel of the live session.")
    PRODUCT = strawberry.enum_value(
        "PRODUCT", description="By the product of the first order's largest line."
    )


@strawberry.enum(description="Whether all that a cell is about has been observed.")
class CohortStatus(enum.Enum):
    COMPLETE = strawberry.enum_value("COMPLETE", description="All of it.")
    IN_PROGRESS = strawberry.enum_value("IN_PROGRESS", description="A part of it.")
    NOT_STARTED = strawberry.enum_value("NOT_STARTED", description="Nothing of it: there is no value.")


@strawberry.type(description="How customers of a cohort were won.")
class CohortPart:
    key: str | None = strawberry.field(
        description="Its value: LIVE or NON_LIVE, a channel, the id of an influencer or product. Null: none, "
        "or not known."
    )
    label: str = strawberry.field(description="Its name for people.")
    is_rest: bool = strawberry.field(description="Whether it stands for all parts that are not listed.")


@strawberry.type(description="A cohort in one period of the partner's calendar.")
class CohortCell:
    index: BigInt = strawberry.field(description="How many periods after the cohort's own, which is 0.")
    starts_on: dt.date = strawberry.field(name="from", description="The first day.")
    ends_on: dt.date = strawberry.field(name="to", description="The day after the last one.")
    status: CohortStatus = strawberry.field(description="Whether the period has been observed.")
    active: Rate | None = strawberry.field(
        description="Retention: customers with a paid order in the period / customers of the cohort."
    )
    orders: BigInt | None = strawberry.field(description="Their orders in the period, by basis.")
    sales: Money | None = strawberry.field(description="Their sales in the period, by basis.")
    profit: CoveredMoney | None = strawberry.field(description="Net sales less what the items cost.")
    cumulative_sales_per_customer: MoneyRatio | None = strawberry.field(
        description="Sales from the first purchase to the end of the period / customers of the cohort."
    )


@strawberry.type(
    description="Lifetime value so far: what customers bought within days of their first purchase, that one "
    "included, by the partner's wall clock. Only customers who have been observed so long count."
)
class LtvCell:
    days: BigInt = strawberry.field(description="So many days from the first purchase on.")
    status: CohortStatus = strawberry.field(
        description="Whether all of the cohort have been observed so long."
    )
    customers: BigInt = strawberry.field(description="Customers who have: whom the value is about.")
    orders: BigInt | None = strawberry.field(description="Their orders within the days, by basis.")
    sales: Money | None = strawberry.field(description="Their sales within the days, by basis.")
    value: MoneyRatio | None = strawberry.field(description="Sales for each of these customers.")
    profit: CoveredMoney | None = strawberry.field(description="Their net sales less what the items cost.")
    profit_per_customer: MoneyRatio | None = strawberry.field(
        description="Profit for each of these customers; without a value where a cost is missing."
    )


@strawberry.type(description="Customers whose first purchase, a paid order, was in one period.")
class CustomerCohort:
    starts_on: dt.date = strawberry.field(name="from", description="The first day.")
    ends_on: dt.date = strawberry.field(name="to", description="The day after the last one.")
    part: CohortPart | None = strawberry.field(description="How they were won; null without a split.")
    size: BigInt = strawberry.field(description="How many customers.")
    periods: list[CohortCell] = strawberry.field(description="Their own period and those after it.")
    ltv: list[LtvCell] = strawberry.field(description="Lifetime value at 30, 60, 90, 180 and 365 days.")


@strawberry.type(description="All customers of a table.")
class CohortTotal:
    size: BigInt = strawberry.field(description="How many customers.")
    ltv: list[LtvCell] = strawberry.field(description="Lifetime value at 30, 60, 90, 180 and 365 days.")


@strawberry.type(
    description="Customers by the period of their first purchase. Guests, and customers with refunds alone, "
    "are in none. Refunds of an order count with it, whenever they were made; others by their own time."
)
class CohortTable:
    by: CohortPeriod = strawberry.field(description="The periods.")
    split: CohortSplit | None = strawberry.field(description="How customers are told apart.")
    basis: SalesBasis = strawberry.field(description="Which orders count, and at which value.")
    currency: CurrencyCode = strawberry.field(
        description="The currency of their first purchases, and of all amounts."
    )
    other_currencies: list[CurrencyCode] = strawberry.field(
        description="Currencies of first purchases in these periods that are left out."
    )
    observed_until: dt.datetime = strawberry.field(
        description="Where the observed world ends: what came later does not count."
    )
    as_of: dt.datetime = strawberry.field(description="What was known at this moment.")
    is_fresh: bool = strawberry.field(description="Whether no fact waits that may change these numbers.")
    cohorts: list[CustomerCohort] = strawberry.field(
        description="By their start, then the largest part first; a period that won nobody has none."
    )
    total: CohortTotal = strawberry.field(description="All of them together.")


def _covered(bought: read.Bought, currency: str) -> CoveredMoney:
    known = bought.paid_orders - bought.uncosted_orders
    return CoveredMoney(
        value=None if bought.profit is None else money(bought.profit, currency),
        coverage=ratio(known, bought.paid_orders),
        reason=NullReason.MISSING_COSTS if bought.profit is None else None,
    )


def _profit_each(bought: read.Bought, customers: int, currency: str) -> MoneyRatio:
    if bought.profit is None:
        return money_ratio(Decimal(0), customers, currency, reason=Reason.MISSING_COSTS)
    return money_ratio(bought.profit, customers, currency)


def _periods(cohort: read.Cohort, currency: str) -> list[CohortCell]:
    shown, so_far = [], Decimal(0)
    for cell in cohort.periods:
        so_far += cell.bought.sales
        has_begun = cell.status is not read.CellStatus.NOT_STARTED
        shown.append(
            CohortCell(
                index=BigInt(cell.index),
                starts_on=cell.starts_on,
                ends_on=cell.ends_on,
                status=CohortStatus[cell.status.name],
                active=rate(cell.active, cohort.size) if has_begun else None,
                orders=BigInt(cell.bought.orders) if has_begun else None,
                sales=money(cell.bought.sales, currency) if has_begun else None,
                profit=_covered(cell.bought, currency) if has_begun else None,
                cumulative_sales_per_customer=(
                    money_ratio(so_far, cohort.size, currency) if has_begun else None
                ),
            )
        )
    return shown


def _ltv(cells: list[read.LtvCell], currency: str) -> list[LtvCell]:
    shown = []
    for cell in cells:
        has_begun = cell.status is not read.CellStatus.NOT_STARTED
        shown.append(
            LtvCell(
                days=BigInt(cell.days),
                status=CohortStatus[cell.status.name],
                customers=BigInt(cell.customers),
                orders=BigInt(cell.bought.orders) if has_begun else None,
                sales=money(cell.bought.sales, currency) if has_begun else None,
                value=money_ratio(cell.bought.sales, cell.customers, currency) if has_begun else None,
                profit=_covered(cell.bought, currency) if has_begun else None,
                profit_per_customer=(
                    _profit_each(cell.bought, cell.customers, currency) if has_begun else None
                ),
            )
        )
    return shown


# -- what parts are called ---------------------------------------------------------------------

NOT_KNOWN: Final = "Not known"
OTHERS: Final = "All others"
Part = Callable[[read.Cohort], CohortPart | None]


def _parts(table: read.CohortTable, *, actor: Actor) -> Part:
    """What tells the part of a cohort; names are read for all of them at once."""
    values = {cohort.part for cohort in table.cohorts if cohort.part and not cohort.is_rest}
    match table.split:
        case CohortDimension.ALL:
            return lambda cohort: None
        case CohortDimension.LIVE:
            return partial(_named, names=dict(Won.choices), letter="", nothing=NOT_KNOWN)
        case CohortDimension.CHANNEL:
            return partial(_named, names=dict(Channel.choices), letter="", nothing="No live session")
        case CohortDimension.KOL:
            found = kol_names([UUID(value) for value in values], actor=actor)
            return partial(_named, names=_texts(found), letter=KOL_LETTER, nothing="No influencer")
        case CohortDimension.PRODUCT:
            found = product_names([UUID(value) for value in values], actor=actor)
            return partial(_named, names=_texts(found), letter=PRODUCT_LETTER, nothing=NOT_KNOWN)


def _texts(names: Mapping[UUID, str]) -> dict[str, str]:
    return {str(identity): name for identity, name in names.items()}


def _named(cohort: read.Cohort, *, names: Mapping[str, str], letter: str, nothing: str) -> CohortPart:
    if cohort.is_rest:
        return CohortPart(key=None, label=OTHERS, is_rest=True)
    if not cohort.part:
        return CohortPart(key=None, label=nothing, is_rest=False)
    key = node_id(letter, UUID(cohort.part)) if letter else cohort.part
    return CohortPart(key=key, label=names.get(cohort.part, NOT_KNOWN), is_rest=False)


# -- the table ---------------------------------------------------------------------------------


def cohorts_of(
    info: Info,
    *,
    partner_id: UUID,
    calendar: str,
    by: CohortPeriod,
    starts_on: dt.date | None,
    ends_on: dt.date | None,
    observed_until: dt.datetime | None,
    basis: SalesBasis,
    split: CohortSplit | None,
    currency: CurrencyCode | None,
) -> CohortTable:
    """A partner's cohorts; without dates the last twelve months up to where the observed world ends."""
    grain, now = CohortGrain[by.name], info.context.now
    until = min(observed_until or now, now)
    last = until.astimezone(ZoneInfo(calendar)).date() + dt.timedelta(days=1)
    ends_on = ends_on or last
    starts_on = starts_on or max(_months_before(ends_on, MONTHS_SHOWN), ends_on - LONGEST[grain])
    if starts_on >= ends_on:
        raise bad_input("Cohorts end after their first day: to is the day after the last one.")
    if ends_on - starts_on > LONGEST[grain]:
        raise bad_input(f"Cohorts by {grain.label.lower()} go over at most {LONGEST[grain].days} days.")
    actor = needs(info, "read")
    table = read.cohort_table(
        actor=actor,
        partner_id=partner_id,
        by=grain,
        starts_on=starts_on,
        ends_on=ends_on,
        observed_until=until,
        basis=basis.name,
        split=CohortDimension.ALL if split is None else CohortDimension[split.name],
        currency=currency,
    )
    part = _parts(table, actor=actor)
    return CohortTable(
        by=by,
        split=split,
        basis=basis,
        currency=CurrencyCode(table.currency),
        other_currencies=[CurrencyCode(other) for other in table.other_currencies],
        observed_until=table.observed_until,
        as_of=now,
        is_fresh=table.is_fresh,
        cohorts=[
            CustomerCohort(
                starts_on=cohort.starts_on,
                ends_on=cohort.ends_on,
                part=part(cohort),
                size=BigInt(cohort.size),
                periods=_periods(cohort, table.currency),
                ltv=_ltv(cohort.ltv, table.currency),
            )
            for cohort in table.cohorts
        ],
        total=CohortTotal(size=BigInt(table.size), ltv=_ltv(table.ltv, table.currency)),
    )


def _months_before(day: dt.date, months: int) -> dt.date:
    """The first day of the month so many months before."""
    count = day.year * 12 + day.month - 1 - months
    return dt.date(count // 12, count % 12 + 1, 1)
