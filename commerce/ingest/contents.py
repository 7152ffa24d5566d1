"""What an event says, in one form: by it a resend is told from another content under the same id."""

from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec
from msgspec import Struct

_LARGEST_EXPONENT: Final = 308


def _exact(text: str) -> Decimal | int:
    """A JSON number with a fraction or an exponent as what it says, in its shortest form."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("Number out of range") from None
    if number and abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("Number out of range")
    whole, _, fraction = format(number, "f").partition(".")
    if fraction := fraction.rstrip("0"):
        return Decimal(f"{whole}.{fraction}")
    return int(whole) if len(whole) <= 18 else Decimal(whole)


_decoder = msgspec.json.Decoder(float_hook=_exact)
_encoder = msgspec.json.Encoder(order="sorted", decimal_format="number")


def read_json(raw: bytes) -> Any:
    """JSON with its numbers as they are written, and without the names that stand for nothing."""
    told = _decoder.decode(raw)
    return _without_nulls(told) if b"null" in raw else told


def _without_nulls(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _without_nulls(value) for name, value in told.items() if value is not None}
    if isinstance(told, list):
        return [_without_nulls(value) for value in told]
    return told


def write_json(told: Any) -> bytes:
    """The same bytes for the same content, whatever the order of its names."""
    return _encoder.encode(told)


def content_of(told: Struct | dict[str, Any], *, has_items: bool) -> bytes:
    """What tells the data of an act from others.

    Of typed data only what differs from its default counts, so that a field that is typed one day makes no
    other content of what was said before; told otherwise, the same data are the same content.
    """
    if has_items and isinstance(told, dict):
        items = [
            {name: value for name, value in item.items() if name != "quantity" or value != 1}
            for item in told["items"]
        ]
        told = {**told, "items": items}
    return _encoder.encode(told)


def readable(body: bytes, name: str) -> str | None:
    """A text attribute of an event that was refused, if it can be read at all."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    value = told.get(name) if isinstance(told, dict) else None
    return value.replace("\0", "")[:200] if isinstance(value, str) else None
