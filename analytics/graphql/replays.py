"""Addresses of replays at a moment."""

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

YOUTUBE: Final = frozenset(
    {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "youtu.be"}
)


def replay_at(url: str, seconds: int | None) -> str | None:
    """Where a replay can be watched from so many seconds on; None for what is no web address.

    YouTube has a parameter `t` of its own; everywhere else it is the media fragment `#t=<seconds>`.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    # Sources send these: an address that runs code, or opens a file, is none.
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    if seconds is None:
        return url
    at = max(seconds, 0)
    if parts.hostname in YOUTUBE:
        told = [
            (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "t"
        ]
        return urlunsplit(parts._replace(query=urlencode([*told, ("t", str(at))])))
    fragment = f"{parts.fragment}&t={at}" if parts.fragment else f"t={at}"
    return urlunsplit(parts._replace(fragment=fragment))
