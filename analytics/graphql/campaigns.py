"""The numbers of campaigns, of influencers in them, and of influencers: one field a metric."""

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import strawberry

from analytics.fills.suppression import FEWEST
from analytics.graphql.figures import six
from analytics.graphql.metrics import Kpis, annotation, declared_metric, describe, of_scope, reader
from analytics.graphql.pages import Info, Siblings, bad_input, computed, needs
from analytics.graphql.shop import LONGEST, PeriodInput
from analytics.graphql.values import Money, MoneyRatio, SalesBasis, money, money_ratio
from analytics.metrics import Metric, Scope, Unit, definition_version
from analytics.models import SubjectKind
from analytics.queries import Numbers, reading
from analytics.queries.campaigns import CampaignNumbers, campaign_numbers
from analytics.queries.intervals import roi_interval, sales_interval
from analytics.queries.subjects import Period, Subject
from commerce.access import Actor
from config.api.scalars import BigInt, CurrencyCode

METRICS: Final = {metric.key: metric for metric in of_scope(Scope.CAMPAIGN)}
VERSION: Final = definition_version(Scope.CAMPAIGN)
KpisT = TypeVar("KpisT", bound="SubjectKpis")
Withheld = Callable[[Metric], bool]


@strawberry.enum(description="How an order's credit is shared over who was met before it.")
class AttributionModel(enum.Enum):
    FIRST = strawberry.enum_value("FIRST", description="All to the first touch.")
    LAST = strawberry.enum_value("LAST", description="All to the last touch.")
    LINEAR = strawberry.enum_value("LINEAR", description="The same to every touch; repeats count.")
    POSITION = strawberry.enum_value(
        "POSITION",
        description="First and last touch get 40 percent each, those between 20; of two each gets half.",
    )
    TIME_DECAY = strawberry.enum_value(
        "TIME_DECAY", description="Half as much for every seven days a touch is older."
    )
    SHAPLEY = strawberry.enum_value("SHAPLEY", description="The same to every influencer who was met.")
    MARKOV = strawberry.enum_value(
        "MARKOV",
        description="By how many sales would be missing without an influencer, as transitions between "
        "touches tell it.",
    )
    CODE_FIRST = strawberry.enum_value(
        "CODE_FIRST",
        description="All to the collaboration whose exclusive code is on the order; without one the last "
        "touch.",
    )


@strawberry.enum(description="The numbers of campaigns and influencers.")
class CampaignMetric(enum.Enum):
    vars().update(
        {
            key.upper(): strawberry.enum_value(key.upper(), description=describe(metric))
            for key, metric in METRICS.items()
        }
    )


ModelArgument = Annotated[
    AttributionModel, strawberry.argument(description="How credit for orders is shared.")
]
BasisArgument = Annotated[
    SalesBasis, strawberry.argument(description="Which orders count, and at which value.")
]
CurrencyArgument = Annotated[
    CurrencyCode | None,
    strawberry.argument(description="Only amounts in this currency; the campaign's own when left out."),
]
PeriodArgument = Annotated[
    PeriodInput | None,
    strawberry.argument(description="Only these days of the partner's calendar; all of it when left out."),
]


# -- who is told what ----------------------------------------------------------------------------


def _people(metric: Metric) -> frozenset[str]:
    """The keys of people, or of parts of them, that a number is made of."""
    if metric.unit is Unit.PEOPLE or metric.key == "reach_fair":
        return frozenset({metric.key})
    parts = (metric.numerator, metric.denominator, metric.same_as, *metric.sum_of)
    return frozenset().union(*(_people(METRICS[part.lstrip("-")]) for part in parts if part))


MADE_OF_PEOPLE: Final = {key: found for key, metric in METRICS.items() if (found := _people(metric))}
"""By key of a number: what would be told of people with it."""


BESIDE: Final = {
    "engaged_viewers": "reach",
    "reach_exclusive": "reach",
    "reach_gross": "reach",
    "new_buyers": "buyers",
}
"""From which number each is told apart: the difference is people too, whom nobody was to be told of."""


def withheld(numbers: Numbers, *, actor: Actor) -> Withheld:
    """Which numbers an actor is not told: to outsiders those of fewer than ten people, none included.

    Nor what told such a number by one subtraction from another number of the same subject.
    """
    if not actor.is_outsider:
        return lambda _: False
    stored = numbers.stored

    def is_of_few(key: str) -> bool:
        people = stored[key]
        if people is None:
            return False
        other = stored[BESIDE[key]] if key in BESIDE else None
        return people < FEWEST or (other is not None and abs(other - people) < FEWEST)

    return lambda metric: any(is_of_few(key) for key in MADE_OF_PEOPLE.get(metric.key, ()))


# -- one field a metric --------------------------------------------------------------------------


def _annotation(metric: Metric) -> Any:
    told: Any = annotation(metric)
    is_known = metric.key not in MADE_OF_PEOPLE and metric.unknown is None
    return told if is_known or metric.unit is Unit.SHARES else told | None


def _amount(metric: Metric, numbers: Numbers) -> Money | None:
    told = numbers.stored[metric.key]
    return None if told is None else money(told, numbers.currency)


