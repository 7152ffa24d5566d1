"""Listening over a WebSocket: the messages of graphql-transport-ws, its limits and its close codes."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from commerce.access import issue_key
from commerce.connection import worker_connection
from commerce.models import Partner
from tests.config.push_run import QUERY, Server, begin, by, key_of, like, until
from tests.conftest import PartnerFactory

PROTOCOL = "graphql-transport-ws"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all."""
    server = Server()
    yield server
    server.stop()


@contextmanager
def opened(
    server: Server, *, protocol: str = PROTOCOL, origin: str | None = None, raw: socket.socket | None = None
) -> Iterator[ClientConnection]:
    """A connection before its `connection_init`."""
    told = None if origin is None else Origin(origin)
    with connect(
        f"ws://127.0.0.1:{server.port}/graphql/",
        subprotocols=[Subprotocol(protocol)], origin=told, sock=raw,
        proxy=None, compression=None, close_timeout=1,
    ) as opened:  # fmt: skip
        yield opened


@contextmanager
def ready(server: Server, key: str, *, raw: socket.socket | None = None) -> Iterator[ClientConnection]:
    """A connection after its `connection_ack`."""
    with opened(server, raw=raw) as connection:
        say(connection, type="connection_init", payload={"authorization": f"Bearer {key}"})
        assert hear(connection) == {"type": "connection_ack"}
        yield connection


def say(connection: ClientConnection, **message: Any) -> None:
    connection.send(json.dumps(message))


def subscribe(connection: ClientConnection, identity: str, query: str = QUERY) -> None:
    say(connection, id=identity, type="subscribe", payload={"query": query, "variables": by()})


def hear(connection: ClientConnection, *, seconds: float = 10) -> Any:
    return json.loads(connection.recv(timeout=seconds))


def state_in(message: Any, identity: str) -> dict[str, Any]:
    assert (message["id"], message["type"], list(message["payload"])) == (identity, "next", ["data"])
    state: dict[str, Any] = message["payload"]["data"]["liveSession"]
    return state


def closed(connection: ClientConnection, *, seconds: float = 10) -> int:
    """The code the server closes with, whatever it said before."""
    with pytest.raises(ConnectionClosed) as closing:
        read_all(connection, seconds=seconds)
    assert closing.value.rcvd is not None
    return closing.value.rcvd.code


