"""The worker's own connections: native psycopg, one a thread, for ingest and fills."""

import threading
from contextlib import suppress
from typing import Any

import psycopg
from django.conf import settings

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
    connection = psycopg.connect(**{name: value for name, value in parts.items() if value}, autocommit=True)
    connection.execute("SET TIME ZONE 'UTC'")
    _local.connection = connection
    return connection


def close_worker_connection() -> None:
    """Close this thread's connection, if it has one."""
    held: psycopg.Connection[Any] | None = getattr(_local, "connection", None)
    if held is not None:
        with suppress(psycopg.Error):
            held.close()
        _local.connection = None