def _counted(metric: Metric, numbers: Numbers) -> BigInt | None:
    told = numbers.stored[metric.key]
    return None if told is None else BigInt(told)


def _shares(metric: Metric, numbers: Numbers) -> Decimal | None:
    told = numbers.stored[metric.key]
    return None if told is None else six(told)


def _money_ratio(metric: Metric, numbers: Numbers) -> MoneyRatio:
    above, below = numbers.stored[metric.numerator], numbers.stored[metric.denominator]
    return money_ratio(above, below, numbers.currency, metric.per, reading(metric, numbers).reason)


_READERS: Final[dict[Unit, Callable[[Metric, Numbers], object]]] = {
    Unit.COUNT: _counted,
    Unit.PEOPLE: _counted,
    Unit.SHARES: _shares,
    Unit.MONEY: _amount,
    Unit.MONEY_RATIO: _money_ratio,
}


def _reader(metric: Metric) -> Callable[[Numbers], object]:
    if metric.complete_when or metric.unit not in _READERS:
        return reader(metric)
    return partial(_READERS[metric.unit], metric)


def _declared(kpis: type[KpisT]) -> type[KpisT]:
    """Give a type one field for each metric; what is made of people may be withheld."""
    for metric in METRICS.values():
        kpis.__annotations__[metric.key] = _annotation(metric)
        setattr(kpis, metric.key, strawberry.field(description=describe(metric)))
    kpis._readers = {key: _reader(metric) for key, metric in METRICS.items()}
    return kpis


@strawberry.type(
    description="An amount with the 95 % interval that chance alone leaves it: plus and minus 1.96 roots of "
    "the sum of squares of its orders; of fewer than 30 orders what drawing as many of them again leads to."
)
class MoneyInterval:
    value: Money = strawberry.field(description="The amount.")
    low: Money | None = strawberry.field(description="Lower end; null without orders.")
    high: Money | None = strawberry.field(description="Upper end; null without orders.")
    n: BigInt = strawberry.field(description="Orders it is of.")
    is_low_data: bool = strawberry.field(description="Whether they are fewer than 30.")


@strawberry.type(
    description="A quotient with the 95 % interval that chance alone leaves it, as that of its sales does."
)
class RatioInterval:
    value: Decimal | None = strawberry.field(description="The quotient; null where it has no value.")
    low: Decimal | None = strawberry.field(description="Lower end; null without a value or orders.")
    high: Decimal | None = strawberry.field(description="Upper end; null without a value or orders.")
    n: BigInt = strawberry.field(description="Orders it is of.")
    is_low_data: bool = strawberry.field(description="Whether they are fewer than 30.")


@strawberry.type
@_declared
class SubjectKpis(Kpis):
    """The fields of all three; never a type of the schema itself."""

    model: AttributionModel = strawberry.field(description="How credit for orders is shared.")
    basis: SalesBasis = strawberry.field(description="Which orders count, and at which value.")
    currency: CurrencyCode = strawberry.field(description="The one currency of all amounts here.")
    other_currencies: list[CurrencyCode] = strawberry.field(
        description="Currencies that it also sold or cost in, which these numbers leave out."
    )
    computed_at: dt.datetime | None = strawberry.field(
        description="When the numbers were computed; null before that."
    )
    is_fresh: bool | None = strawberry.field(
        description="Whether no fact waits that may change these numbers; null for agencies and guests, to "
        "whom it is not told what waits at the partner: they have computedAt."
    )
    definition_version: int = strawberry.field(
        description="Grows when the meaning of any of these numbers changes."
    )

    @computed(
        description="Numbers that are null because fewer people than ten would be told of; of partners none."
    )
    def suppressed(self) -> list[CampaignMetric]:
        return [CampaignMetric[key.upper()] for key in MADE_OF_PEOPLE if self._is_withheld(METRICS[key])]

    @computed(description="Sales with an interval.")
    def sales_interval(self) -> MoneyInterval:
        told, currency = sales_interval(self._numbers), self._numbers.currency
        low, high = (None if end is None else money(end, currency) for end in (told.low, told.high))
        return MoneyInterval(
            value=money(self._numbers.stored["sales"], currency),
            low=low,
            high=high,
            n=BigInt(told.n),
            is_low_data=told.is_low_data,
        )

    @computed(description="ROI with an interval: that of its sales, at the margin they had.")
    def roi_interval(self) -> RatioInterval:
        told, value = roi_interval(self._numbers), reading(METRICS["roi"], self._numbers).value
        value, low, high = (None if end is None else six(end) for end in (value, told.low, told.high))
        return RatioInterval(value=value, low=low, high=high, n=BigInt(told.n), is_low_data=told.is_low_data)

    _numbers: strawberry.Private[CampaignNumbers]

    def __init__(self, numbers: CampaignNumbers, is_withheld: Withheld, **given: object) -> None:
        super().__init__(numbers, **given)
        self._is_withheld = is_withheld

    def __getattr__(self, name: str) -> object:
        if name in METRICS and self._is_withheld(METRICS[name]):
            return None
        return super().__getattr__(name)


