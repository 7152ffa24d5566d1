"""What was agreed with an influencer, how it is tracked, where he appears, and what it cost."""

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

import strawberry
from django.db.models import QuerySet

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
from analytics.graphql.values import Money, money, plain
from commerce.access import Actor
from commerce.graphql.broadcasts import Channel
from config.api.cost import reads
from config.api.scalars import BigInt, parse_date
from kol import models, queries
from kol.graphql.parts import (
    COLLABORATION_LETTER,
    LINK_LETTER,
    SESSION_LETTER,
    CampaignPart,
    CollaborationPart,
    Listed,
    page_of_siblings,
)
from kol.links import clicks_of

MOST: Final = 50
"""Contracts, links, codes or appearances of a collaboration that are shown."""
COSTS: Final = Listed(name="costs", column="on_date", kind=parse_date, is_descending=True)


# -- contracts -----------------------------------------------------------------------------------


@strawberry.type(description="From which net sales of a collaboration on which commission is due.")
class CommissionTier:
    starts_at: Decimal = strawberry.field(name="from", description="From these net sales on.")
    rate: Decimal = strawberry.field(description="The share of what lies above, 0 to 1.")


@strawberry.type(description="The contract of a collaboration from a day on.")
class Terms:
    valid_from: dt.date = strawberry.field(description="The first day, in the partner's calendar.")
    valid_until: dt.date | None = strawberry.field(
        description="The day it ends; null: until the next one begins."
    )
    fixed_fee: Money = strawberry.field(description="What was agreed for all of it.")
    post_fee: Money = strawberry.field(description="What was agreed for each post.")
    posts: BigInt = strawberry.field(description="How many posts were agreed.")
    sample_units: BigInt = strawberry.field(description="How many samples are sent.")
    commission_rate: Decimal = strawberry.field(description="The share of net sales, 0 to 1.")
    commission_tiers: list[CommissionTier] = strawberry.field(
        description="Rates by net sales of the collaboration, in their order; empty: one rate."
    )
    agency_share: Decimal = strawberry.field(description="The agency's share on top of all fees, 0 to 1.")
    discount_share: Decimal = strawberry.field(
        description="The part of codes' discounts that the KOL pays for, 0 to 1."
    )
    paid_boost: Money = strawberry.field(description="What was agreed for paid reach.")
    click_window: dt.timedelta | None = strawberry.field(
        description="How old a click or code may be at an order; null: the campaign's."
    )
    view_window: dt.timedelta | None = strawberry.field(
        description="How old a live view may be at an order; null: the campaign's."
    )


def _length(seconds: int | None) -> dt.timedelta | None:
    return None if seconds is None else dt.timedelta(seconds=seconds)


def shown_terms(row: models.Terms) -> Terms:
    """A contract as the API shows it."""
    return Terms(
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        fixed_fee=money(row.fixed_fee, row.currency),
        post_fee=money(row.post_fee, row.currency),
        posts=BigInt(row.posts),
        sample_units=BigInt(row.sample_units),
        commission_rate=plain(row.commission_rate),
        commission_tiers=[
            CommissionTier(starts_at=plain(Decimal(tier["from"])), rate=plain(Decimal(tier["rate"])))
            for tier in row.commission_tiers
        ],
        agency_share=plain(row.agency_share),
        discount_share=plain(row.discount_share),
        paid_boost=money(row.paid_boost, row.currency),
        click_window=_length(row.click_window_seconds),
        view_window=_length(row.view_window_seconds),
    )


# -- tracking ------------------------------------------------------------------------------------


@strawberry.type(description="A short address of a collaboration that leads to a page of the partner.")
class TrackingLink(Node):
    code: str = strawberry.field(description="Its random part.")
    path: str = strawberry.field(description="Its path on this host: who follows it is led on.")
    destination: str = strawberry.field(description="Where it leads.")
    session_id: strawberry.ID | None = strawberry.field(
        description="The session it was told in, for `liveSession` and `node`."
    )
    utm_source: str = strawberry.field(description="What is added as utm_source; empty: nothing.")
    utm_medium: str = strawberry.field(description="What is added as utm_medium; empty: nothing.")
    utm_campaign: str = strawberry.field(description="What is added as utm_campaign; empty: nothing.")
    utm_content: str = strawberry.field(description="What is added as utm_content; empty: nothing.")
    utm_term: str = strawberry.field(description="What is added as utm_term; empty: nothing.")
    clicks: BigInt | None = strawberry.field(
        description="How often people followed it, bots and prefetches apart; null: not for the asker to see."
    )
    created_at: dt.datetime = strawberry.field(description="When it was made.")
    revoked_at: dt.datetime | None = strawberry.field(
        description="When it stopped to lead anywhere; null: it leads on."
    )


