"""Numbers as people read them, and list columns made from their declarations."""

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final, Protocol

from babel.numbers import format_currency, format_decimal, format_percent
from django.contrib import admin
from django.utils.formats import localize
from django.utils.timezone import localtime

from analytics.metrics import Metric, Unit
from analytics.queries.readings import decimal, reading
from analytics.queries.sessions import Numbers

NOTHING: Final = "-"
LOCALE: Final = "en"


class Numbered(Protocol):
    """A row whose numbers were read with its page."""

    numbers: Numbers | None


def value_of(metric: Metric, numbers: Numbers) -> Any:
    """A stored number, or a quotient of two; None where there is no value."""
    value = reading(metric, numbers).value
    return decimal(value) if isinstance(value, Fraction) else value


def shown(metric: Metric, numbers: Numbers | None) -> str:
    """A number in its unit; a dash for one there is not."""
    if numbers is None or numbers.computed_at is None:
        return NOTHING
    value = value_of(metric, numbers)
    if value is None:
        return NOTHING
    match metric.unit:
        case Unit.MONEY | Unit.MONEY_RATIO:
            return format_currency(value, numbers.currency, format="#,##0.00 ¤¤", locale=LOCALE)
        case Unit.RATE:
            return format_percent(value, format="#,##0.0 %", locale=LOCALE)
        case Unit.SECONDS:
            return str(timedelta(seconds=round(value)))
        case Unit.MOMENT:
            assert isinstance(value, datetime)
            return str(localize(localtime(value)))
    return format_decimal(value, format="#,##0.##", locale=LOCALE)


def column_of(metric: Metric) -> Callable[[Numbered], str]:
    """A list column under the metric's own label."""

    @admin.display(description=metric.label)
    def column(row: Numbered) -> str:
        return shown(metric, row.numbers)

    column.__name__ = metric.key
    return column
