"""A session minute by minute, and its funnel."""

import datetime as dt
import enum
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from analytics.graphql.metrics import MetricKey, SessionMetric, Unit, declared_metric
from analytics.graphql.pages import Info, Siblings, bad_input, needs
from analytics.metrics import Scope, metric_of
from analytics.queries import IN_TREND, Trend, session_trends
from config.api.scalars import CurrencyCode, DateTimeSeries, FloatSeries

MOST_METRICS: Final = 4
MINUTE: Final = dt.timedelta(minutes=1)
NAMES_IN_TREND: Final = ", ".join(metric.key.upper() for metric in IN_TREND)


@strawberry.enum(description="Which part of a session a trend shows.")
class TrendWindow(enum.Enum):
    WHOLE = strawberry.enum_value("WHOLE", description="From its start to its end so far.")
    LAST_30_MINUTES = strawberry.enum_value("LAST_30_MINUTES", description="Its last 30 minutes so far.")
    LAST_5_MINUTES = strawberry.enum_value("LAST_5_MINUTES", description="Its last 5 minutes so far.")
    CUSTOM = strawberry.enum_value("CUSTOM", description="What of it lies in [from, to).")


LAST_MINUTES: Final = {TrendWindow.LAST_30_MINUTES: 30, TrendWindow.LAST_5_MINUTES: 5}
LONGEST: Final = 720
"""Minutes of one answer: twelve hours."""
# Minutes are read in one go, and are small: three of them are about one row of anything else.
TREND_COST: Final = LONGEST // 3
WINDOW_COST: Final = {"window": {window.name: -(-most // 3) for window, most in LAST_MINUTES.items()}}
# How many watch, and what was sold meanwhile.
USUAL_PAIR: Final = tuple(metric_of(Scope.SESSION, key) for key in ("concurrent_viewers", "live_sales"))


@strawberry.type(description="One metric's values, one for each timestamp.")
class Series:
    metric: MetricKey = strawberry.field(description="What the values are of.")
    unit: Unit = strawberry.field(description="How they are written.")
    currency: CurrencyCode | None = strawberry.field(
        description="Their currency; null when they are no money."
    )
    values: FloatSeries = strawberry.field(
        description="One for each timestamp, for drawing: exact money is in `kpis`. 0 is zero, null no data."
    )


@strawberry.type(description="Columns of numbers over time; every step of the window is there.")
class TimeSeries:
    timestamps: DateTimeSeries = strawberry.field(description="Where each step begins.")
    series: list[Series] = strawberry.field(description="One column for each metric, in the order asked for.")
    grain: dt.timedelta = strawberry.field(description="How long a step is.")
    as_of: dt.datetime = strawberry.field(description="What was known at this moment.")
    computed_at: dt.datetime | None = strawberry.field(
        description="When the numbers were computed; null before that."
    )
    is_partial: bool = strawberry.field(
        description="Whether it still goes on, so that more will follow."
    )


MetricsArgument = Annotated[
    list[SessionMetric] | None,
    strawberry.argument(
        description=f"One to four of: {NAMES_IN_TREND}. Left out: "
        f"{' and '.join(metric.key.upper() for metric in USUAL_PAIR)}, that is direct sales, paid ones."
    ),
]
WindowArgument = Annotated[
    TrendWindow | None,
    strawberry.argument(description="Which part of it; CUSTOM when from or to is given, else WHOLE."),
]
FromArgument = Annotated[
    dt.datetime | None,
    strawberry.argument(name="from", description="With CUSTOM: the minute of this moment and later."),
]
ToArgument = Annotated[
    dt.datetime | None, strawberry.argument(name="to", description="With CUSTOM: before this moment.")
]


def session_trend(
    info: Info,
    siblings: Siblings,
    session_id: UUID,
    *,
    metrics: list[SessionMetric] | None,
    window: TrendWindow | None,
    starts_at: dt.datetime | None,
    ends_at: dt.datetime | None,
    is_live: bool,
) -> TimeSeries:
    """The trend of one session, read for all of its page at once."""
    actor = needs(info, "read")
    chosen = (
        list(USUAL_PAIR)
        if metrics is None
        else [declared_metric(Scope.SESSION, metric) for metric in metrics]
    )
    if not 1 <= len(chosen) <= MOST_METRICS:
        raise bad_input(f"metrics has one to {MOST_METRICS} entries.")
    if strange := [metric.key.upper() for metric in chosen if not metric.in_trend]:
        raise bad_input(f"Not known minute by minute: {', '.join(strange)}. Known are {NAMES_IN_TREND}.")
    is_custom = starts_at is not None or ends_at is not None
    window = window or (TrendWindow.CUSTOM if is_custom else TrendWindow.WHOLE)
    if (window is TrendWindow.CUSTOM) != is_custom:
        raise bad_input("from and to go with the window CUSTOM, which needs at least one of them.")
    answer = partial(
        session_trends,
        actor=actor,
        metrics=chosen,
        last_minutes=LAST_MINUTES.get(window),
        starts_at=starts_at,
        ends_at=ends_at,
        longest=LONGEST,
    )
    trend = siblings.load(("trend", *chosen, window, starts_at, ends_at), answer)[session_id]
    if trend.is_too_long:
        raise bad_input(f"The window has more than {LONGEST} minutes. Ask for a part of it with from and to.")
    return _shown(info, trend, chosen, is_live=is_live)


def _shown(info: Info, trend: Trend, metrics: list[Any], *, is_live: bool) -> TimeSeries:
    columns = zip(metrics, trend.columns, strict=True)
    return TimeSeries(
        timestamps=DateTimeSeries(trend.minutes),
        series=[
            Series(
                metric=MetricKey[metric.key.upper()],
                unit=Unit[metric.unit.name],
                currency=CurrencyCode(trend.currency) if metric.unit.name == Unit.MONEY.name else None,
                values=FloatSeries([*values]),
            )
            for metric, values in columns
        ],
        grain=MINUTE,
        as_of=info.context.now,
        computed_at=trend.computed_at,
        is_partial=is_live,
    )
