"""Statements: what of claims is paid together, and where both are found."""

import datetime as dt
import enum
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

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
    own_id,
)
from analytics.graphql.values import Money, money
from config.api.scalars import BigInt, CurrencyCode, parse_date, parse_date_time
from kol import queries
from kol.graphql.claims import (
    CLAIMS,
    STATEMENT_LETTER,
    Claim,
    ClaimLine,
    ClaimStatus,
    shown_claims,
    shown_line,
)
from kol.graphql.parts import (
    CAMPAIGN_LETTER,
    COLLABORATION_LETTER,
    CampaignPart,
    CollaborationPart,
    Listed,
    SubjectPart,
    page_of_all,
    page_of_siblings,
)

LINES: Final = Listed(name="claim lines", column="occurred_at", kind=parse_date_time)
STATEMENTS: Final = Listed(name="statements", column="starts_on", kind=parse_date, is_descending=True)


@strawberry.enum(description="Where a statement is in its life.")
class StatementStatus(enum.Enum):
    ESTIMATED = strawberry.enum_value(
        "ESTIMATED", description="Lines join and leave it as claims are decided."
    )
    APPROVED = strawberry.enum_value(
        "APPROVED", description="Nothing joins it any more; what is declined makes it an estimate again."
    )
    LOCKED = strawberry.enum_value(
        "LOCKED", description="It never changes again: what is known later is on the next one."
    )
    PAID = strawberry.enum_value("PAID", description="It is locked and paid.")


# -- statements ----------------------------------------------------------------------------------


@strawberry.type(
    description="Lines of a collaboration's claims over a period, in one currency. Locked, it never changes."
)
class Statement(Node):
    identity: strawberry.Private[UUID]
    siblings: strawberry.Private[Siblings]
    fixed: strawberry.Private[Decimal | None]
    campaign_id: strawberry.ID = strawberry.field(description="The campaign, for `node`.")
    collaboration_id: strawberry.ID = strawberry.field(description="Whose statement it is, for `node`.")
    status: StatementStatus = strawberry.field(description="Where it is in its life.")
    currency: CurrencyCode = strawberry.field(description="The one currency of its lines.")
    starts_on: dt.date = strawberry.field(description="The first day, in the partner's calendar.")
    ends_on: dt.date = strawberry.field(description="The day after the last one.")
    created_at: dt.datetime = strawberry.field(description="When it was made.")
    approved_at: dt.datetime | None = strawberry.field(description="When it was approved.")
    locked_at: dt.datetime | None = strawberry.field(description="When it was locked.")
    paid_at: dt.datetime | None = strawberry.field(description="When it was said to be paid.")
    payment_reference: str | None = strawberry.field(description="By what it was paid, as was said.")

    @computed(
        description="The sum of its lines: as it was locked, before that as it is now. Below zero it is "
        "carried to a later statement."
    )
    def total(self, info: Info) -> Money:
        if self.fixed is not None:
            return money(self.fixed, self.currency)
        return money(self._booked(info).amount, self.currency)

    @computed(description="The sum of the net merchandise its lines are the commission of.")
    def base(self, info: Info) -> Money:
        return money(self._booked(info).base, self.currency)

    @computed(description="How many lines it has.")
    def line_count(self, info: Info) -> BigInt:
        return BigInt(self._booked(info).lines)

    @computed(
        description="What earlier locked statements come to that are below zero: settled with this one."
    )
    def carried(self, info: Info) -> Money:
        answer = partial(queries.carried, actor=needs(info, "read", "manage"))
        return money(self.siblings.load("carried", answer)[self.identity], self.currency)

    @computed(description="Its lines by when what they are for happened, the earliest first.")
    def lines(
        self, info: Info, first: FirstArgument = 20, after: AfterArgument = None
    ) -> Connection[ClaimLine]:
        return page_of_siblings(
            self.siblings,
            self.identity,
            queries.claim_lines(actor=needs(info, "read", "manage")),
            of="statement_id",
            listed=LINES,
            question=(),
            first=first,
            after=after,
            shown=lambda _: shown_line,
        )

    def _booked(self, info: Info) -> queries.Booked:
        answer = partial(queries.booked, actor=needs(info, "read", "manage"), of="statement_id")
        return self.siblings.load("booked", answer)[self.identity]


