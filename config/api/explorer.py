"""The explorer: GraphiQL from our own files. Off in production unless asked for."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from config.api import http
from config.api.errors import Answer, ErrorCode, error_response

FOLDER = Path(__file__).parent / "static" / "explorer"
_HTML = b"text/html; charset=utf-8"
_SCRIPT = b"text/javascript; charset=utf-8"
_STYLE = b"text/css; charset=utf-8"
_PLAIN = b"text/plain; charset=utf-8"
# Only these are served: a path is looked up here and never put together.
FILES = {
    "": ("index.html", _HTML),
    "explorer.css": ("explorer.css", _STYLE),
    "explorer.js": ("explorer.js", _SCRIPT),
    "samples/overview.graphql": ("samples/overview.graphql", _PLAIN),
    "samples/trend.graphql": ("samples/trend.graphql", _PLAIN),
    "samples/shop.graphql": ("samples/shop.graphql", _PLAIN),
    "samples/moments.graphql": ("samples/moments.graphql", _PLAIN),
    "samples/scorecard.graphql": ("samples/scorecard.graphql", _PLAIN),
    "samples/next.graphql": ("samples/next.graphql", _PLAIN),
    "samples/campaign.graphql": ("samples/campaign.graphql", _PLAIN),
    "samples/customers.graphql": ("samples/customers.graphql", _PLAIN),
    "vendor/graphiql.min.css": ("vendor/graphiql.min.css", _STYLE),
    "vendor/graphiql.min.js": ("vendor/graphiql.min.js", _SCRIPT),
    "vendor/react.production.min.js": ("vendor/react.production.min.js", _SCRIPT),
    "vendor/react-dom.production.min.js": ("vendor/react-dom.production.min.js", _SCRIPT),
    "vendor/LICENSES.txt": ("vendor/LICENSES.txt", _PLAIN),
}
# Nothing from elsewhere and no inline script: a query's result can never become code.
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SAFETY = (
    (b"content-security-policy", POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class _File(NamedTuple):
    body: bytes
    content_type: bytes
    tag: bytes


def sample_queries() -> dict[str, str]:
    """The queries of the sample tabs by name; each must run on the demo."""
    return {path.stem: path.read_text() for path in sorted((FOLDER / "samples").glob("*.graphql"))}


class ExplorerApp:
    """Serves the explorer below `prefix`; answers 404 to everything when it is not enabled."""

    def __init__(self, *, enabled: bool, prefix: str = "/explorer/") -> None:
        self._prefix = prefix
        self._files: dict[str, _File] = {}
        for name, (path, content_type) in FILES.items() if enabled else ():
            body = (FOLDER / path).read_bytes()
            tag = b'"%s"' % hashlib.sha256(body).hexdigest()[:20].encode()
            self._files[name] = _File(body=body, content_type=content_type, tag=tag)

    async def __call__(self, scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
        """Answers one HTTP request for a file."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        answer = self._answer(scope["method"], scope["path"], headers)
        if scope["method"] == "HEAD":
            length = (b"content-length", str(len(answer.body)).encode())
            start = {"type": "http.response.start", "status": answer.status}
            await send({**start, "headers": [*answer.headers, length]})
            await send({"type": "http.response.body", "body": b""})
            return
        await http.send_answer(send=send, answer=answer)

    def _answer(self, method: str, path: str, headers: dict[bytes, bytes]) -> Answer:
        request_id = http.request_id(headers)
        if method not in ("GET", "HEAD"):
            return error_response(
                status=405,
                code=ErrorCode.BAD_USER_INPUT,
                message="Use GET.",
                request_id=request_id,
                headers=((b"allow", b"GET, HEAD"),),
            )
        if self._files and path == self._prefix.rstrip("/"):
            return Answer(status=308, headers=((b"location", self._prefix.encode()),), body=b"")
        file = self._files.get(path.removeprefix(self._prefix)) if path.startswith(self._prefix) else None
        if file is None:
            message = "There is nothing here."
            return error_response(
                status=404, code=ErrorCode.NOT_FOUND, message=message, request_id=request_id
            )
        kept = ((b"etag", file.tag), (b"cache-control", b"no-cache"), *_SAFETY)
        if headers.get(b"if-none-match") == file.tag:
            return Answer(status=304, headers=kept, body=b"")
        return Answer(status=200, headers=((b"content-type", file.content_type), *kept), body=file.body)
