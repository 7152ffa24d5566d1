"""The statements that count by source of the traffic; composed once a process."""

from functools import cache

from psycopg import sql

from analytics.fills import told
from analytics.fills.composing import IDENTITY, SOLD, by_basis, compose, listed, raw, updates
from analytics.metrics import Fact, Scope, stored


def _identity(row: str, *more: str) -> sql.Composable:
    """The id of a row about a source in a session; the sign between the names is in none of them."""
    parts = (f"{row}.session_id::text", *(f"{row}.{name}" for name in more))
    names = (f"{row}.source", f"{row}.sub_source", f"{row}.is_paid::text")
    return raw(f"md5(concat_ws(E'\\x01', {', '.join(parts)}, {', '.join(names)}))::uuid")


@cache
def source_minutes() -> sql.Composed:
    """Minutes of sessions by source, from a moment on."""
    columns = {metric.key: metric.expression for metric in stored(Scope.SOURCE, Fact.EVENTS)}
    return compose(
        "source_minutes.sql",
        told=listed(f"{expression} AS {name}" for name, expression in told.TOLD.items()),
        source=raw(told.SOURCE),
        sub_source=raw(told.SUB_SOURCE),
        is_paid=raw(told.IS_PAID),
        columns=listed(columns),
        aggregates=listed(columns.values()),
        updates=updates(columns),
        identity=_identity("e", "minute::text"),
    )


@cache
def sources() -> sql.Composed:
    """The part of `sessions` that groups its people by source, beside what minutes tell of sources."""
    events = [metric.key for metric in stored(Scope.SOURCE, Fact.EVENTS)]
    people = {metric.key: metric.expression for metric in stored(Scope.SOURCE, Fact.PEOPLE)}
    columns = [*events, *people]
    return compose(
        "sources.sql",
        sums=listed(f"sum({name}) AS {name}" for name in columns),
        no_events=listed(f"0 AS {name}" for name in events),
        people=listed(f"{expression} AS {name}" for name, expression in people.items()),
        events=listed(f"sum(m.{name})" for name in events),
        no_people=listed("0" for _ in people),
        columns=listed(columns),
        updates=updates(columns),
        identity=_identity("e"),
    )


@cache
def source_sales() -> sql.Composed:
    """Sales of sessions by source and currency."""
    columns = by_basis(stored(Scope.SOURCE, Fact.ORDERS))
    return compose(
        "source_sales.sql",
        sold=raw(SOLD),
        columns=listed(columns),
        aggregates=listed(columns.values()),
        updates=updates(columns),
        viewing=raw(IDENTITY.replace("p.session_id", "f.subject_id").replace("p.", "f.")),
        identity=_identity("o", "currency"),
    )
