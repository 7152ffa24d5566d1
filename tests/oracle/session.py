"""One live session: its window, its viewers, and every number about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from tests.oracle.actions import action_counts, lead_key
from tests.oracle.events import Event, Partner, text
from tests.oracle.orders import ZERO, OrderTruth, RefundTruth
from tests.oracle.presence import Interval, Point, is_sign, peak, presence, sweep
from tests.oracle.products import Row, product_rows
from tests.oracle.series import concurrent_before, minute_of, minute_peak, minute_rows
from tests.oracle.showings import ShowingTruth, moment_sums, showings

Number = Decimal | int
Quotient = tuple[Number, Number]  # (numerator, denominator)
Kpi = Number | Quotient | datetime | None

LIFECYCLE = frozenset({"live_session_scheduled", "live_session_started", "live_session_ended"})
GRACE_OF_AN_UNKNOWN_END = timedelta(seconds=30)


def seconds(span: timedelta) -> Decimal:
    """The exact number of seconds."""
    return Decimal(span // timedelta(microseconds=1)).scaleb(-6)


@dataclass(kw_only=True)
class ViewerTruth:
    """One person with presence in a session; counts are of the person's events, whatever the window."""

    viewer_id: str
    intervals: list[Interval]
    views: int = 0
    likes: int = 0
    comments: int = 0
    shares: int = 0
    follows: int = 0
    product_clicks: int = 0
    cta_clicks: int = 0
    cart_adds: int = 0
    checkouts_begun: int = 0
    engaged: bool = False
    completed: bool = False
    eligible: bool = False

    @property
    def first_joined_at(self) -> datetime:
        """Start of the first interval."""
        return self.intervals[0].start

    @property
    def last_left_at(self) -> datetime:
        """End of the last interval."""
        return self.intervals[-1].end

    @property
    def joins(self) -> int:
        """Number of disjoint intervals."""
        return len(self.intervals)

    @property
    def watch_seconds(self) -> Decimal:
        """Exact seconds present."""
        return seconds(sum((each.end - each.start for each in self.intervals), timedelta()))


