"""Listening by event stream: what comes, when, and what ends it."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from commerce.access import issue_key
from commerce.models import Partner
from tests.config.push_run import (
    HEARTBEAT,
    QUERY,
    Server,
    Stream,
    begin,
    by,
    key_of,
    like,
    listening,
    tell,
    until,
)
from tests.conftest import PartnerFactory

COMPLETE = ("", "complete", None)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all."""
    server = Server()
    yield server
    server.stop()


def state_of(given: tuple[str, str, Any] | None) -> dict[str, Any]:
    """The session in an event that carries nothing but data."""
    assert given is not None
    identity, name, answer = given
    assert (name, list(answer)) == ("next", ["data"])
    state: dict[str, Any] = answer["data"]["liveSession"]
    assert identity == state["sequence"] + ("-final" if state["isFinal"] else "")
    return state


def errors_of(given: tuple[str, str, Any] | None) -> list[str]:
    """The codes of an event that carries errors and no data."""
    assert given is not None
    identity, name, answer = given
    assert (identity, name, answer.get("data")) == ("", "next", None)
    return [error["extensions"]["code"] for error in answer["errors"]]


def test_the_state_comes_at_once_and_again_after_a_fill(server: Server, partner: Partner) -> None:
    begin(partner)
    with listening(server, key_of(partner)) as stream:
        assert (stream.status, stream.kind) == (200, "text/event-stream; charset=utf-8")
        first = state_of(stream.next())
        assert (first["externalId"], first["status"], first["isFinal"]) == ("live-1", "LIVE", False)
        assert first["kpis"] == {"likes": "0", "views": "1", "computedAt": first["computedAt"]}
        like(partner)
        second = state_of(stream.next(seconds=2))
        assert second["kpis"] == {"likes": "1", "views": "1", "computedAt": second["computedAt"]}
        assert int(second["sequence"]) > int(first["sequence"])


def test_the_last_minutes_come_with_the_metrics_that_are_asked_for(server: Server, partner: Partner) -> None:
    begin(partner)
    like(partner)
    query = """subscription ($by: LiveSessionBy!, $metrics: [SessionMetric!]) {
      liveSession(by: $by, metrics: $metrics) { trend { timestamps series { metric values } } } }"""
    key = key_of(partner)
    shown = []
    for metrics in (None, ["LIKES", "JOINS"]):
        stream = Stream(server, key, by() | {"metrics": metrics}, query)
        given = stream.next()
        stream.close()
        assert given is not None
        shown.append(given[2]["data"]["liveSession"]["trend"])
    none, trend = shown
    assert none is None
    assert 1 <= len(trend["timestamps"]) <= 2
    assert [(one["metric"], sum(one["values"])) for one in trend["series"]] == [("LIKES", 1), ("JOINS", 1)]


def test_what_many_ask_alike_is_executed_once_and_the_same_for_all(
    server: Server, partner: Partner, make_partner: PartnerFactory
) -> None:
    begin(partner)
    query = f"{QUERY} # {partner.id}"
    keys = [key_of(partner), key_of(partner)]
    streams = [Stream(server, keys[place % 2], by(), query) for place in range(20)]
    firsts = {json.dumps(stream.next()) for stream in streams}
    assert (len(firsts), server.executed(query)) == (1, 1)
    like(partner)
    seconds = {json.dumps(stream.next()) for stream in streams}
    assert (len(seconds), server.executed(query)) == (1, 2)
    for stream in streams:
        stream.close()
    stranger = make_partner()
    begin(stranger)
    with listening(server, key_of(stranger), query=query) as other:
        assert state_of(other.next())["kpis"]["likes"] == "0"
    assert server.executed(query) == 3


def test_updates_come_at_most_once_a_second_and_the_last_says_all(server: Server, partner: Partner) -> None:
    begin(partner)
    opened, updates, likes = time.monotonic(), 0, "0"
    with listening(server, key_of(partner)) as stream:
        state_of(stream.next())
        for _ in range(8):
            like(partner)
        while likes != "8":
            likes = state_of(stream.next(seconds=3))["kpis"]["likes"]
            updates += 1
        # Each is executed a second after the one before, at the earliest; the first when the stream opened.
        assert updates <= time.monotonic() - opened
        assert stream.is_silent(seconds=1.5)


def test_who_comes_back_is_given_what_has_changed_since(server: Server, partner: Partner) -> None:
    begin(partner)
    key = key_of(partner)
    with listening(server, key) as stream:
        first = stream.next()
        assert first is not None
    with listening(server, key, last_event_id=first[0]) as again:
        assert again.is_silent(seconds=1)
        like(partner)
        second = again.next(seconds=2)
        assert state_of(second)["kpis"]["likes"] == "1"
    with listening(server, key, last_event_id=first[0]) as late:
        assert late.next() == second


def test_a_heartbeat_comes_while_nothing_changes(server: Server, partner: Partner) -> None:
    begin(partner)
    with listening(server, key_of(partner)) as stream:
        state_of(stream.next())
        before = stream.comments
        assert stream.is_silent(seconds=3.5 * HEARTBEAT)
        assert stream.comments - before in (2, 3)


