"""A door over HTTP to knock at: the app behind a real server, and events to send."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import uvicorn
from django.utils import timezone

from commerce.access import issue_key
from commerce.connection import worker_connection
from commerce.models import Partner
from config.api.events import DoorSettings, EventsApp

LINES, BATCH, ONE = (
    "application/x-ndjson",
    "application/cloudevents-batch+json",
    "application/cloudevents+json",
)
AT = "2026-03-01T10:00:00Z"


class Reply(NamedTuple):
    """What came back: status, headers (lower case) and the decoded body."""

    status: int
    headers: dict[str, str]
    body: Any


class Server:
    """The app behind uvicorn in a thread, and the partners it woke the fills for."""

    def __init__(
        self, door: DoorSettings | None = None, *, wake: Callable[[UUID], None] | None = None
    ) -> None:
        self.woken: list[UUID] = []
        self.app = EventsApp(wake=wake or self.woken.append, settings=door)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            self.app, loop="uvloop", http="httptools", lifespan="off", log_level="warning", access_log=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop serving, then end the app's threads."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self.app.close()

    def send(self, body: bytes, *, key: str | None, kind: str = LINES, **headers: str) -> Reply:
        """POST a body; a header's name is written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            named["authorization"] = f"Bearer {key}"
        return self.request("POST", body, {"content-type": kind, **named})

    def request(self, method: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        """Any request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, "/v1/events", body, headers)
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, told, json.loads(response.read()))
        finally:
            connection.close()


def key_of(partner: Partner, *scopes: str) -> str:
    return issue_key(partner_id=partner.id, scopes=list(scopes), name="test", now=timezone.now())[0]


def event(number: int | str, kind: str = "live_like", /, **changes: Any) -> dict[str, Any]:
    data = changes.pop("data", {"viewer_id": "v1"})
    told = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "/site/x",
        "type": kind,
        "subject": "s1",
        "time": AT,
    }
    return told | {"data": data} | changes


def lines(*events: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(told).encode() for told in events)


def counts(reply: Reply) -> tuple[int, int, int, int]:
    body = reply.body
    return body["received"], body["accepted"], body["duplicate"], body["rejected"]


def rows(partner: Partner, query: str) -> list[tuple[Any, ...]]:
    return worker_connection().execute(query, [partner.id]).fetchall()


def logged(partner: Partner) -> int:
    count: int = rows(partner, "SELECT count(*) FROM commerce_event WHERE partner_id = %s")[0][0]
    return count


def kept(partner: Partner) -> list[tuple[str, str, bytes]]:
    query = "SELECT code, path, body FROM commerce_rejection WHERE partner_id = %s ORDER BY id"
    return [(code, path, bytes(body)) for code, path, body in rows(partner, query)]


def refusal(reply: Reply) -> tuple[int, str]:
    """(status, code) of an answer in the API's error shape."""
    (error,) = reply.body["errors"]
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert error["extensions"]["requestId"] == reply.headers["x-request-id"]
    return reply.status, error["extensions"]["code"]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
