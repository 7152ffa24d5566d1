"""Rows by their ids, found by a statement that is written once: the ORM writes one longer than it runs."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, models
from psycopg import sql

Row = TypeVar("Row", bound=models.Model)
Within = tuple[str, Sequence[UUID]]
"""A column of a table and the values in it that an actor may see: `commerce.access.within` tells."""

STATEMENT: Final = sql.SQL("SELECT {columns} FROM {table} {joins} WHERE {id} = ANY(%(ids)s) AND {wall}")
JOIN: Final = sql.SQL("JOIN {table} ON {id} = {reference}")


class ById(Generic[Row]):
    """Finds rows of a model as instances of it; what `joined` names is there, and `without` read when asked.

    Joined are references that are never null.
    """

    def __init__(
        self, model: type[Row], *, joined: Sequence[str] = (), without: frozenset[str] = frozenset()
    ) -> None:
        self._model = model
        self._joined = joined
        self._without = without
        self._read = cache(self._written)

    def found(self, ids: Sequence[UUID], *, within: Within) -> dict[UUID, Row]:
        """The rows by id, of those that are within."""
        column, seen = within
        statement, parts = self._read(column)
        with connection.cursor() as cursor:
            cursor.execute(statement, {"ids": list(ids), "seen": list(seen)})
            rows = [_made(values, parts) for values in cursor.fetchall()]
        return {row.pk: row for row in rows}

    def one(self, identity: UUID, *, within: Within) -> Row | None:
        """The row of an id, if it is within."""
        return self.found([identity], within=within).get(identity)

    def _written(self, column: str) -> tuple[str, list[Part]]:
        """The statement for a wall of this column, and what its columns are of."""
        own = self._model._meta
        references = [own.get_field(name) for name in self._joined]
