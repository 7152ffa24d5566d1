"""graphql-sse in distinct connections mode: a POST that accepts an event stream is answered by one."""

import asyncio
from typing import Final, TypeVar

import orjson
import structlog
from graphql import OperationType

from config.api import http
from config.api.errors import Answer, ErrorCode, error_response
from config.api.push.mailbox import Beat, End, Listener, Update, framed
from config.api.push.topics import Hub
from config.api.requests import Call, EarlyAnswerError, key_of
from config.api.view import Admitted, GraphQLApp

ActorT = TypeVar("ActorT")
_log = structlog.get_logger("liveledger.api")

COMPLETE: Final = b"event: complete\ndata:\n\n"
BEAT: Final = b":\n\n"
HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # A proxy that collects an answer before it passes it on would keep updates back.
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)


def wants_stream(scope: http.Scope) -> bool:
    """Whether a request accepts an event stream."""
    if scope["method"] != "POST":
        return False
    accept: bytes = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return any(part.split(b";")[0].strip().lower() == b"text/event-stream" for part in accept.split(b","))


async def serve_stream(
    edge: GraphQLApp[ActorT], hub: Hub[ActorT], scope: http.Scope, receive: http.Receive, send: http.Send
) -> None:
    """Answer one request: a subscription until it ends, anything else by what it gives once."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    request_id = http.request_id(headers)
    try:
        call = await edge.receive(scope, receive, headers, request_id, is_stream=True)
        begun = await edge.run(lambda given: begin(edge, given), call)
        if isinstance(begun, Admitted):
            seen = headers.get(b"last-event-id", b"").decode("latin-1") or None
            listener = hub.join(begun, key=key_of(call), seen=seen)
    except http.ClientGoneError:
        return
    except EarlyAnswerError as early:
        if early.is_of_document:
            await _send_once(early.answer, send, request_id)
        else:
            await http.send_answer(send=send, answer=early.answer)
        return
    if isinstance(begun, Answer):
        # Who accepts plain JSON too gets it: then the stream was only offered for subscriptions.
        if http.negotiate(headers.get(b"accept", b"")) is not None:
            await http.send_answer(send=send, answer=begun)
        else:
            await _send_once(begun, send, request_id)
        return
    try:
        await _deliver(listener, receive, send, request_id)
    finally:
        hub.leave(listener)


def begin(edge: GraphQLApp[ActorT], call: Call) -> Answer | Admitted[ActorT]:
    """The answer to a query or a mutation, or a subscription that may run; raises EarlyAnswerError alone.

    In a worker thread.
    """
    try:
        admitted = edge.admit(call)
        if admitted.kind is OperationType.SUBSCRIPTION:
            return admitted
        return edge.execute(admitted, call)
    except EarlyAnswerError:
        raise
    except Exception as error:
        _log.error("internal error", request_id=call.request_id, exc_info=error)
        raise EarlyAnswerError(
            error_response(
                status=500, code=ErrorCode.INTERNAL, message="internal error", request_id=call.request_id
            )
        ) from None


def revoked() -> Update:
    """The last words to who held a key that is dead now."""
    extensions = {"code": ErrorCode.UNAUTHENTICATED.value}
    error = {"message": "The key is unknown, expired or revoked.", "extensions": extensions}
    return framed(orjson.dumps({"errors": [error]}))


async def _start(send: http.Send, request_id: str) -> None:
    told = [*HEADERS, (b"x-request-id", request_id.encode())]
    await send({"type": "http.response.start", "status": 200, "headers": told})


async def _send_once(answer: Answer, send: http.Send, request_id: str) -> None:
    await _start(send, request_id)
    await send({"type": "http.response.body", "body": framed(answer.body).event + COMPLETE})


async def _deliver(listener: Listener, receive: http.Receive, send: http.Send, request_id: str) -> None:
    """Send what comes until nothing more does, the client goes, or it is too slow."""
    this = asyncio.current_task()
    assert this is not None
    is_over = False

    def over(_: object = None) -> None:
        nonlocal is_over
        if not is_over:
            is_over = True
            this.cancel()

    listener.cut = over
    gone = asyncio.get_running_loop().create_task(_until_gone(receive))
    gone.add_done_callback(over)
    try:
        await _start(send, request_id)
        # At once, so that the client knows that it is heard.
        await send({"type": "http.response.body", "body": BEAT, "more_body": True})
        last = await _send_all(listener, send)
        # Without `complete` the client knows that it was not the end, and comes back.
        await send({"type": "http.response.body", "body": last})
    except asyncio.CancelledError:
        if not is_over or this.uncancel() > 0:
            raise
    finally:
        is_over = True
        gone.cancel()


async def _send_all(listener: Listener, send: http.Send) -> bytes:
    """Send updates until the end; answers what to say then."""
    while True:
        given = await listener.next()
        if isinstance(given, Update):
            await send({"type": "http.response.body", "body": given.event, "more_body": True})
        elif given is Beat.BEAT:
            await send({"type": "http.response.body", "body": BEAT, "more_body": True})
        elif given is End.REVOKED:
            return revoked().event + COMPLETE
        else:
            return COMPLETE if given is End.COMPLETE else b""


async def _until_gone(receive: http.Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
