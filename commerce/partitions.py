"""Monthly partitions of the event log: made ahead, and for whatever lies in the default one."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from commerce.connection import worker_connection


def make_partitions(*, now: datetime, ahead: timedelta) -> dict[date, int]:
    """Make missing partitions; answers the months made and how many rows moved there from the default one."""
    connection = worker_connection()
    months = {
        row[0]
        for row in connection.execute(
            "SELECT DISTINCT date_trunc('month', occurred_at)::date FROM commerce_event_default"
        )
    }
    month, last = now.date().replace(day=1), (now + ahead).date().replace(day=1)
    while month <= last:
        months.add(month)
        month = (month + timedelta(days=32)).replace(day=1)
    made = {}
    for month in sorted(months):
        row = connection.execute("SELECT commerce_make_event_partition(%s)", [month]).fetchone()
        if row is not None and row[0] >= 0:
            made[month] = row[0]
    return made


COUNTED: Final = 100_000
PARTITIONS: Final = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), c.reltuples::bigint, pg_total_relation_size(c.oid)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'commerce_event'::regclass ORDER BY c.relname
"""


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A partition of the log: its days (half open; None: the default one), rows as last estimated, size."""

    name: str
    starts_on: date | None
    ends_on: date | None
    rows: int | None
    bytes: int


def list_partitions() -> list[Partition]:
    """The partitions there are, by name."""
    return [
        Partition(
            name=name,
            starts_on=date.fromisoformat(days[0]) if days else None,
            ends_on=date.fromisoformat(days[1]) if days else None,
            rows=estimate if estimate >= 0 else None,
            bytes=size,
        )
        for name, bound, estimate, size in worker_connection().execute(PARTITIONS).fetchall()
        for days in [re.findall(r"'(\d{4}-\d\d-\d\d)", bound)]
    ]


def count_default_rows() -> int:
    """How many events lie in the default partition; counted up to `COUNTED`."""
    row = worker_connection().execute(
        "SELECT count(*) FROM (SELECT 1 FROM commerce_event_default LIMIT %s) waiting", [COUNTED]
    ).fetchone()
    return 0 if row is None else int(row[0])
