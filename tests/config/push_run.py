"""A server to listen to, in a process of its own, and listeners of several kinds."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from django.utils import timezone

from commerce.access import issue_key
from commerce.models import Partner
from tests.config.up_run import PROJECT, free_port
from tests.factories import deliver, event, fill

QUERY = """subscription Watch($by: LiveSessionBy!) { liveSession(by: $by) {
  externalId status sequence isFinal computedAt kpis { likes views computedAt } } }"""
SECONDS = 10.0


class Server:
    """uvicorn over the entry, as `up` runs it."""

    def __init__(self, app: str = "tests.config.push_app:application", *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/graphql/"
        arguments = [
            "-m",
            "uvicorn",
            app,
            "--port",
            str(self.port),
            "--no-access-log",
            "--log-level",
            "warning",
        ]
        environment = {**os.environ, "LIVELEDGER_ROLE": "web"}
        self.process = subprocess.Popen([sys.executable, *arguments, *options], cwd=PROJECT, env=environment)
        until(self._is_ready, seconds=60)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None
        try:
            return self.get("/healthz") == {"status": "ok"}
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
        self.response.close()
        self.connection.close()


def key_of(partner: Partner, *scopes: str) -> str:
    """A key of a partner."""
    given = list(scopes or ("read",))
    return issue_key(partner_id=partner.id, scopes=given, name="test", now=timezone.now())[0]


def like(partner: Partner, *, subject: str = "live-1", viewer: str = "v1") -> None:
    """Somebody likes a session now, and its numbers are brought up to that."""
    now = timezone.now()
    deliver(partner, [event("live_like", now, subject=subject, viewer_id=viewer)], now=now)
    fill(partner, now=now)


def begin(partner: Partner, *, subject: str = "live-1") -> None:
    """A session starts, with one viewer."""
    now = timezone.now()
    told = [
        event("live_session_started", now, subject=subject),
        event("live_view_started", now, subject=subject, viewer_id="v1"),
    ]
    deliver(partner, told, now=now)
    fill(partner, now=now)


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


def node(folder: Path, script: str, *arguments: str) -> "subprocess.Popen[str]":
    """A script of Node's, beside its packages."""
    from tests.config.test_api_audit import program

    (folder / "run.cjs").write_text(script)
    return subprocess.Popen(
        [program("node"), str(folder / "run.cjs"), *arguments], stdout=subprocess.PIPE, text=True
    )
