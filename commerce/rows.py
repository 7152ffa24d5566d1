"""Rows found by their ids: the ORM writes the statement once, because that takes it longer than to run it."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.expressions import RawSQL
from psycopg import sql

from commerce.access import Within

Row = TypeVar("Row", bound=models.Model)
WALLED: Final = sql.SQL("{id} = ANY(%(ids)s) AND {column} = ANY(%(seen)s)")


class ById(Generic[Row]):
    """Finds rows of a query without values of its own by their ids: of them those within an actor's wall."""

    def __init__(self, rows: models.QuerySet[Row]) -> None:
        self._rows = rows
        self._written = cache(self._write)

    def found(self, ids: Sequence[UUID], *, within: Within) -> dict[UUID, Row]:
        """The rows by id; what the query joins is joined, what it defers is read when asked for."""
        column, seen = within
        statement, made = self._written(column)
        with connection.cursor() as cursor:
            cursor.execute(statement, {"ids": list(ids), "seen": list(seen)})
            rows = [made(values) for values in cursor.fetchall()]
        return {row.pk: row for row in rows}

    def one(self, identity: UUID, *, within: Within) -> Row | None:
        """The row of an id."""
        return self.found([identity], within=within).get(identity)

    def _write(self, column: str) -> tuple[str, Callable[[tuple[Any, ...]], Row]]:
        """The statement for a wall of this column, and what makes a row of its values."""
        table = self._rows.model._meta.db_table
        walled = WALLED.format(id=sql.Identifier(table, "id"), column=sql.Identifier(table, column))
        asked = self._rows.filter(RawSQL(walled.as_string(), (), output_field=models.BooleanField()))
        compiler = asked.query.get_compiler(DEFAULT_DB_ALIAS)
        statement, values = compiler.as_sql()
        own = compiler.klass_info
        # Columns that are read otherwise than PostgreSQL tells them, such as JSON, are not for here.
        if values or own is None or compiler.get_converters(expression for expression, *_ in compiler.select):
            raise ValueError(f"Rows of {table} are not found by a statement that is written once.")
        return statement, _maker(own, compiler.select)


def _maker(of: dict[str, Any], select: Sequence[Any]) -> Callable[[tuple[Any, ...]], Any]:
    """What makes an instance of a row's values, and in it those it points at; None where there is none."""
    model, places = of["model"], of["select_fields"]
    names = [select[place][0].target.attname for place in places]
    first, last, key = places[0], places[-1] + 1, places[names.index(model._meta.pk.attname)]
    joined = [(_maker(one, select), one["local_setter"]) for one in of.get("related_klass_infos", ())]

    def made(values: tuple[Any, ...]) -> Any:
        if values[key] is None:
            return None
        row = model.from_db(DEFAULT_DB_ALIAS, names, values[first:last])
        for make, fill in joined:
            fill(row, make(values))
        return row

    return made
