"""A month of the log is made while others read and write it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import psycopg
from django.db import connections

from commerce.models import Partner
from commerce.partitions import list_partitions, make_partitions
from tests.commerce.admin_pages import WORKER
from tests.factories import deliver, event

LONG_AGO = datetime(1998, 2, 10, 12, tzinfo=UTC)
WAITING = "SELECT count(*) FROM pg_locks WHERE relation::regclass::text ~ '^commerce_event' AND NOT granted"


def make() -> bool:
    """Make the partitions that are missing, in a thread of its own."""
    try:
        make_partitions(now=LONG_AGO, ahead=timedelta(days=1))
    finally:
        connections.close_all()
    return any(one.name == "commerce_event_1998_02" for one in list_partitions())


def test_who_read_the_log_and_goes_on_to_write_it_is_not_waited_for_by_who_waits_for_him(
    partner: Partner,
) -> None:
    connections[WORKER].ensure_connection()
    address = connections[WORKER].connection.info.dsn
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(address) as other,
        psycopg.connect(address, autocommit=True) as watcher,
    ):
        other.execute("SELECT count(*) FROM commerce_event WHERE partner_id = %s", [partner.pk])
        making = pool.submit(make)
        until = monotonic() + 30
        while watcher.execute(WAITING).fetchone() == (0,):
            assert monotonic() < until, "nobody waits for the reader"
            sleep(0.02)
        other.execute("UPDATE commerce_event SET view = view WHERE partner_id = %s", [partner.pk])
        other.commit()
        assert making.result(timeout=60)
    told = deliver(partner, [event("live_session_started", LONG_AGO, subject="old")])
    assert (told.accepted, told.rejected) == (1, 0)
