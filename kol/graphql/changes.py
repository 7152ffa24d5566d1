"""Beginning and changing campaigns, who is in them, on which terms, in which sessions, at which cost."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final

import strawberry

from analytics.graphql.campaigns import AttributionModel
from analytics.graphql.changes import UserError
from analytics.graphql.pages import Info, computed, needs
from commerce.graphql.sessions import Objective
from commerce.tasks import wake
from config.api.scalars import CurrencyCode
from kol import changes, models
from kol.graphql.agreements import AppearanceRole, Cost, CostKind, shown_cost
from kol.graphql.campaigns import Campaign, Collaboration, shown_campaign, shown_collaboration
from kol.graphql.parts import CAMPAIGN_LETTER, COLLABORATION_LETTER, KOL_LETTER
from kol.graphql.wishes import (
    AS_IS,
    REASON,
    AgencyBy,
    CampaignSessionBy,
    TermsInput,
    agency_of,
    id_of,
    seconds,
    seconds_or_none,
    session_of,
    terms_of,
    told,
)
from kol.refusals import Refused

WEEK: Final = dt.timedelta(days=7)
DAY: Final = dt.timedelta(days=1)

# -- inputs ----------------------------------------------------------------------------------------


@strawberry.input(description="A campaign to begin.")
class CreateCampaignInput:
    name: str = strawberry.field(description="Its name, 1 to 200 characters.")
    starts_on: dt.date = strawberry.field(description="The first day, in the partner's calendar.")
    ends_on: dt.date = strawberry.field(description="The day after the last one.")
    objective: Objective = strawberry.field(default=Objective.CONVERSION, description="What it is for.")
    budget: Decimal | None = strawberry.field(
        default=None, description="What it may cost, at most four decimals; left out: nobody said."
    )
    currency: CurrencyCode | None = strawberry.field(
        default=None, description="The currency of its numbers; left out: the partner's."
    )
    payable_model: AttributionModel = strawberry.field(
        default=AttributionModel.CODE_FIRST,
        description="The model that says whose commission an order makes.",
    )
    click_window: dt.timedelta = strawberry.field(
        default=WEEK, description="How old a click or code may be at an order, 1 hour to 90 days."
    )
    view_window: dt.timedelta = strawberry.field(
        default=DAY, description="How old a live view may be at an order, 1 hour to 90 days."
    )
    return_window: dt.timedelta = strawberry.field(
        default=2 * WEEK,
        description="How long a claim waits before it is approved by itself, 1 hour to 90 days.",
    )
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="What to change of a campaign; what is left out stays.")
class UpdateCampaignInput:
    campaign_id: strawberry.ID = strawberry.field(description="The campaign.")
    name: str | None = strawberry.field(default=None, description="Its name, 1 to 200 characters.")
    starts_on: dt.date | None = strawberry.field(default=None, description="The first day.")
    ends_on: dt.date | None = strawberry.field(default=None, description="The day after the last one.")
    objective: Objective | None = strawberry.field(default=None, description="What it is for.")
    budget: Decimal | None = strawberry.field(
        default=AS_IS, description="What it may cost; null takes the budget away."
    )
    currency: CurrencyCode | None = strawberry.field(default=None, description="The currency of its numbers.")
    payable_model: AttributionModel | None = strawberry.field(
        default=None, description="The model that says whose commission an order makes."
    )
    click_window: dt.timedelta | None = strawberry.field(
        default=None, description="How old a click or code may be at an order, 1 hour to 90 days."
    )
    view_window: dt.timedelta | None = strawberry.field(
        default=None, description="How old a live view may be at an order, 1 hour to 90 days."
    )
    return_window: dt.timedelta | None = strawberry.field(
        default=None,
        description="How long a claim waits before it is approved by itself, 1 hour to 90 days.",
    )
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="A KOL to take into a campaign.")
class AddCollaborationInput:
    campaign_id: strawberry.ID = strawberry.field(description="The campaign.")
    kol_id: strawberry.ID = strawberry.field(description="The KOL, of the partner's roster.")
    agency: AgencyBy | None = strawberry.field(
        default=None, description="Who represents him here; left out: nobody."
    )
    terms: TermsInput = strawberry.field(description="What is agreed first.")
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="What is agreed anew.")
class SetTermsInput:
    collaboration_id: strawberry.ID = strawberry.field(description="The collaboration.")
    terms: TermsInput = strawberry.field(
        description="All of the terms; their first day is needed, and those of the same day are replaced."
    )
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="A line for the ledger of a campaign.")
class AddCostInput:
    campaign_id: strawberry.ID = strawberry.field(description="The campaign.")
    collaboration_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose cost it is; left out: the whole campaign's."
    )
    kind: CostKind = strawberry.field(description="What it is for.")
    amount: Decimal = strawberry.field(
        description="How much, at most four decimals, not 0; negative: a correction."
    )
    currency: CurrencyCode | None = strawberry.field(
        default=None, description="Its currency; left out: the campaign's."
    )
    on_date: dt.date = strawberry.field(description="On which day of the partner's calendar.")
    note: str = strawberry.field(default="", description="What else there is to say, at most 500 characters.")
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="A KOL in a live session.")
class SetAppearanceInput:
    collaboration_id: strawberry.ID = strawberry.field(description="The KOL in his campaign.")
    session: CampaignSessionBy = strawberry.field(description="The live session, of the same partner.")
    role: AppearanceRole = strawberry.field(default=AppearanceRole.HOST, description="What the KOL is in it.")
    on_screen: dt.timedelta | None = strawberry.field(
        default=None, description="How long on screen, at most 7 days; left out: the whole session."
    )
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="A KOL who is not in a live session after all.")
class RemoveAppearanceInput:
    collaboration_id: strawberry.ID = strawberry.field(description="The KOL in his campaign.")
    session: CampaignSessionBy = strawberry.field(description="The live session.")
    reason: str = strawberry.field(default="", description=REASON)


# -- payloads --------------------------------------------------------------------------------------


@strawberry.type(description="What became of a change of a campaign.")
class CampaignPayload:
    campaign: Campaign | None = strawberry.field(
        description="The campaign as it is now; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


@strawberry.type(description="What became of a change of a collaboration.")
class CollaborationPayload:
    collaboration: Collaboration | None = strawberry.field(
        description="The collaboration as it is now; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


@strawberry.type(description="What became of a line for the ledger.")
class CostPayload:
    cost: Cost | None = strawberry.field(description="The line; null when there are user errors.")
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


def changed_campaign(info: Info, act: Callable[[], models.Campaign]) -> CampaignPayload:
    """What an act makes of a campaign, or what is wrong with it."""
    try:
        row = act()
    except Refused as refused:
        return CampaignPayload(campaign=None, user_errors=[told(refused)])
    wake(row.partner_id)
    return CampaignPayload(campaign=shown_campaign(row, info=info), user_errors=[])


def changed_collaboration(info: Info, act: Callable[[], models.Collaboration]) -> CollaborationPayload:
    """What an act makes of a collaboration, or what is wrong with it."""
    try:
        row = act()
    except Refused as refused:
        return CollaborationPayload(collaboration=None, user_errors=[told(refused)])
    wake(row.partner_id)
    return CollaborationPayload(collaboration=shown_collaboration(row, info=info), user_errors=[])


def by_whom(info: Info, reason: str) -> dict[str, Any]:
    """Who does it, why and when: what every act is told. The scope is `manage`."""
    return {"actor": needs(info, "manage"), "reason": reason, "now": info.context.now}


def _campaign_changes(asked: UpdateCampaignInput) -> dict[str, Any]:
    given: dict[str, Any] = {
        "name": asked.name,
        "starts_on": asked.starts_on,
        "ends_on": asked.ends_on,
        "objective": asked.objective and asked.objective.name,
        "currency": asked.currency,
        "payable_model": asked.payable_model and asked.payable_model.name,
        "click_window_seconds": seconds_or_none("click_window", asked.click_window),
        "view_window_seconds": seconds_or_none("view_window", asked.view_window),
        "return_window_seconds": seconds_or_none("return_window", asked.return_window),
    }
    found = {key: value for key, value in given.items() if value is not None}
    return found if asked.budget is AS_IS else {**found, "budget": asked.budget}


CreateArgument = Annotated[CreateCampaignInput, strawberry.argument(description="The campaign.")]
UpdateArgument = Annotated[UpdateCampaignInput, strawberry.argument(description="Which one, and what.")]
AddArgument = Annotated[AddCollaborationInput, strawberry.argument(description="Who, where, and on what.")]
TermsArgument = Annotated[SetTermsInput, strawberry.argument(description="Whose, and what.")]
CostArgument = Annotated[AddCostInput, strawberry.argument(description="The line.")]
AppearanceArgument = Annotated[SetAppearanceInput, strawberry.argument(description="Who, and where.")]
RemoveArgument = Annotated[RemoveAppearanceInput, strawberry.argument(description="Who, and where.")]


@strawberry.type
class CampaignMutations:
    """Part of the root's mutations: campaigns, and who is in them."""

    @computed(description="Begin a campaign of the key's partner. On record. Needs the scope `manage`.")
    def create_campaign(self, info: Info, input: CreateArgument) -> CampaignPayload:
        whom = by_whom(info, input.reason)

        def act() -> models.Campaign:
            wish = changes.CampaignWish(
                name=input.name,
                starts_on=input.starts_on,
                ends_on=input.ends_on,
                objective=input.objective.name,
                budget=input.budget,
                currency=input.currency,
                payable_model=input.payable_model.name,
                click_window_seconds=seconds("click_window", input.click_window),
                view_window_seconds=seconds("view_window", input.view_window),
                return_window_seconds=seconds("return_window", input.return_window),
            )
            return changes.create_campaign(wish, **whom)

        return changed_campaign(info, act)

    @computed(
        description="Change a campaign; another calendar, window or model computes its numbers again. On "
        "record. Needs the scope `manage`."
    )
    def update_campaign(self, info: Info, input: UpdateArgument) -> CampaignPayload:
        whom, identity = by_whom(info, input.reason), id_of(input.campaign_id, CAMPAIGN_LETTER)
        return changed_campaign(
            info, lambda: changes.update_campaign(identity, _campaign_changes(input), **whom)
        )

    @computed(
        description="Take a KOL of the roster into a campaign, on first terms. On record. Needs the scope "
        "`manage`."
    )
    def add_collaboration(self, info: Info, input: AddArgument) -> CollaborationPayload:
        whom = by_whom(info, input.reason)
        return changed_collaboration(
            info,
            lambda: changes.add_collaboration(
                campaign_id=id_of(input.campaign_id, CAMPAIGN_LETTER),
                kol_id=id_of(input.kol_id, KOL_LETTER),
                agency=None if input.agency is None else agency_of(input.agency),
                terms=terms_of(input.terms),
                **whom,
            ),
        )

    @computed(
        description="Agree on terms from a day on. Days whose commissions are on a locked statement keep "
        "their terms. On record. Needs the scope `manage`."
    )
    def set_terms(self, info: Info, input: TermsArgument) -> CollaborationPayload:
        whom, identity = by_whom(info, input.reason), id_of(input.collaboration_id, COLLABORATION_LETTER)
        return changed_collaboration(
            info, lambda: changes.set_terms(identity, terms_of(input.terms), **whom).collaboration
        )

    @computed(
        description="Enter a cost; it stays as it is, and a correction is a line of its own. On record. "
        "Needs the scope `manage`."
    )
    def add_cost(self, info: Info, input: CostArgument) -> CostPayload:
        whom = by_whom(info, input.reason)
        owner = input.collaboration_id
        cost = changes.CostWish(
            kind=input.kind.name,
            amount=input.amount,
            on_date=input.on_date,
            currency=input.currency,
            note=input.note,
        )
        try:
            row = changes.add_cost(
                campaign_id=id_of(input.campaign_id, CAMPAIGN_LETTER),
                collaboration_id=None if owner is None else id_of(owner, COLLABORATION_LETTER),
                cost=cost,
                **whom,
            )
        except Refused as refused:
            return CostPayload(cost=None, user_errors=[told(refused)])
        wake(row.partner_id)
        return CostPayload(cost=shown_cost(row), user_errors=[])

    @computed(
        description="Say that a KOL is in a live session; saying it again replaces role and time. On record. "
        "Needs the scope `manage`."
    )
    def set_appearance(self, info: Info, input: AppearanceArgument) -> CollaborationPayload:
        whom = by_whom(info, input.reason)
        return changed_collaboration(
            info,
            lambda: (
                changes.set_appearance(
                    collaboration_id=id_of(input.collaboration_id, COLLABORATION_LETTER),
                    session=session_of(input.session),
                    role=input.role.name,
                    on_screen_seconds=seconds_or_none("on_screen", input.on_screen),
                    **whom,
                ).collaboration
            ),
        )

    @computed(description="Take back that a KOL is in a session. On record. Needs the scope `manage`.")
    def remove_appearance(self, info: Info, input: RemoveArgument) -> CollaborationPayload:
        whom = by_whom(info, input.reason)
        return changed_collaboration(
            info,
            lambda: (
                changes.remove_appearance(
                    collaboration_id=id_of(input.collaboration_id, COLLABORATION_LETTER),
                    session=session_of(input.session),
                    **whom,
                ).collaboration
            ),
        )
