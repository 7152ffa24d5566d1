"""What orders make due to influencers: claims, and the lines they are booked by."""

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

import strawberry

from analytics.graphql.campaigns import AttributionModel
from analytics.graphql.pages import (
    Info,
    Node,
    Siblings,
    computed,
    needs,
    node_id,
)
from analytics.graphql.values import Money, money, plain
from config.api.cost import reads
from config.api.scalars import CurrencyCode, parse_date_time
from kol import models, queries
from kol.graphql.parts import (
    COLLABORATION_LETTER,
    ORDER_LETTER,
    Listed,
)

CLAIM_LETTER: Final = "I"
STATEMENT_LETTER: Final = "M"
MOST: Final = 50
"""Lines of a claim that are shown."""
CLAIMS: Final = Listed(name="claims", column="placed_at", kind=parse_date_time, is_descending=True)


@strawberry.enum(description="Where a claim is in its life.")
class ClaimStatus(enum.Enum):
    PENDING = strawberry.enum_value(
        "PENDING", description="Nobody decided, and the return window is not over."
    )
    APPROVED = strawberry.enum_value(
        "APPROVED", description="A person approved it, or the return window is over."
    )
    DECLINED = strawberry.enum_value("DECLINED", description="A person declined it: nothing is due of it.")
    PAID = strawberry.enum_value("PAID", description="A statement with it is paid.")


@strawberry.enum(description="What a line of a claim is for.")
class ClaimLineKind(enum.Enum):
    SALE = strawberry.enum_value("SALE", description="The commission of the order.")
    REFUND = strawberry.enum_value("REFUND", description="Something of the order was given back.")
    CORRECTION = strawberry.enum_value(
        "CORRECTION", description="The terms, or what was sold before, are others."
    )
    REVERSAL = strawberry.enum_value(
        "REVERSAL", description="Nothing is due any more: declined, or the order is another's."
    )


@strawberry.type(description="One booking of a claim: written once; what changes later is a line of its own.")
class ClaimLine:
    claim_id: strawberry.ID = strawberry.field(description="The claim, for `node`.")
    collaboration_id: strawberry.ID = strawberry.field(description="To whom it is due, for `node`.")
    statement_id: strawberry.ID | None = strawberry.field(
        description="The statement it is on, for `node`; null: it waits for one."
    )
    kind: ClaimLineKind = strawberry.field(description="What it is for.")
    order_number: str = strawberry.field(description="The order's id at its source.")
    placed_at: dt.datetime = strawberry.field(description="When the order was placed.")
    base: Money = strawberry.field(description="The net merchandise it is the commission of.")
    rate: Decimal | None = strawberry.field(
        description="Its amount divided by its base, half-even to six decimals; null where the base is zero."
    )
    amount: Money = strawberry.field(description="The commission, in whole minor units of the currency.")
    occurred_at: dt.datetime = strawberry.field(description="When what it is for happened.")
    booked_at: dt.datetime = strawberry.field(description="When it was booked.")


def shown_line(row: models.ClaimLine) -> ClaimLine:
    """A line as the API shows it."""
    statement = row.statement_id
    return ClaimLine(
        claim_id=node_id(CLAIM_LETTER, row.claim_id),
        collaboration_id=node_id(COLLABORATION_LETTER, row.collaboration_id),
        statement_id=None if statement is None else node_id(STATEMENT_LETTER, statement),
        kind=ClaimLineKind[row.kind],
        order_number=row.order_number,
        placed_at=row.placed_at,
        base=money(row.base, row.currency),
        rate=None if row.rate is None else plain(row.rate),
        amount=money(row.amount, row.currency),
        occurred_at=row.occurred_at,
        booked_at=row.booked_at,
    )


# -- claims --------------------------------------------------------------------------------------


@strawberry.type(description="The one payable commission of an order.")
class Claim(Node):
    identity: strawberry.Private[UUID]
    siblings: strawberry.Private[Siblings]
    collaboration_id: strawberry.ID = strawberry.field(description="To whom it is due now, for `node`.")
    order_id: strawberry.ID = strawberry.field(description="The order, for `node`.")
    order_number: str = strawberry.field(description="The order's id at its source.")
    model: AttributionModel = strawberry.field(description="The model that chose the collaboration.")
    status: ClaimStatus = strawberry.field(description="Where it is in its life.")
    currency: CurrencyCode = strawberry.field(description="The order's currency.")
    placed_at: dt.datetime = strawberry.field(description="When the order was placed.")
    approves_at: dt.datetime = strawberry.field(
        description="When it is approved by itself, if nobody decides before."
    )
    decided_at: dt.datetime | None = strawberry.field(description="When it was approved or declined.")
    decided_by: str | None = strawberry.field(
        description="Who decided: a login, the name of a key, or the return window; null for an outsider."
    )
    reason: str = strawberry.field(description="Why, as who decided said; empty: nothing was said.")

    @computed(description="What is due of it: the sum of all its lines that the asker sees.")
    def amount(self, info: Info) -> Money:
        return money(self._booked(info).amount, self.currency)

    @computed(description="The net merchandise it is the commission of.")
    def base(self, info: Info) -> Money:
        return money(self._booked(info).base, self.currency)

    @computed(description=f"What was booked of it, the earliest first, at most {MOST}.")
    @reads(weight=1, size=5)
    def lines(self, info: Info) -> list[ClaimLine]:
        rows = queries.claim_lines(actor=needs(info, "read", "manage"))

        def answer(ids: Sequence[UUID]) -> Mapping[UUID, list[ClaimLine]]:
            found = queries.firsts_of(rows, of="claim_id", ids=ids, order=("booked_at", "id"), limit=MOST)
            return {claim: [shown_line(row) for row in some] for claim, some in found.items()}

        return self.siblings.load("lines", answer)[self.identity]

    def _booked(self, info: Info) -> queries.Booked:
        answer = partial(queries.booked, actor=needs(info, "read", "manage"), of="claim_id")
        return self.siblings.load("booked", answer)[self.identity]


def shown_claims(rows: Sequence[models.Claim], *, info: Info) -> Callable[[models.Claim], Claim]:
    """What shows each of a page of claims."""
    siblings = Siblings([row.id for row in rows])
    is_outsider = info.context.actor.is_outsider
    return lambda row: Claim(
        id=node_id(CLAIM_LETTER, row.id),
        identity=row.id,
        siblings=siblings,
        collaboration_id=node_id(COLLABORATION_LETTER, row.collaboration_id),
        order_id=node_id(ORDER_LETTER, row.order_id),
        order_number=row.order_number,
        model=AttributionModel[row.model],
        status=ClaimStatus[row.status],
        currency=CurrencyCode(row.currency),
        placed_at=row.placed_at,
        approves_at=row.approves_at,
        decided_at=row.decided_at,
        decided_by=None if is_outsider else row.decided_by or None,
        reason=row.reason,
    )


def claim_by_id(info: Info, identity: UUID) -> Claim | None:
    """The claim of an id."""
    row = queries.claims(actor=needs(info, "read", "manage")).filter(id=identity).first()
    return None if row is None else shown_claims([row], info=info)(row)
