"""Writing events: a script collects those of one subject, a calendar gives all back day by day, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from operator import itemgetter
from typing import Any

Event = dict[str, Any]
Line = tuple[int, Event]

SECOND = 1_000
MINUTE = 60_000
HOUR = 3_600_000
DAY = 86_400_000

# Singapore keeps one offset all year, so a fixed one needs no time zone database.
LOCAL = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_LOCAL = _EPOCH.astimezone(LOCAL)


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970 of an aware moment."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def local(at: int) -> datetime:
    """The brand's local time of a moment in milliseconds since 1970."""
    return _EPOCH_LOCAL + timedelta(milliseconds=at)


def stamp(at: int) -> str:
    """RFC 3339 text, with the brand's offset, of a moment in milliseconds since 1970."""
    return local(at).isoformat(timespec="milliseconds")


def day_start(at: int) -> int:
    """The first moment of the local day of a moment, both in milliseconds since 1970."""
    midnight = local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - _EPOCH_LOCAL) // timedelta(milliseconds=1)


class Script:
    """The events of one source under one id prefix; ids, order numbers and names count up inside it."""

    __slots__ = ("_events", "_names", "_orders", "lines", "order_prefix", "prefix", "source", "subject")

    def __init__(self, *, source: str, prefix: str, order_prefix: str, subject: str | None = None) -> None:
        self.source = source
        self.prefix = prefix
        self.order_prefix = order_prefix
        self.subject = subject
        self.lines: list[Line] = []
        self._events = 0
        self._names = 0
        self._orders = 0

    def write(self, at: int, kind: str, data: dict[str, Any]) -> None:
        """Add an event of the shop: one that names no session."""
        self._events = number = self._events + 1
        event: Event = {
            "id": f"{self.prefix}.{number}",
            "source": self.source,
            "type": kind,
            "time": stamp(at),
            "data": data,
        }
        self.lines.append((at, event))

    def write_live(self, at: int, kind: str, data: dict[str, Any]) -> None:
        """Add an event that names this script's session."""
        self._events = number = self._events + 1
        event: Event = {
            "id": f"{self.prefix}.{number}",
            "source": self.source,
            "type": kind,
            "subject": self.subject,
            "time": stamp(at),
            "data": data,
        }
        self.lines.append((at, event))

    def name(self, kind: str) -> str:
        """A new unique name (a view, cart, visit, refund) of this script."""
        self._names += 1
        return f"{self.prefix}.{kind}{self._names}"

    def transaction_id(self) -> str:
        """A new unique order number of this script."""
        self._orders += 1
        return f"{self.order_prefix}{self._orders:06d}"

    def take(self) -> list[Line]:
        """Hand over what was written since the last call."""
        lines, self.lines = self.lines, []
        return lines


class Calendar:
    """Events filed by local day, so that what happens weeks later comes out in its own place."""

    def __init__(self, *, first_day: int, now: int) -> None:
        self._first_day = first_day
        self._now = now
        self._days: defaultdict[int, list[Line]] = defaultdict(list)

    def file(self, lines: Iterable[Line]) -> None:
        """Keep every event that has happened by now."""
        for line in lines:
            if line[0] <= self._now:
                self._days[(line[0] - self._first_day) // DAY].append(line)

    def day(self, number: int) -> list[Event]:
        """Take out the events of a day (0 = first day), in order of time."""
        lines = self._days.pop(number, [])
        lines.sort(key=itemgetter(0))
        return [event for _, event in lines]
