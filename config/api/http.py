"""The little of HTTP that the small ASGI apps share: headers, bodies, content negotiation, answers."""

import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

from config.api.errors import JSON_TYPE, Answer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

GRAPHQL_TYPE = b"application/graphql-response+json; charset=utf-8"

_ACCEPTED = (b"application/json", b"application/graphql-response+json")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class BodyTooLargeError(Exception):
    """The body passes the limit of bytes."""


class ClientGoneError(Exception):
    """The client went away before its request was whole."""


def request_id(headers: dict[bytes, bytes]) -> str:
    """The caller's X-Request-Id when it is at most 64 plain characters, else a new one."""
    given = headers.get(b"x-request-id", b"")
    return given.decode("ascii") if _REQUEST_ID.fullmatch(given) else os.urandom(12).hex()


async def read_body(*, receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """The whole body; raises BodyTooLargeError as soon as it is known to pass `limit` bytes."""
    declared = headers.get(b"content-length")
    if declared is not None and (not declared.isdigit() or len(declared) > 12 or int(declared) > limit):
        raise BodyTooLargeError
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise BodyTooLargeError
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def send_answer(*, send: Send, answer: Answer) -> None:
    """Sends a whole answer with its length."""
    length = (b"content-length", str(len(answer.body)).encode())
    headers = [*answer.headers, length, (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


@lru_cache(maxsize=128)
def is_json(content_type: bytes) -> bool:
    """Whether a Content-Type is exactly one of the two JSON types, in UTF-8."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(b";"))
    if media_type not in _ACCEPTED:
        return False
    charsets = (b"charset=utf-8", b"charset=utf8")
    return all(parameter.replace(b'"', b"") in charsets for parameter in parameters)


@lru_cache(maxsize=128)
def negotiate(accept: bytes) -> bytes | None:
    """The Content-Type to answer with under an Accept header; None when neither JSON type is acceptable."""
    best: tuple[float, int, bytes] | None = None
    for place, part in enumerate(accept.split(b",")):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(b";"))
        if media_range == b"application/graphql-response+json":
            offered = GRAPHQL_TYPE
        elif media_range in (b"application/json", b"application/*", b"*/*", b""):
            offered = JSON_TYPE
        else:
            continue
        weight = _quality(parameters)
        # The first of equals wins, so a client that names the GraphQL type first gets it.
        if weight > 0 and (best is None or (weight, -place) > best[:2]):
            best = (weight, -place, offered)
    return best[2] if best else None


def _quality(parameters: list[bytes]) -> float:
    for parameter in parameters:
        if parameter.startswith(b"q="):
            try:
                return min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
