"""A server to listen to, in a process of its own, and listeners of several kinds."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from queue import Empty, Queue
from typing import Any

from django.utils import timezone

from commerce.access import issue_key
from commerce.models import Partner
from tests.config.up_run import PROJECT
from tests.factories import deliver, event, fill

QUERY = """subscription Watch($by: LiveSessionBy!) { liveSession(by: $by) {
  externalId status sequence isFinal computedAt kpis { likes views computedAt } } }"""
SECONDS = 10.0
HEARTBEAT = 1.0
"""Of the servers that tests start, in seconds."""


class Server:
    """uvicorn over the entry, as `up` runs it."""

    def __init__(
        self, *, app: str = "tests.config.push_app:application", send_buffer: int = 0, **environment: str
    ) -> None:
        with socket.socket() as listener:
            if send_buffer:  # Connections have what their listener has.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
            listener.bind(("127.0.0.1", 0))
            self.port: int = listener.getsockname()[1]
            self._start(app, listener.fileno(), environment)
        self.url = f"http://127.0.0.1:{self.port}/graphql/"
        until(self._is_ready, seconds=60)

    def _start(self, app: str, descriptor: int, environment: dict[str, str]) -> None:
        served = ("-m", "uvicorn", app, "--fd", str(descriptor), "--no-access-log", "--log-level", "warning")
        self.process = subprocess.Popen(
            [sys.executable, *served],
            cwd=PROJECT,
            env={**os.environ, "LIVELEDGER_ROLE": "web", "PUSH_HEARTBEAT": str(HEARTBEAT), **environment},
            pass_fds=(descriptor,),
        )

    def _is_ready(self) -> bool:
        assert self.process.poll() is None
        try:
            return bool(self.get("/healthz") == {"status": "ok"})
        except ConnectionRefusedError:
            return False

    def get(self, path: str) -> Any:
        """The decoded answer to a GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def executed(self, query: str) -> int:
        """How often a document was executed."""
        return int(self.get("/seen")["executed"].get(query, 0))

    def listeners(self) -> int:
        """How many listen now."""
        return int(self.get("/seen")["listeners"])

    def stop(self) -> int:
        """Ask it to end; answers its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=30)


def until(holds: Callable[[], bool], *, seconds: float = SECONDS) -> None:
    """Wait for something to hold."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Stream:
    """An event stream, read in a thread: each event as (id, event, data), comments as None."""

    def __init__(
        self, server: Server, key: str, variables: Mapping[str, Any], query: str = QUERY, **headers: str
    ) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        told = {"authorization": f"Bearer {key}", "content-type": "application/json",
                "accept": "text/event-stream"}  # fmt: skip
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = json.dumps({"query": query, "variables": variables})
        self.connection.request("POST", "/graphql/", body, told)
        self._socket: socket.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.kind = self.response.getheader("content-type")
        self.events: Queue[tuple[str, str, Any] | None] = Queue()
        self.comments = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for raw in self.response:
                line = raw.decode().rstrip("\n")
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(":")
                    fields[name] = value.strip()
                elif fields:
                    data = json.loads(fields["data"]) if fields.get("data") else None
                    self.events.put((fields.get("id", ""), fields.get("event", ""), data))
                    fields = {}
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass
        self.events.put(None)

    def next(self, *, seconds: float = SECONDS) -> tuple[str, str, Any] | None:
        """The next event; None when the stream has ended."""
        return self.events.get(timeout=seconds)

    def is_silent(self, *, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        try:
            self.events.get(timeout=seconds)
        except Empty:
            return True
        return False

    def close(self) -> None:
        """Go away."""
        with suppress(OSError):  # Who reads lets go of the response with what comes next: here, its end.
            self._socket.shutdown(socket.SHUT_RDWR)
        self.response.close()
        self.connection.close()


def key_of(partner: Partner, *scopes: str) -> str:
    """A key of a partner."""
    given = list(scopes or ("read",))
    return issue_key(partner_id=partner.id, scopes=given, name="test", now=timezone.now())[0]


def tell(partner: Partner, *types: str, ago: float = 0.0, subject: str = "live-1") -> None:
    """Something happens in a session, so many seconds ago, and its numbers are brought up to that."""
    now = timezone.now()
    at = now - timedelta(seconds=ago)
    deliver(partner, [event(type_, at, subject=subject, viewer_id="v1") for type_ in types], now=now)
    fill(partner, now=now)


def like(partner: Partner) -> None:
    """Somebody likes the session."""
    tell(partner, "live_like")


def begin(partner: Partner, *, ago: float = 0.0) -> None:
    """A session starts, with one viewer."""
    tell(partner, "live_session_started", "live_view_started", ago=ago)


def by(subject: str = "live-1") -> dict[str, Any]:
    """The variables of a session by its name."""
    return {"by": {"externalId": subject}}


@contextmanager
def listening(
    server: Server, key: str, subject: str = "live-1", query: str = QUERY, **headers: str
) -> Iterator[Stream]:
    """A stream that is closed at the end."""
    stream = Stream(server, key, by(subject), query, **headers)
    try:
        yield stream
    finally:
        stream.close()
