"""The worker's own connections: native psycopg, one a thread, for ingest and fills."""

import threading
from contextlib import suppress
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_local = threading.local()


def worker_connection() -> psycopg.Connection[Any]:
    """This thread's connection in the worker role, in autocommit; opened anew when the server went away."""
    held: psycopg.Connection[Any] | None = getattr(_local, "connection", None)
    if held is not None and not held.closed and not held.broken:
        return held
    database = settings.DATABASES["worker"]
    parts = {
        "dbname": database["NAME"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        "host": database["HOST"],
        "port": database["PORT"],
        **database["OPTIONS"],
    }
    named = {name: value for name, value in parts.items() if value}
    # What is asked again is asked for ever. Behind a pooler that mixes sessions a prepared statement may be
    # another session's: prepare none there.
    threshold = None if settings.IS_POOLED else 1
    connection = psycopg.connect(**named, autocommit=True, prepare_threshold=threshold)
    connection.execute("SET TIME ZONE 'UTC'")
    role = connection.execute("SELECT current_user").fetchone()
    if role != (settings.WORKER_ROLE,):
        connection.close()
        raise ImproperlyConfigured(
            f"The worker's connection has the role {role[0] if role else None}, not {settings.WORKER_ROLE}. "
            "Behind a pooler, give DATABASE_WORKER_URL and DATABASE_WEB_URL with those logins."
        )
    _local.connection = connection
    return connection


def close_worker_connection() -> None:
    """Close this thread's connection, if it has one."""
    held: psycopg.Connection[Any] | None = getattr(_local, "connection", None)
    if held is not None:
        with suppress(psycopg.Error):
            held.close()
        _local.connection = None


def reason_of(error: Exception) -> str:
    """What went wrong, without the row a database shows beside it: people may have written it."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__}: {said or error}"
