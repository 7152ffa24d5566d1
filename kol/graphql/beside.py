"""The influencers of a campaign beside each other: whose audience is shared, and what each model credits."""

import itertools
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Final

import strawberry

from analytics.fills.suppression import shown
from analytics.graphql.campaigns import (
    AttributionModel,
    BasisArgument,
    CurrencyArgument,
    PeriodArgument,
    Subjects,
    period_of,
    withheld,
)
from analytics.graphql.pages import Info, computed, needs, node_id
from analytics.graphql.values import SIX_DECIMALS, Money, SalesBasis, money, plain
from analytics.metrics import Scope, metric_of
from analytics.models import SubjectKind
from analytics.queries.campaigns import CampaignNumbers, campaign_numbers
from analytics.queries.reach import ModelSales, model_sales, overlap
from commerce.access import Actor
from config.api.cost import reads
from config.api.scalars import BigInt
from kol import models, queries
from kol.graphql.parts import COLLABORATION_LETTER, KOL_LETTER, CampaignPart

MOST: Final = 30
"""Of a larger campaign those who were there first: a matrix of more is none that anybody reads."""
COST: Final = 150
REACH: Final = metric_of(Scope.CAMPAIGN, "reach")


@strawberry.type(description="An influencer beside others of a campaign.")
class CampaignMember:
    collaboration_id: strawberry.ID = strawberry.field(description="His collaboration; `node` finds it.")
    kol_id: strawberry.ID = strawberry.field(description="He himself; `node` finds him.")
    name: str = strawberry.field(description="His name.")


@strawberry.type(description="An influencer, and whom he reached.")
class ReachedMember(CampaignMember):
    people: BigInt | None = strawberry.field(
        description="Distinct people who watched him; null: too few to be told of."
    )


@strawberry.type(description="Two influencers of a campaign, and the people who saw both.")
class OverlapCell:
    first: CampaignMember = strawberry.field(description="One of them.")
    second: CampaignMember = strawberry.field(description="The other.")
    people: BigInt | None = strawberry.field(description="Who saw both; null: too few to be told of.")
    share: Decimal | None = strawberry.field(
        description="Of the smaller of the two audiences the part that saw both, to six decimals; null where "
        "either is not told or there is none."
    )
    is_suppressed: bool = strawberry.field(
        description="Fewer than ten people, or hidden so that those are not found by subtraction."
    )


@strawberry.type(description="Whose audiences of a campaign are shared.")
class Overlap:
    kols: list[ReachedMember] = strawberry.field(description="The influencers, by name.")
    unique: BigInt | None = strawberry.field(
        description="Distinct people who watched any of them; null: too few to be told of."
    )
    gross: BigInt | None = strawberry.field(
        description="The sum of whom each reached: who saw two counts twice; null where one is not told."
    )
    cells: list[OverlapCell] = strawberry.field(description="Every two of them once.")


@strawberry.type(description="What a model credits an influencer with.")
class ModelShare:
    member: CampaignMember | None = strawberry.field(
        description="Who; null: other campaigns or nobody, of the orders that met this campaign. Agencies "
        "are not told of that: it is in part what others sold."
    )
    sales: Money = strawberry.field(description="The sales credited.")


@strawberry.type(description="The sales of a campaign's orders as one model shares them.")
class ModelCredit:
    model: AttributionModel = strawberry.field(description="The model.")
    credits: list[ModelShare] = strawberry.field(
        description="By influencer, then what is none of theirs; with it the sum is the same for every model."
    )


def _member(row: models.Collaboration) -> CampaignMember:
    return CampaignMember(
        collaboration_id=node_id(COLLABORATION_LETTER, row.id),
        kol_id=node_id(KOL_LETTER, row.kol_id),
        name=row.kol.name,
    )


def _reached(row: models.Collaboration, people: int | None) -> ReachedMember:
    told = _member(row)
    return ReachedMember(
        collaboration_id=told.collaboration_id,
        kol_id=told.kol_id,
        name=told.name,
        people=None if people is None else BigInt(people),
    )


