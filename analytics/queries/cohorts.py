"""Cohorts as they are read: sums over their customers, of rollups but for where the observed world ends.

A cell is of the world before `observed_until`. Rollups know of no such end; where it cuts through a day of
first purchases or through a period, that one day or period is summed from lives.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

from analytics.models.cohorts import (
    CohortDimension,
    CohortGrain,
)
from commerce.access import Actor

MOST_PARTS: Final = 50
"""A split tells so many parts; the others together are one more."""


class CellStatus(Enum):
    """Whether all that a cell is about has been observed."""

    COMPLETE = "COMPLETE"
    IN_PROGRESS = "IN_PROGRESS"
    NOT_STARTED = "NOT_STARTED"


@dataclass(frozen=True, kw_only=True)
class Bought:
    """What customers bought, added up; `sales` and `orders` by the basis that was asked for."""

    orders: int
    sales: Decimal
    paid_orders: int
    uncosted_orders: int
    """Paid orders whose costs are not known."""
    net_sales: Decimal
    costs: Decimal

    @property
    def profit(self) -> Decimal | None:
        """Net sales less costs; None where the costs of an order are not known."""
        return None if self.uncosted_orders else self.net_sales - self.costs

    def __add__(self, other: "Bought") -> "Bought":
        return Bought(
            orders=self.orders + other.orders,
            sales=self.sales + other.sales,
            paid_orders=self.paid_orders + other.paid_orders,
            uncosted_orders=self.uncosted_orders + other.uncosted_orders,
            net_sales=self.net_sales + other.net_sales,
            costs=self.costs + other.costs,
        )


NOTHING: Final = Bought(
    orders=0, sales=Decimal(0), paid_orders=0, uncosted_orders=0, net_sales=Decimal(0), costs=Decimal(0)
)


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
    raise NotImplementedError("answered by the next version of this module")
