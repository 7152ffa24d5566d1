"""The product moments of a session: what was featured when, and what came of it."""

import datetime as dt
from functools import partial
from typing import Final

import strawberry

from analytics.graphql.kpis import AsOfArgument, known_then
from analytics.graphql.metrics import Kpis, declared
from analytics.graphql.pages import Info, SessionPart, computed, needs, node_id
from analytics.graphql.products import PRODUCT_LETTER
from analytics.graphql.values import Provenance, SalesBasis
from analytics.metrics import Scope, definition_version
from analytics.queries import Numbers, Shown, past_session_showings, session_showings
from config.api.cost import reads
from config.api.scalars import BigInt, CurrencyCode

VERSION: Final = definition_version(Scope.SHOWING)
# A host features something every other minute or so; few sessions have more moments than this.
USUAL: Final = 60


@strawberry.type(description="The numbers of a product moment: one field a metric.")
@declared(Scope.SHOWING)
class ShowingKpis(Kpis):
    basis: SalesBasis = strawberry.field(description="Which orders count, and at which value: paid ones.")
    currency: CurrencyCode = strawberry.field(
        description="The session's currency: the one of all amounts and order counts here. Buyers are people "
        "whatever they paid in."
    )
    definition_version: int = strawberry.field(
        description="Grows when the meaning of any of these numbers changes."
    )
    provenance: Provenance = strawberry.field(description="Where the numbers come from.")

    def __init__(self, numbers: Numbers, **given: object) -> None:
        super().__init__(numbers, **given)


@strawberry.type(description="The product of a moment.")
class FeaturedProduct:
    product_id: strawberry.ID = strawberry.field(description="The product's id, for `node`.")
    external_id: str = strawberry.field(description="The id its source gave it, the SKU as a rule.")
    source: str = strawberry.field(description="Who tells about it.")
    name: str = strawberry.field(description="Its name; empty when none was told.")
    image_url: str | None = strawberry.field(description="Where a picture of it is.")


@strawberry.type(
    description="A product moment: a product featured once in a session. Featured again within 90 seconds "
    "after its end, the moment goes on. Several moments may be at the same time; each counts its own product."
)
class Showing:
    number: BigInt = strawberry.field(description="Its place among the session's moments, from 1.")
    position: BigInt | None = strawberry.field(
        description="The position told when it was featured; null when none was."
    )
    product: FeaturedProduct = strawberry.field(description="What was featured.")
    featured_at: dt.datetime = strawberry.field(
        description="When it began, not before the session's start: people are counted from here."
    )
    unfeatured_at: dt.datetime | None = strawberry.field(
        description="When it was unfeatured, as told; null when nobody said so, and it lasts as long as the "
        "session."
    )
    ends_at: dt.datetime = strawberry.field(
        description="When it ended: unfeatured, or with the session; while live, its end so far."
    )
    window_ends_at: dt.datetime = strawberry.field(
        description="Until when people count as viewers and buyers of the moment: 90 seconds after the "
        "featuring, the session's end at the latest."
    )
    is_open: bool = strawberry.field(description="Whether it is featured still.")
    kpis: ShowingKpis = strawberry.field(description="Its numbers.")


def _shown(row: Shown) -> Showing:
    return Showing(
        number=BigInt(row.number),
        position=None if row.position is None else BigInt(row.position),
        product=FeaturedProduct(
            product_id=node_id(PRODUCT_LETTER, row.product_id),
            external_id=row.external_id,
            source=row.source,
            name=row.name,
            image_url=row.image_url or None,
        ),
        featured_at=row.featured_at,
        unfeatured_at=row.unfeatured_at,
        ends_at=row.ends_at,
        window_ends_at=row.window_ends_at,
        is_open=row.is_open,
        kpis=ShowingKpis(
            row.numbers,
            basis=SalesBasis[row.numbers.basis],
            currency=row.numbers.currency,
            definition_version=VERSION,
            provenance=Provenance.MEASURED,
        ),
    )


@strawberry.type
class ShowingsOfSession(SessionPart):
    """What of a live session is about its product moments."""

    @computed(description="The product moments, in order.")
    @reads(size=USUAL)
    def showings(self, info: Info, as_of: AsOfArgument = None) -> list[Showing]:
        actor = needs(info, "read")
        if as_of is not None and as_of < info.context.now:
            past = partial(past_session_showings, actor=actor, as_of=as_of)
            rows = known_then(self.siblings.load(("showings", as_of), past)[self.identity])
        else:
            rows = self.siblings.load("showings", partial(session_showings, actor=actor))[self.identity]
        return [_shown(row) for row in rows]
