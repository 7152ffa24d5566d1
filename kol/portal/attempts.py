"""Guesses at a password are few: counted in Redis for a while, by login and by address."""

import contextlib
from typing import Final

import redis
from django.conf import settings

MOST: Final = 10
SECONDS: Final = 300


def _names(username: str, address: str) -> tuple[str, str]:
    return f"sign-in:login:{username.lower()[:150]}", f"sign-in:address:{address}"


def are_too_many(*, username: str, address: str) -> bool:
    """Whether nobody may guess for a while; an absent Redis stops nobody."""
    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1) as store:
        counts = [int(told) if told else 0 for told in store.mget(_names(username, address))]  # type: ignore[union-attr]
        return counts[0] >= MOST or counts[1] >= 5 * MOST
    return False


def note_failure(*, username: str, address: str) -> None:
    """Count a wrong guess."""
    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1) as store:
        for name in _names(username, address):
            if store.incr(name) == 1:
                store.expire(name, SECONDS)