@strawberry.type(
    description="The numbers of a campaign: one field a metric, in one currency, basis and model."
)
class CampaignKpis(SubjectKpis):
    def __init__(self, numbers: CampaignNumbers, is_withheld: Withheld, **given: object) -> None:
        super().__init__(numbers, is_withheld, **given)


@strawberry.type(
    description="The numbers of an influencer in a campaign: one field a metric, in one currency, basis and "
    "model."
)
class CollaborationKpis(SubjectKpis):
    def __init__(self, numbers: CampaignNumbers, is_withheld: Withheld, **given: object) -> None:
        super().__init__(numbers, is_withheld, **given)


@strawberry.type(
    description="The numbers of an influencer over all campaigns of a partner: one field a metric, in one "
    "currency, basis and model."
)
class KolKpis(SubjectKpis):
    def __init__(self, numbers: CampaignNumbers, is_withheld: Withheld, **given: object) -> None:
        super().__init__(numbers, is_withheld, **given)


# -- a page of subjects --------------------------------------------------------------------------


class Subjects(Siblings):
    """The subjects of one page; `partners` has the partner of each by its id."""

    def __init__(self, kind: SubjectKind, partners: Mapping[UUID, UUID]) -> None:
        super().__init__(list(partners))
        self.kind = kind
        self.partners = partners

    def subject(self, identity: UUID, *, actor: Actor) -> Subject:
        """What the numbers of one are about, for the actor."""
        agency = None
        if actor.is_outsider and self.kind is SubjectKind.CAMPAIGN:
            agency = actor.seen_as(identity)
        elif actor.is_outsider and self.kind is SubjectKind.KOL:
            agency = actor.agency_id
        return Subject(self.kind, identity, self.partners[identity], agency)

    def groups(self, *, actor: Actor) -> list[list[Subject]]:
        """All of them; what an agency sees of some apart from what is whole."""
        every = [self.subject(identity, actor=actor) for identity in self.ids]
        parts = [one for one in every if one.agency_id is not None]
        whole = [one for one in every if one.agency_id is None]
        return [group for group in (whole, parts) if group]


def period_of(period: PeriodInput | None) -> Period | None:
    """The days that are meant; BAD_USER_INPUT for none or too many."""
    if period is None:
        return None
    if period.starts_on >= period.ends_on:
        raise bad_input("A period ends after its first day: to is the day after the last one.")
    if period.ends_on - period.starts_on > LONGEST:
        raise bad_input("A period has at most ten years.")
    return Period(period.starts_on, period.ends_on)


def numbers_of(
    info: Info,
    siblings: Subjects,
    identity: UUID,
    *,
    model: AttributionModel,
    basis: SalesBasis,
    currency: CurrencyCode | None,
    period: Period | None,
) -> CampaignNumbers | None:
    """The numbers of one subject, read for all of its page at once; None where they are not the actor's."""
    actor = needs(info, "read")

    def answer(_: Sequence[UUID]) -> Mapping[UUID, CampaignNumbers]:
        return {
            subject.id: numbers
            for group in siblings.groups(actor=actor)
            for subject, numbers in campaign_numbers(
                group, actor=actor, model=model.name, basis=basis.name, currency=currency, period=period
            ).items()
        }

    return siblings.load(("kpis", model, basis, currency, period), answer).get(identity)


def subject_kpis(
    kind: type[KpisT],
    info: Info,
    siblings: Subjects,
    identity: UUID,
    *,
    model: AttributionModel,
    basis: SalesBasis,
    currency: CurrencyCode | None,
    period: PeriodInput | None,
) -> KpisT | None:
    """The numbers of one subject as its `kpis`; None where they are not the actor's to see."""
    numbers = numbers_of(
        info, siblings, identity, model=model, basis=basis, currency=currency, period=period_of(period)
    )
    return None if numbers is None else shown_kpis(kind, numbers, actor=info.context.actor)


def shown_kpis(kind: type[KpisT], numbers: CampaignNumbers, *, actor: Actor) -> KpisT:
    """Numbers as the API shows them to an actor."""
    return kind(
        numbers,
        withheld(numbers, actor=actor),
        model=AttributionModel[numbers.model],
        basis=SalesBasis[numbers.basis],
        currency=CurrencyCode(numbers.currency),
        other_currencies=[CurrencyCode(other) for other in numbers.other_currencies],
        computed_at=numbers.computed_at,
        # What waits is rows of the partner: who sees none of them would always be told that nothing does.
        is_fresh=None if actor.is_outsider else numbers.is_fresh,
        definition_version=VERSION,
    )


def chosen(metrics: Sequence[CampaignMetric], *, most: int) -> list[Metric]:
    """The metrics that were chosen; BAD_USER_INPUT for none, too many, or one twice."""
    found = [declared_metric(Scope.CAMPAIGN, metric) for metric in metrics]
    if not 1 <= len(found) <= most:
        raise bad_input(f"metrics has one to {most} entries.")
    if len(set(found)) < len(found):
        raise bad_input("metrics names each number once.")
    return found
