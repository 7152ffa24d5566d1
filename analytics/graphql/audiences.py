"""Who watched a session: traffic by source, audiences with small groups hidden, viewers one by one."""

import datetime as dt
import enum
from decimal import Decimal
from functools import partial
from typing import Annotated, Final
from uuid import UUID

import strawberry

from analytics.exports import Table, csv_chunks
from analytics.graphql.changes import UserError, UserErrorCode, not_found
from analytics.graphql.kpis import BasisArgument, CurrencyArgument
from analytics.graphql.metrics import Kpis, declared
from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    SessionPart,
    computed,
    connection_of,
    needs,
    node_id,
    own_id,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.values import SalesBasis, plain
from analytics.metrics import Scope
from analytics.queries import Numbers
from analytics.queries.audiences import (
    AudienceRow,
    ViewingRow,
    Wanted,
    session_audiences,
    session_traffic,
    session_viewings,
)
from commerce import queries
from commerce.record import put_on_record
from config.api.cost import reads
from config.api.scalars import BigInt, CurrencyCode, parse_date_time

SESSION_LETTER: Final = "S"
VIEWER_LETTER: Final = "W"
MOST_EXPORTED: Final = 10_000


@strawberry.type(description="A source of a session's traffic; the sources' numbers add up to its own.")
@declared(Scope.SOURCE)
class TrafficSource(Kpis):
    source: str | None = strawberry.field(
        description="Its name as the platform or the campaign tells it; null: whatever told none."
    )
    sub_source: str | None = strawberry.field(description="A part of it; null where none was told.")
    is_paid: bool | None = strawberry.field(description="Whether it was paid for; null: nobody told.")
    currency: CurrencyCode = strawberry.field(description="The one currency of its sales and orders.")

    def __init__(self, numbers: Numbers, **given: object) -> None:
        super().__init__(numbers, **given)


@strawberry.enum(description="Whose groups to count.")
class AudienceOf(enum.Enum):
    VIEWERS = strawberry.enum_value("VIEWERS", description="People with presence in the session.")
    CUSTOMERS = strawberry.enum_value("CUSTOMERS", description="Customers of its paid orders.")


@strawberry.enum(description="What groups are made by.")
class AudienceDimension(enum.Enum):
    GENDER = strawberry.enum_value("GENDER", description="FEMALE, MALE, OTHER.")
    AGE_BAND = strawberry.enum_value(
        "AGE_BAND", description="Years of age: 13-17, 18-24, 25-34, 35-44, 45-54, 55+."
    )
    FOLLOWER = strawberry.enum_value("FOLLOWER", description="YES or NO.")
    RETURNING = strawberry.enum_value(
        "RETURNING",
        description="RETURNING or NEW: watched an earlier session; of customers, bought before this session.",
    )
    COUNTRY = strawberry.enum_value(
        "COUNTRY", description="Two letters; OTHER: all countries that are not told apart."
    )


@strawberry.type(description="A group of people.")
class AudienceCell:
    group: str | None = strawberry.field(description="Its name; null: of whom nothing was told.")
    people: BigInt | None = strawberry.field(
        description="How many; null where that, or what could be told from it, is about fewer than ten."
    )
    is_suppressed: bool = strawberry.field(description="Whether the number is not told.")


@strawberry.type(description="The groups of one dimension; everybody is in one of them.")
class AudienceBreakdown:
    dimension: AudienceDimension = strawberry.field(description="What the groups are made by.")
    cells: list[AudienceCell] = strawberry.field(description="The groups.")


@strawberry.type(
    description="Who watched or bought. Groups of fewer than ten people stay hidden. While live, counts are "
    "rounded to five and at most refreshed once a minute."
)
class Audience:
    of: AudienceOf = strawberry.field(description="Whose groups these are.")
    people: BigInt | None = strawberry.field(description="How many there are; null where fewer than ten.")
    is_rounded: bool = strawberry.field(description="Whether counts are rounded to five: while it is live.")
    computed_at: dt.datetime | None = strawberry.field(
        description="When they were counted; null: not yet."
    )
    breakdowns: list[AudienceBreakdown] = strawberry.field(description="The groups by each dimension.")


