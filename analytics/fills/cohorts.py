"""Cohorts of customers, brought up to their lives: whole days of first purchases are replaced."""

from datetime import date
from functools import cache
from typing import Any, Final

from psycopg import Connection, sql

from analytics.fills import statements
from analytics.fills.composing import compose, listed, raw, updates
from analytics.fills.orders import Rules
from analytics.models.cohorts import (
    DAYS_APART,
    HORIZONS,
    MEASURES,
    MOMENTS,
    STARTS_ON,
    VALUE_OF,
    CohortDimension,
    CohortGrain,
)

# By the day, so that rows of a day are near each other.
IDENTITY: Final = (
    "(lpad(to_hex(first_date - date '1970-01-01'), 8, '0') "
    "|| right(md5(concat_ws('|', %(partner)s, first_date, {})), 24))::uuid"
)
WEEK_STARTS_ON: Final = "SELECT week_starts_on FROM commerce_partner WHERE id = %(partner)s"


def fill_cohorts(connection: Connection[Any], days: list[date], *, rules: Rules) -> None:
    """Recompute the cohorts of days of first purchases."""
    values: dict[str, Any] = {
        "partner": rules.partner_id,
        "timezone": rules.timezone,
        "days": days,
        "dimensions": CohortDimension.values,
        "grains": CohortGrain.values,
    }
    ((values["week_starts_on"],),) = connection.execute(WEEK_STARTS_ON, values).fetchall()
    statements.rows(connection, _cohorts(), values)


@cache
def _cohorts() -> sql.Composed:
    keys = [measure.key for measure in MEASURES]
    by_days = {
        measure.column(days): f"COALESCE(sum({measure.key}) FILTER (WHERE within <= {days}), 0)"
        for days in HORIZONS
        for measure in MEASURES
    }
    grains = {grain: starts_on.format("day") for grain, starts_on in STARTS_ON.items()}
    return compose(
        "cohorts.sql",
        id_of_day=raw(IDENTITY.format("dimension, value, currency")),
        id_of_activity=raw(IDENTITY.format("dimension, value, currency, grain, starts_on")),
        moments=raw(MOMENTS),
        horizons=raw(
            " ".join(f"WHEN local < first_local + interval '{days} days' THEN {days}" for days in HORIZONS)
        ),
        measures=listed(f"{measure.expression} AS {measure.key}" for measure in MEASURES),
        actives=listed(
            f"count(*) FILTER (WHERE is_paid AND (before IS NULL OR before < {start})) AS active_{grain}"
            for grain, start in grains.items()
        ),
        sums=listed(f"sum(t.{key}) AS {key}" for key in keys),
        active_sums=listed(f"sum(t.active_{grain}) AS active_{grain}" for grain in grains),
        dimensions=listed(f"('{dimension}', {value})" for dimension, value in VALUE_OF.items()),
        grains=listed(
            f"('{grain}', {STARTS_ON[grain].format('t.day')}, t.active_{grain})" for grain in grains
        ),
        days_apart=sql.Literal(DAYS_APART),
        day_sums=listed(f"{expression} AS {column}" for column, expression in by_days.items()),
        day_columns=listed(by_days),
        day_updates=updates(by_days),
        columns=listed(keys),
        updates=updates(keys),
    )
