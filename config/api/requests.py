"""One GraphQL request as the edge reads it, and the answers that are known without running it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson
from graphql import ExecutionResult, GraphQLError

from config.api import http
from config.api.errors import Answer, ErrorCode, error_response, format_errors


class Rate(NamedTuple):
    """The cost of this request and the state of its key's bucket, in points."""

    requested: int
    limit: int
    available: int
    restore_rate: int


class Call(NamedTuple):
    """One request as far as HTTP goes."""

    is_get: bool
    body: bytes
    headers: dict[bytes, bytes]
    request_id: str
    content_type: bytes
    is_stream: bool = False
    scope: http.Scope | None = None


class Asked(NamedTuple):
    """The parameters of one GraphQL request."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


class EarlyAnswerError(Exception):
    """An answer known before execution; `is_of_document` when only the document was refused."""

    def __init__(self, answer: Answer, *, is_of_document: bool = False) -> None:
        super().__init__(answer.status)
        self.answer = answer
        self.is_of_document = is_of_document


def refused(
    call: Call, status: int, code: ErrorCode, message: str, *headers: tuple[bytes, bytes]
) -> EarlyAnswerError:
    """One error as the answer, to be raised."""
    return EarlyAnswerError(
        error_response(
            status=status,
            code=code,
            message=message,
            request_id=call.request_id,
            headers=headers,
            content_type=call.content_type,
        )
    )


def malformed(call: Call, message: str) -> EarlyAnswerError:
    """The answer to a request that is not one, to be raised."""
    return refused(call, 400, ErrorCode.BAD_USER_INPUT, message)


def unauthenticated(call: Call, message: str) -> EarlyAnswerError:
    """The answer to a request without a valid key, to be raised."""
    challenge = (b"www-authenticate", b'Bearer realm="liveledger"')
    return refused(call, 401, ErrorCode.UNAUTHENTICATED, message, challenge)


def key_of(call: Call) -> str:
    """The bearer key of a request; raises EarlyAnswerError with 401."""
    scheme, _, key = call.headers.get(b"authorization", b"").partition(b" ")
    key = key.strip()
    if scheme.lower() != b"bearer" or not 0 < len(key) <= 200 or not key.isascii():
        raise unauthenticated(call, "Send Authorization: Bearer <key>.")
    return key.decode("ascii")


def parameters(call: Call) -> dict[str, Any]:
    """The parameters of a request as they were sent; raises EarlyAnswerError with 400."""
    try:
        if call.is_get:
            sent: Any = dict(parse_qsl(call.body.decode("ascii"), max_num_fields=20))
            for name in ("variables", "extensions"):
                if name in sent:
                    sent[name] = orjson.loads(sent[name])
        else:
            sent = orjson.loads(call.body)
    except ValueError:
        raise malformed(call, "The request is not valid JSON.") from None
    if isinstance(sent, list):
        raise malformed(call, "Send one request at a time, not a list.")
    if not isinstance(sent, dict):
        raise malformed(call, "The request is a JSON object.")
    return sent


def cost_of(rate: Rate) -> dict[str, int]:
    """What `extensions.cost` says."""
    return {
        "requested": rate.requested,
        "limit": rate.limit,
        "available": rate.available,
        "restoreRate": rate.restore_rate,
    }


def _json(call: Call, status: int, body: Mapping[str, Any]) -> Answer:
    headers = ((b"content-type", call.content_type), (b"x-request-id", call.request_id.encode()))
    return Answer(status=status, headers=headers, body=orjson.dumps(body))


def errors_answer(call: Call, errors: Sequence[GraphQLError], *, rate: Rate | None) -> Answer:
    """The answer to a request that never ran: no data entry; 200 in the old media type, 400 in the new."""
    body: dict[str, Any] = {"errors": format_errors(errors, request_id=call.request_id)}
    if rate is not None:
        body["extensions"] = {"cost": cost_of(rate)}
    return _json(call, 400 if call.content_type is http.GRAPHQL_TYPE else 200, body)


def finished(call: Call, result: ExecutionResult, rate: Rate) -> Answer:
    """The answer to a request that ran."""
    if result.data is None and result.errors and all(error.path is None for error in result.errors):
        return errors_answer(call, result.errors, rate=rate)
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = format_errors(result.errors, request_id=call.request_id)
    body["data"] = result.data
    body["extensions"] = {"cost": cost_of(rate)}
    return _json(call, 200, body)
