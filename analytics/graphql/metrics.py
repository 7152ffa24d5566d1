"""Fields, enums and the catalogue, made from the metric declarations: no key of a metric is typed here."""

import datetime as dt
import enum
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import partial
from typing import Any, Final, TypeVar

import strawberry

from analytics.graphql.dimensions import ShopDimension
from analytics.graphql.pages import Info, needs
from analytics.graphql.values import (
    SIX_DECIMALS,
    CoveredMoney,
    Money,
    MoneyRatio,
    Rate,
    Ratio,
    money,
    money_ratio,
    null_reason,
    plain,
    rate,
    ratio,
)
from analytics.metrics import METRICS, Metric, Scope, dimensions, metric_of
from analytics.metrics import Unit as DeclaredUnit
from analytics.queries import Numbers, reading
from analytics.queries.readings import decimal
from config.api.scalars import BigInt

KpisT = TypeVar("KpisT")

ANNOTATIONS: Final[dict[DeclaredUnit, object]] = {
    DeclaredUnit.COUNT: BigInt,
    DeclaredUnit.PEOPLE: BigInt,
    DeclaredUnit.SECONDS: Decimal,
    DeclaredUnit.MONEY: Money,
    DeclaredUnit.MOMENT: dt.datetime | None,
    DeclaredUnit.RATE: Rate,
    DeclaredUnit.RATIO: Ratio,
    DeclaredUnit.MONEY_RATIO: MoneyRatio,
    DeclaredUnit.SHARES: Decimal | None,
    DeclaredUnit.DAYS: Decimal,
}
UNITS: Final = {
    DeclaredUnit.COUNT: "count",
    DeclaredUnit.PEOPLE: "people",
    DeclaredUnit.SECONDS: "seconds",
    DeclaredUnit.MONEY: "money of one currency",
    DeclaredUnit.MOMENT: "a moment",
    DeclaredUnit.RATE: "rate of people",
    DeclaredUnit.RATIO: "quotient",
    DeclaredUnit.MONEY_RATIO: "money for each",
    DeclaredUnit.SHARES: "parts of people or orders, added up",
    DeclaredUnit.DAYS: "days",
}


def annotation(metric: Metric) -> object:
    """The type of a metric's field."""
    if metric.complete_when:
        return CoveredMoney
    if metric.unit is DeclaredUnit.MONEY and metric.unknown is not None:
        return Money | None
    return ANNOTATIONS[metric.unit]


def of_scope(scope: Scope) -> list[Metric]:
    """The metrics of a scope, in the order of their declaration."""
    return [metric for metric in METRICS if metric.scope is scope]


def has_basis(metric: Metric) -> bool:
    """Whether the sales basis changes a metric, by itself or by what it is divided from."""
    if metric.is_quotient:
        return any(has_basis(metric_of(metric.scope, key)) for key in (metric.numerator, metric.denominator))
    return bool(metric.by_basis)


def describe(metric: Metric) -> str:
    """Label, formula, unit and basis of a metric in one text."""
    basis = "by the basis asked for" if has_basis(metric) else "the same for every basis"
    more = f" Benchmark: {metric.benchmark.text}." if metric.benchmark else ""
    return f"{metric.label}. Formula: {metric.formula}. Unit: {UNITS[metric.unit]}. Basis: {basis}.{more}"


# -- one field a metric ------------------------------------------------------------------------


def _stored(key: str, numbers: Numbers) -> Any:
    return numbers.stored[key]


def _plain(key: str, numbers: Numbers) -> Decimal:
    return plain(numbers.stored[key])


def _days(key: str, numbers: Numbers) -> Decimal:
    return _six(numbers.stored[key])


def _money(key: str, numbers: Numbers) -> Money | None:
    amount = numbers.stored[key]
    return None if amount is None else money(amount, numbers.currency)


def _covered(metric: Metric, numbers: Numbers) -> CoveredMoney:
    told = reading(metric, numbers)
    return CoveredMoney(
        value=None if told.value is None else money(told.value, numbers.currency),
        coverage=_ratio(metric_of(metric.scope, metric.complete_when), numbers),
        reason=null_reason(told.reason),
    )


def _rate(metric: Metric, numbers: Numbers) -> Rate:
    above, below = numbers.stored[metric.numerator], numbers.stored[metric.denominator]
    return rate(above, below, None if below else reading(metric, numbers).reason)


def _ratio(metric: Metric, numbers: Numbers) -> Ratio:
    told = reading(metric, numbers)
    if told.numerator is None or told.denominator is None:
        return ratio(0, 0, told.reason)
    shown = ratio(_six(told.numerator), _six(told.denominator), told.reason)
    if told.value is not None:
        shown.value = _six(told.value)
    return shown


def _six(value: Fraction) -> Decimal:
    return plain(decimal(value).quantize(SIX_DECIMALS, ROUND_HALF_EVEN))


def _money_ratio(metric: Metric, numbers: Numbers) -> MoneyRatio:
    above, below = numbers.stored[metric.numerator], numbers.stored[metric.denominator]
    return money_ratio(above, below, numbers.currency, metric.per)


