"""Events over HTTP when many come at once, and when something is away."""

import gzip
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings

from commerce.connection import worker_connection
from commerce.models import Partner
from config.api.events import DoorSettings, EventsApp
from tests.config.events_server import (
    LINES,
    Server,
    counts,
    event,
    key_of,
    lines,
    logged,
    refusal,
    rows,
    until,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def key(partner: Partner) -> str:
    return key_of(partner, "ingest")


def test_requests_that_wait_together_share_one_commit_and_get_their_own_answers(
    server: Server, partner: Partner, key: str
) -> None:
    def started(number: int, *more: dict[str, Any]) -> bytes:
        return lines(event(f"s{number}", "live_session_started", data={"title": str(number)}), *more)

    assert counts(server.send(started(0), key=key)) == (1, 1, 0, 0)
    bodies = [
        started(1),
        started(2, event(1)),
        started(3, event(1), event(2)),
        started(4, event(2, data={"viewer_id": "another"})),
        started(5, event(3, "nonsense")),
    ]
    worker = worker_connection()
    with ThreadPoolExecutor(len(bodies) + 1) as senders:
        with worker.transaction():
            # Whoever writes to this session now waits for this transaction.
            worker.execute(
                "SELECT 1 FROM commerce_livesession WHERE partner_id = %s FOR UPDATE", [partner.id]
            )
            first = senders.submit(server.send, started(6), key=key)
            until(lambda: partner.id in server.app._lines)
            replies = []
            for place, body in enumerate(bodies, 1):
                replies.append(senders.submit(server.send, body, key=key))
                until(partial(_waits, server, partner, place))
        assert counts(first.result()) == (1, 1, 0, 0)
        answers = [reply.result() for reply in replies]
    assert [answer.status for answer in answers] == [200, 200, 200, 207, 207]
    assert [counts(answer) for answer in answers] == [
        (1, 1, 0, 0),
        (2, 2, 0, 0),
        (3, 2, 1, 0),
        (2, 1, 0, 1),
        (2, 1, 0, 1),
    ]
    codes = [[(error["index"], error["code"]) for error in answer.body["errors"]] for answer in answers[3:]]
    assert codes == [[(1, "id_conflict")], [(1, "unknown_type")]]
    groups = "SELECT count(*) FROM commerce_event WHERE partner_id = %s GROUP BY xmin::text ORDER BY 1"
    assert rows(partner, groups) == [(1,), (1,), (7,)]


def _waits(server: Server, partner: Partner, count: int) -> bool:
    return len(server.app._lines[partner.id].waiting) == count


def test_many_senders_at_once_lose_nothing_and_double_nothing(
    server: Server, partner: Partner, key: str
) -> None:
    batches = [[event(n % 100) for n in range(start, start + 20)] for start in range(0, 400, 10)]
    with ThreadPoolExecutor(8) as senders:
        replies = list(senders.map(lambda batch: server.send(lines(*batch), key=key), batches))
    assert {reply.status for reply in replies} == {200}
    totals = [sum(column) for column in zip(*map(counts, replies), strict=True)]
    assert totals == [800, 100, 700, 0]
    assert logged(partner) == 100


def test_the_fills_are_woken_after_a_commit_that_brought_something_new(
    server: Server, partner: Partner, key: str
) -> None:
    server.send(lines(event(1)), key=key)
    until(lambda: partner.id in server.woken)
    server.send(lines(event(1)), key=key)
    server.send(lines(event(2, "nonsense")), key=key)
    server.send(lines(event(3)), key=key)
    until(lambda: server.woken.count(partner.id) == 2)


def test_a_full_house_asks_the_sender_to_come_again(partner: Partner, key: str) -> None:
    server = Server(DoorSettings(waiting=0))
    try:
        reply = server.send(lines(event(1)), key=key)
    finally:
        server.stop()
    assert refusal(reply) == (429, "RATE_LIMITED")
    assert reply.headers["retry-after"] == "1"
    assert logged(partner) == 0


def test_bodies_that_wait_are_bounded_in_bytes_too(server: Server, partner: Partner, key: str) -> None:
    small = Server(DoorSettings(waiting_bytes=1))
    worker = worker_connection()
    server.send(lines(event("s0", "live_session_started", data={})), key=key)
    try:
        with ThreadPoolExecutor(1) as senders:
            with worker.transaction():
                worker.execute(
                    "SELECT 1 FROM commerce_livesession WHERE partner_id = %s FOR UPDATE", [partner.id]
                )
                body = lines(event("s1", "live_session_started", data={"title": "t"}))
                first = senders.submit(small.send, body, key=key)
                until(lambda: partner.id in small.app._lines)
                assert refusal(small.send(lines(event(1)), key=key)) == (429, "RATE_LIMITED")
            assert counts(first.result()) == (1, 1, 0, 0)
        assert counts(small.send(lines(event(1)), key=key)) == (1, 1, 0, 0)
    finally:
        small.stop()


def test_while_the_database_is_away_the_sender_is_asked_to_come_again(
    partner: Partner, key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = Server()
    try:
        monkeypatch.setitem(settings.DATABASES["worker"], "HOST", str(tmp_path))
        reply = server.send(lines(event(1)), key=key)
        assert refusal(reply) == (503, "INTERNAL")
        assert reply.headers["retry-after"] == "1"
        monkeypatch.undo()
        assert counts(server.send(lines(event(1)), key=key)) == (1, 1, 0, 0)
    finally:
        server.stop()


def test_a_connection_that_was_killed_is_replaced_without_the_sender_noticing(
    partner: Partner, key: str
) -> None:
    def backends() -> set[int]:
        ours = "SELECT pid FROM pg_stat_activity WHERE application_name = current_setting('application_name')"
        return {pid for (pid,) in worker_connection().execute(ours).fetchall()}

    others = backends()
    server = Server()
    try:
        assert counts(server.send(lines(event(1)), key=key)) == (1, 1, 0, 0)
        for pid in backends() - others:
            worker_connection().execute("SELECT pg_terminate_backend(%s)", [pid])
        assert counts(server.send(lines(event(2)), key=key_of(partner, "ingest"))) == (1, 1, 0, 0)
    finally:
        server.stop()
    assert logged(partner) == 2


def test_a_sender_that_goes_away_in_the_middle_leaves_nothing_behind(
    server: Server, partner: Partner, key: str
) -> None:
    head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: {LINES}\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode() + lines(event(1)))
        until(lambda: server.app._requests == 1)
    until(lambda: server.app._requests == 0)
    assert logged(partner) == 0


def test_an_app_that_is_closed_has_ended_its_threads() -> None:
    before = threading.active_count()
    app = EventsApp(wake=lambda partner_id: None)
    app.close()
    assert threading.active_count() == before


def test_a_body_counts_before_it_is_read(partner: Partner, key: str) -> None:
    body = lines(event(1), event(2))
    server = Server(DoorSettings(body_limit=len(body) * 2, waiting_bytes=len(body) * 2))
    try:
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            head = (
                f"POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: {LINES}"
            )
            slow.sendall(f"{head}\r\ncontent-length: {len(body)}\r\n\r\n".encode())
            until(lambda: server.app._bytes == len(body))
            assert refusal(server.send(body + b" " * 9, key=key)) == (429, "RATE_LIMITED")
            assert counts(server.send(lines(event(3)), key=key)) == (1, 1, 0, 0)
            zipped = gzip.compress(body + b"\n" * 9)
            assert len(zipped) < len(body)
            assert refusal(server.send(zipped, key=key, content_encoding="gzip")) == (429, "RATE_LIMITED")
            slow.sendall(body)
            assert slow.recv(100).startswith(b"HTTP/1.1 200")
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.sendall(f"{head}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
            until(lambda: server.app._bytes == len(body) * 2)
            assert refusal(server.send(b" ", key=key)) == (429, "RATE_LIMITED")
        until(lambda: server.app._bytes == 0)
    finally:
        server.stop()
    assert logged(partner) == 3


def test_a_wake_up_that_hangs_holds_no_writer(partner: Partner, key: str) -> None:
    asked, broker_answers = [], threading.Event()

    def hang(partner_id: UUID) -> None:
        asked.append(partner_id)
        broker_answers.wait(20)

    server = Server(DoorSettings(writers=1), wake=hang)
    try:
        for number in range(5):
            assert counts(server.send(lines(event(number)), key=key)) == (1, 1, 0, 0)
        assert asked == [partner.id]
        broker_answers.set()
        until(lambda: asked == [partner.id] * 2)  # Hints that waited meanwhile say the same.
    finally:
        broker_answers.set()
        server.stop()
