"""Push against raw writes of as many bytes: server CPU a message, and the time from an event to its listener.

The real path: an event a second through the door, the worker's fill, its word on Redis, one execution in the
web process, and every listener's connection.
"""

import asyncio
import base64
import http.client
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import uvloop
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from commerce.access import issue_key
from commerce.models import Partner
from tests.bench.query import Served
from tests.factories import deliver, event, fill, partner

SECONDS = 10
BURST = 100
READY_SECONDS = 30
SIZE = 1000
"""Bytes of an update, about."""
QUERY = """subscription Watch($by: LiveSessionBy!) {
  liveSession(by: $by, metrics: [LIKES, CONCURRENT_VIEWERS]) {
  status sequence isFinal asOf trend { timestamps series { metric values } } kpis {
  likes views viewers peakConcurrentViewers comments shares productClicks orders buyers
  liveSales { amount currency }
  engagementRate { value low high } viewerToBuyerRate { value low high } } } }"""
ASKED = {"query": QUERY, "variables": {"by": {"externalId": "live-1"}}}
LIKES = b'"likes":"'


class Listener(asyncio.Protocol):
    """Counts updates, and notes when each number of likes came."""

    def __init__(self, hello: list[bytes], marker: bytes, came: "Came") -> None:
        self._hello, self._marker, self._came = hello, marker, came
        self._rest = b""
        self._likes: int | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._hello[0])

    def data_received(self, data: bytes) -> None:
        if len(self._hello) > 1:  # One message for each that was heard, until all is said.
            self._hello = self._hello[1:]
            assert self.transport is not None
            self.transport.write(self._hello[0])
        told = self._rest + data
        found = told.count(self._marker)
        if found:
            self._came.messages += found
            self._note(told)
        self._rest = told[len(told) - len(self._marker) + 1 :] if self._marker not in told[-40:] else b""

    def _note(self, told: bytes) -> None:
        """An update says up to which event it goes: all until then have come with it."""
        at = told.rfind(LIKES)
        if at >= 0:
            likes = int(told[at + len(LIKES) : told.index(b'"', at + len(LIKES))])
            now = time.perf_counter()
            for number in range(likes if self._likes is None else self._likes + 1, likes + 1):
                accepted = self._came.accepted.get(number)
                if accepted is not None:
                    self._came.latencies.append(now - accepted)
            self._likes = likes


class Came:
    """What all listeners have got so far."""

    def __init__(self) -> None:
        self.messages = 0
        self.latencies: list[float] = []
        self.accepted: dict[int, float] = {}


def masked(text: str) -> bytes:
    """A client's text frame, with the mask that changes nothing."""
    body = text.encode()
    size = bytes([0x80 | len(body)]) if len(body) < 126 else bytes([0xFE]) + len(body).to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + body


