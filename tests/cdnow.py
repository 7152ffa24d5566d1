"""The CDNOW sample: who bought compact discs from the first quarter of 1997 on, until June 1998."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from tests.wheels import file_of

PACKAGE: Final = "lifetimes"
LOG: Final = "lifetimes/datasets/CDNOW_sample.txt"
SUMMARY: Final = "lifetimes/datasets/cdnow_customers_summary.csv"
CUSTOMERS: Final = 2357


class Purchase(NamedTuple):
    """One line of the log: a customer's purchase of so many discs on a day."""

    customer: str
    day: date
    discs: int
    value: Decimal


@cache
def purchases() -> tuple[Purchase, ...]:
    """All 6,919, by customer and day."""
    lines = (line.split() for line in file_of(PACKAGE, LOG).decode().splitlines())
    return tuple(
        Purchase(number, datetime.strptime(day, "%Y%m%d").date(), int(discs), Decimal(value))
        for _, number, day, discs, value in lines
    )


@cache
def summary() -> tuple[tuple[int, float, float], ...]:
    """(repeats, recency, age) of each customer at 1997-09-30, in weeks rounded to two decimals."""
    text = io.StringIO(file_of(PACKAGE, SUMMARY).decode())
    return tuple(
        (int(row["frequency"]), float(row["recency"]), float(row["T"])) for row in csv.DictReader(text)
    )
