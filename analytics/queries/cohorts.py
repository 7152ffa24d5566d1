"""Cohorts as they are read: sums over their customers, of rollups but for where the observed world ends.

A cell is of the world before `observed_until`. Rollups know of no such end; where it cuts through a day of
first purchases or through a period, that one day or period is summed from lives.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import reduce
from itertools import count, islice, takewhile
from operator import add
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.models.cohorts import DAYS_APART, HORIZONS, CohortDimension, CohortGrain
from analytics.queries.cohort_sums import (
    NOTHING,
    PARTS,
    SHOP,
    Bought,
    Found,
    Key,
    Question,
    add_days,
    add_periods,
)
from analytics.queries.statements import fetch
from commerce.access import Actor

MOST_PARTS: Final = 50
"""A split tells so many parts; the others together are one more."""


class CellStatus(Enum):
    """Whether all that a cell is about has been observed."""

    COMPLETE = "COMPLETE"
    IN_PROGRESS = "IN_PROGRESS"
    NOT_STARTED = "NOT_STARTED"


@dataclass(frozen=True, kw_only=True)
class PeriodCell:
    """A cohort in the period `index` after its own, which is 0; [starts_on, ends_on) in the calendar."""

    index: int
    starts_on: date
    ends_on: date
    status: CellStatus
    active: int
    """Customers with a paid order in it."""
    bought: Bought


@dataclass(frozen=True, kw_only=True)
class LtvCell:
    """A cohort over the days since each first purchase; of those customers alone who are observed so long."""

    days: int
    status: CellStatus
    customers: int
    bought: Bought


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Customers whose first purchase was in one period; `part` is the value they were split by.

    None stands for all of them where nothing was split, and for `is_rest`: the parts too small to be told.
    """

    starts_on: date
    ends_on: date
    part: str | None
    is_rest: bool
    size: int
    periods: list[PeriodCell]
    ltv: list[LtvCell]


@dataclass(frozen=True, kw_only=True)
class CohortTable:
    """Cohorts by their start, then their parts by size; a period in which nobody was won has none."""

    by: CohortGrain
    split: CohortDimension
    basis: str
    currency: str
    other_currencies: list[str]
    """Of customers who were won in these periods by a purchase in another currency, and are not here."""
    observed_until: datetime
    is_fresh: bool
    cohorts: list[Cohort]
    size: int
    """Customers of all cohorts."""
    ltv: list[LtvCell]
    """Of all cohorts."""


