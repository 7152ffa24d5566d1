"""Raw events as the door accepts them: identity, duplicates, and the fields every rule reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Partner:
    """The partner's settings that numbers depend on."""

    currency: str
    timezone: str
    tail: timedelta = timedelta(hours=2)
    silence: timedelta = timedelta(seconds=90)
    grace: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One accepted event; `time` is UTC, empty strings are None."""

    source: str
    id: str
    type: str
    time: datetime
    subject: str | None
    sequence: int | None
    data: Mapping[str, Any]

    @property
    def viewer(self) -> str | None:
        """The viewer's id at the source."""
        return text(self.data.get("viewer_id"))

    @property
    def customer(self) -> str | None:
        """The customer's id at the source."""
        return text(self.data.get("customer_id"))

    @property
    def number(self) -> int | None:
        """The number a source counts in, when the id ends in one; long ids are random."""
        digits = self.id[len(self.id.rstrip("0123456789")) :]
        return int(digits) if 0 < len(digits) <= 12 and len(self.id) < 32 else None

    @property
    def place(self) -> tuple[int, str]:
        """Which of two events of one instant comes first: by their numbers, ids without one before."""
        return (0 if self.number is None else self.number + 1, self.id)

    @property
    def moment(self) -> tuple[datetime, tuple[int, str]]:
        """(time, place): the order in which the latest of several statements is found."""
        return (self.time, self.place)

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """The event's `items[]`, empty when absent."""
        return list(self.data.get("items") or [])

    @property
    def count(self) -> int:
        """`data.count`, 1 when absent."""
        given = self.data.get("count")
        return 1 if given is None else int(given)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What became of everything sent: the events kept (in order of arrival), and how many were not."""

    events: list[Event]
    duplicates: int
    conflicts: int


def text(value: object) -> str | None:
    """A non-empty string, or None."""
    return None if value is None or value == "" else str(value)


def money(value: object) -> Decimal:
    """An exact amount; a number is read by its digits, absent is 0."""
    return Decimal(0) if value is None else Decimal(str(value))


def instant(value: str) -> datetime:
    """An RFC 3339 time as UTC."""
    parsed = datetime.fromisoformat(value.upper())
    if parsed.tzinfo is None:
        raise ValueError(f"a time without an offset: {value}")
    return parsed.astimezone(UTC)


def quantity(item: Mapping[str, Any]) -> int:
    """The item's quantity, 1 when absent."""
    given = item.get("quantity")
    return 1 if given is None else int(given)


def accept(raw: Iterable[Mapping[str, Any]]) -> Delivery:
    """Keep the first event of each identity (source, id, time), whatever the content of those after it."""
    kept: dict[tuple[str, str, datetime], Event] = {}
    duplicates = conflicts = 0
    for envelope in raw:
        event = _read(envelope)
        first = kept.setdefault((event.source, event.id, event.time), event)
        if first is event:
            continue
        if first == event:
            duplicates += 1
        else:
            conflicts += 1
    return Delivery(events=list(kept.values()), duplicates=duplicates, conflicts=conflicts)


def _read(envelope: Mapping[str, Any]) -> Event:
    data = envelope.get("data") or {}
    sequence = envelope.get("sequence", data.get("sequence"))
    return Event(
        source=str(envelope["source"]),
        id=str(envelope["id"]),
        type=str(envelope["type"]),
        time=instant(envelope["time"]),
        subject=text(envelope.get("subject")),
        sequence=None if sequence is None else int(sequence),
        data=data,
    )
