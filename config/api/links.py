"""`GET /r/<code>`: where a tracking link leads, and its pictures to scan.

The answer goes out first, the click is kept after it. A link is read again after a few seconds, so that a
revoked one is dead within five.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import psycopg
import structlog
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from commerce.connection import close_worker_connection
from config.api import http
from config.api.errors import Answer
from kol import links

PREFIX: Final = "/r/"
REMEMBERED_SECONDS: Final = 4.0
MOST_REMEMBERED: Final = 10_000
MOST_LOOKUPS: Final = 200
"""Codes that are asked for at a time; more are told to come again."""
PICTURES: Final[dict[str, tuple[bytes, Callable[[str], bytes]]]] = {
    "qr.svg": (b"image/svg+xml", links.qr_svg),
    "qr.png": (b"image/png", links.qr_png),
}
_log = structlog.get_logger("liveledger.links")

_ROBOTS: Final = (b"x-robots-tag", b"noindex, nofollow")
_NO_STORE: Final = (b"cache-control", b"no-store")
_REFERRER: Final = (b"referrer-policy", b"strict-origin-when-cross-origin")
_FIXED: Final = [_NO_STORE, _REFERRER, _ROBOTS, (b"content-length", b"0")]
_DRAWN: Final = (
    _ROBOTS,
    (b"cache-control", b"public, max-age=3600"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
)


class _BusyError(Exception):
    """Nobody can say now where the link leads."""


class LinksApp:
    """Answers `GET` and `HEAD` of `/r/<code>`, `/r/<code>/qr.svg` and `/r/<code>/qr.png`.

    `recorder` takes the clicks; None: they are not kept.
    """

    def __init__(self, *, recorder: links.Recorder | None) -> None:
        self._recorder = recorder
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="links")
        self._known: dict[str, tuple[float, links.Target | None]] = {}
        self._asked: dict[str, asyncio.Future[links.Target | None]] = {}

    def close(self) -> None:
        """Write the clicks that wait, and end the threads."""
        self._readers.submit(close_worker_connection)
        self._readers.shutdown()
        if self._recorder is not None:
            self._recorder.close()

    async def __call__(self, scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            return await _refuse(send, 405, b"Use GET.", (b"allow", b"GET, HEAD"))
        code, slash, picture = scope["path"].removeprefix(PREFIX).partition("/")
        if not links.is_code(code) or (slash and picture not in PICTURES):
            return await _refuse(send, 404, b"There is no such link.")
        try:
            known = self._known.get(code)
            if known is not None and time.monotonic() - known[0] < REMEMBERED_SECONDS:
                target = known[1]
            else:
                target = await self._find(code)
        except (psycopg.OperationalError, _BusyError) as error:
            _log.warning("link not found out", error=str(error))
            return await _refuse(send, 503, b"Try again in a moment.", (b"retry-after", b"1"))
        if target is None:
            await _refuse(send, 404, b"There is no such link.")
        elif picture:
            await self._draw(scope, send, code, picture)
        else:
            await self._lead(scope, send, target)

    async def _lead(self, scope: http.Scope, send: http.Send, target: links.Target) -> None:
        if scope["method"] == "HEAD":
            await _redirect(send, [*_FIXED, (b"location", target.location(""))])
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        visitor = links.visitor_of(headers)
        fields = [*_FIXED, (b"location", target.location(visitor.id))]
        if visitor.is_new and target.visitor is None:
            fields.append((b"set-cookie", links.cookie(visitor.id, is_tls=_is_tls(scope))))
        await _redirect(send, fields)
        if self._recorder is not None:
            client = scope.get("client")
            brought = target.visitor if visitor.id and target.visitor is not None else visitor.id
            self._recorder.add(
                target,
                at=time.time(),
                by=visitor.by,
                visitor=brought,
                address=client[0] if client else "",
                user_agent=headers.get(b"user-agent", b""),
            )

    async def _draw(self, scope: http.Scope, send: http.Send, code: str, picture: str) -> None:
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        # The picture says what was asked for: any other host's name must not get into it.
        if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
            return await _refuse(send, 400, b"This is no host of ours.")
        address = f"{'https' if _is_tls(scope) else 'http'}://{host}{PREFIX}{code}"
        kind, drawn = PICTURES[picture]
        body = await asyncio.get_running_loop().run_in_executor(self._readers, drawn, address)
        answer = Answer(status=200, headers=((b"content-type", kind), *_DRAWN), body=body)
        await http.send_answer(send=send, answer=answer)

    async def _find(self, code: str) -> links.Target | None:
        """Where a code leads, asked once for all who wait for it."""
        asked = self._asked.get(code)
        if asked is None:
            if len(self._asked) >= MOST_LOOKUPS:
                raise _BusyError(f"{MOST_LOOKUPS} links are being looked for")
            asked = asyncio.ensure_future(self._ask(code))
            self._asked[code] = asked
            asked.add_done_callback(lambda done: self._asked.pop(code))
        return await asyncio.shield(asked)

    async def _ask(self, code: str) -> links.Target | None:
        before = time.monotonic()
        target = await asyncio.get_running_loop().run_in_executor(self._readers, _find_target, code)
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[code] = (before, target)
        return target


def _find_target(code: str) -> links.Target | None:
    try:
        return links.find_target(code)
    except psycopg.OperationalError:
        return links.find_target(code)  # On a new connection: the old one was closed while nobody asked.


def _is_tls(scope: http.Scope) -> bool:
    return settings.IS_TLS or scope.get("scheme") == "https"


async def _redirect(send: http.Send, fields: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 302, "headers": fields})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(send: http.Send, status: int, text: bytes, *headers: tuple[bytes, bytes]) -> None:
    """Plain text, and nothing of what was asked in it."""
    plain = (b"content-type", b"text/plain; charset=utf-8")
    answer = Answer(status=status, headers=(plain, _NO_STORE, _ROBOTS, *headers), body=text + b"\n")
    await http.send_answer(send=send, answer=answer)