@dataclass(kw_only=True)
class SessionTruth:
    """A session of one source; `orders` and `unlinked_refunds` are those assigned to it."""

    source: str
    subject: str
    events: list[Event]
    partner: Partner
    orders: list[OrderTruth] = field(default_factory=list)
    unlinked_refunds: list[RefundTruth] = field(default_factory=list)

    def _of(self, *types: str) -> list[Event]:
        return [event for event in self.events if event.type in types]

    def attribute(self, name: str) -> object:
        """The value of the latest lifecycle event that has one, else None."""
        stating = [event for event in self._of(*LIFECYCLE) if event.data.get(name) is not None]
        return max(stating, key=lambda event: event.moment).data[name] if stating else None

    @cached_property
    def currency(self) -> str:
        """The session's own currency, else the partner's."""
        return text(self.attribute("currency")) or self.partner.currency

    @cached_property
    def signs(self) -> list[Event]:
        """Everybody's signs of life."""
        return [event for event in self.events if is_sign(event)]

    @cached_property
    def start(self) -> datetime | None:
        """Earliest start told, else the first sign of life."""
        told = [event.time for event in self._of("live_session_started")]
        return min(told or [event.time for event in self.signs], default=None)

    @property
    def has_told_end(self) -> bool:
        """Whether an end was told that no later start followed."""
        started = [event.time for event in self._of("live_session_started")]
        ended = [event.time for event in self._of("live_session_ended")]
        return bool(ended) and (not started or max(ended) >= max(started))

    @cached_property
    def end(self) -> datetime | None:
        """Latest end told unless a later start followed, else last sign + 30 s; never before the start."""
        if self.start is None:
            return None
        if self.has_told_end:
            ended = [event.time for event in self._of("live_session_ended")]
            return max(max(ended), self.start)
        last = max((event.time for event in self.signs), default=None)
        return max(last + GRACE_OF_AN_UNKNOWN_END, self.start) if last else self.start

    @property
    def seconds(self) -> Decimal:
        """Length of the window; 0 when it is unknown."""
        return seconds(self.end - self.start) if self.start and self.end else ZERO

    @cached_property
    def viewers(self) -> dict[str, ViewerTruth]:
        """Everybody with presence, by viewer id."""
        if self.start is None or self.end is None:
            return {}
        heartbeats = self.attribute("heartbeats") is not False
        signs: dict[str, list[Event]] = {}
        for event in self.signs:
            signs.setdefault(event.viewer or "", []).append(event)
        found = {
            viewer: presence(
                own,
                start=self.start,
                end=self.end,
                heartbeats=heartbeats,
                partner=self.partner,
            )
            for viewer, own in signs.items()
        }
        return {
            viewer: self._viewer(viewer, intervals, signs[viewer])
            for viewer, intervals in found.items()
            if intervals
        }

    def _viewer(self, viewer: str, intervals: list[Interval], signs: list[Event]) -> ViewerTruth:
        def of(kind: str) -> list[Event]:
            return [event for event in signs if event.type == kind]

        truth = ViewerTruth(
            viewer_id=viewer,
            intervals=intervals,
            views=len(of("live_view_started")),
            likes=sum(event.count for event in of("live_like")),
            comments=len(of("live_comment")),
            shares=len(of("share")),
            follows=len(of("live_follow")),
            product_clicks=len(of("select_item")),
            cta_clicks=len(of("live_cta_click")),
            cart_adds=len(of("add_to_cart")),
            checkouts_begun=len(of("begin_checkout")),
            engaged=bool(of("live_like") or of("live_comment") or of("share")),
        )
        assert self.start is not None  # presence lies in a window
        assert self.end is not None
        truth.completed = truth.watch_seconds * 2 >= self.seconds > 0
        truth.eligible = (truth.first_joined_at - self.start) * 2 <= self.end - self.start
        return truth

    @property
    def broadcasts(self) -> "Sequence[SessionTruth]":
        """What the session is made of: itself, unless it is several."""
        return [self]

    def timing(self, order: OrderTruth) -> str:
        """When an order of the session was placed: DURING it, in its TAIL, or LATE."""
        if self.start is None or self.end is None or order.placed_at < self.start:
            return "LATE"
        if order.placed_at < self.end:
            return "DURING"
        least = timedelta(hours=24 if order.method in ("LINK", "CODE") else 0)
        tail = max(self.partner.tail, least)
        return "TAIL" if order.placed_at < self.end + tail else "LATE"

    def seen(self, source: str, viewer: str | None) -> ViewerTruth | None:
        """A viewer of a source, if there is any presence."""
        return self.viewers.get(viewer or "") if source == self.source else None

    def is_inside(self, event: Event) -> bool:
        """Whether the event lies in the window."""
        return self.start is not None and self.end is not None and self.start <= event.time < self.end

    @property
    def presences(self) -> list[Interval]:
        """Everybody's presence, as those are counted who come and go."""
        return [interval for viewer in self.viewers.values() for interval in viewer.intervals]

    @cached_property
    def points(self) -> list[Point]:
        """The running number of people present; who is there at the edge of a live session stays."""
        points = sweep(self.presences)
        if self.has_told_end or self.end is None:
            return points
        return [point for point in points if point.time < self.end or point.step > 0]

    @property
    def showings(self) -> list[ShowingTruth]:
        """Product moments, in order."""
        return showings(
            events=self.events,
            presences={viewer.viewer_id: viewer.intervals for viewer in self.viewers.values()},
            orders=self.orders,
            start=self.start, end=self.end, currency=self.currency,
        )  # fmt: skip

    def buyers_among_viewers(self, *, during: bool = False) -> set[str]:
        """Viewers whose viewing led to a paid order of this session until its end, or that + tail."""
        found: set[str] = set()
        for order in self.orders:
            viewer = self.seen(order.source, order.viewing)
            if viewer is None or self.end is None or not order.is_paid:
                continue
            until = self.end if during else self.end + self.partner.tail
            if viewer.first_joined_at <= order.placed_at < until:
                found.add(viewer.viewer_id)
        return found

    def kpis(
        self,
        *,
        basis: str = "PAID",
        currency: str | None = None,
        include_shipping: bool = False,
        include_tax: bool = False,
    ) -> dict[str, Kpi]:
        """Every metric by key; rates and ratios are (numerator, denominator), times in seconds."""
        return {
            **self._audience(),
            **self._actions(),
            **moment_sums(self.showings),
            **self._sales(
                basis=basis,
                currency=currency or self.currency,
                include_shipping=include_shipping,
                include_tax=include_tax,
            ),
        }

    def _audience(self) -> dict[str, Kpi]:
        people = self.viewers.values()
        watched = sum((viewer.watch_seconds for viewer in people), ZERO)
        completed = sum(viewer.completed for viewer in people)
        highest, when = peak(self.points)
        return {
            "viewers": len(people),
            "concurrent_viewers": self.points[-1].after if self.points else 0,
            "peak_concurrent_viewers": highest,
            "peak_concurrent_viewers_at": when,
            "average_concurrent_viewers": (watched, self.seconds),
            "watch_time": watched,
            "average_watch_time": (watched, len(people)),
            "session_completion_rate": (completed, len(people)),
            "eligible_completion_rate": (completed, sum(viewer.eligible for viewer in people)),
            "purchase_rate": (len(self.buyers_among_viewers(during=True)), len(people)),
            "viewer_to_buyer_rate": (len(self.buyers_among_viewers()), len(people)),
        }

    def _actions(self) -> dict[str, Kpi]:
        def people(did: Callable[[ViewerTruth], object]) -> int:
            return sum(bool(did(viewer)) for viewer in self.viewers.values())

        viewers = len(self.viewers)
        counts = action_counts(self.events)
        engaged = people(lambda viewer: viewer.engaged)
        carts = people(lambda viewer: viewer.cart_adds)
        cta_clickers = people(lambda viewer: viewer.cta_clicks)
        return {
            **counts,
            "impressions": sum(event.count for event in self._of("live_impression")),
            "engagement_rate": (engaged, viewers),
            "engagements_per_view": (counts["engagements"], counts["views"]),
            "product_clickers": people(lambda viewer: viewer.product_clicks),
            "product_click_through_rate": (counts["product_clicks"], counts["product_impressions"]),
            "cta_clickers": cta_clickers,
            "cta_click_rate": (cta_clickers, viewers),
            "lead_rate": (counts["leads"], viewers),
            "carts": carts,
            "add_to_cart_rate": (carts, viewers),
            "checkouts": people(lambda viewer: viewer.checkouts_begun),
        }

    def _sales(
        self, *, basis: str, currency: str, include_shipping: bool, include_tax: bool
    ) -> dict[str, Kpi]:
        def sales(of: str) -> Decimal:
            return sum(
                (
                    order.value(basis=of, include_shipping=include_shipping, include_tax=include_tax)
                    for order in mine
                    if order.counts(basis=of)
                ),
                ZERO,
            )

        mine = [order for order in self.orders if order.currency == currency]
        counted = [order for order in mine if order.counts(basis=basis)]
        unlinked = [refund for refund in self.unlinked_refunds if refund.currency == currency]
        given_back = sum((refund.effective for refund in unlinked), ZERO)
        units_back = sum(refund.effective_units for refund in unlinked)
        refunds = sum((order.refunded for order in mine), ZERO) + given_back
        is_net = basis == "NET"
        live_sales = sales(basis) - (given_back if is_net else ZERO)
        return {
            "orders": len(counted),
            "items_sold": sum(order.units_sold(basis=basis) for order in counted)
            - (units_back if is_net else 0),
            "buyers": len({order.buyer for order in counted if order.buyer}),
            "live_sales": live_sales,
            "refunds": refunds,
            "refund_rate": (refunds, sales("PAID")),
            "average_order_value": (live_sales, len(counted)),
            "click_to_order_rate": (len(counted), len(self._of("select_item"))),
        }

    def trend(self) -> dict[datetime, dict[str, Number]]:
        """Rows of the window's minutes in which anything happened, by UTC minute; every row has every key."""
        if self.start is None or self.end is None:
            return {}
        inside = [event for event in self.events if self.is_inside(event)]
        placed = [
            order
            for order in self.orders
            if order.is_paid and order.currency == self.currency and self.start <= order.placed_at < self.end
        ]
        rows = minute_rows(
            events=inside,
            orders=placed,
            intervals=self.presences,
            points=self.points,
            counts=action_counts,
            end=self.end,
        )
        for row in rows.values():
            row["leads"] = 0
        # A lead is one of the minute in which it was left first, so that the minutes sum to the session's.
        first: dict[tuple[str, str], Event] = {}
        left = self._of("generate_lead")
        for event in sorted(left, key=lambda event: (event.time, not self.is_inside(event))):
            if key := lead_key(event):
                first.setdefault(key, event)
        for event in first.values():
            if self.is_inside(event):
                rows[minute_of(event.time)]["leads"] += 1
        return rows

    def concurrent_at_end(self, minute: datetime) -> int:
        """People present at the end of any minute of the window, carried forward where nothing happened."""
        return concurrent_before(self.points, minute_of(minute) + timedelta(minutes=1))

    def peak_in(self, minute: datetime) -> int:
        """Most people present at once in any minute of the window."""
        return minute_peak(self.points, minute_of(minute))

    def funnel(self, unit: str = "VIEWERS") -> list[tuple[str, int | None]]:
        """(stage, count) from impression to paid order; by viewers each stage is a part of the one before."""
        if unit == "EVENTS":
            stages = ["live_view_started", "select_item", "add_to_cart", "begin_checkout"]
            counts: list[int | None] = [
                sum(event.count for event in self._of("live_impression")),
                *(len(self._of(kind)) for kind in stages),
                sum(order.is_paid for order in self.orders),
            ]
        else:
            people = self.viewers.values()
            clicked = {viewer.viewer_id for viewer in people if viewer.product_clicks}
            carted = {viewer.viewer_id for viewer in people if viewer.cart_adds} & clicked
            begun = {viewer.viewer_id for viewer in people if viewer.checkouts_begun} & carted
            bought = self.buyers_among_viewers() & begun
            counts = [None, len(people), len(clicked), len(carted), len(begun), len(bought)]
        names = ["IMPRESSION", "VIEW", "PRODUCT_CLICK", "ADD_TO_CART", "CHECKOUT", "ORDER_PAID"]
        return list(zip(names, counts, strict=True))

    def products(self, *, basis: str = "PAID", currency: str | None = None) -> dict[str, Row]:
        """Numbers by item id (see `product_rows`), only of items with any."""
        wanted = currency or self.currency
        return product_rows(
            events=self.events,
            viewers=set(self.viewers),
            orders=[order for order in self.orders if order.currency == wanted],
            unlinked=[refund for refund in self.unlinked_refunds if refund.currency == wanted],
            showings=self.showings,
            basis=basis,
        )
