"""Monthly partitions of the event log: made ahead, and for whatever lies in the default one."""

from datetime import date, datetime, timedelta

from commerce.connection import worker_connection


def make_partitions(*, now: datetime, ahead: timedelta) -> dict[date, int]:
    """Make missing partitions; answers the months made and how many rows moved there from the default one."""
    connection = worker_connection()
    months = {row[0] for row in connection.execute("SELECT DISTINCT date_trunc('month', occurred_at)::date FROM commerce_event_default")}
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
