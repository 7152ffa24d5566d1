"""Campaigns, collaborations and influencers: entities that point at each other and at their numbers."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry
from django.db.models import F

from analytics.graphql.campaigns import (
    AttributionModel,
    BasisArgument,
    CurrencyArgument,
    ModelArgument,
    PeriodArgument,
    Subjects,
    period_of,
)
from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    Node,
    Siblings,
    computed,
    needs,
    node_id,
)
from analytics.graphql.values import Money, money
from analytics.models import SubjectKind
from analytics.queries.subjects import Period
from commerce.graphql.actors import LETTER as PARTNER_LETTER
from commerce.graphql.sessions import Objective
from config.api.cost import reads
from config.api.scalars import CurrencyCode, TimeZone
from kol import models, queries
from kol.graphql.agreements import AgreementsOfCollaboration, CostsOfCampaign
from kol.graphql.beside import BesideOfCampaign
from kol.graphql.flags import FlagsOfCollaboration
from kol.graphql.numbers import (
    LAST,
    NET,
    NumbersOfCampaign,
    NumbersOfCollaboration,
    NumbersOfKol,
    SubjectsByPartner,
)
from kol.graphql.parts import (
    CAMPAIGN_LETTER,
    COLLABORATION_LETTER,
    KOL_LETTER,
    Listed,
    page_of_siblings,
)
from kol.graphql.people import AccountsOfKol, Agency, shown_agency
from kol.graphql.ranking import CollaborationOrder, ranked_collaborations
from kol.graphql.statements import StatementsOfCampaign, StatementsOfCollaboration

BY_KOL: Final = Listed(name="collaborations", column="kol_name", kind=str)
COLLABORATIONS_OF_KOL: Final = Listed(
    name="collaborations of kol", column="created_at", kind=dt.datetime.fromisoformat, is_descending=True
)


@strawberry.type(description="The brand a campaign is of, as far as everybody in it knows it.")
class CampaignPartner:
    id: strawberry.ID = strawberry.field(description="Its id; `node` finds it for its own keys.")
    name: str = strawberry.field(description="Its name.")
    currency: CurrencyCode = strawberry.field(description="The currency of answers when nothing else says.")
    timezone: TimeZone = strawberry.field(description="The time zone whose calendar makes its days.")


def _agencies(info: Info) -> Callable[[Sequence[UUID]], Mapping[UUID, list[Agency]]]:
    def answer(ids: Sequence[UUID]) -> Mapping[UUID, list[Agency]]:
        found = queries.agencies_of(ids, actor=needs(info, "read", "manage"))
        return {campaign: [shown_agency(row) for row in rows] for campaign, rows in found.items()}

    return answer


@strawberry.type(description="What a partner runs with influencers over some days of its calendar.")
class Campaign(Node, NumbersOfCampaign, BesideOfCampaign, CostsOfCampaign, StatementsOfCampaign):
    name: str = strawberry.field(description="Its name.")
    partner: CampaignPartner = strawberry.field(description="Whose it is.")
    objective: Objective = strawberry.field(description="What it is for.")
    starts_on: dt.date = strawberry.field(description="The first day, in the partner's calendar.")
    ends_on: dt.date = strawberry.field(description="The day after the last one.")
    is_running: bool = strawberry.field(description="Whether today is one of its days.")
    currency: CurrencyCode = strawberry.field(description="The currency of its numbers and its budget.")
    budget: Money | None = strawberry.field(
        description="What it may cost; null: nobody said, or not for the asker to see."
    )
    payable_model: AttributionModel = strawberry.field(
        description="The model that says whose commission an order makes."
    )
    click_window: dt.timedelta = strawberry.field(description="How old a click or code may be at an order.")
    view_window: dt.timedelta = strawberry.field(description="How old a live view may be at an order.")

    @computed(description="Agencies that represent somebody in it or are granted it; an agency sees itself.")
    @reads(weight=1, size=5)
    def agencies(self, info: Info) -> list[Agency]:
        return self.siblings.load("agencies", _agencies(info))[self.identity]

    @computed(
        description="Who is in it, by name, or in the order of a number: the ranking, by the model, basis, "
        "currency and days given here."
    )
    def collaborations(
        self,
        info: Info,
        search: Annotated[
            str | None, strawberry.argument(description="This text is in the influencer's name.")
        ] = None,
        order_by: Annotated[
            CollaborationOrder | None,
            strawberry.argument(description="In which order; by name when left out."),
        ] = None,
        model: ModelArgument = LAST,
        basis: BasisArgument = NET,
        currency: CurrencyArgument = None,
        period: PeriodArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection["Collaboration"]:
        shown = partial(shown_collaborations, info=info)
        if order_by is not None:
            return ranked_collaborations(
                info,
                self.siblings,
                self.identity,
                search=search,
                order=order_by,
                model=model,
                basis=basis,
                currency=currency,
                period=period_of(period),
                first=first,
                after=after,
                shown=shown,
            )
        rows = queries.collaborations(actor=needs(info, "read", "manage"), search=search)
        return page_of_siblings(
            self.siblings,
            self.identity,
            rows.annotate(kol_name=F("kol__name")),
            of="campaign_id",
            listed=BY_KOL,
            question=(search,),
            first=first,
            after=after,
            shown=shown,
        )


@strawberry.type(description="An influencer: who he is, and what the asking partner or agency does with him.")
class Kol(Node, AccountsOfKol, NumbersOfKol):
    name: str = strawberry.field(description="The name.")
    country: str | None = strawberry.field(
        description="The country, two letters of ISO 3166-1; null when not told."
    )

    @computed(description="The collaborations with him that the asker sees, the latest first.")
    def collaborations(
        self, info: Info, first: FirstArgument = 20, after: AfterArgument = None
    ) -> Connection["Collaboration"]:
        return page_of_siblings(
            self.siblings,
            self.identity,
            queries.collaborations(actor=needs(info, "read")),
            of="kol_id",
            listed=COLLABORATIONS_OF_KOL,
            question=(),
            first=first,
            after=after,
            shown=partial(shown_collaborations, info=info),
        )


@strawberry.type(description="An influencer in a campaign: what was agreed, and what came of it.")
class Collaboration(
    Node, NumbersOfCollaboration, AgreementsOfCollaboration, FlagsOfCollaboration, StatementsOfCollaboration
):
    kol: Kol = strawberry.field(description="The influencer.")
    campaign: Campaign = strawberry.field(description="The campaign.")
    agency: Agency | None = strawberry.field(description="Who represents him here; null: nobody.")
    created_at: dt.datetime = strawberry.field(description="When it was written down.")


# -- rows to entities ----------------------------------------------------------------------------


def shown_campaigns(rows: Sequence[models.Campaign], *, info: Info) -> Callable[[models.Campaign], Campaign]:
    """What shows each of a page of campaigns, their partners joined: what one is asked, all are asked."""
    siblings = Subjects(SubjectKind.CAMPAIGN, {row.id: row.partner_id for row in rows})
    return lambda row: _campaign(row, siblings, info)


def shown_campaign(row: models.Campaign, *, info: Info) -> Campaign:
    """One campaign by itself."""
    return shown_campaigns([row], info=info)(row)


def _campaign(row: models.Campaign, siblings: Subjects, info: Info) -> Campaign:
    partner = row.partner
    today = info.context.now.astimezone(ZoneInfo(partner.timezone)).date()
    is_seen = info.context.actor.seen_as(row.id) is None
    return Campaign(
        id=node_id(CAMPAIGN_LETTER, row.id),
        name=row.name,
        partner=CampaignPartner(
            id=node_id(PARTNER_LETTER, partner.id),
            name=partner.name,
            currency=CurrencyCode(partner.currency),
            timezone=TimeZone(partner.timezone),
        ),
        objective=Objective[row.objective],
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        is_running=row.starts_on <= today < row.ends_on,
        currency=CurrencyCode(row.currency),
        budget=money(row.budget, row.currency) if row.budget is not None and is_seen else None,
        payable_model=AttributionModel[row.payable_model],
        click_window=dt.timedelta(seconds=row.click_window_seconds),
        view_window=dt.timedelta(seconds=row.view_window_seconds),
        identity=row.id,
        siblings=siblings,
        days=Period(row.starts_on, row.ends_on),
        timezone=partner.timezone,
    )


def shown_kols(rows: Sequence[models.Kol]) -> Callable[[models.Kol], Kol]:
    """What shows each of a page of influencers."""
    siblings = Siblings(list(dict.fromkeys(row.id for row in rows)))
    subjects = SubjectsByPartner(siblings.ids)
    return lambda row: Kol(
        id=node_id(KOL_LETTER, row.id),
        name=row.name,
        country=row.country or None,
        identity=row.id,
        siblings=siblings,
        subjects=subjects,
    )


def shown_collaborations(
    rows: Sequence[models.Collaboration], *, info: Info, siblings: Subjects | None = None
) -> Callable[[models.Collaboration], Collaboration]:
    """What shows each of a page of collaborations: KOL, agency, campaign and partner joined.

    `siblings` are they, where something of them is known already.
    """
    siblings = siblings or Subjects(SubjectKind.COLLABORATION, {row.id: row.partner_id for row in rows})
    campaign = shown_campaigns([row.campaign for row in rows], info=info)
    kol = shown_kols([row.kol for row in rows])
    return lambda row: Collaboration(
        id=node_id(COLLABORATION_LETTER, row.id),
        kol=kol(row.kol),
        campaign=campaign(row.campaign),
        agency=None if row.agency is None else shown_agency(row.agency),
        created_at=row.created_at,
        identity=row.id,
        siblings=siblings,
        days=Period(row.campaign.starts_on, row.campaign.ends_on),
        timezone=row.campaign.partner.timezone,
    )


def shown_collaboration(row: models.Collaboration, *, info: Info) -> Collaboration:
    """One collaboration by itself."""
    return shown_collaborations([row], info=info)(row)
