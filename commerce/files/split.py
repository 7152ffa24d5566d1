"""From one body to the events in it, each still bytes: an event is never decoded to find its end."""

import re
import zlib
from typing import Final

import msgspec

_BOM: Final = b"\xef\xbb\xbf"
_array = msgspec.json.Decoder(list[msgspec.Raw])
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},"]', re.DOTALL)
_BLANK: Final = b" \t\r\n"


class NotABatchError(Exception):
    """The body as a whole is not what it says it is."""


class InflatedTooLargeError(Exception):
    """A compressed body holds more bytes than allowed."""


def split_lines(body: bytes) -> list[bytes]:
    """The events of NDJSON, one a line; blank lines are no events."""
    return [line for line in map(bytes.strip, body.removeprefix(_BOM).split(b"\n")) if line]


def split_array(body: bytes) -> list[bytes]:
    """The elements of a JSON array; raises NotABatchError when it has no clear elements."""
    body = body.removeprefix(_BOM)
    try:
        return [bytes(element) for element in _array.decode(body)]
    except (msgspec.MsgspecError, RecursionError) as error:
        reason = str(error)
    # Something in it is no JSON, such as NaN: still, only the element that has it shall be refused.
    elements = _elements(body)
    if elements is None:
        raise NotABatchError(f"The body is not a JSON array: {reason}"[:300])
    return elements


def _elements(body: bytes) -> list[bytes] | None:
    """What stands between the outermost brackets, cut at its commas; None where brackets do not match."""
    body = body.strip(_BLANK)
    if not (body.startswith(b"[") and body.endswith(b"]")):
        return None
    elements: list[bytes] = []
    depth, start = 0, 1
    for token in _TOKEN.finditer(body):
        mark = token.group()
        if mark in (b"[", b"{"):
            depth += 1
        elif mark in (b"]", b"}"):
            depth -= 1
            if depth == 0 and token.end() != len(body):
                return None
        elif mark == b"," and depth == 1:
            elements.append(body[start : token.start()].strip(_BLANK))
            start = token.end()
        elif mark == b'"':
            return None  # A text without an end.
    if depth != 0:
        return None
    elements.append(body[start:-1].strip(_BLANK))
    return elements if all(elements) else None


def inflate(body: bytes, *, limit: int) -> bytes:
    """A gzip body's content, never more than `limit` bytes of it in memory.

    Raises InflatedTooLargeError beyond the limit and NotABatchError for what is not whole gzip.
    """
    parts: list[bytes] = []
    size = 0
    while body:  # A gzip file may have several members.
        member = zlib.decompressobj(wbits=31)
        try:
            part = member.decompress(body, limit - size + 1)
        except zlib.error as error:
            raise NotABatchError(f"The body is not gzip: {error}") from None
        size += len(part)
        if size > limit:
            raise InflatedTooLargeError
        if not member.eof:
            raise NotABatchError("The gzip body ends too early.")
        parts.append(part)
        body = member.unused_data
    return b"".join(parts)