_QUOTIENTS: Final[dict[DeclaredUnit, Callable[[Metric, Numbers], object]]] = {
    DeclaredUnit.RATE: _rate,
    DeclaredUnit.RATIO: _ratio,
    DeclaredUnit.MONEY_RATIO: _money_ratio,
}
_SIMPLE: Final[dict[DeclaredUnit, Callable[[str, Numbers], object]]] = {
    DeclaredUnit.SECONDS: _plain,
    DeclaredUnit.MONEY: _money,
    DeclaredUnit.DAYS: _days,
}


def reader(metric: Metric) -> Callable[[Numbers], object]:
    """What makes a metric's value from stored numbers."""
    if metric.complete_when:
        return partial(_covered, metric)
    if metric.unit in _QUOTIENTS:
        return partial(_QUOTIENTS[metric.unit], metric)
    return partial(_SIMPLE.get(metric.unit, _stored), metric.key)


class Kpis:
    """Base of the generated types: a metric's value is made when its field is asked for, and not before."""

    _readers: dict[str, Callable[[Numbers], object]]

    def __init__(self, numbers: Numbers, **given: object) -> None:
        self._numbers = numbers
        self.__dict__.update(given)

    def __getattr__(self, name: str) -> object:
        try:
            return type(self)._readers[name](self._numbers)
        except KeyError:
            raise AttributeError(name) from None


def declared(scope: Scope) -> Callable[[type[KpisT]], type[KpisT]]:
    """Give a type one field for each metric of a scope."""

    def add(kpis: type[KpisT]) -> type[KpisT]:
        readers = {}
        for metric in of_scope(scope):
            kpis.__annotations__[metric.key] = annotation(metric)
            setattr(kpis, metric.key, strawberry.field(description=describe(metric)))
            readers[metric.key] = reader(metric)
        kpis._readers = readers  # type: ignore[attr-defined]  # Of Kpis, which every such type extends.
        return kpis

    return add


# -- enums -------------------------------------------------------------------------------------


