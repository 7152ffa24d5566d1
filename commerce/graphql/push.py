"""A live session, pushed: numbers and the last minutes of the trend as one state, whenever they change."""

import datetime as dt
from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.types.field import StrawberryField

from analytics import push
from analytics.graphql.kpis import KpisNow
from analytics.graphql.metrics import SessionMetric
from analytics.graphql.pages import Info, computed, needs
from analytics.graphql.series import NAMES_IN_TREND, TimeSeries, TrendWindow, session_trend
from analytics.queries.pulses import session_pulses
from commerce.graphql.sessions import LiveSessionBy, SessionStatus, find_session
from config.api.cost import reads
from config.api.errors import ApiError, ErrorCode
from config.api.scalars import BigInt
from config.api.view import Watched

ResolverT = TypeVar("ResolverT", bound=Callable[..., Any])

PushedMetricsArgument = Annotated[
    list[SessionMetric] | None,
    strawberry.argument(description=f"What `trend` shows: one to four of {NAMES_IN_TREND}."),
]


@strawberry.type(description="A live session at one moment: everything in an update belongs together.")
class LiveSessionUpdate(KpisNow):
    id: strawberry.ID = strawberry.field(description="The session's id.")
    external_id: str = strawberry.field(description="The id its source gave it.")
    status: SessionStatus = strawberry.field(description="Where it is in its life.")
    as_of: dt.datetime = strawberry.field(description="What was known at this moment.")
    computed_at: dt.datetime | None = strawberry.field(
        description="When the numbers were computed; null before that."
    )
    sequence: BigInt = strawberry.field(
        description="Grows each time the numbers are computed: of two updates the greater is the later one."
    )
    is_final: bool = strawberry.field(
        description="Whether this is the last update: the session has ended, half a minute has passed, and "
        "no fact waits that may change its numbers; or ten minutes have passed."
    )
    metrics: strawberry.Private[list[SessionMetric] | None]

    @computed(description="Its last five minutes so far, by the metrics asked for; null when none are.")
    @reads(weight=5)
    def trend(self, info: Info) -> TimeSeries | None:
        if not self.metrics:
            return None
        return session_trend(
            info,
            self.siblings,
            self.identity,
            metrics=self.metrics,
            window=TrendWindow.LAST_5_MINUTES,
            starts_at=None,
            ends_at=None,
            is_live=self.status is SessionStatus.LIVE,
        )


def live_update(info: Info, by: LiveSessionBy, metrics: list[SessionMetric] | None) -> LiveSessionUpdate:
    """The state of a session as this transaction sees it; raises NOT_FOUND when there is none."""
    session = find_session(info, by)
    if session is None:
        raise ApiError("There is no such session.", code=ErrorCode.NOT_FOUND)
    actor, now, identity = needs(info, "read"), info.context.now, session.identity
    pulse = session_pulses([identity], actor=actor, now=now)[identity]
    info.context.watched = Watched(
        channel=push.channel(partner_id=pulse.partner_id, session_id=identity),
        subject=(pulse.partner_id, identity),
        revision=pulse.revision,
        is_final=pulse.is_final,
    )
    return LiveSessionUpdate(
        id=session.id,
        external_id=session.external_id,
        status=session.status,
        as_of=now,
        computed_at=pulse.computed_at,
        sequence=BigInt(pulse.sequence),
        is_final=pulse.is_final,
        identity=identity,
        siblings=session.siblings,
        metrics=metrics,
    )


async def _once(update: LiveSessionUpdate) -> AsyncGenerator[LiveSessionUpdate, None]:
    yield update


def listened(*, description: str) -> Callable[[ResolverT], StrawberryField]:
    """A field that answers a stream."""
    field: Callable[[ResolverT], StrawberryField] = strawberry.subscription(description=description)
    return field


@strawberry.type(description="Everything that can be listened to.")
class Subscription:
    @listened(
        description="A live session's numbers: at once, then each time they changed, at most once a second, "
        "until the session has ended and they are settled."
    )
    def live_session(
        self,
        info: Info,
        by: Annotated[LiveSessionBy, strawberry.argument(description="Which session is meant.")],
        metrics: PushedMetricsArgument = None,
    ) -> AsyncGenerator[LiveSessionUpdate, None]:
        # The state as it is now: whoever holds the stream asks again when there is another.
        return _once(live_update(info, by, metrics))