def read_all(connection: ClientConnection, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        connection.recv(timeout=deadline - time.monotonic())


def test_the_state_comes_at_once_and_again_after_a_fill(server: Server, partner: Partner) -> None:
    begin(partner)
    with ready(server, key_of(partner)) as connection:
        subscribe(connection, "one")
        assert state_in(hear(connection), "one")["kpis"]["likes"] == "0"
        like(partner)
        assert state_in(hear(connection, seconds=2), "one")["kpis"]["likes"] == "1"
        say(connection, id="one", type="complete")
        like(partner)
        with pytest.raises(TimeoutError):
            hear(connection, seconds=1.5)
        subscribe(connection, "one")
        assert state_in(hear(connection), "one")["kpis"]["likes"] == "2"


def test_the_key_may_be_given_by_its_name(server: Server, partner: Partner) -> None:
    with opened(server) as connection:
        say(connection, type="connection_init", payload={"key": key_of(partner)})
        assert hear(connection) == {"type": "connection_ack"}


def test_a_ping_is_answered_with_what_it_carried(server: Server) -> None:
    with opened(server) as connection:
        say(connection, type="ping")
        assert hear(connection) == {"type": "pong"}
        say(connection, type="ping", payload={"at": 1})
        assert hear(connection) == {"type": "pong", "payload": {"at": 1}}
        say(connection, type="pong")
        say(connection, type="ping")
        assert hear(connection) == {"type": "pong"}


def test_queries_are_answered_and_what_must_not_run_is_refused(server: Server, partner: Partner) -> None:
    with ready(server, key_of(partner)) as connection:
        subscribe(connection, "q", "{ me { name } }")
        answer = hear(connection)
        assert (answer["type"], answer["payload"]["data"]) == ("next", {"me": {"name": "test"}})
        assert hear(connection) == {"id": "q", "type": "complete"}
        for query in ("{", "subscription { nothing }"):
            subscribe(connection, "q", query)
            refused = hear(connection)
            assert (refused["id"], refused["type"]) == ("q", "error")
            assert [error["extensions"]["code"] for error in refused["payload"]] == ["BAD_USER_INPUT"]


def test_a_session_of_somebody_else_is_one_there_is_not(
    server: Server, partner: Partner, make_partner: PartnerFactory
) -> None:
    begin(partner)
    with ready(server, key_of(make_partner())) as connection:
        subscribe(connection, "one")
        answer = hear(connection)
        assert (answer["type"], answer["payload"]["data"]) == ("next", None)
        assert [error["extensions"]["code"] for error in answer["payload"]["errors"]] == ["NOT_FOUND"]
        assert hear(connection) == {"id": "one", "type": "complete"}


def test_an_eleventh_subscription_is_refused_and_ten_go_on(server: Server, partner: Partner) -> None:
    begin(partner)
    with ready(server, key_of(partner)) as connection:
        for place in range(10):
            subscribe(connection, f"s{place}")
            state_in(hear(connection), f"s{place}")
        subscribe(connection, "s10")
        refused = hear(connection)
        assert (refused["id"], refused["type"]) == ("s10", "error")
        assert [error["extensions"]["code"] for error in refused["payload"]] == ["RATE_LIMITED"]
        like(partner)
        heard = {hear(connection)["id"] for _ in range(10)}
        assert heard == {f"s{place}" for place in range(10)}


def test_without_an_init_in_three_seconds_the_connection_is_closed(server: Server) -> None:
    began = time.monotonic()
    with opened(server) as connection:
        assert closed(connection) == 4408
    assert 2.9 < time.monotonic() - began < 5


def test_another_subprotocol_is_closed(server: Server) -> None:
    with opened(server, protocol="graphql-ws") as connection:
        assert closed(connection) == 4406


@pytest.mark.parametrize("key", ["ll_live_" + "x" * 46, "", "ä"])
def test_a_wrong_key_is_closed(server: Server, key: str) -> None:
    with opened(server) as connection:
        say(connection, type="connection_init", payload={"authorization": f"Bearer {key}"})
        assert closed(connection) == 4403


def test_what_comes_too_early_or_twice_is_closed(server: Server, partner: Partner) -> None:
    begin(partner)
    key = key_of(partner)
    with opened(server) as connection:
        subscribe(connection, "one")
        assert closed(connection) == 4401
    with ready(server, key) as connection:
        say(connection, type="connection_init", payload={"key": key})
        assert closed(connection) == 4429
    with ready(server, key) as connection:
        subscribe(connection, "one")
        subscribe(connection, "one")
        assert closed(connection) == 4409


@pytest.mark.parametrize(
    "message",
    [
        "x", "null", "[]", "{}", '{"type":1}', '{"type":"start"}', b"{}",
        '{"type":"subscribe","payload":{"query":"{ a }"}}',
        '{"type":"subscribe","id":"","payload":{"query":"{ a }"}}',
        '{"type":"subscribe","id":"a","payload":{"query":1}}',
        '{"type":"subscribe","id":"a"}',
        '{"type":"complete"}',
    ],
)  # fmt: skip
def test_a_message_that_is_none_is_closed(server: Server, partner: Partner, message: str | bytes) -> None:
    with ready(server, key_of(partner)) as connection:
        connection.send(message)
        assert closed(connection) == 4400


def test_a_message_that_is_too_big_is_closed(server: Server) -> None:
    with opened(server) as connection:
        say(connection, type="ping", payload={"x": "x" * 262_144})
        assert closed(connection) == 1009


def test_pages_of_other_origins_are_turned_away(server: Server) -> None:
    for origin in ("https://shop.example.com", f"http://127.0.0.1:{server.port}"):
        with opened(server, origin=origin) as connection:
            say(connection, type="ping")
            assert hear(connection) == {"type": "pong"}
    for origin in ("https://example.org", "http://shop.example.com", "https://example.com.evil.org", "null"):
        with pytest.raises(InvalidStatus) as refused, opened(server, origin=origin):
            pass
        assert refused.value.response.status_code == 403


def test_a_revoked_key_ends_its_connection(server: Server, partner: Partner) -> None:
    begin(partner)
    key, identity = issue_key(partner_id=partner.id, scopes=["read"], name="", now=timezone.now())
    with ready(server, key) as connection:
        subscribe(connection, "one")
        state_in(hear(connection), "one")
        revoke = "UPDATE commerce_apikey SET revoked_at = now() WHERE id = %s"
        worker_connection().execute(revoke, [identity])
        assert closed(connection) == 4403


def test_a_slow_listener_is_let_go(partner: Partner) -> None:
    server = Server(send_buffer=4096, PUSH_AT_MOST_EVERY="0.02")
    try:
        begin(partner)
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", server.port))
        large = "".join(f" k{place}: kpis {{ engagementRate {{ value low high }} }}" for place in range(29))
        with ready(server, key_of(partner), raw=raw) as connection:
            subscribe(connection, "one", QUERY.replace("isFinal", f"isFinal {large}"))
            state_in(hear(connection), "one")
            for _ in range(300):
                like(partner)
                if server.listeners() == 0:
                    break
            assert server.listeners() == 0
    finally:
        server.stop()


def test_a_server_that_goes_down_says_so(partner: Partner) -> None:
    server = Server()
    begin(partner)
    with ready(server, key_of(partner)) as connection:
        subscribe(connection, "one")
        state_in(hear(connection), "one")
        began = time.monotonic()
        server.process.terminate()
        assert closed(connection) == 1012
        server.process.wait(timeout=30)
        assert time.monotonic() - began < 4


def test_who_has_gone_is_forgotten(server: Server, partner: Partner) -> None:
    begin(partner)
    before = server.listeners()
    with ready(server, key_of(partner)) as connection:
        subscribe(connection, "one")
        state_in(hear(connection), "one")
        assert server.listeners() == before + 1
    until(lambda: server.listeners() == before)
