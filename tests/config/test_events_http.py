"""Events over HTTP: a real server, a real database, exact answers."""

import gzip
import json
import socket
from collections.abc import Iterator

import pytest
from django.utils import timezone

from commerce.access import issue_key
from commerce.connection import worker_connection
from commerce.models import Partner
from tests.config.events_server import (
    AT,
    BATCH,
    LINES,
    ONE,
    Server,
    counts,
    event,
    kept,
    key_of,
    lines,
    logged,
    refusal,
)
from tests.conftest import PartnerFactory


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def key(partner: Partner) -> str:
    return key_of(partner, "ingest")


@pytest.fixture
def another_partner(make_partner: PartnerFactory) -> Partner:
    return make_partner()


@pytest.mark.parametrize("kind", [LINES, BATCH])
def test_a_batch_is_accepted_once_and_a_duplicate_ever_after(
    server: Server, partner: Partner, key: str, kind: str
) -> None:
    events = [event(1), event(2, "live_comment", data={"viewer_id": "v2", "text": "hi"})]
    body = lines(*events) if kind == LINES else json.dumps(events).encode()
    first, again = server.send(body, key=key, kind=kind), server.send(body, key=key, kind=kind)
    assert first.status == 200
    assert first.body == {"received": 2, "accepted": 2, "duplicate": 0, "rejected": 0, "errors": []}
    assert again.status == 200
    assert again.body == {"received": 2, "accepted": 0, "duplicate": 2, "rejected": 0, "errors": []}
    assert logged(partner) == 2


def test_one_event_is_a_request_too(server: Server, partner: Partner, key: str) -> None:
    reply = server.send(json.dumps(event(1)).encode(), key=key, kind=f"{ONE}; charset=utf-8")
    assert (reply.status, counts(reply)) == (200, (1, 1, 0, 0))
    assert logged(partner) == 1


def test_a_gzip_body_is_inflated_over_all_its_members(server: Server, partner: Partner, key: str) -> None:
    body = gzip.compress(lines(event(1)) + b"\n") + gzip.compress(lines(event(2)))
    reply = server.send(body, key=key, content_encoding="gzip")
    assert (reply.status, counts(reply)) == (200, (2, 2, 0, 0))
    assert logged(partner) == 2


def test_blank_lines_are_no_events_and_the_index_counts_events(server: Server, key: str) -> None:
    reply = server.send(b"\n" + lines(event(1)) + b"\n\r\n\n" + lines(event(2, "nonsense")), key=key)
    assert (reply.status, counts(reply)) == (207, (2, 1, 0, 1))
    assert [(error["index"], error["id"]) for error in reply.body["errors"]] == [(1, "e2")]


def test_nothing_sent_is_nothing_received(server: Server, key: str) -> None:
    assert counts(server.send(b"", key=key)) == (0, 0, 0, 0)
    assert counts(server.send(b"[]", key=key, kind=BATCH)) == (0, 0, 0, 0)


def raw(**parts: str) -> bytes:
    """An event as text, for what JSON cannot say."""
    told = {"id": '"e1"', "type": '"live_like"', "time": f'"{AT}"', "data": '{"viewer_id":"v1"}'} | parts
    inner = ",".join(f'"{name}":{value}' for name, value in told.items())
    return f'{{"source":"/site/x","subject":"s1",{inner}}}'.encode()


def purchase(price: str, **parts: str) -> bytes:
    data = f'{{"transaction_id":"o1","items":[{{"item_id":"p1","price":{price}}}]}}'
    return raw(type='"purchase"', **({"data": data} | parts))


