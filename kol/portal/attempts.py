"""Guesses at a password are few: counted in Redis for a while, by login and by address."""

import contextlib
from typing import Final

import redis
from django.conf import settings

MOST: Final = 10
"""Guesses at one login; an address, where a whole office may sit, has five times as many."""
SECONDS: Final = 300


def _names(username: str, address: str) -> tuple[str, str]:
    return f"sign-in:login:{username.lower()[:150]}", f"sign-in:address:{address}"


def is_one_too_many(*, username: str, address: str) -> bool:
    """Count an attempt before it is made, so that many at once count too; an absent Redis stops nobody."""
    with (
        contextlib.suppress(redis.RedisError),
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1) as store,
    ):
        steps = store.pipeline()
        for name in _names(username, address):
            steps.set(name, 0, ex=SECONDS, nx=True)
            steps.incr(name)
        _, of_login, _, of_address = steps.execute()
        return bool(of_login > MOST or of_address > 5 * MOST)
    return False


def forget(*, username: str, address: str) -> None:
    """Somebody knew the password: what he tried before was no guess."""
    with (
        contextlib.suppress(redis.RedisError),
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1) as store,
    ):
        login, from_there = _names(username, address)
        tried = int(store.getdel(login) or 0)
        if store.exists(from_there):
            store.decrby(from_there, tried)
