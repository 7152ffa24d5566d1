"""Events over HTTP against a binary COPY of the same rows into an unlogged table without an index."""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import orjson
import psycopg
from django.conf import settings
from rich.console import Console
from rich.table import Table

from commerce.access import issue_key
from commerce.demo.season import generate
from commerce.ingest.log import COLUMNS
from tests.factories import partner
from tests.servers import PROJECT

EVENTS: Final = 60_000
SENDERS: Final = 8
"""Connections that send at once: while one request is committed, others wait to share the next commit."""

_TICK: Final = os.sysconf("SC_CLK_TCK")


class Sent(NamedTuple):
    """One round: events a second, CPU of web and database in us an event, seconds of each request."""

    rate: float
    web: float
    database: float
    requests: list[float]
    copied: float = 1.0
    """Rows a second of the limit, just before."""


class Shop(NamedTuple):
    """A partner nobody sent anything for yet, and the key to its door."""

    id: object
    key: str


def run(*, rounds: int) -> None:
    """Print a line for each way of sending: the medians over all rounds and the ratio to the limit."""
    told = islice(generate(size="small", seed=1, now=datetime.now(UTC)), EVENTS)
    lines = [orjson.dumps(event) for event in told]
    taken: dict[str, list[Sent]] = {}
    address = settings.LOCAL_SERVERS.database_url(role="owner")
    with _server() as (port, web), psycopg.connect(address, autocommit=True) as owner:
        limit = _Limit(owner)

        def measure(name: str, shop: Shop, size: int, *, expected: str) -> None:
            copied = limit.rate()
            sent = _send(lines, port=port, web=web, shop=shop, size=size, expected=expected)
            taken.setdefault(name, []).append(sent._replace(copied=copied))

        first = _shop()
        _send(lines, port=port, web=web, shop=first, size=5000, expected="accepted")
        limit.take(first)
        for _ in range(rounds):
            for size in (1000, 5000):
                shop = _shop()
                measure(f"{size:,} new events a request", shop, size, expected="accepted")
            measure("5,000 resent events a request", shop, 5000, expected="duplicate")
        _show(taken, rows=limit.rows / EVENTS)


class _Limit:
    """The rows of a round, as the log has them, copied into a table that costs as little as one can."""

    def __init__(self, owner: psycopg.Connection) -> None:
        self._owner = owner
        self._stream: list[bytes] = []
        self.rows = 0

    def take(self, shop: Shop) -> None:
        """Keep what the log has of a partner as a binary stream."""
        self._owner.execute("CREATE UNLOGGED TABLE bench_limit AS SELECT * FROM commerce_event WITH NO DATA")
        query = f"COPY (SELECT {COLUMNS} FROM commerce_event WHERE partner_id = %s) TO STDOUT (FORMAT BINARY)"
        with self._owner.cursor() as cursor:
            with cursor.copy(query, [shop.id]) as copy:
                # Pieces as large as the door's own, not one a row.
                self._stream = [b"".join(bytes(piece) for piece in copy)]
            self.rows = cursor.rowcount

    def rate(self) -> float:
        """Rows a second."""
        self._owner.execute("TRUNCATE bench_limit")
        query = f"COPY bench_limit ({COLUMNS}) FROM STDIN (FORMAT BINARY)"
        start = time.perf_counter()
        with self._owner.cursor() as cursor, cursor.copy(query) as copy:
            for piece in self._stream:
                copy.write(piece)
        return self.rows / (time.perf_counter() - start)


def _shop() -> Shop:
    made = partner()
    key, _ = issue_key(partner_id=made.id, scopes=["ingest"], name="bench", now=datetime.now(UTC))
    return Shop(made.id, key)


def _send(lines: list[bytes], *, port: int, web: int, shop: Shop, size: int, expected: str) -> Sent:
    """Send all lines over a few connections; every event's answer must be the expected one."""
    bodies = iter([b"\n".join(lines[start : start + size]) for start in range(0, len(lines), size)])
    turn = threading.Lock()
    seconds: list[float] = []
    answers: list[dict[str, int]] = []
    headers = {"content-type": "application/x-ndjson", "authorization": f"Bearer {shop.key}"}

    def sender() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with turn:
                body = next(bodies, None)
            if body is None:
                break
            start = time.perf_counter()
            connection.request("POST", "/v1/events", body, headers)
            answers.append(json.loads(connection.getresponse().read()))
            seconds.append(time.perf_counter() - start)
        connection.close()

    senders = [threading.Thread(target=sender) for _ in range(SENDERS)]
    before = _cpu(_with_children(web)), _cpu(_database())
    start = time.perf_counter()
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    taken = time.perf_counter() - start
    after = _cpu(_with_children(web)), _cpu(_database())
    told = sum(answer[expected] for answer in answers)
    assert told == len(lines), f"{expected}: {told} of {len(lines)}; {answers[:1]}"
    web_cpu, database_cpu = ((b - a) / len(lines) * 1e6 for a, b in zip(before, after, strict=True))
    return Sent(len(lines) / taken, web_cpu, database_cpu, seconds)


def _show(taken: dict[str, list[Sent]], *, rows: float) -> None:
    table = Table(title=f"{EVENTS:,} events of the demo, {rows:.2f} rows an event, {SENDERS} connections")
    titles = "sent", "events/s", "limit rows/s", "web us", "database us", "p50 ms", "p99 ms", "of the limit"
    for title in (*titles, "to reach"):
        table.add_column(title)
    for name, rounds in taken.items():
        requests = sorted(seconds for sent in rounds for seconds in sent.requests)
        table.add_row(
            name,
            f"{statistics.median(sent.rate for sent in rounds):,.0f}",
            f"{statistics.median(sent.copied for sent in rounds):,.0f}",
            f"{statistics.median(sent.web for sent in rounds):.1f}",
            f"{statistics.median(sent.database for sent in rounds):.1f}",
            f"{requests[len(requests) // 2] * 1000:.0f}",
            f"{requests[len(requests) * 99 // 100] * 1000:.0f}",
            f"{statistics.median(sent.rate * rows / sent.copied for sent in rounds):.3f}",
            "0.05 (0.20)" if "new" in name else "",
        )
    Console(width=140).print(table)


@contextmanager
def _server() -> Iterator[tuple[int, int]]:
    """The web server with two processes, as an operator of two cores runs it: its port and its pid."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    options += ["--workers", "2"]
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), *options]
    running = subprocess.Popen(command, cwd=PROJECT)
    try:
        _wait_for(port)
        yield port, running.pid
    finally:
        running.terminate()
        running.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "the web process did not start"
            time.sleep(0.05)


def _database() -> list[int]:
    """Pids of the database: its own and those of its backends."""
    return _with_children(settings.LOCAL_SERVERS.pids()["postgres"])


def _with_children(pid: int) -> list[int]:
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def _cpu(pids: list[int]) -> float:
    """Seconds of CPU that processes took until now."""
    ticks = 0
    for pid in pids:
        with suppress(FileNotFoundError):  # Ended just now.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICK
