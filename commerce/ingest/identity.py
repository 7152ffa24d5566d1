"""Hashes by which events, their further items, views and contents are known.

Whole digests are cut by hand: a shorter one asked for by keyword takes longer to make.
"""

from functools import lru_cache
from hashlib import blake2b


def identify(source: str, event_id: str) -> bytes:
    """The 128 bits an event is known by: the number its source counts in, then a hash.

    A source that numbers its events says by that which of two at one instant came first; so the number goes
    in front, and ids sort as the source counts. Ids without a number (or long, random ones) have 0 there.
    """
    digits = event_id[len(event_id.rstrip("0123456789")) :]
    number = int(digits) + 1 if 0 < len(digits) <= 12 and len(event_id) < 32 else 0
    return number.to_bytes(5, "big") + blake2b(f"{source}\0{event_id}".encode()).digest()[:11]


def identify_item(event: bytes, position: int) -> bytes:
    """The 128 bits of the row of an event's further item; it sorts with its event."""
    return event[:5] + blake2b(event + position.to_bytes(4, "big")).digest()[:11]


def hash64(content: bytes) -> int:
    """A signed number of 64 bits that stands for a content."""
    return int.from_bytes(blake2b(content).digest()[:8], "big", signed=True)


@lru_cache(maxsize=100_000)
def hash63(text: str) -> int:
    """A positive number of 63 bits that stands for a name, such as a view's."""
    # Remembered: a view is named again by each of its heartbeats, and by its end.
    return int.from_bytes(blake2b(text.encode()).digest()[:8], "big") >> 1
