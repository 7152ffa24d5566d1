"""Ten thousand journeys over twelve channels, as an attribution library publishes them for trying it out."""

import csv
import gzip
import io
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from tests.wheels import file_of

PACKAGE: Final = "mta"
FILE: Final = "mta/data/data.csv.gz"


class Journey(NamedTuple):
    """Channels in the order they were met, how often they led to a conversion and how often not."""

    path: tuple[str, ...]
    conversions: int
    nulls: int
    value: Decimal


@cache
def journeys() -> tuple[Journey, ...]:
    """All of them, in the order of the file."""
    text = gzip.decompress(file_of(PACKAGE, FILE)).decode()
    return tuple(
        Journey(
            path=tuple(row["path"].split(" > ")),
            conversions=int(row["total_conversions"]),
            nulls=int(row["total_null"]),
            value=Decimal(row["total_conversion_value"]),
        )
        for row in csv.DictReader(io.StringIO(text))
    )
