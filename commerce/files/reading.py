"""Files as sources of events: opened whatever they are, and every event with the place it came from."""

import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple, cast

import msgspec
import orjson

from commerce.files.split import NotABatchError, split_array
from commerce.ingest.decode import Refused

STANDARD_INPUT: Final = "-"
_LONGEST_LINE: Final = 8 * 1024 * 1024


class FileError(Exception):
    """A file that cannot be read as what it is; the message names the file, the place and the rule."""


class Piece(NamedTuple):
    """One event of a file; with a problem, what stood in its place and why it is no event."""

    body: bytes
    line: int | None
    problem: Refused | None = None


class Source:
    """An open file: its name, its uncompressed content, and how far it has been read."""

    def __init__(self, *, name: str, content: IO[bytes], raw: IO[bytes], size: int | None) -> None:
        self.name, self.content, self.size = name, content, size
        self._raw = raw

    def position(self) -> int:
        """Bytes read of the file as it lies on disk, of `size`; 0 for standard input."""
        return 0 if self.size is None else self._raw.tell()


@contextmanager
def open_source(name: str) -> Iterator[Source]:
    """Open a path, gzip or not, or `-`; raises FileError for what cannot be opened or goes bad on the way."""
    try:
        if name == STANDARD_INPUT:
            raw: IO[bytes] = sys.stdin.buffer
            size = None
        else:
            raw = Path(name).open("rb")  # noqa: SIM115 - closed below, standard input is not
            size = Path(name).stat().st_size
    except OSError as error:
        raise FileError(f"{name}: cannot be opened: {error.strerror}.") from None
    content = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if name.endswith(".gz") else raw
    try:
        yield Source(name=name, content=content, raw=raw, size=size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileError(f"{name}: damaged gzip: {error}. What came before was taken in.") from None
    except OSError as error:
        raise FileError(f"{name}: cannot be read: {error.strerror}.") from None
    finally:
        if name != STANDARD_INPUT:
            raw.close()


def read_json(source: Source) -> Iterator[Piece]:
    """The events of NDJSON (streamed), of a JSON array or of one JSON event (both read whole)."""
    head = source.content.readline(_LONGEST_LINE).removeprefix(b"\xef\xbb\xbf")
    line = 1
    while head and not head.strip():
        head, line = source.content.readline(_LONGEST_LINE), line + 1
    if not head:
        return
    if not head.lstrip().startswith(b"[") and (_is_json(head) or not _opens_more(head)):
        yield Piece(head.strip(), line)
        yield from _lines(source, line)
        return
    body = head + source.content.read()
    if not head.lstrip().startswith(b"["):
        if not _is_json(body):
            raise FileError(f"{source.name}: {_where(body, line)}: neither one event nor one event a line.")
        yield Piece(body, line)
        return
    try:
        elements = split_array(body)
    except NotABatchError:
        raise FileError(f"{source.name}: {_where(body, line)}: the JSON array is broken.") from None
    del body
    for element in elements:
        yield Piece(element, None)


def _lines(source: Source, line: int) -> Iterator[Piece]:
    while text := source.content.readline(_LONGEST_LINE):
        line += 1
        if len(text) >= _LONGEST_LINE and not text.endswith(b"\n"):
            raise FileError(f"{source.name}: line {line}: not one event a line; this one has no end.")
        if text := text.strip():
            yield Piece(text, line)


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def _opens_more(line: bytes) -> bool:
    """Whether a first line that is no JSON can be the beginning of one event over many lines."""
    return line.strip() == b"{" or line.rstrip().endswith((b",", b"{", b"["))


def _where(body: bytes, first_line: int) -> str:
    """Line, column and reason of the first error of a text that is no JSON."""
    try:
        orjson.loads(body)
    except json.JSONDecodeError as error:
        return f"line {error.lineno + first_line - 1}, column {error.colno}: {error.msg}"
    return f"line {first_line}"
