"""Campaigns, influencers and agencies: found by id, and listed."""

import enum
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    computed,
    needs,
    own_id,
)
from analytics.graphql.values import Direction
from config.api.scalars import parse_date
from kol import queries
from kol.graphql.campaigns import (
    Campaign,
    Collaboration,
    Kol,
    shown_campaign,
    shown_campaigns,
    shown_collaboration,
    shown_kols,
)
from kol.graphql.numbers import CampaignBy
from kol.graphql.parts import AGENCY_LETTER, CAMPAIGN_LETTER, KOL_LETTER, Listed, page_of_all
from kol.graphql.people import Agency, shown_agencies, shown_agency

KOLS: Final = Listed(name="kols", column="name", kind=str)
AGENCIES: Final = Listed(name="agencies", column="name", kind=str)


@strawberry.input(one_of=True, description="Which influencer is meant: exactly one of these.")
class KolBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="His id.")


@strawberry.input(description="Which campaigns to list; every condition given has to hold.")
class CampaignFilter:
    search: str | None = strawberry.field(default=None, description="This text is in the name.")
    is_running: bool | None = strawberry.field(
        default=None, description="Whether today is one of its days, by the partner's calendar."
    )
    agency: strawberry.ID | None = strawberry.field(
        default=None, description="This agency represents somebody in it, or is granted it."
    )


@strawberry.enum(description="What campaigns can be ordered by.")
class CampaignOrderField(enum.Enum):
    STARTS_ON = strawberry.enum_value("STARTS_ON", description="Their first day.")
    ENDS_ON = strawberry.enum_value("ENDS_ON", description="The day after their last one.")
    NAME = strawberry.enum_value("NAME", description="Their name.")


@strawberry.input(description="An order of campaigns.")
class CampaignOrder:
    field: CampaignOrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


KINDS: Final[dict[CampaignOrderField, Callable[[str], Any]]] = {
    CampaignOrderField.STARTS_ON: parse_date,
    CampaignOrderField.ENDS_ON: parse_date,
    CampaignOrderField.NAME: str,
}
LATEST: Final = CampaignOrder(field=CampaignOrderField.STARTS_ON)


def campaign_by_id(info: Info, identity: UUID) -> Campaign | None:
    """The campaign of an id."""
    row = queries.campaign(identity, actor=needs(info, "read", "manage"))
    return None if row is None else shown_campaign(row, info=info)


def collaboration_by_id(info: Info, identity: UUID) -> Collaboration | None:
    """The collaboration of an id."""
    row = queries.collaborations_by_id([identity], actor=needs(info, "read", "manage")).get(identity)
    return None if row is None else shown_collaboration(row, info=info)


def kol_by_id(info: Info, identity: UUID) -> Kol | None:
    """The influencer of an id, where the asker knows him."""
    row = queries.kols(actor=needs(info, "read", "manage")).filter(id=identity).first()
    return None if row is None else shown_kols([row])(row)


def agency_by_id(info: Info, identity: UUID) -> Agency | None:
    """The agency of an id, where the asker works with it."""
    row = queries.agencies(actor=needs(info, "read", "manage")).filter(id=identity).first()
    return None if row is None else shown_agency(row)


SearchArgument = Annotated[
    str | None, strawberry.argument(description="This text is in the name or in a handle.")
]


@strawberry.type
class CampaignQueries:
    """Part of the root's queries: campaigns and who is in them."""

    @computed(description="One campaign; null when there is none to see.")
    def campaign(
        self,
        info: Info,
        by: Annotated[CampaignBy, strawberry.argument(description="Which campaign is meant.")],
    ) -> Campaign | None:
        identity = own_id(by.id or "", CAMPAIGN_LETTER)
        return None if identity is None else campaign_by_id(info, identity)

    @computed(description="Campaigns, a page at a time; an agency's are those it was granted.")
    def campaigns(
        self,
        info: Info,
        filter: Annotated[
            CampaignFilter | None, strawberry.argument(description="Which ones; all when left out.")
        ] = None,
        order_by: Annotated[
            CampaignOrder | None,
            strawberry.argument(description="In which order; the latest first when left out."),
        ] = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Campaign]:
        where, order = filter or CampaignFilter(), order_by or LATEST
        agency = None if where.agency is None else own_id(where.agency, AGENCY_LETTER)
        rows = queries.campaigns(
            actor=needs(info, "read", "manage"),
            now=info.context.now,
            is_running=where.is_running,
            search=where.search,
            agency_id=agency,
        )
        if where.agency is not None and agency is None:
            rows = rows.none()
        listed = Listed(
            name=f"campaigns {order.field.name} {order.direction.name}",
            column=order.field.name.lower(),
            kind=KINDS[order.field],
            is_descending=order.direction is Direction.DESC,
        )
        shown = partial(shown_campaigns, info=info)
        return page_of_all(rows, listed=listed, first=first, after=after, shown=shown)

    @computed(description="One influencer; null when there is none to see.")
    def kol(
        self,
        info: Info,
        by: Annotated[KolBy, strawberry.argument(description="Which influencer is meant.")],
    ) -> Kol | None:
        identity = own_id(by.id or "", KOL_LETTER)
        return None if identity is None else kol_by_id(info, identity)

    @computed(description="Influencers the asker works with, by name, a page at a time.")
    def kols(
        self,
        info: Info,
        search: SearchArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Kol]:
        rows = queries.kols(actor=needs(info, "read", "manage"), search=search)
        return page_of_all(rows, listed=KOLS, first=first, after=after, shown=shown_kols)

    @computed(description="Agencies the asker works with, by name, a page at a time.")
    def agencies(
        self, info: Info, first: FirstArgument = 20, after: AfterArgument = None
    ) -> Connection[Agency]:
        rows = queries.agencies(actor=needs(info, "read", "manage"))
        return page_of_all(rows, listed=AGENCIES, first=first, after=after, shown=shown_agencies)