def shown_statements(rows: Sequence[Any]) -> Callable[[Any], Statement]:
    """What shows each of a page of statements, each with its `campaign_id`."""
    siblings = Siblings([row.id for row in rows])
    return lambda row: Statement(
        id=node_id(STATEMENT_LETTER, row.id),
        identity=row.id,
        siblings=siblings,
        fixed=row.total,
        campaign_id=node_id(CAMPAIGN_LETTER, row.campaign_id),
        collaboration_id=node_id(COLLABORATION_LETTER, row.collaboration_id),
        status=StatementStatus[row.status],
        currency=CurrencyCode(row.currency),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        created_at=row.created_at,
        approved_at=row.approved_at,
        locked_at=row.locked_at,
        paid_at=row.paid_at,
        payment_reference=row.payment_reference or None,
    )


def statement_by_id(info: Info, identity: UUID) -> Statement | None:
    """The statement of an id."""
    row = queries.statements(actor=needs(info, "read", "manage")).filter(id=identity).first()
    return None if row is None else shown_statements([row])(row)


# -- the fields ----------------------------------------------------------------------------------

ClaimStatusArgument = Annotated[
    ClaimStatus | None, strawberry.argument(description="Only with this status; all when left out.")
]
StatementStatusArgument = Annotated[
    StatementStatus | None, strawberry.argument(description="Only with this status; all when left out.")
]


def _rows(info: Info, of: Callable[..., Any], status: enum.Enum | None) -> Any:
    return of(actor=needs(info, "read", "manage"), status=None if status is None else status.name)


def _claims(
    self: SubjectPart,
    info: Info,
    status: ClaimStatusArgument = None,
    first: FirstArgument = 20,
    after: AfterArgument = None,
) -> Connection[Claim]:
    return page_of_siblings(
        self.siblings,
        self.identity,
        _rows(info, queries.claims, status),
        of=self.column,
        listed=CLAIMS,
        question=(status,),
        first=first,
        after=after,
        shown=partial(shown_claims, info=info),
    )


def _statements(
    self: SubjectPart,
    info: Info,
    status: StatementStatusArgument = None,
    first: FirstArgument = 20,
    after: AfterArgument = None,
) -> Connection[Statement]:
    return page_of_siblings(
        self.siblings,
        self.identity,
        _rows(info, queries.statements, status),
        of=self.column,
        listed=STATEMENTS,
        question=(status,),
        first=first,
        after=after,
        shown=shown_statements,
    )


@strawberry.type
class StatementsOfCampaign(CampaignPart):
    """Fields of a campaign: its claims and statements; for an agency its own KOLs' alone."""

    claims: Connection[Claim] = strawberry.field(
        resolver=_claims,
        description="Its claims, the latest order first; for an agency its own KOLs' alone.",
    )
    statements: Connection[Statement] = strawberry.field(
        resolver=_statements,
        description="Its statements, the latest period first; for an agency its own KOLs' alone.",
    )


@strawberry.type
class StatementsOfCollaboration(CollaborationPart):
    """Fields of a collaboration: its claims and statements."""

    claims: Connection[Claim] = strawberry.field(
        resolver=_claims, description="Claims that are due to it, the latest order first."
    )
    statements: Connection[Statement] = strawberry.field(
        resolver=_statements, description="Its statements, the latest period first."
    )


@strawberry.input(description="Which statements to list; every condition given has to hold.")
class StatementFilter:
    campaign: strawberry.ID | None = strawberry.field(default=None, description="Of this campaign.")
    collaboration: strawberry.ID | None = strawberry.field(default=None, description="Of this collaboration.")
    status: StatementStatus | None = strawberry.field(default=None, description="With this status.")


@strawberry.type
class StatementQueries:
    """Part of the root's queries: statements."""

    @computed(description="Statements, the latest period first, a page at a time.")
    def statements(
        self,
        info: Info,
        filter: Annotated[
            StatementFilter | None, strawberry.argument(description="Which ones; all when left out.")
        ] = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Statement]:
        where = filter or StatementFilter()
        rows = _rows(info, queries.statements, where.status)
        if where.campaign is not None:
            rows = rows.filter(campaign_id=own_id(where.campaign, CAMPAIGN_LETTER))
        if where.collaboration is not None:
            rows = rows.filter(collaboration_id=own_id(where.collaboration, COLLABORATION_LETTER))
        return page_of_all(rows, listed=STATEMENTS, first=first, after=after, shown=shown_statements)