@strawberry.type
class BesideOfCampaign(CampaignPart):
    """Fields of a campaign: its influencers beside each other."""

    def _members(self, info: Info) -> list[models.Collaboration]:
        rows = queries.collaborations(actor=needs(info, "read"), campaign_ids=[self.identity])
        first = rows.order_by("created_at", "id")[:MOST]
        return sorted(first, key=lambda row: (row.kol.name, row.id))

    @computed(
        description=f"Whose audiences are shared, of its first {MOST} influencers. Small groups stay hidden."
    )
    @reads(weight=COST, size=0)
    def overlap(self, info: Info) -> Overlap:
        actor, rows = needs(info, "read"), self._members(info)
        of_each = Subjects(SubjectKind.COLLABORATION, {row.id: row.partner_id for row in rows})
        subject = self.siblings.subject(self.identity, actor=actor)
        # People are the same by every model and basis.
        numbers = partial(campaign_numbers, actor=actor, model="LAST", basis="NET")
        each = numbers([of_each.subject(row.id, actor=actor) for row in rows])
        (whole,) = numbers([subject]).values()
        reach = {one.id: _told(told, actor=actor) for one, told in each.items()}
        both = overlap(subject, [row.id for row in rows], actor=actor)
        pairs = {
            (one.id, other.id): both.get((min(one.id, other.id), max(one.id, other.id)), 0)
            for one, other in itertools.combinations(rows, 2)
        }
        told = shown({str(number): people for number, people in enumerate(pairs.values())})
        unique, gross = _told(whole, actor=actor), [reach[row.id] for row in rows]
        return Overlap(
            kols=[_reached(row, reach[row.id]) for row in rows],
            unique=None if unique is None else BigInt(unique),
            gross=None if None in gross else BigInt(sum(count or 0 for count in gross)),
            cells=[
                _cell(one, other, told[str(number)], (reach[one.id], reach[other.id]))
                for number, (one, other) in enumerate(itertools.combinations(rows, 2))
            ],
        )

    @computed(
        description=f"What each of the eight models credits its first {MOST} influencers with, side by side."
    )
    @reads(weight=COST, size=0)
    def models(
        self,
        info: Info,
        basis: BasisArgument = SalesBasis.NET,
        currency: CurrencyArgument = None,
        period: PeriodArgument = None,
    ) -> list[ModelCredit]:
        actor, rows = needs(info, "read"), self._members(info)
        told = model_sales(
            self.siblings.subject(self.identity, actor=actor),
            [row.id for row in rows],
            actor=actor,
            basis=basis.name,
            currency=currency,
            period=period_of(period),
        )
        is_whole = actor.seen_as(self.identity) is None
        return [_credit(model, rows, told[model.name], is_whole=is_whole) for model in AttributionModel]


def _told(numbers: CampaignNumbers, *, actor: Actor) -> int | None:
    """Whom a subject reached; None where too few are not to be told of."""
    reach: int = numbers.stored[REACH.key]
    return None if withheld(numbers, actor=actor)(REACH) else reach


def _cell(
    one: models.Collaboration,
    other: models.Collaboration,
    people: int | None,
    reach: tuple[int | None, int | None],
) -> OverlapCell:
    first, second = reach
    smaller = None if first is None or second is None else min(first, second)
    share = None
    if people is not None and smaller:
        share = plain((Decimal(people) / Decimal(smaller)).quantize(SIX_DECIMALS))
    return OverlapCell(
        first=_member(one),
        second=_member(other),
        people=None if people is None else BigInt(people),
        share=share,
        is_suppressed=people is None,
    )


def _credit(
    model: AttributionModel, rows: Sequence[models.Collaboration], told: ModelSales, *, is_whole: bool
) -> ModelCredit:
    shares = [
        ModelShare(member=_member(row), sales=money(told.sales.get(row.id, Decimal(0)), told.currency))
        for row in rows
    ]
    rest = [ModelShare(member=None, sales=money(told.rest, told.currency))] if is_whole else []
    return ModelCredit(model=model, credits=[*shares, *rest])
