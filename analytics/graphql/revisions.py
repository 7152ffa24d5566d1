"""What became known of a live session after it had ended: by how much its numbers changed, and why."""

import datetime as dt
import enum
from decimal import Decimal
from functools import partial
from typing import Annotated, Final

import strawberry

from analytics.graphql.metrics import SessionMetric
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
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.values import Money, SalesBasis, money, plain
from analytics.queries import Cause, Change, Revised, session_revisions
from config.api.scalars import BigInt, CurrencyCode, parse_date_time

SESSION_LETTER: Final = "S"


@strawberry.enum(description="What can change what is known of a session.")
class RevisionCauseKind(enum.Enum):
    NEW_ORDER = strawberry.enum_value(
        "NEW_ORDER", description="An order came that was placed after the session, or while it was live."
    )
    LATE_ORDER = strawberry.enum_value(
        "LATE_ORDER", description="An order of the session's own time came after its end."
    )
    ORDER_MOVED_IN = strawberry.enum_value(
        "ORDER_MOVED_IN", description="An order that was known already turned out to be of this session."
    )
    ORDER_MOVED_OUT = strawberry.enum_value(
        "ORDER_MOVED_OUT", description="An order turned out to be of another session, or of none."
    )
    ORDER_CORRECTED = strawberry.enum_value(
        "ORDER_CORRECTED", description="An order was stated anew, with other contents or as unpaid."
    )
    ORDER_PAID = strawberry.enum_value("ORDER_PAID", description="An order was paid.")
    ORDER_CANCELLED = strawberry.enum_value("ORDER_CANCELLED", description="An order was cancelled.")
    REFUND = strawberry.enum_value(
        "REFUND", description="Something of an order was given back, or less of it than was known."
    )
    REFUND_WITHOUT_ORDER = strawberry.enum_value(
        "REFUND_WITHOUT_ORDER", description="Something was given back that names the session and no order."
    )
    BUYER_IDENTIFIED = strawberry.enum_value(
        "BUYER_IDENTIFIED", description="It became known who the buyer of an order is, or which viewer."
    )
    LATE_EVENTS = strawberry.enum_value(
        "LATE_EVENTS", description="Events of the session came that are not of orders."
    )
    SESSIONS_MERGED = strawberry.enum_value(
        "SESSIONS_MERGED", description="A broadcast was made part of the session."
    )
    SESSION_SPLIT = strawberry.enum_value(
        "SESSION_SPLIT", description="A broadcast was taken out of the session."
    )
    RULES_CHANGED = strawberry.enum_value(
        "RULES_CHANGED", description="The partner changed a setting that the numbers depend on."
    )
    DEFINITION_CHANGED = strawberry.enum_value(
        "DEFINITION_CHANGED", description="What a number means was changed."
    )


@strawberry.type(
    description="What changed a session's numbers: things of one kind and currency together. The parts of "
    "all causes of a revision in a currency add up to the change of its sales and refunds."
)
class RevisionCause:
    kind: RevisionCauseKind = strawberry.field(description="What happened.")
    count: BigInt = strawberry.field(description="To how many orders, refunds or events it happened.")
    placed: Money | None = strawberry.field(
        description="Its part in the change of the sales placed; null where it is no order's or refund's."
    )
    paid: Money | None = strawberry.field(description="Its part in the change of the sales paid.")
    net: Money | None = strawberry.field(description="Its part in the change of the net sales.")
    refunds: Money | None = strawberry.field(description="Its part in the change of the refunds.")
    orders: list[str] = strawberry.field(
        description="The orders' ids as their source gave them; the first 20."
    )
    session_id: strawberry.ID | None = strawberry.field(
        description="The session that orders came from or went to, for `node`; null where it is none."
    )


@strawberry.type(description="A number of a session that changed.")
class MetricChange:
    metric: SessionMetric = strawberry.field(description="Which number.")
    basis: SalesBasis | None = strawberry.field(
        description="Which orders count; null where that changes nothing."
    )
    currency: CurrencyCode | None = strawberry.field(
        description="The currency of the orders that count; null for what is no order's."
    )
    before: Decimal | None = strawberry.field(
        description="What it was, in the metric's unit; null for a moment."
    )
    after: Decimal | None = strawberry.field(description="What it became; null for a moment.")
    difference: Decimal | None = strawberry.field(description="after - before; null for a moment.")
    before_at: dt.datetime | None = strawberry.field(description="What it was, of a moment; null: none.")
    after_at: dt.datetime | None = strawberry.field(description="What it became, of a moment; null: none.")


@strawberry.type(
    description="A moment at which something of a session became known. `kpis` as of it, and as of just "
    "before it, differ by the changes. Quotients follow from the numbers they are divided from."
)
class Revision:
    known_at: dt.datetime = strawberry.field(description="Since when it is known.")
    is_live: bool = strawberry.field(description="Whether the session had no end yet.")
    definition_version: int = strawberry.field(description="The version of the numbers' definitions.")
    changes: list[MetricChange] = strawberry.field(
        description="The numbers that changed, by basis and currency; no quotients."
    )
    causes: list[RevisionCause] = strawberry.field(description="The facts that did it.")


def _shown_change(change: Change) -> MetricChange:
    is_number = not isinstance(change.before or change.after, dt.datetime)
    return MetricChange(
        metric=SessionMetric[change.metric.key.upper()],
        basis=SalesBasis[change.basis] if change.basis else None,
        currency=CurrencyCode(change.currency) if change.currency else None,
        before=plain(change.before) if is_number else None,
        after=plain(change.after) if is_number else None,
        difference=plain(change.after - change.before) if is_number else None,
        before_at=None if is_number else change.before,
        after_at=None if is_number else change.after,
    )


def _shown_cause(cause: Cause) -> RevisionCause:
    currency, share = cause.currency, cause.share
    return RevisionCause(
        kind=RevisionCauseKind[cause.kind.name],
        count=BigInt(cause.count),
        placed=money(share.placed, currency) if currency else None,
        paid=money(share.paid, currency) if currency else None,
        net=money(share.net, currency) if currency else None,
        refunds=money(share.refunds, currency) if currency else None,
        orders=cause.orders,
        session_id=node_id(SESSION_LETTER, cause.session) if cause.session else None,
    )


def _shown(row: Revised) -> Revision:
    return Revision(
        known_at=row.known_from,
        is_live=row.is_live,
        definition_version=row.definition_version,
        changes=[_shown_change(change) for change in row.changes],
        causes=[_shown_cause(cause) for cause in row.causes],
    )


IncludeLiveArgument = Annotated[
    bool,
    strawberry.argument(
        description="Whether also what became known while the session was live, where that is kept: of the "
        "last day all of it, before that what changed from minute to minute."
    ),
]


@strawberry.type
class RevisionsOfSession(SessionPart):
    """What of a live session is about how what is known of it changed."""

    @computed(
        description="What became known since the numbers first knew the session's end, the latest first. "
        "The differences of a number add up to what it is now minus what it was then."
    )
    def revisions(
        self,
        info: Info,
        include_live: IncludeLiveArgument = False,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Revision]:
        actor, size = needs(info, "read"), page_size(first)
        order = f"revisions {include_live}"
        place = read_cursor(after, order=order, kinds=(parse_date_time,))
        answer = partial(
            session_revisions,
            actor=actor,
            with_live=include_live,
            after=None if place is None else place[0],
            limit=size + 1,
        )
        rows = self.siblings.load((order, size, after), answer)[self.identity]
        return connection_of(
            rows,
            size=size,
            after=after,
            cursor=lambda row: write_cursor(order, (row.known_from,)),
            node=_shown,
        )
