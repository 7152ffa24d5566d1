"""`POST /v1/events`: a small ASGI app in front of the door.

Requests of one partner that wait at the same time are committed in one transaction (one flush to disk for
all of them), and each is answered after that commit. Decoding and writing happen in threads: while one
waits for the database, another understands the next batch.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

import orjson
import psycopg
import structlog
from django.utils import timezone

from commerce import ingest
from commerce.access import Actor, Forbidden, is_well_formed, require
from commerce.connection import close_worker_connection
from commerce.files.split import InflatedTooLargeError, NotABatchError, inflate, split_array, split_lines
from config.api import http
from config.api.errors import JSON_TYPE, Answer, ErrorCode, error_response
from kol.access import find_actor

_log = structlog.get_logger("liveledger.api")
BATCH: Final = b"application/cloudevents-batch+json"
LINES: Final = b"application/x-ndjson"
ONE: Final = b"application/cloudevents+json"
_MEDIA_TYPES: Final = (BATCH, LINES, ONE)
_UTF8: Final = (b"charset=utf-8", b"charset=utf8")


class DoorSettings(NamedTuple):
    """Bounds of one process; sizes in bytes.

    `waiting_bytes` bounds all bodies together, from before they are read until they are committed; beside
    them stands at most one body of `body_limit` for each decoder, while it is being inflated.
    """

    body_limit: int = 8 * 1024 * 1024
    most_events: int = 10_000
    waiting: int = 128
    waiting_bytes: int = 64 * 1024 * 1024
    commit_events: int = 20_000
    writers: int = 3
    decoders: int = 2
    retry_after: int = 1


class _RefusedError(Exception):
    """A request that is answered before anything of it was taken in."""

    def __init__(
        self,
        status: int,
        code: ErrorCode,
        message: str,
        *headers: tuple[bytes, bytes],
        reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers, self.reason = headers, reason


class _Waiting(NamedTuple):
    """A batch that was understood and waits for its commit."""

    batch: ingest.Batch
    answer: "asyncio.Future[ingest.Outcome]"


class _Line:
    """The batches of one partner that wait, and the task that writes for it."""

    def __init__(self) -> None:
        self.waiting: deque[_Waiting] = deque()
        self.writer: asyncio.Task[None] | None = None


class EventsApp:
    """Takes events in over HTTP.

    `wake` is called with the partner's id after commits that brought something new, in a thread of its own:
    a broker that does not answer holds up hints alone.
    """

    def __init__(self, *, wake: Callable[[UUID], None], settings: DoorSettings | None = None) -> None:
        self._settings = settings or DoorSettings()
        self._wake = wake
        self._keys = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._decoders = ThreadPoolExecutor(self._settings.decoders, thread_name_prefix="decode")
        self._writers = ThreadPoolExecutor(self._settings.writers, thread_name_prefix="ingest")
        self._wakers = ThreadPoolExecutor(1, thread_name_prefix="wake")
        self._to_wake: set[UUID] = set()
        self._lines: dict[UUID, _Line] = {}
        self._requests = 0
        self._bytes = 0

    def close(self) -> None:
        """Finish what is being written and end the threads; hints that wait are dropped."""
        self._decoders.shutdown()
        _end(self._writers, threads=self._settings.writers)
        _end(self._keys, threads=1)
        self._wakers.shutdown(cancel_futures=True)

    async def __call__(self, scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
        """Answer one request."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        request_id = http.request_id(headers)
        try:
            answer = await self._answer(scope, receive, headers, request_id)
        except http.ClientGoneError:
            return
        except _RefusedError as refused:
            answer = error_response(
                status=refused.status,
                code=refused.code,
                message=refused.message,
                request_id=request_id,
                headers=refused.headers,
                extensions=None if refused.reason is None else {"reason": refused.reason},
            )
        except Exception as error:
            _log.error("internal error", request_id=request_id, exc_info=error)
            answer = error_response(
                status=500, code=ErrorCode.INTERNAL, message="internal error", request_id=request_id
            )
        await http.send_answer(send=send, answer=answer)

    async def _answer(
        self, scope: http.Scope, receive: http.Receive, headers: dict[bytes, bytes], request_id: str
    ) -> Answer:
        if scope["method"] != "POST":
            raise _bad(405, "Use POST.", (b"allow", b"POST"))
        try:
            actor = await self._actor(headers)
            media_type = _media_type(headers)
            if self._requests >= self._settings.waiting:
                raise self._busy()
            self._requests += 1
            try:
                outcome = await self._take_in(actor, media_type, receive, headers)
            finally:
                self._requests -= 1
        except psycopg.OperationalError as error:
            _log.warning("database away", request_id=request_id, error=str(error))
            again = (b"retry-after", str(self._settings.retry_after).encode())
            message = "The database is away; nothing of this request was acknowledged. Send it again."
            raise _RefusedError(503, ErrorCode.INTERNAL, message, again) from None
        return Answer(
            status=207 if outcome.rejected else 200,
            headers=((b"content-type", JSON_TYPE), (b"x-request-id", request_id.encode())),
            body=orjson.dumps(outcome),
        )

    async def _actor(self, headers: dict[bytes, bytes]) -> Actor:
        kind, _, key = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        key = key.strip()
        actor = None
        if kind.lower() == "bearer" and is_well_formed(key):
            actor = await asyncio.get_running_loop().run_in_executor(self._keys, _find_actor, key)
        if actor is None:
            message = "Send a valid key: Authorization: Bearer ll_live_..."
            raise _RefusedError(401, ErrorCode.UNAUTHENTICATED, message, (b"www-authenticate", b"Bearer"))
        try:
            require(actor, "ingest")
        except Forbidden as forbidden:
            raise _RefusedError(403, ErrorCode.FORBIDDEN, str(forbidden)) from None
        return actor

    async def _take_in(
        self, actor: Actor, media_type: bytes, receive: http.Receive, headers: dict[bytes, bytes]
    ) -> ingest.Outcome:
        limit = self._settings.body_limit
        loop = asyncio.get_running_loop()
        # Before a byte is read: what was declared, or the most there may be.
        held = self._hold(_declared(headers, limit=limit))
        try:
            try:
                body = await http.read_body(receive=receive, headers=headers, limit=limit)
            except http.BodyTooLargeError:
                raise _bad(413, f"A request has at most {limit} bytes.", (b"connection", b"close")) from None
            if headers.get(b"content-encoding", b"identity").lower() == b"gzip":
                body = await loop.run_in_executor(self._decoders, _inflated, body, limit)
            held = self._hold(len(body), instead_of=held)
            batch = await loop.run_in_executor(self._decoders, self._read, body, media_type, actor.partner_id)
            return await self._commit(batch, partner_id=actor.partner_id)
        finally:
            self._bytes -= held

    def _hold(self, size: int, *, instead_of: int = 0) -> int:
        """Count a body among those that wait, or refuse it; answers its size."""
        others = self._bytes - instead_of
        # Always at least one request fits, so that the largest one is not refused for ever.
        if others and others + size > self._settings.waiting_bytes:
            raise self._busy()
        self._bytes = others + size
        return size

    def _read(self, body: bytes, media_type: bytes, partner_id: UUID) -> ingest.Batch:
        """Split and understand one request; in a thread."""
        try:
            bodies = _bodies(body, media_type)
        except NotABatchError as error:
            raise _bad(400, str(error), reason="malformed") from None
        if len(bodies) > self._settings.most_events:
            most = self._settings.most_events
            raise _bad(413, f"A request has at most {most} events; this one has {len(bodies)}.")
        return ingest.read(bodies, partner_id=partner_id, now=timezone.now())

    async def _commit(self, batch: ingest.Batch, *, partner_id: UUID) -> ingest.Outcome:
        """Wait in the partner's line; the outcome comes after the commit that held this batch."""
        line = self._lines.setdefault(partner_id, _Line())
        waiting = _Waiting(batch, asyncio.get_running_loop().create_future())
        line.waiting.append(waiting)
        if line.writer is None:
            line.writer = asyncio.get_running_loop().create_task(self._write(line, partner_id))
        return await asyncio.shield(waiting.answer)

    async def _write(self, line: _Line, partner_id: UUID) -> None:
        """Write for one partner until nobody waits; one writer each, lest its batches lock each other out."""
        loop = asyncio.get_running_loop()
        while line.waiting:
            group = [line.waiting.popleft()]
            events = len(group[0].batch.bodies)
            while line.waiting and events + len(line.waiting[0].batch.bodies) <= self._settings.commit_events:
                events += len(line.waiting[0].batch.bodies)
                group.append(line.waiting.popleft())
            batches = [waiting.batch for waiting in group]
            outcomes: Sequence[ingest.Outcome | Exception]
            try:
                outcomes = await loop.run_in_executor(self._writers, _store, batches, partner_id)
            except Exception as error:
                outcomes = [error] * len(group)
            for waiting, outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    waiting.answer.set_exception(outcome)
                    waiting.answer.exception()  # Marked as seen: its sender may have gone away.
                else:
                    waiting.answer.set_result(outcome)
            if any(isinstance(outcome, ingest.Outcome) and outcome.accepted for outcome in outcomes):
                self._hint(partner_id)
        del self._lines[partner_id]

    def _hint(self, partner_id: UUID) -> None:
        """Have the partner's fills woken, once for all that is committed before it happens."""
        if partner_id not in self._to_wake:
            self._to_wake.add(partner_id)
            self._wakers.submit(self._wake_up, partner_id)

    def _wake_up(self, partner_id: UUID) -> None:
        self._to_wake.discard(partner_id)  # Before: what is committed from now on needs another.
        self._wake(partner_id)

    def _busy(self) -> _RefusedError:
        again = (b"retry-after", str(self._settings.retry_after).encode())
        message = "Too many requests wait. Send this one again."
        return _RefusedError(429, ErrorCode.RATE_LIMITED, message, again)