def shown_link(row: models.TrackingLink) -> TrackingLink:
    """A tracking link by itself, to whoever sees its clicks."""
    return _link(row, clicks_of([row])[row.id].person)


def _links(
    rows: QuerySet[models.TrackingLink], ids: Sequence[UUID], *, actor: Actor
) -> Mapping[UUID, list[TrackingLink]]:
    """The links of each collaboration; clicks are the partner's to see one by one."""
    found = queries.firsts_of(rows, of="collaboration_id", ids=ids, order=("-created_at", "id"), limit=MOST)
    every = [] if actor.is_outsider else [row for some in found.values() for row in some]
    counts = clicks_of(every) if every else {}
    return {
        owner: [_link(row, counts[row.id].person if row.id in counts else None) for row in some]
        for owner, some in found.items()
    }


def _link(row: models.TrackingLink, clicks: int | None) -> TrackingLink:
    return TrackingLink(
        id=node_id(LINK_LETTER, row.id),
        code=row.code,
        path=f"/r/{row.code}",
        destination=row.destination,
        session_id=_session(row.session_id),
        utm_source=row.utm_source,
        utm_medium=row.utm_medium,
        utm_campaign=row.utm_campaign,
        utm_content=row.utm_content,
        utm_term=row.utm_term,
        clicks=None if clicks is None else BigInt(clicks),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def _session(identity: UUID | None) -> strawberry.ID | None:
    return None if identity is None else node_id(SESSION_LETTER, identity)


@strawberry.type(description="A code on an order that speaks for a collaboration.")
class PromoCode:
    code: str = strawberry.field(description="The code in capitals; orders may write it in any case.")
    is_exclusive: bool = strawberry.field(
        description="Whether it is this collaboration's alone: an order with it is then the KOL's."
    )
    session_id: strawberry.ID | None = strawberry.field(
        description="The session it was told in, for `liveSession` and `node`."
    )
    valid_from: dt.datetime | None = strawberry.field(description="From when on it counts; null: always.")
    valid_until: dt.datetime | None = strawberry.field(description="Until when it counts; null: for good.")


def shown_code(row: models.PromoCode) -> PromoCode:
    """A promo code as the API shows it."""
    return PromoCode(
        code=row.code,
        is_exclusive=row.is_exclusive,
        session_id=_session(row.session_id),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


@strawberry.enum(description="What a KOL is in a session.")
class AppearanceRole(enum.Enum):
    HOST = strawberry.enum_value("HOST", description="Who leads through it.")
    GUEST = strawberry.enum_value("GUEST", description="Who is in it beside the host.")


@strawberry.type(description="A KOL in a live session, for a campaign.")
class Appearance:
    session_id: strawberry.ID = strawberry.field(description="The session, for `liveSession` and `node`.")
    title: str = strawberry.field(description="The session's title; empty when none was told.")
    channel: Channel = strawberry.field(description="Where it is shown.")
    started_at: dt.datetime | None = strawberry.field(
        description="Its earliest start; null when none was told."
    )
    role: AppearanceRole = strawberry.field(description="What the KOL is in it.")
    on_screen: dt.timedelta | None = strawberry.field(
        description="How long on screen; null: the whole session."
    )


def shown_appearance(row: models.Appearance) -> Appearance:
    """An appearance as the API shows it; of its session only what tells which one it is."""
    return Appearance(
        session_id=node_id(SESSION_LETTER, row.session_id),
        title=row.session.title,
        channel=Channel[row.session.channel],
        started_at=row.session.started_at,
        role=AppearanceRole[row.role],
        on_screen=_length(row.on_screen_seconds),
    )


# -- costs ---------------------------------------------------------------------------------------


@strawberry.enum(description="What a cost is for.")
class CostKind(enum.Enum):
    FEE = strawberry.enum_value("FEE", description="The fixed fee.")
    POST = strawberry.enum_value("POST", description="A fee for posts.")
    SAMPLES = strawberry.enum_value("SAMPLES", description="Samples, at what they cost.")
    SHIPPING = strawberry.enum_value("SHIPPING", description="Sending samples or gifts.")
    DISCOUNT = strawberry.enum_value("DISCOUNT", description="Discounts that the brand pays for.")
    GIVEAWAY = strawberry.enum_value("GIVEAWAY", description="Giveaways, at what they cost.")
    BOOST = strawberry.enum_value("BOOST", description="Paid reach.")
    AGENCY = strawberry.enum_value("AGENCY", description="The agency's share.")


@strawberry.type(
    description="A line of the ledger. Commissions are not in it: they come from claims. A correction is a "
    "line of its own, negative."
)
class Cost:
    collaboration_id: strawberry.ID | None = strawberry.field(
        description="Whose cost it is, for `node`; null: the whole campaign's."
    )
    kind: CostKind = strawberry.field(description="What it is for.")
    amount: Money = strawberry.field(description="How much.")
    on_date: dt.date = strawberry.field(description="On which day of the partner's calendar.")
    note: str = strawberry.field(description="What somebody wrote with it; empty: nothing.")


def shown_cost(row: models.CostLine) -> Cost:
    """A line of the ledger as the API shows it."""
    owner = row.collaboration_id
    return Cost(
        collaboration_id=None if owner is None else node_id(COLLABORATION_LETTER, owner),
        kind=CostKind[row.kind],
        amount=money(row.amount, row.currency),
        on_date=row.on_date,
        note=row.note,
    )


def _shown_costs(_: Sequence[models.CostLine]) -> Callable[[models.CostLine], Cost]:
    return shown_cost


@strawberry.type
class CostsOfCampaign(CampaignPart):
    """Fields of a campaign: its ledger."""

    @computed(description="Lines of the ledger, the latest first; for an agency its own KOLs' alone.")
    def costs(self, info: Info, first: FirstArgument = 20, after: AfterArgument = None) -> Connection[Cost]:
        rows = queries.costs(actor=needs(info, "read"))
        return _costs(rows, self.siblings, self.identity, "campaign_id", first, after)


def _costs(
    rows: Any, siblings: Siblings, owner: UUID, of: str, first: int, after: str | None
) -> Connection[Cost]:
    return page_of_siblings(
        siblings,
        owner,
        rows,
        of=of,
        listed=COSTS,
        question=(),
        first=first,
        after=after,
        shown=_shown_costs,
    )


# -- the fields ----------------------------------------------------------------------------------


def _parts(
    rows: Any, order: Sequence[str], shown: Callable[[Any], Any], ids: Sequence[UUID]
) -> Mapping[UUID, list[Any]]:
    """The shown rows of each collaboration; of all by one statement."""
    found = queries.firsts_of(rows, of="collaboration_id", ids=ids, order=order, limit=MOST)
    return {owner: [shown(row) for row in some] for owner, some in found.items()}


@strawberry.type
class AgreementsOfCollaboration(CollaborationPart):
    """Fields of a collaboration: what was agreed, how it is tracked, where the KOL appears, what it cost."""

    @computed(description=f"Its contracts, the earliest first, at most {MOST}.")
    @reads(weight=1, size=5)
    def terms(self, info: Info) -> list[Terms]:
        rows = queries.terms(actor=needs(info, "read", "manage"))
        answer = partial(_parts, rows, ("valid_from", "id"), shown_terms)
        return self.siblings.load("terms", answer)[self.identity]

    @computed(description=f"Its tracking links, the latest first, at most {MOST}.")
    @reads(weight=1, size=10)
    def links(self, info: Info) -> list[TrackingLink]:
        actor = needs(info, "read", "manage")
        answer = partial(_links, queries.links(actor=actor), actor=actor)
        return self.siblings.load("links", answer)[self.identity]

    @computed(description=f"Its promo codes by the alphabet, at most {MOST}.")
    @reads(weight=1, size=10)
    def codes(self, info: Info) -> list[PromoCode]:
        rows = queries.codes(actor=needs(info, "read", "manage"))
        answer = partial(_parts, rows, ("code", "id"), shown_code)
        return self.siblings.load("codes", answer)[self.identity]

    @computed(description=f"The live sessions the KOL appears in for it, the latest first, at most {MOST}.")
    @reads(weight=1, size=10)
    def appearances(self, info: Info) -> list[Appearance]:
        rows = queries.appearances(actor=needs(info, "read", "manage"))
        answer = partial(_parts, rows, ("-session__started_at", "id"), shown_appearance)
        return self.siblings.load("appearances", answer)[self.identity]

    @computed(description="Its lines of the ledger, the latest first.")
    def costs(self, info: Info, first: FirstArgument = 20, after: AfterArgument = None) -> Connection[Cost]:
        rows = queries.costs(actor=needs(info, "read"))
        return _costs(rows, self.siblings, self.identity, "collaboration_id", first, after)