BAD: dict[str, tuple[bytes, str, str | None]] = {
    "an escaped NUL": (raw(data='{"viewer_id":"a\\u0000b"}'), "schema", None),
    "a raw NUL": (raw(data='{"viewer_id":"a\0b"}'), "malformed", None),
    "bad UTF-8": (raw().replace(b"v1", b"v\xff"), "malformed", None),
    "NaN": (raw(data='{"count":NaN}'), "malformed", None),
    "Infinity": (purchase("Infinity"), "malformed", None),
    "an amount NaN": (purchase('"NaN"'), "money", "/data/items/0/price"),
    "an amount beyond all": (purchase('"1e400"'), "money", "/data/items/0/price"),
    "five decimals": (purchase("1.00001"), "money", "/data/items/0/price"),
    "a time without an offset": (raw(time='"2026-03-01T10:00:00"'), "schema", "/time"),
    "a time in the far future": (raw(time='"2999-03-01T10:00:00Z"'), "clock_skew", "/time"),
    "a time before 1970": (raw(time='"1969-12-31T23:59:59Z"'), "clock_skew", "/time"),
    "an event over 256 KiB": (raw(data=f'{{"viewer_id":"v1","note":"{"x" * 262_144}"}}'), "too_large", ""),
    "a number for a text": (raw(source="1"), "schema", "/source"),
    "a text for a number": (raw(data='{"count":"many"}'), "schema", "/data/count"),
    "no id": (raw().replace(b'"id":"e1",', b""), "schema", ""),
    "an unknown type": (raw(type='"live_dance"'), "unknown_type", "/type"),
    "the currency IRD": (
        purchase("1", data='{"transaction_id":"o","currency":"IRD","items":[{"item_id":"p","price":1}]}'),
        "currency",
        "/data/currency",
    ),
    "data that is a list": (raw(data="[1]"), "schema", "/data"),
    "a text alone": (b'"event"', "schema", ""),
    "no JSON": (b"{", "malformed", ""),
    "half a character": (raw(id='"\\ud800"'), "malformed", None),
    "an amount that signals": (purchase('"sNaN"'), "money", "/data/items/0/price"),
    "an amount finer than all": (purchase('"1e-9999999"'), "money", "/data/items/0/price"),
    "an amount of 10^16": (purchase('"1e16"'), "money", "/data/items/0/price"),
    "items worth too much together": (
        purchase(
            "1", data='{"transaction_id":"o","items":[{"item_id":"p","quantity":1000000000,"price":1e15}]}'
        ),
        "money",
        "/data/items",
    ),
    "an id beyond 64 bits": (raw(data='{"viewer_id":1180591620717411303424}'), "schema", "/data/viewer_id"),
    "an order of the year 9999": (
        purchase(
            "1",
            data='{"transaction_id":"o","placed_at":"9999-12-31T23:59:59Z","items":[{"item_id":"p","price":1}]}',
        ),
        "clock_skew",
        "/data/placed_at",
    ),
    "200,000 levels": (raw(data="[" * 100_000 + "]" * 100_000), "malformed", None),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_event_is_refused_with_its_code_and_kept_and_its_neighbour_is_taken(
    server: Server, partner: Partner, key: str, name: str
) -> None:
    bad, code, path = BAD[name]
    reply = server.send(bad + b"\n" + lines(event("good")), key=key)
    assert (reply.status, counts(reply)) == (207, (2, 1, 0, 1))
    (error,) = reply.body["errors"]
    assert (error["index"], error["code"]) == (0, code)
    assert path is None or error["path"] == path
    assert kept(partner) == [(code, error["path"], bad)]
    assert logged(partner) == 1


def test_what_json_forbids_refuses_only_its_own_element_of_an_array(
    server: Server, partner: Partner, key: str
) -> None:
    bad = raw(data='{"viewer_id":"v1","count":NaN,"text":"],[{\\""}')
    body = b"[" + bad + b" , " + lines(event(2)) + b"]"
    reply = server.send(body, key=key, kind=BATCH)
    assert (reply.status, counts(reply)) == (207, (2, 1, 0, 1))
    assert kept(partner) == [("malformed", reply.body["errors"][0]["path"], bad)]


def test_the_same_id_with_other_content_is_a_conflict(server: Server, partner: Partner, key: str) -> None:
    server.send(lines(event(1)), key=key)
    reply = server.send(lines(event(1, data={"viewer_id": "other"})), key=key)
    assert (reply.status, counts(reply)) == (207, (1, 0, 0, 1))
    assert [(error["code"], error["id"], error["path"]) for error in reply.body["errors"]] == [
        ("id_conflict", "e1", "/id")
    ]
    assert logged(partner) == 1


def test_the_first_hundred_errors_are_told_and_all_are_kept(
    server: Server, partner: Partner, key: str
) -> None:
    reply = server.send(lines(*(event(n, "nonsense") for n in range(150))), key=key)
    assert counts(reply) == (150, 0, 0, 150)
    assert [error["index"] for error in reply.body["errors"]] == list(range(100))
    assert len(kept(partner)) == 150


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"[1,]", b"[1}", b'["a]', b"[1]]", b"\xff", b"null"])
def test_a_body_that_is_no_array_is_refused_whole(
    server: Server, partner: Partner, key: str, body: bytes
) -> None:
    reply = server.send(body, key=key, kind=BATCH)
    assert reply.status == 400
    (error,) = reply.body["errors"]
    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        "reason": "malformed",
        "requestId": reply.headers["x-request-id"],
    }
    assert (kept(partner), logged(partner)) == ([], 0)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (gzip.compress(b" " * (8 * 1024 * 1024 + 1), mtime=0), 413),
        (gzip.compress(b" " * (8 * 1024 * 1024), mtime=0), 200),
        (gzip.compress(b"x" * 10_000, mtime=0)[:-9], 400),
        (b"not gzip", 400),
    ],
)
def test_gzip_is_inflated_to_eight_mebibytes_and_no_further(
    server: Server, key: str, body: bytes, status: int
) -> None:
    assert server.send(body, key=key, content_encoding="gzip").status == status


