"""How numbers are read: one statement a question, however many subjects, walled to the actor's partners."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg import sql

from analytics.metrics import Fact, Metric, Unit
from commerce.access import Actor


def fetch(statement: str, values: Mapping[str, Any], *, actor: Actor) -> list[tuple[Any, ...]]:
    """The rows of a statement that narrows itself to `%(partners)s`: the actor's, nobody else's.

    One that outsiders may ask narrows itself to `%(collaborations)s` too, or to subjects that
    `analytics.queries.subjects.may_see` has chosen.
    """
    walls: dict[str, Any] = {
        "partners": list(actor.partner_ids),
        "collaborations": list(actor.collaboration_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, **walls})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def raw(text: str) -> sql.Composable:
    """SQL of ours as it stands; never anything a caller sent."""
    return sql.SQL(text)


def composed(text: str, **parts: sql.Composable) -> str:
    """A statement with its generated parts put in their places, as text: made once, sent often."""
    return sql.SQL(text).format(**parts).as_string()


def listed(parts: Iterable[str]) -> sql.Composable:
    """Parts of a select list."""
    return raw(", ".join(parts))


def column(metric: Metric, basis: str, *, events: str, orders: str, showings: str = "") -> str:
    """Where a stored metric is read: in rows `orders` when it has a currency, else in rows `events`.

    What is summed over moments is in rows `showings`, where those are not summed already.
    """
    owner = orders if metric.fact is Fact.ORDERS else events
    if metric.fact is Fact.SHOWINGS:
        owner = showings or events
    name = f"{owner}.{metric.column(basis)}"
    return name if metric.unit is Unit.MOMENT else f"COALESCE({name}, 0)"


def by_key(metrics: Sequence[Metric], values: Sequence[Any]) -> dict[str, Any]:
    """Values under the keys of their metrics."""
    return {metric.key: value for metric, value in zip(metrics, values, strict=False)}
