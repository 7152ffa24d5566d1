"""A session made of several broadcasts: each is a session of its own, and together they are one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from tests.oracle.events import Event
from tests.oracle.orders import ZERO, Key
from tests.oracle.presence import Interval, Point, sweep, union
from tests.oracle.products import Row, product_rows
from tests.oracle.session import SessionTruth, ViewerTruth, seconds
from tests.oracle.showings import ShowingTruth, showings

COUNTS = (
    "views", "likes", "comments", "shares", "follows", "product_clicks", "cta_clicks", "cart_adds",
    "checkouts_begun",
)  # fmt: skip


def person(source: str, viewer: str) -> str:
    """The name of a viewer among those of all sources."""
    return f"{source} {viewer}"


def named(event: Event) -> Event:
    """An event whose viewer is told from those of other sources."""
    if event.viewer is None:
        return event
    return replace(event, data={**event.data, "viewer_id": person(event.source, event.viewer)})


@dataclass(kw_only=True)
class MergedTruth(SessionTruth):
    """Several broadcasts as one session; its window is the union of theirs, and so is who was there when."""

    parts: list[SessionTruth] = field(default_factory=list)

    @classmethod
    def of(cls, parts: Sequence[SessionTruth]) -> "MergedTruth":
        """The session that these broadcasts make."""
        return cls(
            source="merged",
            subject=" + ".join(sorted(f"{part.source} {part.subject}" for part in parts)),
            events=[event for part in parts for event in part.events],
            partner=parts[0].partner,
            parts=list(parts),
        )

    @property
    def broadcasts(self) -> Sequence[SessionTruth]:
        """What it is made of."""
        return self.parts

    @cached_property
    def _part_of(self) -> dict[Key, SessionTruth]:
        return {(part.source, part.subject): part for part in self.parts}

    def attribute(self, name: str) -> object:
        """What the earliest broadcast says that says anything."""

        def place(part: SessionTruth) -> tuple[bool, float, str, str]:
            told = [event.time.timestamp() for event in part.events if event.type == "live_session_started"]
            return (not told, min(told, default=0.0), part.source, part.subject)

        told = (part.attribute(name) for part in sorted(self.parts, key=place))
        return next((value for value in told if value is not None), None)

    @cached_property
    def start(self) -> datetime | None:
        """When the first broadcast starts."""
        return min((part.start for part in self.parts if part.start), default=None)

    @cached_property
    def end(self) -> datetime | None:
        """When the last broadcast ends."""
        return max((part.end for part in self.parts if part.end), default=None)

    @property
    def has_told_end(self) -> bool:
        """Whether all broadcasts that began are over."""
        return all(part.has_told_end for part in self.parts if part.start)

    @property
    def presences(self) -> list[Interval]:
        """Who is there at the edge of a broadcast that goes on stays, while other broadcasts go further."""
        if self.end is None:
            return []
        return [
            replace(interval, end=self.end + timedelta.resolution, end_sequence=None)
            if (name, interval.end) in self._stay
            else interval
            for name, viewer in self.viewers.items()
            for interval in viewer.intervals
        ]

    @cached_property
    def points(self) -> list[Point]:
        """Who is there at the edge of a live broadcast stays; who was there when another ended has left."""
        return [point for point in sweep(self.presences) if self.end and point.time <= self.end]

    @cached_property
    def _stay(self) -> set[tuple[str, datetime]]:
        """(person, edge) of everybody who is there at the edge of a live broadcast."""
        assert self.end is not None
        return {
            (person(part.source, viewer.viewer_id), part.end)
            for part in self.parts
            if part.end and not part.has_told_end and self.end - part.end <= self.partner.silence
            for viewer in part.viewers.values()
            if viewer.intervals[-1].end == part.end
        }

    @cached_property
    def windows(self) -> list[Interval]:
        """The union of the broadcasts' windows."""
        return union(
            Interval(start=part.start, end=part.end) for part in self.parts if part.start and part.end
        )

    def elapsed(self, moment: datetime) -> timedelta:
        """How much of the window is over at a moment; gaps are none of it."""
        passed = [min(window.end, moment) - window.start for window in self.windows if window.start < moment]
        return sum(passed, timedelta())

    @property
    def seconds(self) -> Decimal:
        """Length of the window without its gaps."""
        return seconds(sum((window.end - window.start for window in self.windows), timedelta()))

    def is_inside(self, event: Event) -> bool:
        """Whether the broadcast was on in which it happened."""
        return self._part_of[(event.source, event.subject or "")].is_inside(event)

    def seen(self, source: str, viewer: str | None) -> ViewerTruth | None:
        """A viewer of a source, if there is any presence."""
        return self.viewers.get(person(source, viewer or ""))

    @cached_property
    def viewers(self) -> dict[str, ViewerTruth]:
        """Who was in any broadcast: present when in any of them, and doing what was done in all of them."""
        found: dict[str, list[ViewerTruth]] = {}
        for part in self.parts:
            for viewer in part.viewers.values():
                found.setdefault(person(part.source, viewer.viewer_id), []).append(viewer)
        return {name: self._together(name, presences) for name, presences in found.items()}

    def _together(self, name: str, presences: list[ViewerTruth]) -> ViewerTruth:
        truth = ViewerTruth(
            viewer_id=name,
            intervals=union(interval for each in presences for interval in each.intervals),
            engaged=any(each.engaged for each in presences),
            **{count: sum(getattr(each, count) for each in presences) for count in COUNTS},
        )
        length = sum((window.end - window.start for window in self.windows), timedelta())
        truth.completed = truth.watch_seconds * 2 >= self.seconds > ZERO
        truth.eligible = self.elapsed(truth.first_joined_at) * 2 <= length
        return truth

    @cached_property
    def showings(self) -> list[ShowingTruth]:
        """Its product moments: what is featured stays so over a gap."""
        return showings(
            events=self.events,
            presences={name: viewer.intervals for name, viewer in self.viewers.items()},
            orders=[
                replace(order, viewing=person(order.source, order.viewing)) if order.viewing else order
                for order in self.orders
            ],
            start=self.start,
            end=self.end,
            currency=self.currency,
        )

    def products(self, *, basis: str = "PAID", currency: str | None = None) -> dict[str, Row]:
        """As of any session; who clicked is somebody of the broadcast in which that was."""
        wanted = currency or self.currency
        clicks = [
            event if event.viewer in part.viewers else replace(event, data={**event.data, "viewer_id": None})
            for part in self.parts
            for event in part.events
        ]
        return product_rows(
            events=[named(event) for event in clicks],
            viewers=set(self.viewers),
            orders=[order for order in self.orders if order.currency == wanted],
            unlinked=[refund for refund in self.unlinked_refunds if refund.currency == wanted],
            showings=self.showings,
            basis=basis,
        )