def test_more_than_ten_thousand_events_are_too_many(server: Server, partner: Partner, key: str) -> None:
    assert server.send(b"{}\n" * 10_001, key=key).status == 413
    assert server.send(b"[" + b"{}," * 10_000 + b"{}]", key=key, kind=BATCH).status == 413
    assert (kept(partner), logged(partner)) == ([], 0)


def test_a_body_over_eight_mebibytes_is_refused_by_its_length(server: Server, key: str) -> None:
    answer = _answer_to_head(server, key=key, length=8 * 1024 * 1024 + 1)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_without_a_key_the_answer_comes_before_the_body(server: Server) -> None:
    answer = _answer_to_head(server, key=None, length=1000)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"www-authenticate: Bearer" in answer


def _answer_to_head(server: Server, *, key: str | None, length: int) -> bytes:
    """What comes back when only the head of a request has been sent."""
    authorization = "" if key is None else f"Authorization: Bearer {key}\r\n"
    head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\n{authorization}Content-Type: {LINES}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode())
        return connection.recv(65_536)


def test_only_a_key_with_the_scope_opens_the_door(server: Server, partner: Partner, key: str) -> None:
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    assert refusal(server.send(lines(event(1)), key=None)) == (401, "UNAUTHENTICATED")
    assert refusal(server.send(lines(event(1)), key=wrong)) == (401, "UNAUTHENTICATED")
    assert refusal(server.send(lines(event(1)), key=None, authorization=f"Basic {key}")) == (
        401,
        "UNAUTHENTICATED",
    )
    reader = key_of(partner, "read", "read:audience", "read:pii", "manage")
    assert refusal(server.send(lines(event(1)), key=reader)) == (403, "FORBIDDEN")
    assert logged(partner) == 0


def test_a_revoked_key_that_was_never_used_opens_nothing(server: Server, partner: Partner) -> None:
    key, identity = issue_key(partner_id=partner.id, scopes=["ingest"], name="", now=timezone.now())
    worker_connection().execute(
        "UPDATE commerce_apikey SET revoked_at = now() WHERE partner_id = %s AND id = %s",
        [partner.id, identity],
    )
    assert refusal(server.send(lines(event(1)), key=key)) == (401, "UNAUTHENTICATED")


def test_events_land_with_the_partner_of_the_key_alone(
    server: Server, partner: Partner, key: str, another_partner: Partner
) -> None:
    other = key_of(another_partner, "ingest")
    assert counts(server.send(lines(event(1), event(2)), key=key)) == (2, 2, 0, 0)
    assert counts(server.send(lines(event(1)), key=other)) == (1, 1, 0, 0)
    assert (logged(partner), logged(another_partner)) == (2, 1)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(server: Server, key: str, method: str) -> None:
    reply = server.request(method, None, {"authorization": f"Bearer {key}"})
    assert refusal(reply) == (405, "BAD_USER_INPUT")
    assert reply.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        ("application/json", "identity"),
        ("text/plain", "identity"),
        ("", "identity"),
        (f"{LINES}; charset=latin-1", "identity"),
        (LINES, "br"),
        (LINES, "gzip, gzip"),
    ],
)
def test_other_media_types_and_encodings_are_refused(
    server: Server, key: str, kind: str, encoding: str
) -> None:
    reply = server.send(lines(event(1)), key=key, kind=kind, content_encoding=encoding)
    assert refusal(reply) == (415, "BAD_USER_INPUT")


def test_the_request_id_of_the_caller_comes_back(server: Server, key: str) -> None:
    reply = server.send(lines(event(1)), key=key, x_request_id="mine-1")
    assert reply.headers["x-request-id"] == "mine-1"
