"""What the bench of links serves, by `BENCH_LINKS`: a bare 302, or our entry with clicks kept or not."""

import os
from typing import Any

HEADERS = [
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-robots-tag", b"noindex, nofollow"),
    (b"content-length", b"0"),
    (b"location", b"https://shop.example/p?utm_source=ada-lim&utm_medium=influencer&utm_campaign=spring"),
]


async def bare(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Always the same answer."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 302, "headers": HEADERS})
        await send({"type": "http.response.body", "body": b""})


def chosen() -> Any:
    """The app to serve."""
    name = os.environ.get("BENCH_LINKS", "bare")
    if name == "bare":
        return bare
    from config import asgi
    from config.api.links import LinksApp

    if name == "silent":
        silent = LinksApp(recorder=None)
        asgi.links_app = lambda: silent  # type: ignore[assignment]
    return asgi.application


application = chosen()