def _members(metrics: Iterable[Metric]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for metric in metrics:
        name = metric.key.upper()
        told.setdefault(name, strawberry.enum_value(name, description=describe(metric)))
    return told


@strawberry.enum(description="The numbers of a live session.")
class SessionMetric(enum.Enum):
    vars().update(_members(of_scope(Scope.SESSION)))


@strawberry.enum(description="The numbers of a product in a session.")
class ProductMetric(enum.Enum):
    vars().update(_members(of_scope(Scope.PRODUCT)))


@strawberry.enum(
    description="The keys of all numbers there are; one key means the same thing about any subject."
)
class MetricKey(enum.Enum):
    vars().update(_members(METRICS))


@strawberry.enum(description="What a number is about.")
class MetricScope(enum.Enum):
    SESSION = strawberry.enum_value("SESSION", description="A live session.")
    SHOWING = strawberry.enum_value("SHOWING", description="A product moment of a live session.")
    PRODUCT = strawberry.enum_value("PRODUCT", description="A product in a live session.")
    SHOP = strawberry.enum_value("SHOP", description="The whole shop over a period.")
    SOURCE = strawberry.enum_value("SOURCE", description="A source of a live session's traffic.")
    CAMPAIGN = strawberry.enum_value(
        "CAMPAIGN", description="A campaign, an influencer, or an influencer in a campaign."
    )


@strawberry.enum(description="How a number is written.")
class Unit(enum.Enum):
    COUNT = strawberry.enum_value("COUNT", description="How often something happened.")
    PEOPLE = strawberry.enum_value("PEOPLE", description="Distinct people.")
    SECONDS = strawberry.enum_value("SECONDS", description="A length of time in seconds.")
    MONEY = strawberry.enum_value("MONEY", description="An amount of one currency.")
    MOMENT = strawberry.enum_value("MOMENT", description="A point in time.")
    RATE = strawberry.enum_value("RATE", description="People among people, from 0 to 1.")
    RATIO = strawberry.enum_value("RATIO", description="Any other quotient; it may exceed 1.")
    MONEY_RATIO = strawberry.enum_value("MONEY_RATIO", description="An amount for each of something.")
    SHARES = strawberry.enum_value(
        "SHARES", description="Parts of people or orders, added up: with decimals."
    )
    DAYS = strawberry.enum_value("DAYS", description="A length of time in days, with decimals.")


@strawberry.enum(description="How the number of several subjects comes from theirs.")
class Additivity(enum.Enum):
    SUM = strawberry.enum_value("SUM", description="By adding them.")
    MAX = strawberry.enum_value("MAX", description="It is the largest of them.")
    DISTINCT = strawberry.enum_value(
        "DISTINCT", description="Only by counting people again: nobody counts twice."
    )
    NONE = strawberry.enum_value(
        "NONE", description="It does not; quotients are divided again from their sums."
    )


@strawberry.enum(description="Which way of a number is better.")
class BetterWhen(enum.Enum):
    UP = strawberry.enum_value("UP", description="More is better.")
    DOWN = strawberry.enum_value("DOWN", description="Less is better.")
    NEUTRAL = strawberry.enum_value("NEUTRAL", description="Neither.")


@strawberry.enum(description="Which objective a number is looked at for.")
class Serves(enum.Enum):
    AWARENESS = strawberry.enum_value("AWARENESS", description="Being seen.")
    CONVERSION = strawberry.enum_value("CONVERSION", description="Selling.")
    BOTH = strawberry.enum_value("BOTH", description="Both.")


@strawberry.enum(description="How often a number is reviewed.")
class Cadence(enum.Enum):
    WEEKLY = strawberry.enum_value("WEEKLY", description="Every week.")
    BIWEEKLY = strawberry.enum_value("BIWEEKLY", description="Every two weeks.")
    MONTHLY = strawberry.enum_value("MONTHLY", description="Every month.")
    QUARTERLY = strawberry.enum_value("QUARTERLY", description="Every quarter.")
    YEARLY = strawberry.enum_value(
        "YEARLY", description="Every year: targets and reports; no number is looked at so seldom."
    )


# -- the catalogue -----------------------------------------------------------------------------


@strawberry.type(description="A known level of a number, in its own unit; of a point low and high are one.")
class BenchmarkLevel:
    name: str = strawberry.field(description="Whose or which level it is.")
    low: Decimal = strawberry.field(description="From here.")
    high: Decimal = strawberry.field(description="To here.")
    source: str = strawberry.field(description="Who says so.")


def benchmark_levels(metric: Metric) -> list[BenchmarkLevel]:
    """The known levels of a metric, the lowest first."""
    if metric.benchmark is None:
        return []
    return [
        BenchmarkLevel(name=level.name, low=level.low, high=level.high, source=metric.benchmark.source)
        for level in metric.benchmark.levels
    ]


@strawberry.type(
    description="What a number means: its declaration, from which everything else about it is made."
)
class MetricDefinition:
    key: MetricKey = strawberry.field(description="Its key; the field of the same name has its value.")
    scope: MetricScope = strawberry.field(description="What it is about.")
    label: str = strawberry.field(description="Its name for people.")
    description: str = strawberry.field(description="Label, formula, unit and basis in one text.")
    formula: str = strawberry.field(description="How it is computed, in words.")
    unit: Unit = strawberry.field(description="How it is written.")
    numerator: MetricKey | None = strawberry.field(
        description="What is divided; null when it is no quotient."
    )
    denominator: MetricKey | None = strawberry.field(
        description="What it is divided by; null when it is no quotient."
    )
    has_basis: bool = strawberry.field(description="Whether the sales basis changes it.")
    is_in_trend: bool = strawberry.field(description="Whether it has a value for each minute of a session.")
    additivity: Additivity = strawberry.field(
        description="How the number of several subjects comes from theirs."
    )
    direction: BetterWhen = strawberry.field(description="Which way is better.")
    objective: Serves = strawberry.field(description="The objective it is looked at for.")
    cadence: Cadence = strawberry.field(description="How often it is reviewed.")
    benchmark: str | None = strawberry.field(
        description="A known level with its source; null where none is known."
    )
    benchmark_levels: list["BenchmarkLevel"] = strawberry.field(
        description="The known levels as numbers, the lowest first; empty where none is known."
    )
    needs_identity: bool = strawberry.field(description="Whether it needs events that say who the viewer is.")
    dimensions: list[ShopDimension] = strawberry.field(description="What it can be split by; none: nothing.")
    definition_version: int = strawberry.field(description="Grows when its meaning changes.")


def _key(name: str) -> MetricKey | None:
    return MetricKey[name.upper()] if name else None


def _definition(metric: Metric) -> MetricDefinition:
    return MetricDefinition(
        key=MetricKey[metric.key.upper()],
        scope=MetricScope[metric.scope.name],
        label=metric.label,
        description=describe(metric),
        formula=metric.formula,
        unit=Unit[metric.unit.name],
        numerator=_key(metric.numerator),
        denominator=_key(metric.denominator),
        has_basis=has_basis(metric),
        is_in_trend=metric.in_trend,
        additivity=Additivity[metric.additivity.name],
        direction=BetterWhen[metric.direction.name],
        objective=Serves[metric.serves.name],
        cadence=Cadence[metric.cadence.name],
        benchmark=metric.benchmark.text if metric.benchmark else None,
        benchmark_levels=benchmark_levels(metric),
        needs_identity=metric.needs_identity,
        dimensions=[ShopDimension[one.name] for one in dimensions(metric)],
        definition_version=metric.version,
    )


CATALOGUE: Final = [_definition(metric) for metric in METRICS]


def catalogue(info: Info, scope: MetricScope | None) -> list[MetricDefinition]:
    """The definitions of a scope, or all."""
    needs(info, "read")
    return [one for one in CATALOGUE if scope is None or one.scope is scope]


def declared_metric(scope: Scope, member: enum.Enum) -> Metric:
    """The declaration behind an enum's member."""
    return metric_of(scope, member.name.lower())
