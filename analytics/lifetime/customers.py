"""Customers as models see them, read from their lives: what each had bought by a day, and what came after."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
from psycopg import Connection

from analytics.lifetime import copying
from analytics.lifetime.estimation import Array
from analytics.lifetime.purchases import DAYS_OF_WEEK

EPOCH: Final = date(1970, 1, 1)
COUNTS: Final = ("first_day", "repeats", "last_day", "later", "latest_day")
WORTHS: Final = ("first_worth", "repeat_worth", "later_worth")

COSTS_UNKNOWN: Final = """
SELECT EXISTS (
    SELECT FROM analytics_customerlife l, unnest(l.is_paid, l.costs) AS u (is_paid, cost)
    WHERE l.partner_id = %(partner)s AND l.currency = %(currency)s AND u.is_paid AND u.cost IS NULL
        AND array_position(l.costs, NULL) IS NOT NULL -- Where all are known nothing is taken apart.
)
"""
# Who was won before the calibration's end, by what he had bought: few rows, however many customers.
GROUPED: Final = """
SELECT repeats, last_day - first_day AS recency, %(last)s - first_day AS age, count(*)::int AS customers
FROM bought WHERE first_day <= %(last)s GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, kw_only=True)
class Window:
    """What was observed: days before `calibrated_to`, and those from there to before `observed_to`."""

    calibrated_to: date
    observed_to: date

    @property
    def holdout_days(self) -> int:
        """How long the second part is."""
        return (self.observed_to - self.calibrated_to).days

    @property
    def calibrated_day(self) -> int:
        """The last day of the first part, by number."""
        return (self.calibrated_to - EPOCH).days - 1

    @property
    def observed_day(self) -> int:
        """The last day of all, by number."""
        return (self.observed_to - EPOCH).days - 1


@dataclass(frozen=True, kw_only=True)
class Customers:
    """Customers of one currency, arrays of one length: days by number, worth in the currency.

    `repeats` and `last_day` are of the calibration, `later` counts the days with a purchase after it and
    after the first one.
    """

    ids: "np.ndarray[Any, np.dtype[np.void]]"
    first_day: Array
    repeats: Array
    last_day: Array
    later: Array
    latest_day: Array
    first_worth: Array
    repeat_worth: Array
    later_worth: Array

    def __len__(self) -> int:
        return len(self.ids)

    def only(self, chosen: "np.ndarray[Any, np.dtype[np.bool_]]") -> "Customers":
        """Those of a mask."""
        return Customers(**{name: column[chosen] for name, column in vars(self).items()})

    def calibrated(self, window: Window) -> "dict[str, Array]":
        """Their histories at the end of the calibration; of those won by then."""
        return _history(self.repeats, self.last_day, self.first_day, window.calibrated_day)

    def observed(self, window: Window) -> "dict[str, Array]":
        """Their histories at the end of all that was observed."""
        return _history(self.repeats + self.later, self.latest_day, self.first_day, window.observed_day)


def _history(repeats: Array, last: Array, first: Array, day: int) -> dict[str, Array]:
    return {"repeats": repeats, "recency": (last - first) / DAYS_OF_WEEK, "age": (day - first) / DAYS_OF_WEEK}


@cache
def _statement() -> str:
    return (Path(__file__).parent / "customers.sql").read_text(encoding="utf-8")


def has_all_costs(connection: Connection[Any], *, partner_id: UUID, currency: str) -> bool:
    """Whether the cost of every paid order is known: worth is margin then, and else net sales, for everybody.

    One thing for all of a partner's customers, or they could not be compared.
    """
    row = connection.execute(COSTS_UNKNOWN, {"partner": partner_id, "currency": currency}).fetchone()
    return row is None or not row[0]


def gather(
    connection: Connection[Any], *, partner_id: UUID, currency: str, timezone: str, window: Window
) -> bool:
    """Make the temporary table `bought`; answers whether worth is margin: all costs are known."""
    values: dict[str, Any] = {"partner": partner_id, "currency": currency, "timezone": timezone}
    by_margin = has_all_costs(connection, partner_id=partner_id, currency=currency)
    # A million customers are grouped in memory, and nobody knows how many rows a temporary table has.
    connection.execute("SET LOCAL jit = off; SET LOCAL work_mem = '128MB'; DROP TABLE IF EXISTS bought")
    connection.execute(_statement(), {**values, **vars(window), "by_margin": by_margin})
    connection.execute("ANALYZE bought")
    return by_margin


def grouped(connection: Connection[Any], *, window: Window) -> Array:
    """(repeats, recency in days, age in days, customers) at the end of the calibration, in order."""
    names = ("repeats", "recency", "age", "customers")
    columns = dict.fromkeys(names, copying.COUNT)
    told = copying.read(connection, GROUPED, {"last": window.calibrated_day}, columns=columns)
    order = np.lexsort([told[name] for name in ("age", "recency", "repeats")])
    return np.stack([told[name][order] for name in names], axis=1).astype(np.float64)


def customers(connection: Connection[Any]) -> Customers:
    """Everybody in the table."""
    numbers = {**dict.fromkeys(COUNTS, copying.COUNT), **dict.fromkeys(WORTHS, copying.NUMBER)}
    statement = f"SELECT customer_id AS ids, {', '.join(numbers)} FROM bought"
    told = copying.read(connection, statement, {}, columns={"ids": copying.IDENTITY, **numbers})
    return Customers(ids=told["ids"], **{name: told[name].astype(np.float64) for name in numbers})
