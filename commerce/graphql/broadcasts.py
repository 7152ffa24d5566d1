"""The broadcasts a session is made of, each with numbers of its own."""

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from uuid import UUID

import strawberry

from analytics.graphql.kpis import KpisNow
from analytics.graphql.pages import Info, SessionPart, Siblings, computed, needs, node_id
from commerce import models, queries
from config.api.cost import reads

SESSION_LETTER = "S"


@strawberry.enum(description="Where a session is shown.")
class Channel(enum.Enum):
    OWNED = strawberry.enum_value("OWNED", description="The partner's own site or app.")
    TIKTOK = strawberry.enum_value("TIKTOK", description="TikTok.")
    SHOPEE = strawberry.enum_value("SHOPEE", description="Shopee.")
    LAZADA = strawberry.enum_value("LAZADA", description="Lazada.")
    FACEBOOK = strawberry.enum_value("FACEBOOK", description="Facebook.")
    INSTAGRAM = strawberry.enum_value("INSTAGRAM", description="Instagram.")
    YOUTUBE = strawberry.enum_value("YOUTUBE", description="YouTube.")
    OTHER = strawberry.enum_value("OTHER", description="Any other place, and what nobody told.")


@strawberry.type(
    description="One broadcast of a session: on one platform, or until the signal was lost. Its sales are of "
    "the orders that it sold itself."
)
class Broadcast(KpisNow):
    session_id: strawberry.ID = strawberry.field(
        description="The id it has as a session: what its source tells of it is found by it."
    )
    source: str = strawberry.field(description="Who tells about it.")
    external_id: str = strawberry.field(description="The id its source gave it.")
    channel: Channel = strawberry.field(description="Where it is shown.")
    account: str = strawberry.field(description="The account that shows it; empty when none was told.")
    started_at: dt.datetime | None = strawberry.field(
        description="Its earliest start; null when none was told."
    )
    ended_at: dt.datetime | None = strawberry.field(description="Its latest end; null while it is live.")


def _shown(row: models.LiveSession, siblings: Siblings) -> Broadcast:
    return Broadcast(
        session_id=node_id(SESSION_LETTER, row.id),
        source=row.source,
        external_id=row.external_id,
        channel=Channel[row.channel],
        account=row.account,
        started_at=row.started_at,
        ended_at=row.last_ended_at if queries.has_ended(row) else None,
        identity=row.id,
        siblings=siblings,
    )


@strawberry.type
class BroadcastsOfSession(SessionPart):
    """What a session is made of."""

    @computed(description="What it is made of; one broadcast, itself, unless several were merged into it.")
    @reads(weight=1, size=4)
    def broadcasts(self, info: Info) -> list[Broadcast]:
        actor = needs(info, "read")

        def answer(ids: Sequence[UUID]) -> Mapping[UUID, list[Broadcast]]:
            found = queries.broadcasts(ids, actor=actor)
            siblings = Siblings([row.id for rows in found.values() for row in rows])
            return {whole: [_shown(row, siblings) for row in rows] for whole, rows in found.items()}

        return self.siblings.load("broadcasts", answer).get(self.identity, [])
