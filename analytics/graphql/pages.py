"""What all lists and entities share: ids, keyset connections, siblings that are loaded together, scopes."""

import base64
import binascii
from collections.abc import Callable, Hashable, Mapping, Sequence
from copy import copy
from typing import Annotated, Any, Final, Generic, Self, TypeVar
from uuid import UUID

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.types.field import StrawberryField

from commerce.access import Actor
from config.api.errors import ApiError, ErrorCode
from config.api.view import RequestContext

Info = strawberry.Info[RequestContext[Actor], None]
NodeT = TypeVar("NodeT")
ResolverT = TypeVar("ResolverT", bound=Callable[..., Any])
AnswerT = TypeVar("AnswerT")

DEFAULT_PAGE: Final = 20
LARGEST_PAGE: Final = 100


def computed(*, description: str) -> Callable[[ResolverT], StrawberryField]:
    """A field with a resolver."""
    field: Callable[[ResolverT], StrawberryField] = strawberry.field(description=description)
    return field


def bad_input(message: str) -> ApiError:
    """The caller's own mistake, to be raised."""
    return ApiError(message, code=ErrorCode.BAD_USER_INPUT)


def needs(info: Info, *scopes: str) -> Actor:
    """The actor, who has at least one of these scopes; raises FORBIDDEN otherwise."""
    actor = info.context.actor
    if actor.scopes.isdisjoint(scopes):
        wanted = " or ".join(repr(scope) for scope in scopes)
        raise ApiError(f"This needs a key with the scope {wanted}.", code=ErrorCode.FORBIDDEN)
    return actor


# -- ids ---------------------------------------------------------------------------------------


@strawberry.interface(description="Anything with an id that stays the same for good.")
class Node:
    id: strawberry.ID = strawberry.field(description="An opaque id; `node` finds the object by it.")


def node_id(letter: str, identity: UUID) -> strawberry.ID:
    """The id of an object: one letter for its type, and its own id."""
    return strawberry.ID(base64.urlsafe_b64encode(letter.encode() + identity.bytes).rstrip(b"=").decode())


def read_node_id(text: str) -> tuple[str, UUID] | None:
    """(letter, id) of an object's id; None when it is none of ours."""
    try:
        told = base64.urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}".encode("ascii"))
        letter = told[:1].decode("ascii")
    except (ValueError, binascii.Error):
        return None
    return (letter, UUID(bytes=told[1:])) if len(told) == 17 else None


def own_id(text: str, letter: str) -> UUID | None:
    """The id within an object's id, when it is of that type."""
    told = read_node_id(text)
    return told[1] if told is not None and told[0] == letter else None


# -- connections -------------------------------------------------------------------------------


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follows after this page.")
    has_previous_page: bool = strawberry.field(description="Whether anything lies before this page.")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first edge; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last edge, for `after`; null on an empty page."
    )


@strawberry.type(description="One place in a list.")
class Edge(Generic[NodeT]):
    cursor: str = strawberry.field(
        description="Where this place is, for `after`; holds while the order is the same."
    )
    node: NodeT | None = strawberry.field(description="What is at this place.")


@strawberry.type(description="One page of a list, and where it lies.")
class Connection(Generic[NodeT]):
    edges: list[Edge[NodeT]] = strawberry.field(description="The places of this page, in order.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")


FirstArgument = Annotated[int, strawberry.argument(description="At most so many, 1 to 100.")]
AfterArgument = Annotated[
    str | None, strawberry.argument(description="Only what comes after this cursor, in the same order.")
]


def page_size(first: int | None) -> int:
    """A page's size within its bounds; raises BAD_USER_INPUT outside them."""
    size = DEFAULT_PAGE if first is None else first
    if not 1 <= size <= LARGEST_PAGE:
        raise bad_input(f"first is 1 to {LARGEST_PAGE}.")
    return size


def write_cursor(order: str, place: Sequence[Any]) -> str:
    """An opaque cursor: which order it belongs to, and the sort values of its place."""
    return base64.urlsafe_b64encode(orjson.dumps([order, *place], default=str)).rstrip(b"=").decode()


def read_cursor(text: str | None, *, order: str, kinds: Sequence[Callable[[str], Any]]) -> list[Any] | None:
    """The place of a cursor, each value read by its kind (None stays); BAD_USER_INPUT for a foreign one."""
    if text is None:
        return None
    try:
        told = orjson.loads(base64.urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}".encode("ascii")))
        named, *place = told
        if named != order or len(place) != len(kinds):
            raise ValueError(named)
        return [None if value is None else kind(value) for kind, value in zip(kinds, place, strict=True)]
    except (ValueError, TypeError, ArithmeticError, GraphQLError):
        raise bad_input("after is a cursor of this list in this order.") from None


def connection_of(
    rows: Sequence[AnswerT],
    *,
    size: int,
    after: str | None,
    cursor: Callable[[AnswerT], str],
    node: Callable[[AnswerT], Any],
) -> Connection[Any]:
    """A page from up to `size + 1` rows: the one too many tells that more follows."""
    edges = [Edge(cursor=cursor(row), node=node(row)) for row in rows[:size]]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(rows) > size,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )


# -- siblings ----------------------------------------------------------------------------------


class Siblings:
    """The subjects of one page: what one of them is asked is loaded for all at once, for one request."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        self.ids = ids
        self._answers: dict[Hashable, Mapping[UUID, Any]] = {}

    def load(
        self, question: Hashable, answer: Callable[[Sequence[UUID]], Mapping[UUID, AnswerT]]
    ) -> Mapping[UUID, AnswerT]:
        """The answers to a question by subject; asked once, whoever asks first."""
        if question not in self._answers:
            self._answers[question] = answer(self.ids)
        return self._answers[question]

    def among(self, ids: Sequence[UUID]) -> Self:
        """Some of them as a page of their own, that starts from the answers known already."""
        some = copy(self)
        some.ids, some._answers = ids, dict(self._answers)
        return some


@strawberry.type
class SessionPart:
    """What a group of a live session's fields starts from; never a type of the schema itself."""

    identity: strawberry.Private[UUID]
    siblings: strawberry.Private[Siblings]
    is_live: strawberry.Private[bool]
    has_ended: strawberry.Private[bool]
