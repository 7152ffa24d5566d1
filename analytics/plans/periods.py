"""Weeks, fortnights, months, quarters and years: half-open, from their first day to that of the next."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from analytics.metrics import Cadence

WEEK: Final = timedelta(weeks=1)
EPOCH: Final = date(1970, 1, 5)
"""In the first week of a fortnight, on whatever day weeks begin: all who begin them alike begin together."""
MONTHS: Final = {Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3, Cadence.YEARLY: 12}


@dataclass(frozen=True, kw_only=True)
class Period:
    """One period of a cadence: the days [starts_on, ends_on)."""

    cadence: Cadence
    starts_on: date
    ends_on: date
    week_starts_on: int
    """The first day of the calendar's weeks, 0 for Monday."""

    @property
    def previous(self) -> "Period":
        """The one before."""
        return period_of(self.cadence, self.starts_on - timedelta(days=1), week_starts_on=self.week_starts_on)

    @property
    def following(self) -> "Period":
        """The one after."""
        return period_of(self.cadence, self.ends_on, week_starts_on=self.week_starts_on)


def period_of(cadence: Cadence, day: date, *, week_starts_on: int) -> Period:
    """The period a day lies in; weeks and fortnights begin on `week_starts_on`, 0 for Monday.

    Fortnights are counted from the week of 5 January 1970.
    """
    match cadence:
        case Cadence.WEEKLY:
            first = first_of_week(day, week_starts_on)
            last = first + WEEK
        case Cadence.BIWEEKLY:
            epoch = first_of_week(EPOCH, week_starts_on)
            first = epoch + (day - epoch) // (2 * WEEK) * (2 * WEEK)
            last = first + 2 * WEEK
        case _:
            months = MONTHS[cadence]
            first = day.replace(day=1, month=(day.month - 1) // months * months + 1)
            last = _months_on(first, months)
    return Period(cadence=cadence, starts_on=first, ends_on=last, week_starts_on=week_starts_on)


def first_of_week(day: date, week_starts_on: int) -> date:
    """The first day of the week a day lies in."""
    return day - timedelta(days=(day.weekday() - week_starts_on) % 7)


def _months_on(first: date, months: int) -> date:
    ahead = first.year * 12 + first.month - 1 + months
    return first.replace(year=ahead // 12, month=ahead % 12 + 1)


def days_of(period: Period) -> str:
    """A period's first and last day."""
    return f"{period.starts_on} to {period.ends_on - timedelta(days=1)}"
