"""Paths, traffic and new buyers as stored, beside the slow truth."""

from typing import Any

from analytics.metrics import BASES, Scope, metric_of, stored
from analytics.metrics import Fact as Counted
from analytics.models import SessionRollup, SessionSales, SessionSource, SessionSourceSales, ViewerPath
from tests.analytics.stored import Stored
from tests.oracle import SessionTruth, World
from tests.oracle.audience import (
    UNKNOWN,
    PathTruth,
    Source,
    buyer_numbers,
    paths,
    repeat_numbers,
    traffic,
)

SIMPLE = (
    "gender", "age_band", "country", "is_follower", "first_clicked_at", "first_carted_at",
    "first_checkout_at", "is_returning",
)  # fmt: skip


def who_watched(world: World, truth: SessionTruth, kept: Stored) -> list[str]:
    """Cells that differ."""
    found = paths(world, truth)
    return (
        _paths(found, kept)
        + _repeat(found, kept)
        + [line for basis in BASES for line in _by_basis(world, truth, found, kept, basis)]
    )


def _paths(truth: dict[str, PathTruth], kept: Stored) -> list[str]:
    rows = {
        row["viewer__external_id"]: row for row in kept.rows(ViewerPath) if row["watched_from"] is not None
    }
    got = {
        name: {
            "source": (row["source"], row["sub_source"], row["is_paid"]),
            **{key: row[key] for key in SIMPLE},
        }
        for name, row in rows.items()
    }
    wanted = {
        name: {"source": path.source, **{key: getattr(path, key) for key in SIMPLE}}
        for name, path in truth.items()
    }
    return [
        f"path of {name}: stored {got.get(name)}, truth {wanted.get(name)}"
        for name in sorted(got.keys() | wanted.keys())
        if got.get(name) != wanted.get(name)
    ]


def _quotient(row: dict[str, Any], key: str, basis: str = "") -> Any:
    metric = metric_of(Scope.SESSION, key)
    names = (metric.numerator, metric.denominator) if metric.is_quotient else (key,)
    values = tuple(row.get(metric_of(Scope.SESSION, name).column(basis), 0) for name in names)
    return values if metric.is_quotient else values[0]


def _repeat(truth: dict[str, PathTruth], kept: Stored) -> list[str]:
    row = kept.row(SessionRollup)
    return [
        f"{key}: stored {_quotient(row, key)}, truth {wanted}"
        for key, wanted in repeat_numbers(truth).items()
        if _quotient(row, key) != wanted
    ]


def _by_basis(
    world: World, truth: SessionTruth, found: dict[str, PathTruth], kept: Stored, basis: str
) -> list[str]:
    row = kept.row(SessionSales, currency=truth.currency)
    wanted = buyer_numbers(world, truth, basis=basis, currency=truth.currency)
    lines = [
        f"{basis} {key}: stored {_quotient(row, key, basis)}, truth {value}"
        for key, value in wanted.items()
        if _quotient(row, key, basis) != value
    ]
    got = _sources(kept, basis=basis, currency=truth.currency)
    rows = traffic(truth, found, basis=basis, currency=truth.currency)
    return lines + [
        f"{basis} source {source}: stored {got.get(source)}, truth {rows.get(source)}"
        for source in {*got, *rows, UNKNOWN}
        if got.get(source) != rows.get(source)
    ]


def _sources(kept: Stored, *, basis: str, currency: str) -> dict[Source, dict[str, Any]]:
    """Traffic as stored, of sources with any."""
    found: dict[Source, dict[str, Any]] = {}
    metrics = [metric for fact in Counted for metric in stored(Scope.SOURCE, fact) if not metric.is_quotient]
    nothing = {metric.key: 0 for metric in metrics}
    tables: list[tuple[Any, dict[str, str]]] = [
        (SessionSource, {}), (SessionSourceSales, {"currency": currency}),
    ]  # fmt: skip
    for model, given in tables:
        columns = {field.attname for field in model._meta.local_fields}
        for row in kept.rows(model, **given):
            numbers = found.setdefault((row["source"], row["sub_source"], row["is_paid"]), dict(nothing))
            for metric in metrics:
                if metric.column(basis) in columns:
                    numbers[metric.key] = row[metric.column(basis)]
    return {source: row for source, row in found.items() if any(row.values())}
