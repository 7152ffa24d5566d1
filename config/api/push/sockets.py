"""graphql-transport-ws: subscriptions, and queries, over one WebSocket.

| close code | why |
| --- | --- |
| 1012 | the server is going down: come back |
| 1013 | the client took its updates too slowly: come back |
| 4400 | a message that is none of the protocol's |
| 4401 | `subscribe` before `connection_ack` |
| 4403 | the key is unknown, expired or revoked |
| 4406 | the subprotocol is not graphql-transport-ws |
| 4408 | no `connection_init` in time |
| 4409 | a subscription of this id is running |
| 4429 | a second `connection_init` |
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import orjson
import structlog
from django.utils.http import is_same_domain

from config.api import http
from config.api.errors import JSON_TYPE, Answer, ErrorCode
from config.api.push.mailbox import Beat, End, Listener, Update
from config.api.push.stream import begin
from config.api.push.topics import Hub
from config.api.requests import Call, EarlyAnswerError
from config.api.view import GraphQLApp

ActorT = TypeVar("ActorT")
PROTOCOL: Final = "graphql-transport-ws"
LONGEST_ID: Final = 200
CLOSE_SECONDS: Final = 1.0
_log = structlog.get_logger("liveledger.api")


class ClosedError(Exception):
    """The connection is to be closed with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


def is_from_here(headers: Mapping[bytes, bytes], *, origins: tuple[str, ...]) -> bool:
    """Whether a page may open a WebSocket: one of this host or of the list; who is no browser always may."""
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if not origin:
        return True
    told = urlsplit(origin)
    if told.netloc == headers.get(b"host", b"").decode("latin-1").lower():
        return True
    allowed = (urlsplit(one.lower()) for one in origins)
    return any(
        one.scheme == told.scheme and is_same_domain(told.netloc, one.netloc.removeprefix("*"))
        for one in allowed
    )