def first_of(by: CohortGrain, day: date, *, week_starts_on: int) -> date:
    """The first day of the period of the calendar that a day lies in."""
    if by is CohortGrain.WEEK:
        return day - timedelta(days=(day.weekday() - week_starts_on) % 7)
    if by is CohortGrain.DAY:
        return day
    return day.replace(day=1, month=day.month if by is CohortGrain.MONTH else (day.month - 1) // 3 * 3 + 1)


def after(by: CohortGrain, start: date) -> date:
    """The first day of the next period."""
    days = {CohortGrain.DAY: 1, CohortGrain.WEEK: 7, CohortGrain.MONTH: 32, CohortGrain.QUARTER: 95}[by]
    return first_of(by, start + timedelta(days=days), week_starts_on=start.weekday())


def cohort_table(
    *,
    actor: Actor,
    partner_id: UUID,
    by: CohortGrain,
    starts_on: date,
    ends_on: date,
    observed_until: datetime,
    basis: str,
    split: CohortDimension = CohortDimension.ALL,
    currency: str | None = None,
) -> CohortTable:
    """The cohorts that begin in [starts_on, ends_on) of the partner's calendar, each of them whole.

    `observed_until` is where the observed world ends: what happened at or after it is not there. Without a
    currency it is the partner's.
    """
    values: dict[str, Any] = {
        "partner": partner_id,
        "from": starts_on,
        "to": ends_on,
        "currency": currency,
        "by": by.value,
        "split": split.value,
        "parts": MOST_PARTS,
        "horizons": [0, *HORIZONS],
        "world_ends_at": observed_until,
    }
    ((timezone, week_starts_on, asked, is_fresh, currencies),) = fetch(SHOP, values, actor=actor)
    zone = ZoneInfo(timezone)
    calendar = _Calendar(
        by=by,
        week_starts_on=week_starts_on,
        ends_on=observed_until.astimezone(zone).date(),
        last_date=(observed_until - timedelta(microseconds=1)).astimezone(zone).date(),
    )
    values |= {
        "timezone": timezone,
        "week_starts_on": week_starts_on,
        "currency": asked,
        # Cohorts are told whole: those that begin in the time asked for.
        "from": calendar.first_from(starts_on),
        "to": calendar.first_from(ends_on),
        "world_ends_on": calendar.ends_on,
        "last_date": calendar.last_date,
    }
    told = [""]
    if split is not CohortDimension.ALL:
        told = [row[0] for row in fetch(PARTS, values, actor=actor)]
    question = Question(actor=actor, by=by, split=split, basis=basis, values={**values, "told": told})
    found: dict[Key, Found] = {}
    add_days(found, question)
    add_periods(found, question, cut=calendar.cut)
    found = {key: one for key, one in found.items() if one.size}
    oldest = min((start for start, _ in found), default=calendar.ends_on)
    width = sum(1 for _ in takewhile(lambda one: one[0] <= calendar.last_date, calendar.periods(oldest)))
    cohorts = [_cohort(key, one, calendar, split=split, width=width) for key, one in found.items()]
    cohorts.sort(key=lambda one: (one.starts_on, one.is_rest, -one.size, one.part or ""))
    return CohortTable(
        by=by,
        split=split,
        basis=basis,
        currency=asked,
        other_currencies=[other for other in currencies if other != asked],
        observed_until=observed_until,
        is_fresh=is_fresh,
        cohorts=cohorts,
        size=sum(one.size for one in cohorts),
        ltv=[_together(days, [one.ltv[place] for one in cohorts]) for place, days in enumerate(HORIZONS)],
    )


@dataclass(frozen=True, kw_only=True)
class _Calendar:
    """Periods, and where the observed world ends among them."""

    by: CohortGrain
    week_starts_on: int
    ends_on: date
    """The day in which it ends, maybe with its very beginning."""
    last_date: date
    """The last day of which something is observed."""

    def first_of(self, day: date) -> date:
        """The beginning of the period a day lies in."""
        return first_of(self.by, day, week_starts_on=self.week_starts_on)

    def first_from(self, day: date) -> date:
        """The first beginning of a period that is not before a day."""
        start = self.first_of(day)
        return start if start == day else after(self.by, start)

    @property
    def cut(self) -> date | None:
        """The beginning of the period in which the world ends; None where it ends with one."""
        start = self.first_of(self.last_date)
        return start if after(self.by, start) > self.ends_on else None

    def status(self, start: date, end: date) -> CellStatus:
        """Of the period [start, end)."""
        if start > self.last_date:
            return CellStatus.NOT_STARTED
        return CellStatus.COMPLETE if end <= self.ends_on else CellStatus.IN_PROGRESS

    def periods(self, start: date) -> Iterator[tuple[date, date]]:
        """From a day on, as many as are told."""
        for index in count():
            if self.by is CohortGrain.DAY and index > DAYS_APART:
                return
            end = after(self.by, start)
            yield start, end
            start = end


def _cohort(key: Key, one: Found, calendar: _Calendar, *, split: CohortDimension, width: int) -> Cohort:
    """A cohort with `width` periods, also those that have not begun."""
    start, part = key
    is_split = split is not CohortDimension.ALL
    end = after(calendar.by, start)
    is_won = end <= calendar.ends_on
    periods = []
    for index, (starts_on, ends_on) in enumerate(islice(calendar.periods(start), width)):
        active, bought = one.periods.get(starts_on, (0, NOTHING))
        periods.append(
            PeriodCell(
                index=index,
                starts_on=starts_on,
                ends_on=ends_on,
                status=calendar.status(starts_on, ends_on),
                active=active,
                bought=bought,
            )
        )
    return Cohort(
        starts_on=start,
        ends_on=end,
        part=part if is_split else None,
        is_rest=is_split and part is None,
        size=one.size,
        periods=periods,
        ltv=[
            LtvCell(
                days=days,
                status=_maturity(customers, is_all=is_won and customers == one.size),
                customers=customers,
                bought=bought,
            )
            for days, (customers, bought) in one.mature.items()
        ],
    )


def _maturity(customers: int, *, is_all: bool) -> CellStatus:
    if not customers:
        return CellStatus.NOT_STARTED
    return CellStatus.COMPLETE if is_all else CellStatus.IN_PROGRESS


def _together(days: int, cells: Sequence[LtvCell]) -> LtvCell:
    """The same number of days of several cohorts."""
    customers = sum(cell.customers for cell in cells)
    return LtvCell(
        days=days,
        status=_maturity(customers, is_all=all(cell.status is CellStatus.COMPLETE for cell in cells)),
        customers=customers,
        bought=reduce(add, (cell.bought for cell in cells), NOTHING),
    )


__all__ = [
    "Bought",
    "CellStatus",
    "Cohort",
    "CohortTable",
    "LtvCell",
    "PeriodCell",
    "cohort_table",
]
