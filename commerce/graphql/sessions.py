"""Live sessions: found by id or name, listed, and pointing at their numbers."""

import datetime as dt
import enum
from collections.abc import Callable, Sequence
from typing import Annotated, Final
from uuid import UUID

import strawberry

from analytics.graphql.advice import AdviceOfSession
from analytics.graphql.audiences import AudienceOfSession
from analytics.graphql.comments import CommentsOfSession
from analytics.graphql.comparison import ComparedArgument, KpiDifference, compare_sessions
from analytics.graphql.debriefs import DebriefOfSession
from analytics.graphql.dropoff import DropOffOfSession
from analytics.graphql.exports import ExportOfSession
from analytics.graphql.five import FiveOfSession
from analytics.graphql.funnels import Funnel, FunnelArgument, FunnelUnit, session_funnel
from analytics.graphql.kpis import (
    AsOfArgument,
    BasisArgument,
    CurrencyArgument,
    SessionKpis,
    ShippingArgument,
    TaxArgument,
    session_kpis,
)
from analytics.graphql.markers import MarkersOfSession
from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    Node,
    Siblings,
    bad_input,
    computed,
    connection_of,
    needs,
    node_id,
    own_id,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.products import (
    ProductOrderArgument,
    ProductSearchArgument,
    SessionProduct,
    products_of_session,
)
from analytics.graphql.revisions import RevisionsOfSession
from analytics.graphql.scorecard import ScorecardOfSession
from analytics.graphql.series import (
    TREND_COST,
    WINDOW_COST,
    FromArgument,
    MetricsArgument,
    TimeSeries,
    ToArgument,
    WindowArgument,
    session_trend,
)
from analytics.graphql.showings import ShowingsOfSession
from analytics.graphql.targets import TargetsOfSession
from analytics.graphql.values import Direction, SalesBasis
from commerce import models, queries
from commerce.graphql.broadcasts import BroadcastsOfSession, Channel
from commerce.graphql.violations import ViolationsOfSession
from config.api.cost import reads
from config.api.scalars import CurrencyCode, parse_date_time

LETTER: Final = "S"


@strawberry.enum(description="What a session is for.")
class Objective(enum.Enum):
    AWARENESS = strawberry.enum_value("AWARENESS", description="Being seen.")
    CONVERSION = strawberry.enum_value("CONVERSION", description="Selling.")


@strawberry.enum(description="Where a session is in its life.")
class SessionStatus(enum.Enum):
    SCHEDULED = strawberry.enum_value("SCHEDULED", description="Announced, not yet started.")
    LIVE = strawberry.enum_value("LIVE", description="Started, and no end told since.")
    ENDED = strawberry.enum_value("ENDED", description="Its end was told.")
    PLACEHOLDER = strawberry.enum_value(
        "PLACEHOLDER", description="Known by name only: events speak of it, and none has described it yet."
    )


@strawberry.enum(description="What sessions can be ordered by.")
class LiveSessionOrderField(enum.Enum):
    STARTED_AT = strawberry.enum_value("STARTED_AT", description="Their start; those without one come last.")
    TITLE = strawberry.enum_value("TITLE", description="Their title.")


@strawberry.input(description="An order of sessions.")
class LiveSessionOrder:
    field: LiveSessionOrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which sessions to list; every condition given has to hold.")
class LiveSessionFilter:
    channel: Channel | None = strawberry.field(default=None, description="Shown here.")
    status: SessionStatus | None = strawberry.field(default=None, description="At this point of its life.")
    objective: Objective | None = strawberry.field(default=None, description="With this objective.")
    started_from: dt.datetime | None = strawberry.field(
        default=None, description="Started at this moment or later."
    )
    started_to: dt.datetime | None = strawberry.field(default=None, description="Started before this moment.")
    search: str | None = strawberry.field(
        default=None, description="This text is in title, host or external id."
    )


@strawberry.input(one_of=True, description="Which session is meant: exactly one of these.")
class LiveSessionBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Its id.")
    external_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The id its source gave it, when no other source uses the same."
    )


