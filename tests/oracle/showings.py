"""Product moments of one session: from when to when something was featured, and what came of it.

Featured again while it is on, or less than 90 s after it was unfeatured, the moment goes on, the gap
included; a featuring that nothing ends lasts until the session's end. A moment lies inside the session: what
was on before the start begins with it; what was over by then, or begins at the end or later, is none.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tests.oracle.events import Event
from tests.oracle.orders import ZERO, OrderTruth
from tests.oracle.presence import Interval, rank

WINDOW = timedelta(seconds=90)
FEATURED, UNFEATURED = "live_product_featured", "live_product_unfeatured"


@dataclass(kw_only=True)
class Told:
    """A moment as its events tell it, not yet cut to the session."""

    item_id: str
    featured_at: datetime
    position: int | None
    unfeatured_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ShowingTruth:
    """A moment `[featured_at, ends_at)`; viewers and buyers are those of `[featured_at, window_ends_at)`."""

    item_id: str
    number: int
    position: int | None
    featured_at: datetime
    unfeatured_at: datetime | None
    ends_at: datetime
    window_ends_at: datetime
    viewers: frozenset[str]
    buyers: frozenset[str]
    viewers_at_start: int
    viewers_at_end: int
    product_clicks: int
    carts: int
    comments: int
    orders: int
    live_sales: Decimal

    @property
    def seconds(self) -> Decimal:
        """How long it lasted, exactly."""
        return Decimal((self.ends_at - self.featured_at) // timedelta(microseconds=1)).scaleb(-6)

    def covers(self, time: datetime) -> bool:
        """Whether the product was featured then."""
        return self.featured_at <= time < self.ends_at


def position_of(event: Event) -> int | None:
    """The stated position, of the first item alone."""
    told = event.data.get("position")
    if isinstance(told, bool) or not isinstance(told, int):
        return None
    return told if 0 <= told < 10**9 else None


def told_moments(events: Collection[Event]) -> list[Told]:
    """Every product's moments, from its featurings and unfeaturings in order."""
    telling = sorted(
        (event for event in events if event.type in (FEATURED, UNFEATURED)),
        key=lambda event: (
            event.time,
            rank(event.sequence),
            event.type != UNFEATURED or event.number is not None,
            event.place,
        ),
    )
    found: list[Told] = []
    latest: dict[str, Told] = {}
    is_on: dict[str, bool] = defaultdict(bool)
    for event in telling:
        for place, item in enumerate(event.items):
            item_id = str(item["item_id"])
            if event.type == UNFEATURED:
                if is_on[item_id]:
                    latest[item_id].unfeatured_at = event.time
                    is_on[item_id] = False
                continue
            if is_on[item_id]:
                continue
            is_on[item_id] = True
            before = latest.get(item_id)
            if before and before.unfeatured_at and event.time < before.unfeatured_at + WINDOW:
                before.unfeatured_at = None
                continue
            position = position_of(event) if place == 0 else None
            latest[item_id] = Told(item_id=item_id, featured_at=event.time, position=position)
            found.append(latest[item_id])
    return found


def is_present(intervals: Sequence[Interval], *, start: datetime, end: datetime) -> bool:
    """Whether anything of a presence lies in `[start, end)`; coming and leaving at once is something."""
    return any(
        start <= each.start < end if each.start == each.end else each.start < end and start < each.end
        for each in intervals
    )


def showings(
    *,
    events: Collection[Event],
    presences: Mapping[str, Sequence[Interval]],
    orders: Collection[OrderTruth],
    start: datetime | None,
    end: datetime | None,
    currency: str,
) -> list[ShowingTruth]:
    """The moments of a session, in order."""
    if start is None or end is None:
        return []
    told = [
        moment
        for moment in told_moments(events)
        if moment.featured_at < end
        and (moment.featured_at >= start or moment.unfeatured_at is None or moment.unfeatured_at > start)
    ]
    told.sort(
        key=lambda one: (one.featured_at, one.position is None, one.position or 0, one.item_id),
    )
    return [
        _showing(
            moment,
            number=number,
            events=events,
            presences=presences,
            orders=orders,
            start=start,
            end=end,
            currency=currency,
        )
        for number, moment in enumerate(told, start=1)
    ]


def _showing(
    told: Told,
    *,
    number: int,
    events: Collection[Event],
    presences: Mapping[str, Sequence[Interval]],
    orders: Collection[OrderTruth],
    start: datetime,
    end: datetime,
    currency: str,
) -> ShowingTruth:
    begins = max(told.featured_at, start)
    finishes = min(told.unfeatured_at or end, end)
    window_ends = min(begins + WINDOW, end)
    viewers = {
        viewer
        for viewer, intervals in presences.items()
        if is_present(intervals, start=begins, end=window_ends)
    }
    of_product = [
        order
        for order in orders
        if order.is_paid and told.item_id in {line.item_id for line in order.lines}
    ]
    sold = [
        order for order in of_product if order.currency == currency and begins <= order.placed_at < finishes
    ]
    during = [event for event in events if begins <= event.time < finishes]
    acts = [
        (event.type, event.viewer)
        for event in during
        for item in event.items
        if str(item["item_id"]) == told.item_id
    ]
    everyone = [each for intervals in presences.values() for each in intervals]
    return ShowingTruth(
        item_id=told.item_id,
        number=number,
        position=told.position,
        featured_at=begins,
        unfeatured_at=told.unfeatured_at,
        ends_at=finishes,
        window_ends_at=window_ends,
        viewers=frozenset(viewers),
        buyers=frozenset(
            order.viewing
            for order in of_product
            if order.viewing in viewers and begins <= order.placed_at < window_ends
        ),
        viewers_at_start=sum(each.start <= begins < each.end for each in everyone),
        viewers_at_end=sum(each.start < finishes <= each.end for each in everyone),
        product_clicks=sum(kind == "select_item" for kind, _ in acts),
        carts=len({viewer for kind, viewer in acts if kind == "add_to_cart" and viewer}),
        comments=sum(event.type == "live_comment" for event in during),
        orders=len(sold),
        live_sales=sum(
            (line.amount for order in sold for line in order.lines if line.item_id == told.item_id), ZERO
        ),
    )


def moment_sums(moments: Collection[ShowingTruth]) -> dict[str, int | tuple[int, int]]:
    """People of moments, summed over them; who is in several counts in each."""
    viewers = sum(len(moment.viewers) for moment in moments)
    buyers = sum(len(moment.buyers) for moment in moments)
    return {
        "moment_viewers": viewers,
        "moment_buyers": buyers,
        "product_moment_conversion": (buyers, viewers),
    }
