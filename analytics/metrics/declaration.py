"""What a metric is: one declaration, from which column, fill, API field, catalogue entry and test follow."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Scope(Enum):
    """What a number is about."""

    SESSION = "SESSION"
    PRODUCT = "PRODUCT"
    SHOP = "SHOP"


class Unit(Enum):
    """How a number is written; RATE is of people among people, RATIO any other quotient."""

    COUNT = "COUNT"
    PEOPLE = "PEOPLE"
    SECONDS = "SECONDS"
    MONEY = "MONEY"
    MOMENT = "MOMENT"
    RATE = "RATE"
    RATIO = "RATIO"
    MONEY_RATIO = "MONEY_RATIO"


class Additivity(Enum):
    """How a number of two sessions comes from theirs."""

    SUM = "SUM"
    MAX = "MAX"
    DISTINCT = "DISTINCT"
    NONE = "NONE"


class Direction(Enum):
    """Which way is better."""

    UP = "UP"
    DOWN = "DOWN"
    NEUTRAL = "NEUTRAL"


class Serves(Enum):
    """The objective a metric is looked at for."""

    AWARENESS = "AWARENESS"
    CONVERSION = "CONVERSION"
    BOTH = "BOTH"


class Cadence(Enum):
    """How often it is reviewed."""

    WEEKLY = "WEEKLY"
    BIWEEKLY = "BIWEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"


class Fact(Enum):
    """Where a stored number is counted.

    EVENTS: rows `e` of the log, by minute, summed for the session.
    PEOPLE: rows `v`, one a viewer with presence.
    ORDERS: rows `o`, one an order (or an unlinked refund, with `is_order` 0), by currency and basis.
    PRESENCE and LEADS: statements of their own. DERIVED: computed on read from stored ones.
    """

    EVENTS = "EVENTS"
    PEOPLE = "PEOPLE"
    ORDERS = "ORDERS"
    PRESENCE = "PRESENCE"
    LEADS = "LEADS"
    DERIVED = "DERIVED"


BASES: Final = ("PLACED", "PAID", "NET")


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number: what it means, how it is counted, how it is read."""

    key: str
    label: str
    formula: str
    scope: Scope = Scope.SESSION
    unit: Unit = Unit.COUNT
    fact: Fact = Fact.DERIVED
    expression: str = ""
    """SQL aggregate over the fact; for ORDERS the one of every basis that `by_basis` does not override."""
    by_basis: tuple[tuple[str, str], ...] = ()
    numerator: str = ""
    denominator: str = ""
    additivity: Additivity = Additivity.SUM
    direction: Direction = Direction.UP
    serves: Serves = Serves.BOTH
    cadence: Cadence = Cadence.WEEKLY
    benchmark: str = ""
    """A known level with its source, in words."""
    version: int = 1
    needs_identity: bool = False
    """Without viewer ids it is a stand-in only, and marked PROXY."""
    in_trend: bool = False
    curve: str = ""
    """The trend metric whose course over a session stands for its own, where it has no course itself."""

    def column(self, basis: str = "") -> str:
        """The rollup column it is stored in."""
        return f"{self.key}_{basis.lower()}" if self.fact is Fact.ORDERS else self.key

    def aggregate(self, basis: str) -> str:
        """The SQL aggregate of one basis."""
        return dict(self.by_basis).get(basis, self.expression)

    @property
    def is_quotient(self) -> bool:
        """Whether it is divided on read, from a stored numerator and denominator."""
        return bool(self.numerator)