def stream_hello(key: str) -> list[bytes]:
    """What a listener by event stream says."""
    body = json.dumps(ASKED).encode()
    head = (
        f"POST /graphql/ HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n"
        f"accept: text/event-stream\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return [head.encode() + body]


def socket_hello(key: str) -> list[bytes]:
    """What a listener by WebSocket says."""
    nonce = base64.b64encode(os.urandom(16)).decode()
    head = (
        "GET /graphql/ HTTP/1.1\r\nhost: bench\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        f"sec-websocket-version: 13\r\nsec-websocket-key: {nonce}\r\n"
        "sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    init = {"type": "connection_init", "payload": {"key": key}}
    asked = {"id": os.urandom(8).hex(), "type": "subscribe", "payload": ASKED}
    return [head.encode(), masked(json.dumps(init)), masked(json.dumps(asked))]


def raw_hello(_: str) -> list[bytes]:
    """A listener at the raw server need not say anything."""
    return [b"x"]


KINDS: dict[str, tuple[Callable[[str], list[bytes]], bytes]] = {
    "raw": (raw_hello, b"event: next"),
    "stream": (stream_hello, b"event: next"),
    "socket": (socket_hello, b'"type":"next"'),
}


class Door:
    """One event a second, each a like; notes when each was accepted."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/x-ndjson"}
        self.likes = 0

    def knock(self, came: Came) -> None:
        """Send one event."""
        told = event("live_like", timezone.now(), viewer_id="v1")
        self._connection.request("POST", "/v1/events", json.dumps(told).encode(), self._headers)
        response = self._connection.getresponse()
        answer = json.loads(response.read())
        assert answer["accepted"] == 1, answer
        self.likes += 1
        came.accepted[self.likes] = time.perf_counter()


def cpu(process: "subprocess.Popen[Any]") -> float:
    """Seconds of CPU all threads of a process have spent, to the nanosecond."""
    tasks = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


async def listen(
    kind: str, *, port: int, keys: list[str], listeners: int, served: "subprocess.Popen[Any]",
    each_second: Callable[[Came], None],
) -> tuple[float, Came]:  # fmt: skip
    """(CPU seconds a message, what came) of so many listeners over SECONDS of one update a second."""
    loop, came, turns = asyncio.get_running_loop(), Came(), itertools.cycle(keys)
    hello, marker = KINDS[kind]
    transports = []
    for place in range(listeners):
        transport, _ = await loop.create_connection(
            lambda: Listener(hello(next(turns)), marker, came), "127.0.0.1", port
        )
        transports.append(transport)
        if place % BURST == BURST - 1:
            await asyncio.sleep(0.2)
    if kind != "raw":
        async with asyncio.timeout(READY_SECONDS):
            while came.messages < listeners:
                await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    came.messages, before = 0, cpu(served)
    for _ in range(SECONDS):
        began = time.perf_counter()
        await asyncio.to_thread(each_second, came)
        # Not in step with the server's second.
        await asyncio.sleep(max(1 + random.uniform(0, 0.2) - (time.perf_counter() - began), 0))
    await asyncio.sleep(1.5)
    spent = cpu(served) - before
    for transport in transports:
        transport.close()
    await asyncio.sleep(0.5)
    return spent / max(came.messages, 1), came


def raw_server() -> "subprocess.Popen[str]":
    """The limit in a process of its own, which prints its port."""
    arguments = [sys.executable, "-m", "tests.bench.raw_push", str(SIZE)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def worker() -> "subprocess.Popen[Any]":
    """A worker as `up` starts it."""
    arguments = ("-m", "celery", "--quiet", "-A", "config", "worker", "--concurrency", "2")
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", "WARNING")
    environment = {**os.environ, "LIVELEDGER_ROLE": "worker"}
    return subprocess.Popen([sys.executable, *arguments, *quiet], env=environment)


def begin(of: Partner) -> None:
    """A session starts, with one viewer."""
    now = timezone.now()
    told = ("live_session_started", "live_view_started")
    deliver(of, [event(type_, now, viewer_id="v1") for type_ in told], now=now)
    fill(of, now=now)


def run(*, rounds: int, listeners: int = 500) -> None:
    """Serve, listen in turn, print."""
    shop = partner()
    begin(shop)
    # Each key pays for its listeners' first answers.
    keys = [
        issue_key(partner_id=shop.id, scopes=["read", "ingest"], name="bench", now=timezone.now())[0]
        for _ in range(1 + listeners // 50)
    ]
    with ExitStack() as ending:
        ours = Served("config.asgi:application")
        ending.callback(ours.stop)
        for started in (worker(), raw := raw_server()):
            ending.callback(started.wait)
            ending.callback(started.terminate)
        assert raw.stdout is not None
        raw_port = int(raw.stdout.readline())
        time.sleep(5)
        door = Door(ours.client.port, keys[0])
        taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
        latencies: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for _, kind in itertools.product(range(rounds), KINDS):
            is_raw = kind == "raw"
            spent, came = uvloop.run(
                listen(
                    kind,
                    port=raw_port if is_raw else ours.client.port,
                    keys=keys,
                    listeners=listeners,
                    served=raw if is_raw else ours.process,
                    each_second=(lambda _: None) if is_raw else door.knock,
                )
            )
            taken[kind].append(spent)
            latencies[kind] += came.latencies
    _show(taken, latencies, listeners=listeners)


def _show(taken: dict[str, list[float]], latencies: dict[str, list[float]], *, listeners: int) -> None:
    title = f"{listeners} listeners, one update a second"
    table = Table("by", "CPU us a message", "x raw", "to reach", "p50 s", "p99 s", "promised s", title=title)
    for kind, spent in taken.items():
        ratio = statistics.median(mine / base for mine, base in zip(spent, taken["raw"], strict=True))
        came = sorted(latencies[kind])
        p50, p99 = (f"{came[int(len(came) * part)]:.2f}" if came else "" for part in (0.5, 0.99))
        goal, promised = ("", "") if kind == "raw" else ("10 (4)", "2")
        table.add_row(kind, f"{statistics.median(spent) * 1e6:.1f}", f"{ratio:.1f}", goal, p50, p99, promised)
    Console(width=100).print(table)
