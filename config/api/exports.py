"""Handing out exports: a file is written in a thread and sent while it is written."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final

import structlog
from django.utils import timezone

from analytics import exports
from commerce.access import Actor
from config.api import http
from config.api.errors import ErrorCode, error_response

PREFIX: Final = "/v1/exports/"
_AHEAD: Final = 4
"""Chunks written before one is sent: a slow client slows the writing down, and fills no memory."""
_log = structlog.get_logger("liveledger.api")
Chunk = bytes | BaseException | None


class ExportsApp:
    """Answers `GET /v1/exports/<ticket>`; the ticket is all the permission there is."""

    def __init__(
        self,
        *,
        request_scope: Callable[[Actor], AbstractContextManager[None]],
        clock: Callable[[], datetime] = timezone.now,
    ) -> None:
        self._request_scope = request_scope
        self._clock = clock

    async def __call__(self, scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
        """Answers one HTTP request for a file."""
        request_id = http.request_id(dict(scope["headers"]))
        ticket = exports.read_ticket(scope["path"].removeprefix(PREFIX), now=self._clock())
        if scope["method"] != "GET":
            answer = error_response(
                status=405, code=ErrorCode.BAD_USER_INPUT, message="Use GET.", request_id=request_id,
                headers=((b"allow", b"GET"),),
            )  # fmt: skip
            return await http.send_answer(send=send, answer=answer)
        if ticket is None:
            answer = error_response(
                status=404, code=ErrorCode.NOT_FOUND, request_id=request_id,
                message="This address is unknown or no longer valid. Ask for the export again.",
            )  # fmt: skip
            return await http.send_answer(send=send, answer=answer)
        await _send(send, ticket, self._chunks(ticket), request_id)

    def _chunks(self, ticket: exports.Ticket) -> Iterator[bytes]:
        with self._request_scope(ticket.actor):
            yield from exports.written(ticket)


async def _send(send: http.Send, ticket: exports.Ticket, chunks: Iterator[bytes], request_id: str) -> None:
    loop, written = asyncio.get_running_loop(), asyncio.Queue[Chunk](maxsize=_AHEAD)
    is_gone = threading.Event()

    def put(chunk: Chunk) -> None:
        asyncio.run_coroutine_threadsafe(written.put(chunk), loop).result()

    def write() -> None:
        try:
            for chunk in chunks:
                if is_gone.is_set():
                    return
                put(chunk)
            put(None)
        except Exception as error:
            put(error)

    writing = loop.run_in_executor(None, write)
    try:
        first = await written.get()
        if isinstance(first, BaseException):
            _log.error("export failed", request_id=request_id, exc_info=first)
            answer = error_response(
                status=500, code=ErrorCode.INTERNAL, message="internal error", request_id=request_id
            )
            return await http.send_answer(send=send, answer=answer)
        kind = exports.FORMATS[ticket.format]
        headers = [
            (b"content-type", kind.content_type.encode()),
            (b"content-disposition", f'attachment; filename="{ticket.file_name}"'.encode()),
            (b"cache-control", b"private, no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while first is not None:
            if isinstance(first, BaseException):
                # The status is out: a connection that breaks off says that the file is not whole.
                raise first
            await send({"type": "http.response.body", "body": first, "more_body": True})
            first = await written.get()
        await send({"type": "http.response.body", "body": b""})
    finally:
        is_gone.set()
        while not writing.done():
            if written.empty():
                await asyncio.sleep(0.01)
            else:
                written.get_nowait()
