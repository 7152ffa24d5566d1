"""The GraphQL endpoint: a small ASGI app, because a framework around a request costs ten times its own work.

In this order: method and media type, body limit, key, token bucket, document (token limit, guard,
validation), cost, execution. Everything after the body runs in one hop to one thread, so that resolvers are
plain synchronous code.
"""

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar, cast

import structlog
from graphql import ExecutionResult, OperationType, execute
from graphql.execution.execute import assume_not_async_iterable, assume_not_awaitable
from strawberry import Schema

from config.api import http
from config.api.buckets import Taken, TokenBuckets
from config.api.cost import FieldCost
from config.api.documents import Document, Documents, RefusedError
from config.api.errors import JSON_TYPE, MAX_SHOWN, Answer, ApiError, ErrorCode, error_response
from config.api.guard import Guard, Limits, Measured, refuse
from config.api.requests import (
    Asked,
    Call,
    EarlyAnswerError,
    cost_of,
    errors_answer,
    finished,
    key_of,
    malformed,
    parameters,
    refused,
    unauthenticated,
)
from config.api.requests import Rate as Rate

ActorT = TypeVar("ActorT")
DoneT = TypeVar("DoneT")
FindActor = Callable[[str], ActorT | None]
SignedIn = Callable[[Call], tuple[str, ActorT] | None]
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


class Watched(NamedTuple):
    """What the answer to a subscription shows: of whom, in which state, and whether another will follow.

    `channel` is where changes of the subject are told; `revision` is another for every other state.
    """

    channel: str
    subject: Hashable
    revision: str
    is_final: bool


@dataclass(slots=True)
class RequestContext(Generic[ActorT]):
    """What resolvers get as `info.context`; `loaders` is theirs to fill, one request long."""

    actor: ActorT
    request_id: str
    now: dt.datetime
    accept_language: str = ""
    loaders: dict[object, Any] = field(default_factory=dict)
    rate: Rate | None = None
    watched: Watched | None = None


class Admitted(NamedTuple, Generic[ActorT]):
    """A request that may run: who asks, for what, and what it has cost."""

    actor: ActorT
    document: Document
    asked: Asked
    rate: Rate
    kind: OperationType


