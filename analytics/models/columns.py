"""The columns of rollups, made from the metric declarations."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models

from analytics.metrics import BASES, BY_BASIS, Metric, Unit
from commerce.models import MONEY

Row = TypeVar("Row", bound=models.Model)


def _column(metric: Metric) -> "models.Field[Any, Any]":
    if metric.unit is Unit.MONEY:
        return models.DecimalField(**MONEY, default=0, help_text=metric.formula)
    if metric.unit is Unit.SECONDS:
        return models.DecimalField(max_digits=20, decimal_places=6, default=0, help_text=metric.formula)
    if metric.unit is Unit.SHARES:
        return models.DecimalField(max_digits=38, decimal_places=18, default=0, help_text=metric.formula)
    return models.BigIntegerField(default=0, help_text=metric.formula)


def _columns(*metrics: Metric) -> dict[str, "models.Field[Any, Any]"]:
    """A rollup's columns: one a stored metric, and one a basis where it has bases."""
    return {
        metric.column(basis): _column(metric)
        for metric in metrics
        for basis in (BASES if metric.fact in BY_BASIS else ("",))
    }


def rollup(*metrics: Metric) -> Callable[[type[Row]], type[Row]]:
    """Give a rollup the columns of the metrics it stores, so that no key is typed twice."""

    def add(model: type[Row]) -> type[Row]:
        for name, column in _columns(*metrics).items():
            model.add_to_class(name, column)
        return model

    return add
