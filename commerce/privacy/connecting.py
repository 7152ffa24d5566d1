"""The connection acts on persons work by: the worker's, in the transaction that also writes the record."""

from typing import Any

from django.db import connections
from psycopg import Connection


def worker() -> Connection[Any]:
    """The raw connection of the worker's transaction."""
    wrapper = connections["worker"]
    wrapper.ensure_connection()
    connection: Connection[Any] = wrapper.connection
    return connection
