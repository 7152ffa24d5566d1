"""A viewer's presence in one session, from signs of life, and the sweep over everybody's presence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tests.oracle.events import Event, Partner, text

SIGNS_OF_LIFE = frozenset(
    {
        "live_view_started",
        "live_view_heartbeat",
        "live_view_ended",
        "live_like",
        "live_comment",
        "share",
        "live_follow",
        "view_item_list",
        "select_item",
        "view_item",
        "add_to_cart",
        "remove_from_cart",
        "begin_checkout",
        "live_cta_click",
    }
)
ANONYMOUS = ""  # the view of signs that name none; a real view_id is never empty

Rank = tuple[bool, int]  # where a sequence sorts: a missing one first


@dataclass(frozen=True, kw_only=True)
class Interval:
    """`[start, end)`, with the sequence of the sign that caused each bound, if one did and had one."""

    start: datetime
    end: datetime
    start_sequence: int | None = None
    end_sequence: int | None = None


@dataclass(frozen=True, kw_only=True)
class Point:
    """One step of the running number of people present, and the number after it."""

    time: datetime
    step: int
    after: int


def rank(sequence: int | None) -> Rank:
    """Sort key of a sequence at equal times."""
    return (sequence is not None, sequence or 0)


def is_sign(event: Event) -> bool:
    """Whether the event shows that a viewer's own client was there."""
    return event.type in SIGNS_OF_LIFE and event.viewer is not None and event.subject is not None


def in_order(signs: Iterable[Event]) -> list[Event]:
    """One viewer's signs: time, sequence, the source's own counting; ends first where it does not count."""
    return sorted(
        signs,
        key=lambda sign: (
            sign.time,
            rank(sign.sequence),
            sign.type != "live_view_ended" or sign.number is not None,
            sign.place,
        ),
    )


def raw_intervals(
    signs: Iterable[Event], *, session_end: datetime, heartbeats: bool, partner: Partner
) -> list[Interval]:
    """Every interval one viewer's signs open and close, overlapping and not yet cut to the session."""
    ordered = in_order(signs)
    first = ordered[0]
    open_views: dict[str, Event] = {}
    ever_opened: set[str] = set()
    found: list[Interval] = []

    def close(view: str, *, at: datetime, sequence: int | None) -> None:
        began = open_views.pop(view)
        found.append(Interval(start=began.time, end=at, start_sequence=began.sequence, end_sequence=sequence))

    def open_(view: str, sign: Event) -> None:
        if view not in open_views:
            open_views[view] = sign
            ever_opened.add(view)

    previous: Event | None = None
    for sign in ordered:
        if heartbeats and previous is not None and sign.time - previous.time > partner.silence:
            for view in list(open_views):
                close(view, at=previous.time + partner.grace, sequence=None)
        previous = sign
        view_id = text(sign.data.get("view_id"))
        if sign.type == "live_view_started":
            open_(view_id or ANONYMOUS, sign)
        elif sign.type == "live_view_ended":
            ending = list(open_views) if view_id is None else [view for view in open_views if view == view_id]
            for view in ending:
                close(view, at=sign.time, sequence=sign.sequence)
            known = bool(ever_opened) if view_id is None else view_id in ever_opened
            if not ending and not known:
                found.append(
                    Interval(
                        start=first.time,
                        end=sign.time,
                        start_sequence=first.sequence,
                        end_sequence=sign.sequence,
                    )
                )
        elif view_id is not None:
            open_(view_id, sign)
        elif not open_views:
            open_(ANONYMOUS, sign)

    last = ordered[-1].time
    fell_silent = heartbeats and session_end - last > partner.silence
    for view in list(open_views):
        close(view, at=last + partner.grace if fell_silent else session_end, sequence=None)
    return found


def cut(interval: Interval, *, start: datetime, end: datetime) -> Interval | None:
    """The part of the interval inside `[start, end)`; a zero-length one counts when it lies inside."""
    if interval.start == interval.end:
        return interval if start <= interval.start < end else None
    if interval.start < start:
        interval = replace(interval, start=start, start_sequence=None)
    if interval.end > end:
        interval = replace(interval, end=end, end_sequence=None)
    return interval if interval.start < interval.end else None


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Disjoint intervals in order of time; those that touch are one."""
    merged: list[Interval] = []
    for interval in sorted(intervals, key=lambda each: (each.start, rank(each.start_sequence))):
        if not merged or interval.start > merged[-1].end:
            merged.append(interval)
            continue
        current = merged[-1]
        if (interval.end, rank(interval.end_sequence)) > (current.end, rank(current.end_sequence)):
            merged[-1] = replace(current, end=interval.end, end_sequence=interval.end_sequence)
    return merged


def presence(
    signs: Iterable[Event], *, start: datetime, end: datetime, heartbeats: bool, partner: Partner
) -> list[Interval]:
    """One viewer's presence in the window: disjoint intervals, empty when there is none."""
    raw = raw_intervals(signs, session_end=end, heartbeats=heartbeats, partner=partner)
    inside = (cut(interval, start=start, end=end) for interval in raw)
    return union(interval for interval in inside if interval is not None)


def sweep(intervals: Iterable[Interval]) -> list[Point]:
    """The running number of people present, after every join and leave of everybody."""
    steps: list[tuple[datetime, Rank, int]] = []
    for interval in intervals:
        steps.append((interval.start, rank(interval.start_sequence), +1))
        steps.append((interval.end, rank(interval.end_sequence), -1))
    points: list[Point] = []
    present = 0
    for time, _, step in sorted(steps):  # at one instant: by sequence, then leaves before joins
        present += step
        points.append(Point(time=time, step=step, after=present))
    return points


def peak(points: Sequence[Point]) -> tuple[int, datetime | None]:
    """(most people present at once, the first time it was reached); (0, None) without points."""
    if not points:
        return (0, None)
    highest = max(point.after for point in points)
    return (highest, next(point.time for point in points if point.after == highest))