def test_an_ended_session_is_final_when_it_is_settled(server: Server, partner: Partner) -> None:
    begin(partner, ago=60)
    with listening(server, key_of(partner)) as stream:
        assert state_of(stream.next())["status"] == "LIVE"
        tell(partner, "live_session_ended", ago=27)
        ended = state_of(stream.next(seconds=2))
        assert (ended["status"], ended["isFinal"]) == ("ENDED", False)
        final = state_of(stream.next())
        assert final == ended | {"isFinal": True}
        assert (stream.next(), stream.next()) == (COMPLETE, None)
    with listening(server, key_of(partner)) as late:
        assert state_of(late.next()) == final
        assert (late.next(), late.next()) == (COMPLETE, None)


def test_a_session_of_somebody_else_is_one_there_is_not(
    server: Server, partner: Partner, make_partner: PartnerFactory
) -> None:
    begin(partner)
    stranger = key_of(make_partner())
    for subject in ("live-1", "live-none"):
        with listening(server, stranger, subject) as stream:
            assert errors_of(stream.next()) == ["NOT_FOUND"]
            assert (stream.next(), stream.next()) == (COMPLETE, None)


def test_a_wrong_key_hears_nothing(server: Server, partner: Partner) -> None:
    begin(partner)
    with listening(server, key_of(partner)[:-1] + "0") as stream:
        assert (stream.status, stream.kind) == (401, "application/json; charset=utf-8")
    with listening(server, key_of(partner, "ingest")) as stream:
        assert errors_of(stream.next()) == ["FORBIDDEN"]


def test_a_revoked_key_ends_what_it_listens_to(server: Server, partner: Partner) -> None:
    begin(partner)
    key, identity = issue_key(partner_id=partner.id, scopes=["read"], name="", now=timezone.now())
    with listening(server, key) as stream, listening(server, key_of(partner)) as other:
        state_of(stream.next()), state_of(other.next())
        from commerce.connection import worker_connection

        worker_connection().execute("UPDATE commerce_apikey SET revoked_at = now() WHERE id = %s", [identity])
        assert errors_of(stream.next()) == ["UNAUTHENTICATED"]
        assert (stream.next(), stream.next()) == (COMPLETE, None)
        assert other.is_silent(seconds=0.5)


def test_a_document_that_must_not_run_is_refused_in_the_stream(server: Server, partner: Partner) -> None:
    key = key_of(partner)
    for query in ("subscription {", "subscription { nothing }"):
        with listening(server, key, query=query) as stream:
            assert stream.status == 200
            assert errors_of(stream.next()) == ["BAD_USER_INPUT"]
            assert stream.next() == COMPLETE


def test_a_query_is_answered_once(server: Server, partner: Partner) -> None:
    key = key_of(partner)
    with listening(server, key, query="{ me { name } }") as stream:
        given = stream.next()
        assert given is not None
        assert (given[1], given[2]["data"]) == ("next", {"me": {"name": "test"}})
        assert stream.next() == COMPLETE
    both = "application/json, text/event-stream"
    with listening(server, key, query="{ me { name } }", accept=both) as plain:
        assert plain.kind == "application/json; charset=utf-8"


LARGE = """k%d: kpis { likes views viewers otherCurrencies peakConcurrentViewers
  engagementRate { value low high numerator denominator } }"""
REQUEST = (
    "POST /graphql/ HTTP/1.1",
    "host: x",
    "accept: text/event-stream",
    "content-type: application/json",
    "authorization: Bearer %s",
    "content-length: %d",
)


def test_a_slow_listener_is_let_go_and_the_others_go_on(partner: Partner) -> None:
    server = Server(send_buffer=4096, PUSH_AT_MOST_EVERY="0.02")
    try:
        begin(partner)
        key = key_of(partner)
        query = QUERY.replace("isFinal", "isFinal " + "".join(LARGE % place for place in range(29)))
        body = json.dumps({"query": query, "variables": by()})
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(("\r\n".join(REQUEST) % (key, len(body)) + "\r\n\r\n" + body).encode())
        with listening(server, key, query=query) as quick:
            until(lambda: server.listeners() == 2)
            state, likes = state_of(quick.next()), 0
            while server.listeners() == 2:
                like(partner)
                likes += 1
                assert likes < 200
                state = state_of(quick.next())
                assert state["kpis"]["computedAt"] == state["computedAt"]
            like(partner)
            assert state_of(quick.next())["kpis"]["likes"] == str(likes + 1)
        slow.close()
    finally:
        server.stop()


def test_updates_come_within_seconds_while_the_broker_is_away(partner: Partner) -> None:
    server = Server(REDIS_URL="redis://127.0.0.1:1")
    try:
        begin(partner)
        with listening(server, key_of(partner)) as stream:
            state_of(stream.next())
            for number in range(1, 4):
                like(partner)
                assert state_of(stream.next(seconds=3))["kpis"]["likes"] == str(number)
    finally:
        server.stop()


def test_a_server_that_goes_down_ends_its_streams_and_calls_none_complete(partner: Partner) -> None:
    server = Server()
    begin(partner)
    with listening(server, key_of(partner)) as stream:
        state_of(stream.next())
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 4
        assert stream.next() is None


def test_streams_are_for_posts(server: Server, partner: Partner) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {key_of(partner)}"}
    connection.request("GET", "/graphql/", headers=headers)
    assert connection.getresponse().status == 406
    connection.close()
