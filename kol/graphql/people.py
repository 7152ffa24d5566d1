"""Who represents influencers, and the accounts of these."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import strawberry

from analytics.graphql.pages import Info, Node, Siblings, computed, needs, node_id
from commerce.graphql.broadcasts import Channel
from config.api.cost import reads
from config.api.scalars import BigInt
from kol import models, queries
from kol.graphql.parts import AGENCY_LETTER

MOST_ACCOUNTS = 20


@strawberry.type(description="Who represents influencers, to one partner or to several.")
class Agency(Node):
    slug: str = strawberry.field(description="Its short name.")
    name: str = strawberry.field(description="Its name.")


def shown_agency(row: models.Agency) -> Agency:
    """An agency as the API shows it."""
    return Agency(id=node_id(AGENCY_LETTER, row.id), slug=row.slug, name=row.name)


def shown_agencies(_: Sequence[models.Agency]) -> Callable[[models.Agency], Agency]:
    """What shows each of a page: it takes nothing from the others."""
    return shown_agency


@strawberry.type(description="An account of an influencer on a platform.")
class KolAccount:
    platform: Channel = strawberry.field(description="Where it is.")
    handle: str = strawberry.field(description="Its name there, without the @, in lower case.")
    followers: BigInt | None = strawberry.field(
        description="How many followed it when they were counted last; null: nobody counted."
    )
    followers_on: dt.date | None = strawberry.field(
        description="The day they were counted last; null: never."
    )


def _accounts(kol_ids: Sequence[UUID]) -> Mapping[UUID, list[KolAccount]]:
    return {
        kol: [
            KolAccount(
                platform=Channel[one.row.platform],
                handle=one.row.handle,
                followers=None if one.followers is None else BigInt(one.followers),
                followers_on=one.followers_on,
            )
            for one in rows[:MOST_ACCOUNTS]
        ]
        for kol, rows in queries.accounts(kol_ids).items()
    }


@strawberry.type
class AccountsOfKol:
    """Fields of an influencer: his accounts."""

    identity: strawberry.Private[UUID]
    siblings: strawberry.Private[Siblings]

    @computed(description=f"Accounts on platforms with their followers, at most {MOST_ACCOUNTS}.")
    @reads(weight=1, size=MOST_ACCOUNTS)
    def accounts(self, info: Info) -> list[KolAccount]:
        needs(info, "read", "manage")
        return self.siblings.load("accounts", _accounts)[self.identity]
