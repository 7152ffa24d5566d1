"""Tasks of the facts: partitions made ahead; and the hint that wakes the fills."""

import itertools
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from celery import current_app, shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from commerce import retention
from commerce.partitions import make_partitions

log = structlog.get_logger()

WAKE_SECONDS: Final = 0.2
"""At most one hint a partner in this time: more would say the same."""

_woken: dict[UUID, float] = {}
_lost = itertools.count(1)
_lock = threading.Lock()


def wake(partner_id: UUID) -> None:
    """Hint that a partner has stale rows. Never raises: the sweep finds what a lost hint was about.

    May wait for a broker that does not answer, for seconds: not for threads that write.
    """
    now = time.monotonic()
    with _lock:
        if now - _woken.get(partner_id, -WAKE_SECONDS) < WAKE_SECONDS:
            return
        _woken[partner_id] = now
    try:
        # A moment later, so that what arrives together is filled together.
        current_app.send_task(
            "analytics.refresh", kwargs={"partner_id": str(partner_id)}, countdown=WAKE_SECONDS, retry=False
        )
    except (OperationalError, RedisError, OSError) as error:
        with suppress(Exception):
            log.warning(
                "wake-up lost; the sweep will find it",
                partner=str(partner_id),
                error=str(error),
                lost=next(_lost),  # Since this process started.
            )


@shared_task(name="commerce.make_partitions")
def make_event_partitions(**_: Any) -> None:
    """Make the coming months' partitions of the event log, and those of rows that lie in the default one."""
    now: datetime = timezone.now()
    make_partitions(now=now, ahead=timedelta(days=62))


@shared_task(name="commerce.expire")
def expire(*, partner_id: str, **_: Any) -> None:
    """Take away what one partner does not keep any longer."""
    retention.expire(partner_id=UUID(partner_id), now=timezone.now(), deadline=retention.within(45.0))


@shared_task(name="commerce.expire_all")
def expire_all(**_: Any) -> None:
    """Freeze what loses its events, drop months nobody keeps; then each partner is a task of its own."""
    now: datetime = timezone.now()
    retention.freeze_due(now=now)
    retention.drop_months(now=now)
    for partner_id in retention.partners_with_retention():
        expire.apply_async(kwargs={"partner_id": str(partner_id)}, expires=1800)
