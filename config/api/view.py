"""The GraphQL endpoint: a small ASGI app, because a framework around a request costs ten times its own work.

In this order: method and media type, body limit, key, token bucket, document (token limit, guard,
validation), cost, execution. Everything after the body runs in one hop to one thread, so that resolvers are
plain synchronous code.
"""

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar, cast
from urllib.parse import parse_qsl

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, OperationType, execute
from graphql.execution.execute import assume_not_async_iterable, assume_not_awaitable
from strawberry import Schema

from config.api import http
from config.api.buckets import Taken, TokenBuckets
from config.api.cost import FieldCost
from config.api.documents import Documents, RefusedError
from config.api.errors import MAX_SHOWN, Answer, ApiError, ErrorCode, error_response, format_errors
from config.api.guard import Guard, Limits, Measured, refuse

ActorT = TypeVar("ActorT")
FindActor = Callable[[str], ActorT | None]
RequestScope = Callable[[ActorT], AbstractContextManager[object]]
_log = structlog.get_logger("liveledger.api")


class EdgeSettings(NamedTuple):
    """What an operator can set; sizes in bytes, times in seconds, buckets in points (a point is a row)."""

    body_limit: int = 262_144
    deadline: float = 15.0
    threads: int = 8
    waiting: int = 256
    bucket_limit: int = 10_000
    restore_rate: int = 100
    documents: int = 1_000
    limits: Limits = Limits()


@dataclass(slots=True)
class RequestContext(Generic[ActorT]):
    """What resolvers get as `info.context`; `loaders` is theirs to fill, one request long."""

    actor: ActorT
    request_id: str
    now: dt.datetime
    accept_language: str = ""
    loaders: dict[object, Any] = field(default_factory=dict)
    rate: "Rate | None" = None


class Rate(NamedTuple):
    """The cost of this request and the state of its key's bucket, in points."""

    requested: int
    limit: int
    available: int
    restore_rate: int


class _Call(NamedTuple):
    """One request as far as HTTP goes."""

    is_get: bool
    body: bytes
    headers: dict[bytes, bytes]
    request_id: str
    content_type: bytes


