"""Paths as tests tell them, in the temporary tables the models read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import NAMESPACE_OID, UUID, uuid5

from psycopg import Connection

from commerce.connection import worker_connection
from kol.attribution import Fit, create_paths
from tests.oracle.attribution import MODELS, Met

MONTH: Final = date(2026, 5, 1)
END: Final = datetime(2026, 6, 1, tzinfo=UTC)
SINCE: Final = END - timedelta(days=90)
PLACED: Final = END - timedelta(days=10)


def named(name: object) -> UUID:
    """The id of a name, always the same."""
    return uuid5(NAMESPACE_OID, str(name))


PARTNER: Final = named("partner")
FIT: Final = Fit(partner_id=PARTNER, month=MONTH, since=SINCE, until=END)


@dataclass(frozen=True)
class Journey:
    """A path of a partner's order (`placed_at`), or of somebody who did not order."""

    path: Sequence[Met]
    conversions: int = 1
    nulls: int = 0
    placed_at: datetime | None = PLACED
    month: date = MONTH
    partner: UUID = PARTNER


def numbered(of: Iterable[Journey]) -> Iterator[tuple[UUID, Journey]]:
    """Each with its id: the name of its number among its partner's, so that partners have the same ids."""
    count: Counter[UUID] = Counter()
    for one in of:
        yield named(count[one.partner]), one
        count[one.partner] += 1


@contextmanager
def paths(of: Iterable[Journey]) -> Iterator[Connection[Any]]:
    """The journeys in the temporary tables, as they are `numbered`, for as long as the block lasts."""
    connection = worker_connection()
    with connection.transaction():
        create_paths(connection)
        steps = []
        with connection.cursor().copy("COPY journey FROM STDIN") as copy:
            for identity, one in numbered(of):
                copy.write_row((one.partner, identity, one.month, one.conversions, one.nulls, one.placed_at))
                for position, met in enumerate(one.path, start=1):
                    steps.append((one, identity, position, met))
        with connection.cursor().copy("COPY step FROM STDIN") as copy:
            # Latest first: nothing may hang on how rows lie.
            for one, identity, position, met in reversed(steps):
                kind = "CODE" if met.is_code else "LIVE_VIEW"
                touched_at = (one.placed_at or END) - timedelta(seconds=met.age)
                who = (named(met.kol), named(met.collaboration))
                copy.write_row((one.partner, identity, position, *who, kind, touched_at, met.is_exclusive))
        yield connection


Weighed = dict[tuple[UUID, UUID], dict[UUID, dict[str, Decimal]]]


def weighed(connection: Connection[Any]) -> Weighed:
    """The weights there are: (partner, journey) -> collaboration -> model."""
    columns = ", ".join(f"{model}_weight" for model in MODELS)
    found: Weighed = defaultdict(dict)
    for partner, journey, collaboration, *values in connection.execute(
        f"SELECT partner_id, journey_id, collaboration_id, {columns} FROM weight"
    ):
        assert collaboration not in found[partner, journey]
        found[partner, journey][collaboration] = dict(zip(MODELS, values, strict=True))
    return found
