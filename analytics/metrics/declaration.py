"""What a metric is: one declaration, from which column, fill, API field, catalogue entry and test follow."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final


class Scope(Enum):
    """What a number is about."""

    SESSION = "SESSION"
    PRODUCT = "PRODUCT"
    SHOP = "SHOP"
    SHOWING = "SHOWING"
    SOURCE = "SOURCE"
    CAMPAIGN = "CAMPAIGN"


class Unit(Enum):
    """How a number is written; RATE is of people among people, RATIO any other quotient.

    SHARES are parts of people or orders added up, with decimals.
    """

    COUNT = "COUNT"
    PEOPLE = "PEOPLE"
    SECONDS = "SECONDS"
    MONEY = "MONEY"
    MOMENT = "MOMENT"
    RATE = "RATE"
    RATIO = "RATIO"
    MONEY_RATIO = "MONEY_RATIO"
    SHARES = "SHARES"
    DAYS = "DAYS"


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
    """How often it is reviewed; no number waits for a year, but targets and reports may be of one."""

    WEEKLY = "WEEKLY"
    BIWEEKLY = "BIWEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    YEARLY = "YEARLY"


class Fact(Enum):
    """Where a stored number is counted.

    EVENTS: rows `e` of the log, by minute, summed for the session.
    PEOPLE: rows `v`, one a viewer with presence.
    ORDERS: rows `o`, one an order (or an unlinked refund, with `is_order` 0), by currency and basis.
    SHOWINGS: rows `w`, one a product moment; what a moment itself has comes by a statement of its own.
    PRESENCE and LEADS: statements of their own. DERIVED: computed on read from stored ones.
    Of the shop, TRAFFIC: rows `t`, visits and carts by when they began; CARTS the same by basis.

    Of campaigns, collaborations and influencers, by day and as a whole:
    REACH: people by a statement of its own. MINUTES: rows `m`, minutes of the sessions they appear in.
    LINKS: rows `k`, clicks on tracking links. CREDITS and MARGINS: rows `o`, one an order and model with a
    part in it, by currency and model, CREDITS also by basis. MET: rows `f`, one an order whose buyer met
    them, by currency and basis; IDENTITY the same without a basis. LEDGER: costs by a statement of its own.
    """

    EVENTS = "EVENTS"
    PEOPLE = "PEOPLE"
    ORDERS = "ORDERS"
    PRESENCE = "PRESENCE"
    LEADS = "LEADS"
    TRAFFIC = "TRAFFIC"
    CARTS = "CARTS"
    SHOWINGS = "SHOWINGS"
    REACH = "REACH"
    MINUTES = "MINUTES"
    LINKS = "LINKS"
    CREDITS = "CREDITS"
    MARGINS = "MARGINS"
    MET = "MET"
    IDENTITY = "IDENTITY"
    LEDGER = "LEDGER"
    DERIVED = "DERIVED"


BY_BASIS: Final = frozenset({Fact.ORDERS, Fact.CARTS, Fact.CREDITS, Fact.MET})
"""Facts that are counted once for each sales basis."""


class Apart(Enum):
    """What is read by a statement of its own, and only when asked for.

    The shop's days before a session, and what its products cost, change without a word about the session;
    so do the followers of an influencer, a partner's rate card, and what its customers are worth. PEOPLE of
    several days who saw one influencer, or several, are told apart in no rollup.

    Of the shop, VISITORS and LEADS: people of several days, counted again. SPEND: what was spent, by its
    days. CLICKS: who followed tracking links. RHYTHM: who bought again, and when. CHURN: who stopped buying.
    WON: new customers. MATURED: what came of them.
    """

    BASELINE = "BASELINE"
    COSTS = "COSTS"
    FOLLOWERS = "FOLLOWERS"
    RATES = "RATES"
    PEOPLE = "PEOPLE"
    LIFETIME = "LIFETIME"
    VISITORS = "VISITORS"
    LEADS = "LEADS"
    SPEND = "SPEND"
    CLICKS = "CLICKS"
    RHYTHM = "RHYTHM"
    CHURN = "CHURN"
    WON = "WON"
    MATURED = "MATURED"


class Reason(Enum):
    """Why a number has no value."""

    NO_DENOMINATOR = "NO_DENOMINATOR"
    TOO_FEW_ORDERS = "TOO_FEW_ORDERS"
    TOO_FEW_CLICKS = "TOO_FEW_CLICKS"
    TOO_FEW_PEOPLE = "TOO_FEW_PEOPLE"
    MISSING_COSTS = "MISSING_COSTS"
    NO_IDENTITY = "NO_IDENTITY"
    NOT_ADDITIVE = "NOT_ADDITIVE"
    NOT_YET = "NOT_YET"
    NOT_KEPT = "NOT_KEPT"


@dataclass(frozen=True, kw_only=True)
class Level:
    """A known level of a metric, from `low` to `high` (the same for a point), in the metric's own unit."""

    name: str
    low: Decimal
    high: Decimal

    @classmethod
    def at(cls, name: str, low: str, high: str | None = None) -> "Level":
        """A level by its digits."""
        return cls(name=name, low=Decimal(low), high=Decimal(high or low))


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Known levels of a metric, the lowest first, and who says so."""

    source: str
    levels: tuple[Level, ...]

    @property
    def text(self) -> str:
        """All levels and their source in words."""
        told = "; ".join(
            f"{level.name} {level.low}" + ("" if level.low == level.high else f" to {level.high}")
            for level in self.levels
        )
        return f"{told} ({self.source})"


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
    benchmark: Benchmark | None = None
    version: int = 1
    needs_identity: bool = False
    """Without viewer ids it is a stand-in only, and marked PROXY."""
    in_trend: bool = False
    curve: str = ""
    """The trend metric whose course over a session stands for its own, where it has no course itself."""
    apart: Apart | None = None
    same_as: str = ""
    """The stored metric whose number it is, under another name; without what sales are asked to include."""
    per: int = 1
    """A quotient is for so many of its denominator."""
    least: tuple[int, tuple[str, ...]] = (0, ())
    """Under so many of any of these counts there is no value."""
    least_reason: Reason = Reason.TOO_FEW_ORDERS
    """What is said then."""
    complete_when: str = ""
    """The quotient that has to be 1 for there to be a value."""
    sum_of: tuple[str, ...] = ()
    """The numbers it is the sum of; with a minus before it one is taken away."""
    of_basis: str = ""
    """The basis of `same_as`, whatever basis is asked for."""
    unknown: Reason | None = None
    """Why there is no value where none is kept."""
    awaits: str = ""
    """What has to exist first, in words; until then there is no value."""

    def column(self, basis: str = "") -> str:
        """The rollup column it is stored in."""
        return f"{self.key}_{basis.lower()}" if self.fact in BY_BASIS else self.key

    def aggregate(self, basis: str) -> str:
        """The SQL aggregate of one basis."""
        return dict(self.by_basis).get(basis, self.expression)

    @property
    def is_quotient(self) -> bool:
        """Whether it is divided on read, from a stored numerator and denominator."""
        return bool(self.numerator)