class _Asked(NamedTuple):
    """The parameters of one GraphQL request."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


class _AnswerError(Exception):
    """An answer known before execution."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class GraphQLApp(Generic[ActorT]):
    """Answers GraphQL over HTTP for one schema.

    `find_actor` gives the actor of a key or None; `request_scope` opens what execution needs (a transaction
    with the actor's partners set) and closes it; both are called in a worker thread. `persisted` are the
    documents that GET may ask for; `declared` are field costs by (type, field).
    """

    def __init__(
        self,
        *,
        schema: Schema,
        find_actor: FindActor[ActorT],
        request_scope: RequestScope[ActorT],
        settings: EdgeSettings | None = None,
        persisted: Iterable[str] = (),
        declared: Mapping[tuple[str, str], FieldCost] | None = None,
    ) -> None:
        self._settings = settings or EdgeSettings()
        self._schema = schema._schema
        self._executor_class = schema.execution_context_class
        self._find_actor = find_actor
        self._request_scope = request_scope
        guard = Guard(schema=self._schema, limits=self._settings.limits, declared=declared)
        self._documents = Documents(
            schema=self._schema, guard=guard, size=self._settings.documents, persisted=persisted
        )
        self._buckets = TokenBuckets(
            limit=self._settings.bucket_limit, restore_rate=self._settings.restore_rate, clock=time.monotonic
        )
        self._threads = ThreadPoolExecutor(self._settings.threads, thread_name_prefix="graphql")
        self._waiting = 0

    def close(self) -> None:
        """Waits for running requests and ends the threads."""
        self._threads.shutdown(cancel_futures=True)

    async def __call__(self, scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
        """Answers one HTTP request."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        request_id = http.request_id(headers)
        try:
            call = await self._receive(scope, receive, headers, request_id)
            answer = await self._run(call)
        except http.ClientGoneError:
            return
        except _AnswerError as early:
            answer = early.answer
        await http.send_answer(send=send, answer=answer)

    async def _receive(
        self, scope: http.Scope, receive: http.Receive, headers: dict[bytes, bytes], request_id: str
    ) -> _Call:
        def refused(
            status: int, message: str, *more: tuple[bytes, bytes], code: ErrorCode = ErrorCode.BAD_USER_INPUT
        ) -> _AnswerError:
            return _AnswerError(
                error_response(status=status, code=code, message=message, request_id=request_id, headers=more)
            )

        method = scope["method"]
        if method not in ("POST", "GET"):
            raise refused(405, "Use POST.", (b"allow", b"POST"))
        if method == "POST":
            if not http.is_json(headers.get(b"content-type", b"")):
                raise refused(415, "Send application/json in UTF-8.")
            if headers.get(b"content-encoding", b"identity").lower() != b"identity":
                raise refused(415, "Send the body uncompressed.")
        content_type = http.negotiate(headers.get(b"accept", b""))
        if content_type is None:
            raise refused(406, "Answers are application/json or application/graphql-response+json.")
        try:
            limit = self._settings.body_limit
            body = await http.read_body(receive=receive, headers=headers, limit=limit)
        except http.BodyTooLargeError:
            message = f"The body is larger than {limit} bytes."
            raise refused(413, message, (b"connection", b"close")) from None
        if method == "GET":
            body = scope["query_string"]
        return _Call(
            is_get=method == "GET",
            body=body,
            headers=headers,
            request_id=request_id,
            content_type=content_type,
        )

    async def _run(self, call: _Call) -> Answer:
        """Runs a request in one thread, within the deadline."""
        if self._waiting >= self._settings.waiting:
            raise _refused(call, 429, ErrorCode.RATE_LIMITED, "The server is busy.", (b"retry-after", b"1"))
        self._waiting += 1
        work = asyncio.get_running_loop().run_in_executor(self._threads, self._answer, call)
        work.add_done_callback(self._done)
        # Waited for, not cancelled: a thread cannot be stopped and counts as busy until it is free again.
        await asyncio.wait((work,), timeout=self._settings.deadline)
        if work.done():
            return work.result()
        message = f"The query took longer than {self._settings.deadline:g} s. Ask for less."
        return _errors(call, [ApiError(message, code=ErrorCode.COST_LIMIT_EXCEEDED)], rate=None)

    def _done(self, work: "asyncio.Future[Answer]") -> None:
        self._waiting -= 1
        # After the deadline nobody awaits the outcome any more.
        if not work.cancelled():
            work.exception()

    def _answer(self, call: _Call) -> Answer:
        """The answer to one request; runs in a worker thread and never raises."""
        try:
            return self._answer_or_raise(call)
        except _AnswerError as early:
            return early.answer
        except Exception as error:
            _log.error("internal error", request_id=call.request_id, exc_info=error)
            return error_response(
                status=500, code=ErrorCode.INTERNAL, message="internal error", request_id=call.request_id
            )

    def _answer_or_raise(self, call: _Call) -> Answer:
        key = _key(call)
        actor = self._find_actor(key)
        if actor is None:
            raise _unauthenticated(call, "The key is unknown, expired or revoked.")
        rate = self._take(call, key=key, points=1, requested=1)
        asked = self._read(call)
        try:
            document = self._documents.get(asked.query)
            cost = self._admit(document.measured, asked, is_get=call.is_get, call=call)
        except RefusedError as refused:
            return _errors(call, refused.errors, rate=rate)
        rate = self._take(call, key=key, points=cost - 1, requested=cost)
        context = RequestContext(
            actor=actor,
            request_id=call.request_id,
            now=dt.datetime.now(dt.UTC),
            accept_language=call.headers.get(b"accept-language", b"").decode("latin-1"),
            rate=rate,
        )
        with self._request_scope(actor):
            result = execute(
                self._schema,
                document.tree,
                context_value=context,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                executor_class=self._executor_class,
                is_awaitable=assume_not_awaitable,
                is_async_iterable=assume_not_async_iterable,
                max_coercion_errors=MAX_SHOWN,
                hide_suggestions=True,
                operation_extensions={},
            )
        return _finished(call, cast(ExecutionResult, result), rate)

    def _take(self, call: _Call, *, key: str, points: int, requested: int) -> Rate:
        taken: Taken = self._buckets.take(key=key, points=points)
        settings = self._settings
        rate = Rate(
            requested=requested,
            limit=settings.bucket_limit,
            available=taken.available,
            restore_rate=settings.restore_rate,
        )
        if taken.wait:
            raise _AnswerError(
                error_response(
                    status=429,
                    code=ErrorCode.RATE_LIMITED,
                    message=f"The key's budget is used up. Try again in {taken.wait} s.",
                    request_id=call.request_id,
                    headers=((b"retry-after", str(taken.wait).encode()),),
                    extensions={"cost": _cost(rate)},
                )
            )
        return rate

    def _admit(self, measured: Measured, asked: _Asked, *, is_get: bool, call: _Call) -> int:
        """The cost of a request that may run; raises RefusedError or _AnswerError."""
        operation = measured.operation(asked.operation_name)
        if operation is not None and operation.kind is not OperationType.QUERY:
            if is_get:
                raise _refused(call, 405, ErrorCode.BAD_USER_INPUT, "Use POST.", (b"allow", b"POST"))
            if operation.kind is OperationType.SUBSCRIPTION:
                message = "Subscriptions are answered as an event stream, not as one answer."
                raise RefusedError([ApiError(message, code=ErrorCode.BAD_USER_INPUT)])
        cost = measured.cost(operation_name=asked.operation_name, variables=asked.variables)
        if cost > self._settings.limits.cost:
            raise RefusedError([refuse(what=f"rows ({cost})", allowed=self._settings.limits.cost)])
        return cost

    def _read(self, call: _Call) -> _Asked:
        """The parameters of a request; raises _AnswerError when they are not well formed."""
        sent = _parameters(call)
        query = sent.get("query")
        document_id = sent.get("documentId")
        if query is None and isinstance(document_id, str):
            query = self._documents.persisted(document_id)
            if query is None:
                code = ErrorCode.PERSISTED_DOCUMENT_NOT_FOUND
                raise _refused(call, 404 if call.is_get else 400, code, "No document has this id.")
        variables, operation_name = sent.get("variables"), sent.get("operationName")
        if not isinstance(query, str):
            raise _malformed(call, "query is a string.")
        if not isinstance(variables, dict | None):
            raise _malformed(call, "variables is an object.")
        if not isinstance(operation_name, str | None):
            raise _malformed(call, "operationName is a string.")
        if not isinstance(sent.get("extensions"), dict | None):
            raise _malformed(call, "extensions is an object.")
        # By GET only what is known beforehand: a link must not make a browser ask anything else.
        if call.is_get and not self._documents.is_persisted(query):
            message = "GET answers persisted documents only. Use POST."
            raise _refused(call, 405, ErrorCode.BAD_USER_INPUT, message, (b"allow", b"POST"))
        return _Asked(query=query, variables=variables or {}, operation_name=operation_name)


def _refused(
    call: _Call, status: int, code: ErrorCode, message: str, *headers: tuple[bytes, bytes]
) -> _AnswerError:
    return _AnswerError(
        error_response(
            status=status,
            code=code,
            message=message,
            request_id=call.request_id,
            headers=headers,
            content_type=call.content_type,
        )
    )


def _malformed(call: _Call, message: str) -> _AnswerError:
    return _refused(call, 400, ErrorCode.BAD_USER_INPUT, message)


def _unauthenticated(call: _Call, message: str) -> _AnswerError:
    challenge = (b"www-authenticate", b'Bearer realm="liveledger"')
    return _refused(call, 401, ErrorCode.UNAUTHENTICATED, message, challenge)


def _key(call: _Call) -> str:
    """The bearer key of a request; raises _AnswerError with 401."""
    scheme, _, key = call.headers.get(b"authorization", b"").partition(b" ")
    key = key.strip()
    if scheme.lower() != b"bearer" or not 0 < len(key) <= 200 or not key.isascii():
        raise _unauthenticated(call, "Send Authorization: Bearer <key>.")
    return key.decode("ascii")


def _parameters(call: _Call) -> dict[str, Any]:
    try:
        if call.is_get:
            sent: Any = dict(parse_qsl(call.body.decode("ascii"), max_num_fields=20))
            for name in ("variables", "extensions"):
                if name in sent:
                    sent[name] = orjson.loads(sent[name])
        else:
            sent = orjson.loads(call.body)
    except ValueError:
        raise _malformed(call, "The request is not valid JSON.") from None
    if isinstance(sent, list):
        raise _malformed(call, "Send one request at a time, not a list.")
    if not isinstance(sent, dict):
        raise _malformed(call, "The request is a JSON object.")
    return sent


def _cost(rate: Rate) -> dict[str, int]:
    return {
        "requested": rate.requested,
        "limit": rate.limit,
        "available": rate.available,
        "restoreRate": rate.restore_rate,
    }


def _json(call: _Call, status: int, body: Mapping[str, Any]) -> Answer:
    headers = ((b"content-type", call.content_type), (b"x-request-id", call.request_id.encode()))
    return Answer(status=status, headers=headers, body=orjson.dumps(body))


def _errors(call: _Call, errors: Sequence[GraphQLError], *, rate: Rate | None) -> Answer:
    """The answer to a request that never ran: no data entry; 200 in the old media type, 400 in the new."""
    body: dict[str, Any] = {"errors": format_errors(errors, request_id=call.request_id)}
    if rate is not None:
        body["extensions"] = {"cost": _cost(rate)}
    return _json(call, 400 if call.content_type is http.GRAPHQL_TYPE else 200, body)


def _finished(call: _Call, result: ExecutionResult, rate: Rate) -> Answer:
    if result.data is None and result.errors and all(error.path is None for error in result.errors):
        return _errors(call, result.errors, rate=rate)
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = format_errors(result.errors, request_id=call.request_id)
    body["data"] = result.data
    body["extensions"] = {"cost": _cost(rate)}
    return _json(call, 200, body)
