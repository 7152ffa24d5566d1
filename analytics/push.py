"""Telling whoever listens that a session's numbers changed: one small message after the fill's commit.

A message says which session, and nothing else: whoever gets it reads the numbers as they are then. A lost
one costs a listener seconds, never a number.
"""

import itertools
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Final
from uuid import UUID

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger()

HOLD_SECONDS: Final = 2.0
"""After a failure nothing is sent for so long: fills must not wait for a broker that is away."""

_lost = itertools.count(1)
_silent_until = [0.0]


def channel(*, partner_id: UUID, session_id: UUID) -> str:
    """Where changes of a session are told."""
    return f"liveledger:push:{partner_id}:{session_id}"


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )


def announce(*, partner_id: UUID, session_ids: Iterable[UUID]) -> None:
    """Tell that sessions were filled, in one round trip; never raises.

    To be called after the transaction: listeners read at once, and must see what was written.
    """
    if time.monotonic() < _silent_until[0]:
        return
    try:
        with _client().pipeline(transaction=False) as pipeline:
            for session_id in session_ids:
                pipeline.publish(channel(partner_id=partner_id, session_id=session_id), b"")
            pipeline.execute()
    except (RedisError, OSError) as error:
        _silent_until[0] = time.monotonic() + HOLD_SECONDS
        with suppress(Exception):
            log.warning(
                "push lost; listeners find it by themselves",
                partner=str(partner_id),
                error=str(error),
                lost=next(_lost),  # Since this process started.
            )
