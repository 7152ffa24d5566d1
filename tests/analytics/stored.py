"""What is stored of a session, or of a partner: rows by the names of their columns, each table read once."""

from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db import models
from psycopg import sql
from psycopg.rows import dict_row

from commerce.connection import worker_connection

Row = dict[str, Any]
Model = type[models.Model]
# Ids of what has a name at its source; the name is told beside the id.
_NAMED: Final = {"product_id": "commerce_product", "viewer_id": "commerce_viewer"}


@cache
def _statement(model: Model, *, is_of_session: bool) -> sql.Composed:
    columns = {field.column for field in model._meta.local_concrete_fields}
    told, joins = list[sql.Composable]([sql.SQL("t.*")]), list[sql.Composable]()
    for column, table in _NAMED.items():
        if column in columns:
            place, name = sql.Identifier(f"of_{column}"), sql.Identifier(f"{column[:-3]}__external_id")
            told.append(sql.SQL("{}.external_id AS {}").format(place, name))
            joins.append(
                sql.SQL(
                    "LEFT JOIN {} {place} ON {place}.partner_id = t.partner_id AND {place}.id = t.{}"
                ).format(sql.Identifier(table), sql.Identifier(column), place=place)
            )
    of_session = sql.SQL("AND t.session_id = %(session)s" if is_of_session else "")
    return sql.SQL("SELECT {} FROM {} t {} WHERE t.partner_id = %(partner)s {}").format(
        sql.SQL(", ").join(told), sql.Identifier(model._meta.db_table), sql.SQL(" ").join(joins), of_session
    )


class Stored:
    """The rows of one session, or without one of a partner, as they are when a table is first asked for."""

    def __init__(self, partner_id: UUID, session_id: UUID | None = None) -> None:
        self._of = {"partner": partner_id, "session": session_id}
        self._read: dict[Model, list[Row]] = {}

    def rows(self, model: Model, **given: object) -> list[Row]:
        """The rows of a table with these values; with names at their source as `product__external_id`."""
        if model not in self._read:
            statement = _statement(model, is_of_session=self._of["session"] is not None)
            with worker_connection().cursor(row_factory=dict_row) as cursor:
                self._read[model] = cursor.execute(statement, self._of).fetchall()
        return [row for row in self._read[model] if all(row[name] == value for name, value in given.items())]

    def row(self, model: Model, **given: object) -> Row:
        """The one row with these values; an empty one where there is none."""
        rows = self.rows(model, **given)
        assert len(rows) <= 1
        return rows[0] if rows else {}
