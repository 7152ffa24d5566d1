"""What the types of campaigns share: letters of ids, and what groups of fields start from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID

import strawberry
from django.db import models

from analytics.graphql.campaigns import Subjects
from analytics.graphql.pages import (
    Connection,
    Siblings,
    connection_of,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.queries.subjects import Period
from commerce.queries import Ordering, page
from kol import queries

CAMPAIGN_LETTER: Final = "C"
COLLABORATION_LETTER: Final = "L"
KOL_LETTER: Final = "K"
AGENCY_LETTER: Final = "A"
LINK_LETTER: Final = "T"
SESSION_LETTER: Final = "S"
ORDER_LETTER: Final = "O"

Row = TypeVar("Row", bound=models.Model)
Shown = Callable[[Sequence[Row]], Callable[[Row], Any]]
"""What makes of the rows of a page what shows each of them."""


@strawberry.type
class SubjectPart:
    """What a group of fields starts from that campaigns and collaborations share; no type of the schema."""

    column: ClassVar[str]
    identity: strawberry.Private[UUID]
    siblings: strawberry.Private[Subjects]
    days: strawberry.Private[Period]
    timezone: strawberry.Private[str]


@strawberry.type
class CampaignPart(SubjectPart):
    """What a group of a campaign's fields starts from; `column` names it in rows that belong to it."""

    column: ClassVar[str] = "campaign_id"


@strawberry.type
class CollaborationPart(SubjectPart):
    """What a group of a collaboration's fields starts from; `column` names it in rows that belong to it."""

    column: ClassVar[str] = "collaboration_id"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An order of a list: its name in cursors, its column, and how a place of it is read again."""

    name: str
    column: str
    kind: Callable[[str], Any]
    is_descending: bool = False

    @property
    def ordering(self) -> Ordering:
        """By the column, then by id."""
        return Ordering(column=self.column, is_descending=self.is_descending)

    def place(self, after: str | None) -> list[Any] | None:
        """The place of a cursor; raises BAD_USER_INPUT for one of another list."""
        return read_cursor(after, order=self.name, kinds=(self.kind, UUID))

    def cursor(self, row: Any) -> str:
        """The cursor of a row."""
        return write_cursor(self.name, (getattr(row, self.column), row.pk))


def page_of_siblings(
    siblings: Siblings,
    owner: UUID,
    rows: models.QuerySet[Row],
    *,
    of: str,
    listed: Listed,
    question: tuple[Any, ...],
    first: int,
    after: str | None,
    shown: Shown[Row],
) -> Connection[Any]:
    """A page of what belongs to one owner, read for all of its page of owners by one statement.

    `question` is what else tells it from other pages; `shown` answers what shows each of these rows.
    """
    size, place = page_size(first), listed.place(after)

    def answer(ids: Sequence[UUID]) -> dict[UUID, Connection[Any]]:
        found = queries.pages_of(rows, of=of, ids=ids, ordering=listed.ordering, after=place, limit=size + 1)
        show = shown([row for some in found.values() for row in some[:size]])
        return {
            one: connection_of(some, size=size, after=after, cursor=listed.cursor, node=show)
            for one, some in found.items()
        }

    return siblings.load((listed.name, *question, size, after), answer)[owner]


def page_of_all(
    rows: models.QuerySet[Row],
    *,
    listed: Listed,
    first: int,
    after: str | None,
    shown: Shown[Row],
) -> Connection[Any]:
    """A page of a list."""
    size = page_size(first)
    found = page(rows, ordering=listed.ordering, after=listed.place(after), limit=size + 1)
    return connection_of(found, size=size, after=after, cursor=listed.cursor, node=shown(found[:size]))
