"""The numbers of campaigns, collaborations and influencers: as a whole, day by day, beside others."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry

from analytics.graphql.campaign_days import (
    TREND_COST,
    ComparedArgument,
    TrendMetricsArgument,
    compare_subjects,
    period_before,
    subject_trend,
)
from analytics.graphql.campaigns import (
    AttributionModel,
    BasisArgument,
    CampaignKpis,
    CollaborationKpis,
    CurrencyArgument,
    KolKpis,
    KpisT,
    ModelArgument,
    PeriodArgument,
    Subjects,
    period_of,
    subject_kpis,
)
from analytics.graphql.comparison import KpiDifference
from analytics.graphql.pages import Info, bad_input, computed, needs, own_id
from analytics.graphql.series import TimeSeries
from analytics.graphql.values import SalesBasis
from analytics.models import SubjectKind
from analytics.queries.subjects import Period
from commerce.graphql.actors import LETTER as PARTNER_LETTER
from config.api.cost import reads
from kol import queries
from kol.graphql.parts import CAMPAIGN_LETTER, CampaignPart, CollaborationPart, SubjectPart

LAST: Final = AttributionModel.LAST
NET: Final = SalesBasis.NET
DAY: Final = dt.timedelta(days=1)


@strawberry.input(one_of=True, description="Which campaign is meant: exactly one of these.")
class CampaignBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Its id.")


def _so_far(info: Info, days: Period, timezone: str) -> Period:
    """Of a campaign's days those until today, and one at least."""
    tomorrow = info.context.now.astimezone(ZoneInfo(timezone)).date() + DAY
    return Period(days.starts_on, min(days.ends_on, max(tomorrow, days.starts_on + DAY)))


def _kpis(kind: type[KpisT]) -> Callable[..., KpisT]:
    """What answers the numbers of a campaign or a collaboration, as one of their types."""

    def answer(
        self: SubjectPart,
        info: Info,
        model: ModelArgument = LAST,
        basis: BasisArgument = NET,
        currency: CurrencyArgument = None,
        period: PeriodArgument = None,
    ) -> KpisT:
        told = subject_kpis(
            kind,
            info,
            self.siblings,
            self.identity,
            model=model,
            basis=basis,
            currency=currency,
            period=period,
        )
        assert told is not None  # Who sees a campaign or a collaboration sees its numbers.
        return told

    return answer


@reads(weight=TREND_COST)
def _trend(
    self: SubjectPart,
    info: Info,
    metrics: TrendMetricsArgument,
    model: ModelArgument = LAST,
    basis: BasisArgument = NET,
    currency: CurrencyArgument = None,
    period: PeriodArgument = None,
) -> TimeSeries:
    return subject_trend(
        info,
        self.siblings,
        self.identity,
        metrics=metrics,
        model=model,
        basis=basis,
        currency=currency,
        period=period_of(period) or _so_far(info, self.days, self.timezone),
        timezone=self.timezone,
    )


@strawberry.type
class NumbersOfCampaign(CampaignPart):
    """Fields of a campaign: its numbers."""

    kpis: CampaignKpis = strawberry.field(
        resolver=_kpis(CampaignKpis),
        description="Its numbers; for an agency those of its own KOLs in it, together.",
    )
    trend: TimeSeries = strawberry.field(
        resolver=_trend,
        description="It day by day; from its first day to today, or its last one, when left out.",
    )

    @computed(
        description="It beside another campaign, as a whole or on the same days; without one beside as many "
        "days right before the period, which is then all of its own days when left out. Number by number, in "
        "its own currency; empty where there is no such campaign."
    )
    @reads(weight=20, size=80)
    def compare(
        self,
        info: Info,
        with_: Annotated[
            CampaignBy | None,
            strawberry.argument(name="with", description="The other campaign; left out: the days before."),
        ] = None,
        metrics: ComparedArgument = None,
        model: ModelArgument = LAST,
        basis: BasisArgument = NET,
        period: PeriodArgument = None,
    ) -> list[KpiDifference]:
        asked, other = period_of(period), self.siblings
        identity = self.identity
        if with_ is None:
            asked = asked or self.days
        else:
            found = _subjects_of(info, with_)
            if found is None:
                return []
            other, identity = found, found.ids[0]
        return compare_subjects(
            info,
            (self.siblings, self.identity, asked),
            (other, identity, period_before(asked) if with_ is None and asked else asked),
            metrics=metrics,
            model=model,
            basis=basis,
        )


def _subjects_of(info: Info, by: CampaignBy) -> Subjects | None:
    identity = own_id(by.id or "", CAMPAIGN_LETTER)
    if identity is None:
        return None
    row = queries.campaigns(actor=needs(info, "read")).filter(id=identity).first()
    return None if row is None else Subjects(SubjectKind.CAMPAIGN, {row.id: row.partner_id})


@strawberry.type
class NumbersOfCollaboration(CollaborationPart):
    """Fields of a collaboration: its numbers."""

    kpis: CollaborationKpis = strawberry.field(resolver=_kpis(CollaborationKpis), description="Its numbers.")
    trend: TimeSeries = strawberry.field(
        resolver=_trend,
        description="It day by day; from the campaign's first day to today, or its last one, when left out.",
    )


PartnerArgument = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="With which partner; needed by those alone who see several."),
]


class SubjectsByPartner:
    """The influencers of one page, as what numbers with each partner are about."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        self._ids = ids
        self._made: dict[UUID, Subjects] = {}

    def of(self, partner_id: UUID) -> Subjects:
        """All of them with one partner."""
        if partner_id not in self._made:
            self._made[partner_id] = Subjects(SubjectKind.KOL, dict.fromkeys(self._ids, partner_id))
        return self._made[partner_id]


@strawberry.type
class NumbersOfKol:
    """Fields of an influencer: his numbers with one partner."""

    identity: strawberry.Private[UUID]
    subjects: strawberry.Private[SubjectsByPartner]

    @computed(
        description="His numbers over all campaigns of a partner; for an agency over those that it was "
        "granted and represents him in. Null where the asker sees none as a whole."
    )
    def kpis(
        self,
        info: Info,
        partner: PartnerArgument = None,
        model: ModelArgument = LAST,
        basis: BasisArgument = NET,
        currency: CurrencyArgument = None,
        period: PeriodArgument = None,
    ) -> KolKpis | None:
        subjects = self._with(info, partner)
        if subjects is None:
            return None
        return subject_kpis(
            KolKpis,
            info,
            subjects,
            self.identity,
            model=model,
            basis=basis,
            currency=currency,
            period=period,
        )

    def _with(self, info: Info, partner: strawberry.ID | None) -> Subjects | None:
        actor = needs(info, "read")
        seen = set(actor.host_ids if actor.is_outsider else actor.partner_ids)
        chosen = seen if partner is None else seen & {own_id(partner, PARTNER_LETTER)}
        if len(chosen) > 1:
            raise bad_input("Several partners are seen: say with which one.")
        return self.subjects.of(chosen.pop()) if chosen else None
