"""Weeks, fortnights, months and quarters of a calendar: half-open, from their first day to the next's."""

from dataclasses import dataclass
from datetime import date, timedelta

from analytics.metrics import Cadence

WEEK = timedelta(weeks=1)
# A Monday: fortnights are counted from it, so that everybody's begin together.
EPOCH = date(1970, 1, 5)


@dataclass(frozen=True, kw_only=True)
class Period:
    """One period of a cadence: the days [starts_on, ends_on)."""

    cadence: Cadence
    starts_on: date
    ends_on: date

    @property
    def previous(self) -> "Period":
        """The one before."""
        return period_of(self.cadence, self.starts_on - timedelta(days=1))

    @property
    def following(self) -> "Period":
        """The one after."""
        return period_of(self.cadence, self.ends_on)


def period_of(cadence: Cadence, day: date) -> Period:
    """The period a day lies in. Weeks begin on Monday; fortnights on every other one since 5 January 1970."""
    match cadence:
        case Cadence.WEEKLY:
            first = day - timedelta(days=day.weekday())
            last = first + WEEK
        case Cadence.BIWEEKLY:
            first = EPOCH + (day - EPOCH) // (2 * WEEK) * (2 * WEEK)
            last = first + 2 * WEEK
        case Cadence.MONTHLY:
            first = day.replace(day=1)
            last = _months_on(first, 1)
        case Cadence.QUARTERLY:
            first = day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
            last = _months_on(first, 3)
    return Period(cadence=cadence, starts_on=first, ends_on=last)


def _months_on(first: date, months: int) -> date:
    ahead = first.year * 12 + first.month - 1 + months
    return first.replace(year=ahead // 12, month=ahead % 12 + 1)


def days_of(period: Period) -> str:
    """A period's first and last day."""
    return f"{period.starts_on} to {period.ends_on - timedelta(days=1)}"
