"""The minute rows of one session."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from tests.oracle.events import Event
from tests.oracle.orders import ZERO, OrderTruth
from tests.oracle.presence import Interval, Point

MINUTE = timedelta(minutes=1)


def minute_of(time: datetime) -> datetime:
    """The UTC minute the time lies in."""
    return time.replace(second=0, microsecond=0)


def points_before(points: Sequence[Point], time: datetime) -> int:
    """How many points lie before the time."""
    return bisect_left(points, time, key=lambda point: point.time)


def concurrent_before(points: Sequence[Point], time: datetime) -> int:
    """People present after every point before the time."""
    passed = points_before(points, time)
    return points[passed - 1].after if passed else 0


def minute_peak(points: Sequence[Point], minute: datetime) -> int:
    """Most people present at once in the minute, with those carried in unless that changed at once."""
    inside = points[points_before(points, minute) : points_before(points, minute + MINUTE)]
    reached = [point.after for point in inside]
    if not inside or inside[0].time > minute:
        reached.append(concurrent_before(points, minute))
    return max(reached)


def minute_rows(
    *,
    events: Collection[Event],
    orders: Collection[OrderTruth],
    intervals: Collection[Interval],
    points: Sequence[Point],
    counts: Callable[[Collection[Event]], Mapping[str, int]],
    end: datetime,
) -> dict[datetime, dict[str, int | Decimal]]:
    """Rows of the minutes with any event, order, join or leave, from what lies inside the session's window.

    Who stays to the session's end does not leave: a presence that ends there is no `leaves` of any minute.
    """
    events_in: dict[datetime, list[Event]] = defaultdict(list)
    orders_in: dict[datetime, list[OrderTruth]] = defaultdict(list)
    joins: dict[datetime, int] = defaultdict(int)
    leaves: dict[datetime, int] = defaultdict(int)
    for event in events:
        events_in[minute_of(event.time)].append(event)
    for order in orders:
        orders_in[minute_of(order.placed_at)].append(order)
    for interval in intervals:
        joins[minute_of(interval.start)] += 1
        if interval.end < end:
            leaves[minute_of(interval.end)] += 1
    touched = {*events_in, *orders_in, *joins, *leaves}
    if points and (last := minute_of(end)) < end:
        touched.add(last)  # everybody still there goes at the session's end

    def people(minute: datetime, kind: str) -> int:
        return len(
            {
                (event.source, event.viewer)
                for event in events_in[minute]
                if event.type == kind and event.viewer
            }
        )

    return {
        minute: {
            **counts(events_in[minute]),
            "concurrent_viewers": concurrent_before(points, minute + MINUTE),
            "peak_concurrent_viewers": minute_peak(points, minute),
            "joins": joins[minute],
            "leaves": leaves[minute],
            "carts": people(minute, "add_to_cart"),
            "checkouts": people(minute, "begin_checkout"),
            "orders": len(orders_in[minute]),
            "live_sales": sum((order.merchandise for order in orders_in[minute]), ZERO),
        }
        for minute in sorted(touched)
    }