@strawberry.type(description="A viewer's way through a session, from the first join to an order.")
class Viewing:
    viewer_id: strawberry.ID = strawberry.field(description="An opaque id, the same in every session.")
    external_id: str = strawberry.field(description="The id its source gave the viewer.")
    joined_at: dt.datetime = strawberry.field(description="The first join.")
    left_at: dt.datetime | None = strawberry.field(
        description="The end of the last presence; null while the session is live and the viewer present."
    )
    watched_seconds: Decimal = strawberry.field(description="Seconds present.")
    joins: BigInt = strawberry.field(description="How many times the viewer came.")
    source: str | None = strawberry.field(description="The first source told in the session.")
    sub_source: str | None = strawberry.field(description="A part of the source.")
    is_paid: bool | None = strawberry.field(description="Whether the source was paid for; null: nobody told.")
    clicked_at: dt.datetime | None = strawberry.field(description="The first click on a product.")
    carted_at: dt.datetime | None = strawberry.field(description="The first time something went into a cart.")
    checkout_at: dt.datetime | None = strawberry.field(description="The first beginning of a checkout.")
    bought_at: dt.datetime | None = strawberry.field(
        description="When the first paid order of this session was placed, until its end plus the tail."
    )
    order_external_id: str | None = strawberry.field(description="That order, as its source calls it.")
    is_returning: bool = strawberry.field(description="Whether the viewer watched an earlier session.")
    stayed_to_end: bool = strawberry.field(
        description="Whether the viewer was present when the session ended; while live, whether now."
    )
    is_completed: bool = strawberry.field(description="Present for at least half of the session.")


@strawberry.input(description="Which viewers; every condition given has to hold.")
class ViewingFilter:
    stayed_to_end: bool | None = strawberry.field(default=None, description="Present at the end, or not.")
    bought: bool | None = strawberry.field(default=None, description="With a paid order, or without.")
    clicked: bool | None = strawberry.field(default=None, description="Clicked a product, or not.")
    carted: bool | None = strawberry.field(default=None, description="Put something into a cart, or not.")
    returning: bool | None = strawberry.field(default=None, description="Watched earlier, or not.")
    source: str | None = strawberry.field(default=None, description="Of this source; empty: of none.")
    min_watched_seconds: int | None = strawberry.field(default=None, description="Present for as long.")


ViewingFilterArgument = Annotated[
    ViewingFilter | None, strawberry.argument(description="Which viewers; all when left out.")
]
AudienceOfArgument = Annotated[AudienceOf, strawberry.argument(description="Whose groups to count.")]


def _wanted(told: ViewingFilter | None) -> Wanted:
    if told is None:
        return Wanted()
    least = told.min_watched_seconds
    return Wanted(
        stayed=told.stayed_to_end,
        bought=told.bought,
        clicked=told.clicked,
        carted=told.carted,
        returning=told.returning,
        source=told.source,
        least=None if least is None else Decimal(least),
    )


def _viewing(row: ViewingRow) -> Viewing:
    return Viewing(
        viewer_id=node_id(VIEWER_LETTER, row.viewer_id),
        external_id=row.external_id,
        joined_at=row.joined_at,
        left_at=row.left_at,
        watched_seconds=plain(row.watched_seconds),
        joins=BigInt(row.joins),
        source=row.source or None,
        sub_source=row.sub_source or None,
        is_paid=row.is_paid,
        clicked_at=row.clicked_at,
        carted_at=row.carted_at,
        checkout_at=row.checkout_at,
        bought_at=row.bought_at,
        order_external_id=row.order_id,
        is_returning=row.is_returning,
        stayed_to_end=row.has_stayed,
        is_completed=row.is_completed,
    )


def _audience(of: AudienceOf, row: AudienceRow | None) -> Audience:
    cells = {} if row is None else row.cells
    return Audience(
        of=of,
        people=None if row is None or row.people is None else BigInt(row.people),
        is_rounded=row is not None and row.is_live,
        computed_at=None if row is None else row.computed_at,
        breakdowns=[
            AudienceBreakdown(
                dimension=dimension,
                cells=[
                    AudienceCell(
                        group=group or None,
                        people=None if people is None else BigInt(people),
                        is_suppressed=people is None,
                    )
                    for group, people in cells.get(dimension.name.lower(), {}).items()
                ],
            )
            for dimension in AudienceDimension
        ],
    )


