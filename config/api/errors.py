"""What an error looks like to a caller: a code, a message, a request id, and nothing internal."""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import structlog
from graphql import FieldNode, GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

MAX_SHOWN = 5
_LONGEST_MESSAGE = 500
_QUERY_CANCELLED = "57014"
_log = structlog.get_logger("liveledger.api")


class ErrorCode(enum.Enum):
    """Every value `extensions.code` can have; clients may rely on this list."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    COST_LIMIT_EXCEEDED = "COST_LIMIT_EXCEEDED"
    RATE_LIMITED = "RATE_LIMITED"
    PERSISTED_DOCUMENT_NOT_FOUND = "PERSISTED_DOCUMENT_NOT_FOUND"
    INTERNAL = "INTERNAL"


class ApiError(GraphQLError):
    """An error meant for the caller: its message is shown as it is."""

    def __init__(self, message: str, *, code: ErrorCode, extensions: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, extensions={**(extensions or {}), "code": code.value})
        self.code = code


class Answer(NamedTuple):
    """A whole HTTP answer: status, headers (lower case names, without content-length) and body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


_CODES = frozenset(code.value for code in ErrorCode)
JSON_TYPE = b"application/json; charset=utf-8"


def _root_cause(error: GraphQLError) -> BaseException | None:
    """What a resolver raised, under however many layers of GraphQL errors; None if no resolver did."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _was_cancelled(cause: BaseException | None) -> bool:
    """Whether the database stopped the statement because it ran too long."""
    while cause is not None:
        if getattr(cause, "sqlstate", None) == _QUERY_CANCELLED:
            return True
        cause = cause.__cause__
    return False


def _is_about_input(error: GraphQLError, cause: BaseException | None) -> bool:
    """Whether the caller's document or variables are at fault rather than our code."""
    # Without a path nothing has run: the document or its variables were refused.
    if error.path is None or isinstance(cause, StrawberryInputCoercionError):
        return True
    # An argument that only fails at run time points at its value; a broken resolver points at its field.
    nodes = cause.nodes if isinstance(cause, GraphQLError) else None
    return nodes is not None and not isinstance(nodes[0], FieldNode)


def classify(error: GraphQLError) -> ErrorCode:
    """The code of any error that parsing, the guard, validation or execution can produce."""
    code = (error.extensions or {}).get("code")
    if code in _CODES:
        return ErrorCode(code)
    cause = _root_cause(error)
    if _was_cancelled(cause):
        return ErrorCode.COST_LIMIT_EXCEEDED
    return ErrorCode.BAD_USER_INPUT if _is_about_input(error, cause) else ErrorCode.INTERNAL


def _message(error: GraphQLError, code: ErrorCode) -> str:
    if code is ErrorCode.INTERNAL:
        return "internal error"
    if code is ErrorCode.COST_LIMIT_EXCEEDED and _was_cancelled(_root_cause(error)):
        return "The query took too long. Ask for fewer rows or a shorter period."
    # The schema is not told to strangers by guessing: suggestions are cut wherever they come from.
    message = error.message.partition(" Did you mean ")[0]
    return message if len(message) <= _LONGEST_MESSAGE else message[:_LONGEST_MESSAGE] + "..."


def format_errors(errors: Sequence[GraphQLError], *, request_id: str) -> list[dict[str, Any]]:
    """At most five errors as JSON objects; what nobody expected is logged whole and shown as INTERNAL."""
    shown: list[dict[str, Any]] = []
    for error in errors:
        code = classify(error)
        if code is ErrorCode.INTERNAL:
            cause = _root_cause(error) or error
            _log.error("internal error", request_id=request_id, path=error.path, exc_info=cause)
        if len(shown) == MAX_SHOWN:
            continue
        entry: dict[str, Any] = {"message": _message(error, code)}
        if error.locations:
            entry["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
        if error.path is not None:
            entry["path"] = error.path
        kept = {} if code is ErrorCode.INTERNAL else dict(error.extensions or {})
        entry["extensions"] = {**kept, "code": code.value, "requestId": request_id}
        shown.append(entry)
    return shown


def error_response(
    *,
    status: int,
    code: ErrorCode,
    message: str,
    request_id: str,
    headers: Sequence[tuple[bytes, bytes]] = (),
    extensions: Mapping[str, Any] | None = None,
    content_type: bytes = JSON_TYPE,
) -> Answer:
    """One error as a whole HTTP answer; every ASGI app of ours refuses with this."""
    about = {**(extensions or {}), "code": code.value, "requestId": request_id}
    body = orjson.dumps({"errors": [{"message": message, "extensions": about}]})
    fixed = ((b"content-type", content_type), (b"x-request-id", request_id.encode()))
    return Answer(status=status, headers=(*fixed, *headers), body=body)
