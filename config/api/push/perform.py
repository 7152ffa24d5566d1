"""One execution of a subscription: the state as it is now, read in one thread and encoded once."""

import datetime as dt
import os
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from graphql import ExecutionResult, GraphQLError, subscribe
from strawberry import Schema

from config.api.documents import Document
from config.api.errors import MAX_SHOWN, ErrorCode, format_errors
from config.api.requests import Asked
from config.api.view import Admitted, RequestContext, RequestScope, Watched

ActorT = TypeVar("ActorT")
GivenT = TypeVar("GivenT")
_OF_THE_MOMENT = frozenset((ErrorCode.INTERNAL.value, ErrorCode.COST_LIMIT_EXCEEDED.value))


class Performed(NamedTuple):
    """What an execution gave: the encoded answer, and what it shows, None when it failed.

    `is_of_the_moment`: it failed for no fault of the caller's, and may succeed later.
    """

    body: bytes
    watched: Watched | None
    is_of_the_moment: bool = False


class Performer(Generic[ActorT]):
    """Executes subscriptions of one schema; `scope` opens one unchanging view of an actor's rows."""

    def __init__(self, *, schema: Schema, scope: RequestScope[ActorT]) -> None:
        self._schema = schema._schema
        self._executor_class = schema.execution_context_class
        self._scope = scope

    def __call__(self, admitted: Admitted[ActorT]) -> Performed:
        """The first event of a subscription, which is the state as it is now."""
        actor, document, asked = admitted.actor, admitted.document, admitted.asked
        context = RequestContext(
            actor=actor, request_id=os.urandom(12).hex(), now=dt.datetime.now(dt.UTC), rate=None
        )
        with self._scope(actor):
            result = self._first(document, asked, context)
        body: dict[str, Any] = {}
        if result.errors:
            body["errors"] = format_errors(result.errors, request_id=context.request_id)
        if result.data is not None or all(error.path for error in result.errors or ()):
            body["data"] = result.data
        if result.data is None:
            codes = {error["extensions"]["code"] for error in body.get("errors", ())}
            return Performed(orjson.dumps(body), None, bool(codes & _OF_THE_MOMENT))
        return Performed(orjson.dumps(body), context.watched)

    def _first(self, document: Document, asked: Asked, context: RequestContext[ActorT]) -> ExecutionResult:
        stream = subscribe(
            self._schema,
            document.tree,
            context_value=context,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            executor_class=self._executor_class,
            max_coercion_errors=MAX_SHOWN,
            hide_suggestions=True,
            operation_extensions={},
        )
        if isinstance(stream, ExecutionResult):
            return stream
        if not isinstance(stream, AsyncIterator):
            raise TypeError("A subscription's resolver answers a stream without being awaited.")
        return _driven(_next(stream))


async def _next(stream: AsyncIterator[ExecutionResult]) -> ExecutionResult:
    async for result in stream:
        return result
    raise GraphQLError("The subscription gave nothing.")


def _driven(work: Coroutine[Any, Any, GivenT]) -> GivenT:
    """The outcome of a coroutine that waits for nothing: resolvers are plain synchronous code."""
    try:
        work.send(None)
    except StopIteration as done:
        outcome: GivenT = done.value
        return outcome
    work.close()
    raise TypeError("A subscription's resolver must not wait.")