@strawberry.type
class AudienceOfSession(SessionPart):
    """Part of a live session: who watched it."""

    @computed(description="Where its viewers came from, most viewers first.")
    @reads(weight=1, size=20)
    def traffic(
        self, info: Info, basis: BasisArgument = SalesBasis.PAID, currency: CurrencyArgument = None
    ) -> list[TrafficSource]:
        actor = needs(info, "read")
        answer = partial(session_traffic, actor=actor, basis=basis.name, currency=currency)
        rows = self.siblings.load(("traffic", basis, currency), answer)[self.identity]
        return [
            TrafficSource(
                row.numbers,
                source=row.source or None,
                sub_source=row.sub_source or None,
                is_paid=row.is_paid,
                currency=CurrencyCode(row.numbers.currency),
            )
            for row in rows
        ]

    @computed(description="Who watched or bought, by group; it takes no `asOf`.")
    @reads(weight=1)
    def audience(self, info: Info, of: AudienceOfArgument = AudienceOf.VIEWERS) -> Audience:
        answer = partial(session_audiences, actor=needs(info, "read"), of=of.name)
        return _audience(of, self.siblings.load(("audience", of), answer).get(self.identity))

    @computed(
        description="Its viewers one by one, the first to join first, each from the first join to an order. "
        "Needs the scope `read:audience`."
    )
    @reads(weight=100)
    def viewers(
        self,
        info: Info,
        filter: ViewingFilterArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Viewing]:
        actor, size, wanted = needs(info, "read:audience"), page_size(first), _wanted(filter)
        place = read_cursor(after, order="viewers", kinds=(parse_date_time, UUID))
        answer = partial(
            session_viewings,
            actor=actor,
            wanted=wanted,
            after=None if place is None else (place[0], place[1]),
            limit=size + 1,
        )
        rows = self.siblings.load(("viewers", wanted, size, after), answer)[self.identity]
        return connection_of(
            rows,
            size=size,
            after=after,
            cursor=lambda row: write_cursor("viewers", (row.joined_at, row.viewer_id)),
            node=_viewing,
        )


# -- taking them out ---------------------------------------------------------------------------


@strawberry.input(description="Which viewers of which session to take out.")
class ExportViewersInput:
    session: strawberry.ID = strawberry.field(description="The session's id.")
    filter: ViewingFilter | None = strawberry.field(default=None, description="Which; all when left out.")


@strawberry.type(description="Viewers as a table.")
class ExportViewersPayload:
    csv: str | None = strawberry.field(
        description="A line a viewer below a line of names; null when there are user errors. What a "
        "spreadsheet would take for a formula has an apostrophe before it."
    )
    rows: BigInt = strawberry.field(description="How many viewers it has.")
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


def _table(viewings: list[Viewing]) -> str:
    names = ["viewer_id", *(name for name in Viewing.__annotations__ if name != "viewer_id")]
    rows = ([getattr(one, name) for name in names] for one in viewings)
    return b"".join(csv_chunks(Table(name="Viewers", headers=names, rows=rows))).decode()


def export_viewers(info: Info, told: ExportViewersInput) -> ExportViewersPayload:
    """Take viewers of a session out as a table, on record."""
    actor = needs(info, "read:audience")
    identity = own_id(told.session, SESSION_LETTER)
    session = None if identity is None else queries.session(identity, actor=actor)
    if session is None:
        error = not_found("session", message="There is no such session.")
        return ExportViewersPayload(csv=None, rows=BigInt(0), user_errors=[error])
    wanted = _wanted(told.filter)
    rows = session_viewings([session.id], actor=actor, wanted=wanted, after=None, limit=MOST_EXPORTED + 1)
    viewings = [_viewing(row) for row in rows[session.id]]
    if len(viewings) > MOST_EXPORTED:
        message = f"More than {MOST_EXPORTED} viewers: narrow the filter."
        many = UserError(field=["input", "filter"], code=UserErrorCode.TOO_MANY, message=message)
        return ExportViewersPayload(csv=None, rows=BigInt(0), user_errors=[many])
    asked = {name: str(value) for name, value in vars(wanted).items() if value is not None}
    put_on_record(
        actor=actor,
        partner_id=session.partner_id,
        action="export_viewers",
        subject_kind="live_session",
        subject_id=session.id,
        now=info.context.now,
        details={"filter": asked, "rows": len(viewings)},
    )
    return ExportViewersPayload(csv=_table(viewings), rows=BigInt(len(viewings)), user_errors=[])


ExportViewersArgument = Annotated[ExportViewersInput, strawberry.argument(description="Which ones.")]


@strawberry.type
class AudienceMutations:
    """Part of the root's mutations: viewers taken out, on record."""

    @computed(
        description="Take viewers of a session out as CSV, at most 10,000; it is put on record. Needs the "
        "scope `read:audience`."
    )
    @reads(weight=200)
    def export_viewers(self, info: Info, input: ExportViewersArgument) -> ExportViewersPayload:
        return export_viewers(info, input)