class GraphQLApp(Generic[ActorT]):
    """Answers GraphQL over HTTP for one schema.

    `find_actor` gives the actor of a key or None; `request_scope` opens what execution needs (a transaction
    with the actor's partners set) and closes it; both are called in a worker thread. `persisted` are the
    documents that GET may ask for; `declared` are field costs by (type, field). `signed_in` gives (name of
    the budget, actor) of a request without a key by its cookie, None without one, or raises EarlyAnswerError.
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
        signed_in: SignedIn[ActorT] | None = None,
    ) -> None:
        self._settings = settings or EdgeSettings()
        self._schema = schema._schema
        self._executor_class = schema.execution_context_class
        self._find_actor = find_actor
        self._signed_in = signed_in
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
            call = await self.receive(scope, receive, headers, request_id)
            answer = await self.run(self._answer, call)
        except http.ClientGoneError:
            return
        except EarlyAnswerError as early:
            answer = early.answer
        await http.send_answer(send=send, answer=answer)

    async def receive(
        self,
        scope: http.Scope,
        receive: http.Receive,
        headers: dict[bytes, bytes],
        request_id: str,
        *,
        is_stream: bool = False,
    ) -> Call:
        """A whole request; raises EarlyAnswerError when it is none, ClientGoneError when it never comes."""

        def early(
            status: int, message: str, *more: tuple[bytes, bytes], code: ErrorCode = ErrorCode.BAD_USER_INPUT
        ) -> EarlyAnswerError:
            return EarlyAnswerError(
                error_response(status=status, code=code, message=message, request_id=request_id, headers=more)
            )

        method = scope["method"]
        if method not in ("POST", "GET"):
            raise early(405, "Use POST.", (b"allow", b"POST"))
        if method == "POST":
            if not http.is_json(headers.get(b"content-type", b"")):
                raise early(415, "Send application/json in UTF-8.")
            if headers.get(b"content-encoding", b"identity").lower() != b"identity":
                raise early(415, "Send the body uncompressed.")
        content_type = http.negotiate(headers.get(b"accept", b"")) or (JSON_TYPE if is_stream else None)
        if content_type is None:
            raise early(406, "Answers are application/json or application/graphql-response+json.")
        try:
            limit = self._settings.body_limit
            body = await http.read_body(receive=receive, headers=headers, limit=limit)
        except http.BodyTooLargeError:
            message = f"The body is larger than {limit} bytes."
            raise early(413, message, (b"connection", b"close")) from None
        if method == "GET":
            body = scope["query_string"]
        return Call(
            is_get=method == "GET",
            body=body,
            headers=headers,
            request_id=request_id,
            content_type=content_type,
            is_stream=is_stream,
            scope=scope,
        )

    async def run(self, work: Callable[[Call], DoneT], call: Call) -> DoneT:
        """Runs work on a request in one thread; raises EarlyAnswerError when busy or out of time."""
        if self._waiting >= self._settings.waiting:
            raise refused(call, 429, ErrorCode.RATE_LIMITED, "The server is busy.", (b"retry-after", b"1"))
        self._waiting += 1
        running = asyncio.get_running_loop().run_in_executor(self._threads, work, call)
        running.add_done_callback(self._done)
        # Waited for, not cancelled: a thread cannot be stopped and counts as busy until it is free again.
        await asyncio.wait((running,), timeout=self._settings.deadline)
        if running.done():
            return running.result()
        message = f"The query took longer than {self._settings.deadline:g} s. Ask for less."
        error = ApiError(message, code=ErrorCode.COST_LIMIT_EXCEEDED)
        raise EarlyAnswerError(errors_answer(call, [error], rate=None), is_of_document=True)

    def _done(self, work: "asyncio.Future[Any]") -> None:
        self._waiting -= 1
        # After the deadline nobody awaits the outcome any more.
        if not work.cancelled():
            work.exception()

    def _answer(self, call: Call) -> Answer:
        """The answer to one request; runs in a worker thread and never raises."""
        try:
            return self.execute(self.admit(call), call)
        except EarlyAnswerError as early:
            return early.answer
        except Exception as error:
            _log.error("internal error", request_id=call.request_id, exc_info=error)
            return error_response(
                status=500, code=ErrorCode.INTERNAL, message="internal error", request_id=call.request_id
            )

    def admit(self, call: Call) -> Admitted[ActorT]:
        """Lets a request in, and takes its cost; raises EarlyAnswerError. In a worker thread."""
        key, actor = self._who(call)
        rate = self._take(call, key=key, points=1, requested=1)
        asked = self._read(call)
        try:
            document = self._documents.get(asked.query)
            cost = self._cost(document.measured, asked, call)
        except RefusedError as error:
            answer = errors_answer(call, error.errors, rate=rate)
            raise EarlyAnswerError(answer, is_of_document=True) from None
        rate = self._take(call, key=key, points=cost - 1, requested=cost)
        operation = document.measured.operation(asked.operation_name)
        kind = OperationType.QUERY if operation is None else operation.kind
        return Admitted(actor=actor, document=document, asked=asked, rate=rate, kind=kind)

    def _who(self, call: Call) -> tuple[str, ActorT]:
        """(the name of the budget, who asks): by a key, or by a cookie where no key is sent."""
        # A stream outlives what a cookie is good for: it needs a key.
        if self._signed_in is not None and not call.is_stream and b"authorization" not in call.headers:
            person = self._signed_in(call)
            if person is not None:
                return person
        key = key_of(call)
        actor = self._find_actor(key)
        if actor is None:
            raise unauthenticated(call, "The key is unknown, expired or revoked.")
        return key, actor

    def execute(self, admitted: Admitted[ActorT], call: Call) -> Answer:
        """The answer to a query or a mutation that was let in. In a worker thread."""
        actor, document, asked, rate, _ = admitted
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
        return finished(call, cast(ExecutionResult, result), rate)

    def _take(self, call: Call, *, key: str, points: int, requested: int) -> Rate:
        taken: Taken = self._buckets.take(key=key, points=points)
        settings = self._settings
        rate = Rate(
            requested=requested,
            limit=settings.bucket_limit,
            available=taken.available,
            restore_rate=settings.restore_rate,
        )
        if taken.wait:
            raise EarlyAnswerError(
                error_response(
                    status=429,
                    code=ErrorCode.RATE_LIMITED,
                    message=f"The key's budget is used up. Try again in {taken.wait} s.",
                    request_id=call.request_id,
                    headers=((b"retry-after", str(taken.wait).encode()),),
                    extensions={"cost": cost_of(rate)},
                )
            )
        return rate

    def _cost(self, measured: Measured, asked: Asked, call: Call) -> int:
        """The cost of a request that may run; raises RefusedError or EarlyAnswerError."""
        operation = measured.operation(asked.operation_name)
        if operation is not None and operation.kind is not OperationType.QUERY:
            if call.is_get:
                raise refused(call, 405, ErrorCode.BAD_USER_INPUT, "Use POST.", (b"allow", b"POST"))
            if operation.kind is OperationType.SUBSCRIPTION and not call.is_stream:
                message = "Subscriptions are answered as an event stream, not as one answer."
                raise RefusedError([ApiError(message, code=ErrorCode.BAD_USER_INPUT)])
        cost = measured.cost(operation_name=asked.operation_name, variables=asked.variables)
        if cost > self._settings.limits.cost:
            raise RefusedError([refuse(what=f"rows ({cost})", allowed=self._settings.limits.cost)])
        return cost

    def _read(self, call: Call) -> Asked:
        """The parameters of a request; raises EarlyAnswerError when they are not well formed."""
        sent = parameters(call)
        query = sent.get("query")
        document_id = sent.get("documentId")
        if query is None and isinstance(document_id, str):
            query = self._documents.persisted(document_id)
            if query is None:
                code = ErrorCode.PERSISTED_DOCUMENT_NOT_FOUND
                raise refused(call, 404 if call.is_get else 400, code, "No document has this id.")
        variables, operation_name = sent.get("variables"), sent.get("operationName")
        if not isinstance(query, str):
            raise malformed(call, "query is a string.")
        if not isinstance(variables, dict | None):
            raise malformed(call, "variables is an object.")
        if not isinstance(operation_name, str | None):
            raise malformed(call, "operationName is a string.")
        if not isinstance(sent.get("extensions"), dict | None):
            raise malformed(call, "extensions is an object.")
        # By GET only what is known beforehand: a link must not make a browser ask anything else.
        if call.is_get and not self._documents.is_persisted(query):
            message = "GET answers persisted documents only. Use POST."
            raise refused(call, 405, ErrorCode.BAD_USER_INPUT, message, (b"allow", b"POST"))
        return Asked(query=query, variables=variables or {}, operation_name=operation_name)
