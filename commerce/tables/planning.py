"""What becomes of the rows of a table: events for the door, or what is wrong with a row."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from commerce import ingest
from commerce.ingest.decode import Parsed
from commerce.tables.reading import Layout, Row

MOST_ROWS: Final = 5000
"""All of a table goes through the door in one transaction."""


class Status(enum.Enum):
    """What becomes of a row."""

    NEW = "NEW"
    """It says something nobody said before."""
    CHANGED = "CHANGED"
    """It says otherwise than what is known."""
    KNOWN = "KNOWN"
    """It is known already, and nothing is sent."""
    REFUSED = "REFUSED"
    """Something is wrong with it."""


@dataclass(kw_only=True)
class RowOutcome:
    """A row, what becomes of it, and the event that says it."""

    row: Row
    status: Status = Status.REFUSED
    before: str = ""
    """What is known of it, where the row says otherwise."""
    errors: list[tuple[str, str]] = field(default_factory=list)
    """(column, rule) of what is wrong."""
    event: Mapping[str, Any] | None = None

    def refuse(self, column: str, rule: str) -> None:
        """Note what is wrong."""
        self.status, self.event = Status.REFUSED, None
        self.errors.append((column, rule))


@dataclass(kw_only=True)
class Outcome:
    """What an import does or did; nothing is done where a row is refused."""

    rows: list[RowOutcome]
    is_done: bool = False

    @property
    def has_errors(self) -> bool:
        """Whether a row is refused."""
        return any(one.errors for one in self.rows)

    def count(self, status: Status) -> int:
        """How many rows have this status."""
        return sum(one.status is status for one in self.rows)


class Table(Protocol):
    """A kind of table that can be taken in."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def layout(self) -> Layout:
        """Its columns."""

    def plan(self, rows: Sequence[Row], *, partner_id: UUID, now: datetime) -> list[RowOutcome]:
        """What becomes of each row; reads, and writes nothing."""


def event_of(
    type_: str, data: Mapping[str, str], *, source: str, identity: Sequence[str], now: datetime
) -> dict[str, Any]:
    """An event that says what a row says, known by what the row is about; empty cells say nothing."""
    digest = blake2b(orjson.dumps([type_, *identity]), digest_size=16).hexdigest()
    return {
        "specversion": "1.0",
        "id": f"table-{digest}",
        "source": source,
        "type": type_,
        "time": now.isoformat(),
        "data": {name: text for name, text in data.items() if text},
    }


def judged(
    events: Sequence[Mapping[str, Any]], *, partner_id: UUID, now: datetime
) -> list[Parsed | ingest.Refused]:
    """What the door says of events: understood, or why not; nothing is written."""
    return ingest.read(list(map(orjson.dumps, events)), partner_id=partner_id, now=now).verdicts


def missing(one: RowOutcome, columns: Sequence[str]) -> bool:
    """Whether a row lacks what it has to say; each such column is noted."""
    for column in columns:
        if not one.row.cells[column]:
            one.refuse(column, "It is empty.")
    return bool(one.errors)


def blame(one: RowOutcome, refused: ingest.Refused, *, columns: Mapping[str, str]) -> None:
    """Note what the door says is wrong, by the column it is said of."""
    field_ = refused.path.removeprefix("/data/")
    one.refuse(columns.get(field_, field_ if field_ in one.row.cells else ""), refused.message)
