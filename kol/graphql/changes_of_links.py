"""Links and codes of a collaboration: given, and taken back."""

import datetime as dt
from typing import Annotated

import strawberry

from analytics.graphql.changes import UserError
from analytics.graphql.pages import Info, computed
from kol import changes
from kol.graphql.agreements import TrackingLink, shown_link
from kol.graphql.changes import CollaborationPayload, by_whom, changed_collaboration
from kol.graphql.parts import COLLABORATION_LETTER, LINK_LETTER
from kol.graphql.wishes import REASON, CampaignSessionBy, id_of, session_of, told
from kol.refusals import Refused

UTM = "as a parameter of the address, at most 200 characters; empty: not added"


@strawberry.input(description="A tracking link to make.")
class CreateTrackingLinkInput:
    collaboration_id: strawberry.ID = strawberry.field(description="Whose link it is.")
    destination: str = strawberry.field(
        description="The page it leads to, on one of the partner's allowed hosts, at most 2,000 characters."
    )
    session: CampaignSessionBy | None = strawberry.field(
        default=None, description="The live session it is told in."
    )
    utm_source: str | None = strawberry.field(
        default=None, description=f"utm_source, {UTM}; left out: the KOL's name."
    )
    utm_medium: str | None = strawberry.field(
        default=None, description=f'utm_medium, {UTM}; left out: "influencer".'
    )
    utm_campaign: str | None = strawberry.field(
        default=None, description=f"utm_campaign, {UTM}; left out: the campaign's name."
    )
    utm_content: str | None = strawberry.field(
        default=None, description=f"utm_content, {UTM}; left out: not added."
    )
    utm_term: str | None = strawberry.field(
        default=None, description=f"utm_term, {UTM}; left out: not added."
    )
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="A tracking link that is to lead nowhere any more.")
class RevokeTrackingLinkInput:
    id: strawberry.ID = strawberry.field(description="The link.")
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.type(description="What became of a tracking link.")
class TrackingLinkPayload:
    tracking_link: TrackingLink | None = strawberry.field(
        description="The link; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


@strawberry.input(description="A promo code to give to a collaboration.")
class CreatePromoCodeInput:
    collaboration_id: strawberry.ID = strawberry.field(description="Whose code it is.")
    code: str = strawberry.field(
        description="It has 1 to 100 characters, no blanks; in capitals, but orders may write it in any case."
    )
    is_exclusive: bool = strawberry.field(
        default=True,
        description="Whether it is this collaboration's alone: an order with it is then the KOL's.",
    )
    session: CampaignSessionBy | None = strawberry.field(
        default=None, description="The live session it is told in."
    )
    valid_from: dt.datetime | None = strawberry.field(
        default=None, description="From when on it counts; left out: always."
    )
    valid_until: dt.datetime | None = strawberry.field(
        default=None, description="Until when it counts; left out: for good."
    )
    reason: str = strawberry.field(default="", description=REASON)


LinkArgument = Annotated[CreateTrackingLinkInput, strawberry.argument(description="The link.")]
RevokeLinkArgument = Annotated[
    RevokeTrackingLinkInput, strawberry.argument(description="Which one, and why.")
]
CodeArgument = Annotated[CreatePromoCodeInput, strawberry.argument(description="The code.")]


@strawberry.type
class LinkMutations:
    """Part of the root's mutations: tracking links and promo codes."""

    @computed(
        description="Make a tracking link to a page of the partner's. On record. Needs the scope `manage`."
    )
    def create_tracking_link(self, info: Info, input: LinkArgument) -> TrackingLinkPayload:
        whom = by_whom(info, input.reason)
        wish = changes.LinkWish(
            destination=input.destination,
            session=None if input.session is None else session_of(input.session),
            utm_source=input.utm_source,
            utm_medium=input.utm_medium,
            utm_campaign=input.utm_campaign,
            utm_content=input.utm_content,
            utm_term=input.utm_term,
        )
        try:
            row = changes.create_tracking_link(
                id_of(input.collaboration_id, COLLABORATION_LETTER), wish, **whom
            )
        except Refused as refused:
            return TrackingLinkPayload(tracking_link=None, user_errors=[told(refused)])
        return TrackingLinkPayload(tracking_link=shown_link(row), user_errors=[])

    @computed(description="End a tracking link; clicks it had stay. On record. Needs the scope `manage`.")
    def revoke_tracking_link(self, info: Info, input: RevokeLinkArgument) -> TrackingLinkPayload:
        whom = by_whom(info, input.reason)
        try:
            row = changes.revoke_tracking_link(id_of(input.id, LINK_LETTER), **whom)
        except Refused as refused:
            return TrackingLinkPayload(tracking_link=None, user_errors=[told(refused)])
        return TrackingLinkPayload(tracking_link=shown_link(row), user_errors=[])

    @computed(
        description="Give a collaboration a promo code; an exclusive one is nobody else's. On record. Needs "
        "the scope `manage`."
    )
    def create_promo_code(self, info: Info, input: CodeArgument) -> CollaborationPayload:
        whom = by_whom(info, input.reason)
        wish = changes.CodeWish(
            code=input.code,
            is_exclusive=input.is_exclusive,
            session=None if input.session is None else session_of(input.session),
            valid_from=input.valid_from,
            valid_until=input.valid_until,
        )
        identity = id_of(input.collaboration_id, COLLABORATION_LETTER)
        return changed_collaboration(
            info, lambda: changes.create_promo_code(identity, wish, **whom).collaboration
        )