class Connection(Generic[ActorT]):
    """One WebSocket from its handshake to its end."""

    def __init__(
        self,
        edge: GraphQLApp[ActorT],
        hub: Hub[ActorT],
        scope: http.Scope,
        receive: http.Receive,
        send: http.Send,
    ) -> None:
        self._edge, self._hub = edge, hub
        self._receive, self._send = receive, send
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._subprotocols: list[str] = scope.get("subprotocols") or []
        self._authorization = b""
        self._is_asked = self._is_acknowledged = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._this: asyncio.Task[Any] | None = None
        self._closing: ClosedError | None = None
        self._is_closed = False

    async def serve(self) -> None:
        """Until either side has had enough."""
        await self._receive()  # websocket.connect
        if not is_from_here(self._headers, origins=self._hub.settings.origins):
            await self._send({"type": "websocket.close", "code": 1008})
            return
        if PROTOCOL not in self._subprotocols:
            await self._send({"type": "websocket.accept"})
            await self._close(ClosedError(4406, "Subprotocol not acceptable"))
            return
        await self._send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        self._this = asyncio.current_task()
        loop = asyncio.get_running_loop()
        late = ClosedError(4408, "Connection initialisation timeout")
        timer = loop.call_later(self._hub.settings.init, self._too_late, late)
        try:
            while True:
                message = await self._receive()
                if message["type"] == "websocket.disconnect":
                    return
                await self._hear(_read(message, limit=self._hub.settings.message_limit))
        except ClosedError as closed:
            await self._close(closed)
        except asyncio.CancelledError:
            if self._closing is None or (self._this is not None and self._this.uncancel() > 0):
                raise
            await self._close(self._closing)
        except OSError:
            pass  # The client has gone.
        finally:
            self._this, self._is_closed = None, True
            timer.cancel()
            for task in list(self._running.values()):
                task.cancel()

    def _too_late(self, closed: ClosedError) -> None:
        if not self._is_acknowledged:
            self._end(closed)

    def _end(self, closed: ClosedError) -> None:
        """Close the connection from outside of what reads it."""
        if self._closing is None and self._this is not None:
            self._closing = closed
            self._this.cancel()

    async def _close(self, closed: ClosedError) -> None:
        self._is_closed = True
        # Behind what the client does not take, the last word would wait for ever.
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._send({"type": "websocket.close", "code": closed.code, "reason": closed.reason})

    async def _say(self, message: Mapping[str, Any]) -> None:
        await self._say_text(orjson.dumps(message).decode())

    async def _say_text(self, text: str) -> None:
        if not self._is_closed:
            await self._send({"type": "websocket.send", "text": text})

    # -- messages ------------------------------------------------------------------------------

    async def _hear(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                await self._init(message.get("payload"))
            case "ping":
                payload = message.get("payload")
                await self._say({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})
            case "pong":
                pass
            case "subscribe":
                await self._subscribe(_id_of(message), message.get("payload"))
            case "complete":
                running = self._running.pop(_id_of(message), None)
                if running is not None:
                    running.cancel()
            case _:
                raise ClosedError(4400, "Invalid message")

    async def _init(self, payload: object) -> None:
        if self._is_asked:
            raise ClosedError(4429, "Too many initialisation requests")
        self._is_asked = True
        key = _key_of(payload)
        if key is None or not await self._hub.is_known(key):
            raise ClosedError(4403, "Forbidden")
        self._authorization = b"Bearer " + key.encode()
        self._is_acknowledged = True
        await self._say({"type": "connection_ack"})

    async def _subscribe(self, identity: str, payload: object) -> None:
        if not self._is_acknowledged:
            raise ClosedError(4401, "Unauthorized")
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            raise ClosedError(4400, "Invalid message")
        if identity in self._running:
            raise ClosedError(4409, f"Subscriber for {identity} already exists")
        most = self._hub.settings.a_connection
        if len(self._running) >= most:
            message = f"A connection has at most {most} subscriptions at a time."
            error = {"message": message, "extensions": {"code": ErrorCode.RATE_LIMITED.value}}
            await self._say({"id": identity, "type": "error", "payload": [error]})
            return
        task = asyncio.get_running_loop().create_task(self._run(identity, payload))
        self._running[identity] = task

    # -- operations ----------------------------------------------------------------------------

    async def _run(self, identity: str, payload: dict[str, Any]) -> None:
        """One operation from its start to its `complete` or `error`."""
        try:
            last = await self._answer(identity, payload)
            self._running.pop(identity, None)
            await self._say({"id": identity, **last})
        except ClosedError as closed:
            self._end(closed)
        except OSError:
            pass  # The client has gone; what reads from it ends the rest.
        except Exception as error:
            _log.error("internal error", exc_info=error)
            self._end(ClosedError(1011, "Internal error"))

    async def _answer(self, identity: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send what an operation gives; answers its last message."""
        call = Call(
            is_get=False,
            body=orjson.dumps(payload),
            headers={**self._headers, b"authorization": self._authorization},
            request_id=http.request_id({}),
            content_type=JSON_TYPE,
            is_stream=True,
        )
        try:
            begun = await self._edge.run(lambda given: begin(self._edge, given), call)
            if isinstance(begun, Answer):
                await self._next(identity, begun.body.decode())
                return {"type": "complete"}
            key = self._authorization.removeprefix(b"Bearer ").decode()
            listener = self._hub.join(begun, key=key)
        except EarlyAnswerError as early:
            if early.answer.status == 401:
                raise ClosedError(4403, "Forbidden") from None
            return {"type": "error", "payload": orjson.loads(early.answer.body)["errors"]}
        try:
            await self._deliver(identity, listener)
        finally:
            self._hub.leave(listener)
        return {"type": "complete"}

    async def _deliver(self, identity: str, listener: Listener) -> None:
        listener.cut = lambda: self._end(ClosedError(1013, "Updates were taken too slowly"))
        while True:
            given = await listener.next()
            if isinstance(given, Update):
                await self._next(identity, given.text)
            elif given is End.REVOKED:
                raise ClosedError(4403, "Forbidden")
            elif given is End.SHUTDOWN:
                raise ClosedError(1012, "Service restart")
            elif given is not Beat.BEAT:  # Heartbeats are the server's own pings.
                return

    async def _next(self, identity: str, payload: str) -> None:
        name = orjson.dumps(identity).decode()
        await self._say_text(f'{{"id":{name},"type":"next","payload":{payload}}}')


def _read(message: Mapping[str, Any], *, limit: int) -> dict[str, Any]:
    text = message.get("text")
    if not isinstance(text, str):
        raise ClosedError(4400, "Invalid message")
    if len(text) > limit:
        raise ClosedError(1009, "Message too big")
    try:
        told = orjson.loads(text)
    except ValueError:
        raise ClosedError(4400, "Invalid message") from None
    if not isinstance(told, dict):
        raise ClosedError(4400, "Invalid message")
    return told


def _id_of(message: Mapping[str, Any]) -> str:
    identity = message.get("id")
    if not isinstance(identity, str) or not 0 < len(identity) <= LONGEST_ID:
        raise ClosedError(4400, "Invalid message")
    return identity


def _key_of(payload: object) -> str | None:
    """The key of a `connection_init`: `authorization: Bearer <key>`, written as in HTTP, or `key`."""
    if not isinstance(payload, dict):
        return None
    told = {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
    kind, _, bearer = told.get("authorization", "").partition(" ")
    key = bearer.strip() if kind.lower() == "bearer" else told.get("key", "")
    return key if 0 < len(key) <= LONGEST_ID and key.isascii() else None
