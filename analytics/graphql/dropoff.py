"""How a session loses its audience: by the minute, and where most at once."""

import datetime as dt
from decimal import Decimal
from functools import partial
from typing import Annotated, Final

import strawberry

from analytics.graphql.markers import Marker, markers_of
from analytics.graphql.pages import Info, SessionPart, bad_input, computed, needs
from analytics.graphql.series import LONGEST, MINUTE, TREND_COST
from analytics.graphql.values import Ratio, ratio
from analytics.metrics import Scope, metric_of
from analytics.queries import Trend, session_trends
from analytics.queries.dropoffs import steepest_loss
from analytics.queries.markers import MOST
from config.api.cost import reads
from config.api.scalars import BigInt, DateTimeSeries, FloatSeries

JOINS, LEAVES = (metric_of(Scope.SESSION, key) for key in ("joins", "leaves"))
MOST_MINUTES: Final = 240

WindowMinutesArgument = Annotated[
    int, strawberry.argument(description="Length of the stretch that loses most, 1 to 240 minutes.")
]


@strawberry.type(
    description="The stretch of a session that lost most of its audience, people who came taken off."
)
class SteepestLoss:
    starts_at: dt.datetime = strawberry.field(description="Where it begins: a full minute.")
    ends_at: dt.datetime = strawberry.field(description="Where it ends.")
    audience: BigInt = strawberry.field(description="How many were there when it began.")
    lost: BigInt = strawberry.field(description="How many fewer were there when it ended.")
    share: Ratio = strawberry.field(description="How many were lost of those who were there.")
    of_session: strawberry.Private[SessionPart]

    @computed(description=f"What happened or went on meanwhile, of the session's first {MOST} markers.")
    @reads(weight=1, size=10)
    def markers(self, info: Info) -> list[Marker]:
        every = markers_of(info, self.of_session, kinds=None, from_second=None, to_second=None)
        return [one for one in every if one.at < self.ends_at and (one.ended_at or one.at) >= self.starts_at]


@strawberry.type(
    description="How a session loses its audience, every minute of it. Who stays to its end does not leave."
)
class DropOff:
    timestamps: DateTimeSeries = strawberry.field(description="Where each minute begins.")
    leaves: FloatSeries = strawberry.field(description="Times somebody left in the minute.")
    net_change: FloatSeries = strawberry.field(description="How many more came than left in the minute.")
    window: dt.timedelta = strawberry.field(
        description="How long the stretch is that was looked for; a shorter session is one stretch."
    )
    steepest: SteepestLoss | None = strawberry.field(
        description="The stretch that lost most, the earliest of equals; null where none lost anybody."
    )
    as_of: dt.datetime = strawberry.field(description="What was known at this moment.")
    computed_at: dt.datetime | None = strawberry.field(
        description="When the numbers were computed; null before that."
    )
    is_partial: bool = strawberry.field(
        description="Whether the session still goes on, so that more will follow."
    )


@strawberry.type
class DropOffOfSession(SessionPart):
    """The field `dropOff` of a session."""

    @computed(description="How it loses its audience, of at most twelve hours.")
    @reads(weight=TREND_COST)
    def drop_off(self, info: Info, window_minutes: WindowMinutesArgument = 10) -> DropOff:
        if not 1 <= window_minutes <= MOST_MINUTES:
            raise bad_input(f"windowMinutes is 1 to {MOST_MINUTES}.")
        answer = partial(session_trends, actor=needs(info, "read"), metrics=(JOINS, LEAVES), longest=LONGEST)
        trend = self.siblings.load(("drop-off",), answer)[self.identity]
        if trend.is_too_long:
            raise bad_input(f"The session has more than {LONGEST} minutes.")
        joins, leaves = trend.columns
        net = [came - went for came, went in zip(joins, leaves, strict=True)]
        return DropOff(
            timestamps=DateTimeSeries(trend.minutes),
            leaves=FloatSeries([*leaves]),
            net_change=FloatSeries([*net]),
            window=dt.timedelta(minutes=window_minutes),
            steepest=_steepest(self, trend, [int(change) for change in net], window_minutes),
            as_of=info.context.now,
            computed_at=trend.computed_at,
            is_partial=self.is_live,
        )


def _steepest(part: SessionPart, trend: Trend, net: list[int], minutes: int) -> SteepestLoss | None:
    loss = steepest_loss(net, minutes=minutes)
    if loss is None:
        return None
    starts_at = trend.minutes[loss.first]
    return SteepestLoss(
        starts_at=starts_at,
        ends_at=starts_at + loss.minutes * MINUTE,
        audience=BigInt(loss.audience),
        lost=BigInt(loss.lost),
        share=ratio(Decimal(loss.lost), Decimal(loss.audience)),
        of_session=part,
    )