@strawberry.type(description="A live session of a partner.")
class LiveSession(
    Node,
    AdviceOfSession,
    AudienceOfSession,
    BroadcastsOfSession,
    DebriefOfSession,
    CommentsOfSession,
    ExportOfSession,
    DropOffOfSession,
    FiveOfSession,
    ScorecardOfSession,
    MarkersOfSession,
    RevisionsOfSession,
    TargetsOfSession,
    ShowingsOfSession,
    ViolationsOfSession,
):
    external_id: str = strawberry.field(description="The id its source gave it.")
    source: str = strawberry.field(description="Who tells about it.")
    title: str = strawberry.field(description="Its title; empty when none was told.")
    host: str = strawberry.field(description="Who hosts it; empty when nobody was told.")
    channel: Channel = strawberry.field(description="Where it is shown.")
    objective: Objective | None = strawberry.field(description="What it is for.")
    status: SessionStatus = strawberry.field(description="Where it is in its life.")
    scheduled_at: dt.datetime | None = strawberry.field(description="When it is announced for.")
    started_at: dt.datetime | None = strawberry.field(
        description="Its earliest start; null when none was told."
    )
    ended_at: dt.datetime | None = strawberry.field(description="Its latest end; null while it is live.")
    currency: CurrencyCode | None = strawberry.field(description="Its own currency; null: the partner's.")
    merged_into: strawberry.ID | None = strawberry.field(
        description="Id of the session this one is a broadcast of; null for a session by itself."
    )

    @computed(description="Its numbers.")
    def kpis(
        self,
        info: Info,
        basis: BasisArgument = SalesBasis.PAID,
        include_shipping: ShippingArgument = False,
        include_tax: TaxArgument = False,
        currency: CurrencyArgument = None,
        as_of: AsOfArgument = None,
    ) -> SessionKpis:
        return session_kpis(
            info,
            self.siblings,
            self.identity,
            basis=basis,
            include_shipping=include_shipping,
            include_tax=include_tax,
            currency=currency,
            as_of=as_of,
        )

    @computed(description="It minute by minute.")
    @reads(weight=TREND_COST, by=WINDOW_COST)
    def trend(
        self,
        info: Info,
        metrics: MetricsArgument = None,
        window: WindowArgument = None,
        starts_at: FromArgument = None,
        ends_at: ToArgument = None,
    ) -> TimeSeries:
        return session_trend(
            info,
            self.siblings,
            self.identity,
            metrics=metrics,
            window=window,
            starts_at=starts_at,
            ends_at=ends_at,
            is_live=self.is_live,
        )

    @computed(description="The way from being shown to a paid order.")
    def funnel(self, info: Info, of: FunnelArgument = FunnelUnit.VIEWERS) -> Funnel:
        return session_funnel(info, self.siblings, self.identity, of=of)

    @computed(
        description="It beside another session, number by number, in its own currency; empty where there is "
        "no such session."
    )
    @reads(weight=10, size=60)
    def compare(
        self,
        info: Info,
        with_: Annotated[
            LiveSessionBy, strawberry.argument(name="with", description="The other session.")
        ],
        metrics: ComparedArgument = None,
        basis: BasisArgument = SalesBasis.PAID,
    ) -> list[KpiDifference]:
        other = find_session(info, with_)
        if other is None:
            return []
        return compare_sessions(info, self.identity, other.identity, metrics=metrics, basis=basis)

    @computed(description="The products that were shown, clicked, put into carts or sold in it.")
    def products(
        self,
        info: Info,
        search: ProductSearchArgument = None,
        order_by: ProductOrderArgument = None,
        basis: BasisArgument = SalesBasis.PAID,
        currency: CurrencyArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[SessionProduct]:
        return products_of_session(
            info,
            self.siblings,
            self.identity,
            search=search,
            order_by=order_by,
            basis=basis,
            currency=currency,
            first=first,
            after=after,
        )


def _shown(row: models.LiveSession, siblings: Siblings) -> LiveSession:
    status = SessionStatus[queries.status_of(row)]
    return LiveSession(
        id=node_id(LETTER, row.id),
        external_id=row.external_id,
        source=row.source,
        title=row.title,
        host=row.host,
        channel=Channel[row.channel],
        objective=Objective[row.objective] if row.objective else None,
        status=status,
        scheduled_at=row.scheduled_at,
        started_at=row.started_at,
        ended_at=row.last_ended_at if status is SessionStatus.ENDED else None,
        currency=CurrencyCode(row.currency) if row.currency else None,
        merged_into=node_id(LETTER, row.merged_into_id) if row.merged_into_id else None,
        identity=row.id,
        siblings=siblings,
        is_live=status is SessionStatus.LIVE,
        has_ended=status is SessionStatus.ENDED,
    )


def _alone(row: models.LiveSession | None) -> LiveSession | None:
    return None if row is None else _shown(row, Siblings([row.id]))


def session_by_id(info: Info, identity: UUID) -> LiveSession | None:
    """The session of an id."""
    return _alone(queries.session(identity, actor=needs(info, "read")))


def sessions_by_ids(info: Info, identities: Sequence[UUID]) -> dict[UUID, LiveSession]:
    """The sessions of some ids, as of one page."""
    rows = queries.sessions(actor=needs(info, "read", "manage")).filter(id__in=identities)
    siblings = Siblings(list(identities))
    return {row.id: _shown(row, siblings) for row in rows}


def find_session(info: Info, by: LiveSessionBy) -> LiveSession | None:
    """The session that is meant; BAD_USER_INPUT when several sources use the name."""
    actor = needs(info, "read")
    if by.id:
        identity = own_id(by.id, LETTER)
        return None if identity is None else session_by_id(info, identity)
    found = queries.sessions_named(by.external_id or "", actor=actor)
    if len(found) > 1:
        raise bad_input("Several sources have a session of this external id. Ask by id.")
    return _alone(found[0] if found else None)


ORDERINGS: Final[dict[LiveSessionOrderField, tuple[str, bool, Callable[[str], object]]]] = {
    LiveSessionOrderField.STARTED_AT: ("started_at", True, parse_date_time),
    LiveSessionOrderField.TITLE: ("title", False, str),
}


def list_sessions(
    info: Info,
    *,
    where: LiveSessionFilter | None,
    order_by: list[LiveSessionOrder] | None,
    first: int | None,
    after: str | None,
) -> Connection[LiveSession]:
    """A page of sessions."""
    actor, size, told = needs(info, "read"), page_size(first), where or LiveSessionFilter()
    if order_by is not None and len(order_by) > 1:
        raise bad_input("orderBy takes one entry so far.")
    chosen = order_by[0] if order_by else LiveSessionOrder(field=LiveSessionOrderField.STARTED_AT)
    column, is_nullable, kind = ORDERINGS[chosen.field]
    name = f"sessions {chosen.field.name} {chosen.direction.name}"
    rows = queries.page(
        queries.sessions(
            actor=actor,
            with_broadcasts=False,
            channel=told.channel.name if told.channel else None,
            status=told.status.name if told.status else None,
            objective=told.objective.name if told.objective else None,
            started_from=told.started_from,
            started_to=told.started_to,
            search=told.search,
        ),
        ordering=queries.Ordering(
            column=column, is_descending=chosen.direction is Direction.DESC, is_nullable=is_nullable
        ),
        after=read_cursor(after, order=name, kinds=(kind, UUID)),
        limit=size + 1,
    )
    siblings = Siblings([row.id for row in rows[:size]])
    return connection_of(
        rows,
        size=size,
        after=after,
        cursor=lambda row: write_cursor(name, (getattr(row, column), row.id)),
        node=lambda row: _shown(row, siblings),
    )


SessionsFilterArgument = Annotated[
    LiveSessionFilter | None, strawberry.argument(description="Which ones; all when left out.")
]
SessionsOrderArgument = Annotated[
    list[LiveSessionOrder] | None,
    strawberry.argument(
        description="In which order; the latest start first when left out. One entry so far."
    ),
]