def _declared(headers: dict[bytes, bytes], *, limit: int) -> int:
    """The bytes a request says it has, and the most it may have where it does not say."""
    declared = headers.get(b"content-length", b"")
    return min(int(declared), limit) if declared.isdigit() and len(declared) <= 12 else limit


def _inflated(body: bytes, limit: int) -> bytes:
    """The body out of its gzip; in a thread."""
    try:
        return inflate(body, limit=limit)
    except InflatedTooLargeError:
        raise _bad(413, f"A request has at most {limit} bytes once inflated.") from None
    except NotABatchError as error:
        raise _bad(400, str(error), reason="malformed") from None


def _find_actor(key: str) -> Actor | None:
    try:
        return find_actor(key)
    except psycopg.OperationalError:
        return find_actor(key)  # On a new connection: the old one was closed while nobody asked.


def _end(pool: ThreadPoolExecutor, *, threads: int) -> None:
    """End a pool; each of its threads closes its own connection before."""
    all_here = threading.Barrier(threads)

    def close() -> None:
        close_worker_connection()
        all_here.wait()

    for _ in range(threads):
        pool.submit(close)
    pool.shutdown()


def _store(batches: Sequence[ingest.Batch], partner_id: UUID) -> list[ingest.Outcome | Exception]:
    """Commit batches together; where that fails, each alone, once. In a thread."""
    now = timezone.now()
    # Copies, because a verdict turns into a refusal when it conflicts with a neighbour of this attempt.
    copies = [ingest.Batch(bodies=batch.bodies, verdicts=list(batch.verdicts)) for batch in batches]
    try:
        return list(ingest.store(copies, partner_id=partner_id, now=now))
    except Exception as error:  # Whatever is wrong with one batch, its neighbours are not to blame.
        _log.warning("commit again, each batch alone", batches=len(batches), error=str(error))
    outcomes: list[ingest.Outcome | Exception] = []
    for batch in batches:
        try:
            outcomes += ingest.store([batch], partner_id=partner_id, now=now)
        except Exception as error:
            outcomes.append(error)
    return outcomes


def _bodies(body: bytes, media_type: bytes) -> list[bytes]:
    if media_type == LINES:
        return split_lines(body)
    if media_type == BATCH:
        return split_array(body)
    if not body.strip():
        raise NotABatchError("The body is empty.")
    return [body]


def _media_type(headers: dict[bytes, bytes]) -> bytes:
    media_type = _known_type(headers.get(b"content-type", b""))
    if media_type is None:
        raise _bad(415, f"Send {', '.join(known.decode() for known in _MEDIA_TYPES)}, in UTF-8.")
    if headers.get(b"content-encoding", b"identity").lower() not in (b"identity", b"gzip"):
        raise _bad(415, "Send the body as it is, or as gzip.", (b"accept-encoding", b"gzip"))
    return media_type


@lru_cache(maxsize=128)
def _known_type(content_type: bytes) -> bytes | None:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(b";"))
    if media_type not in _MEDIA_TYPES:
        return None
    return media_type if all(p.replace(b'"', b"") in _UTF8 for p in parameters) else None


def _bad(
    status: int, message: str, *headers: tuple[bytes, bytes], reason: str | None = None
) -> _RefusedError:
    return _RefusedError(status, ErrorCode.BAD_USER_INPUT, message, *headers, reason=reason)
