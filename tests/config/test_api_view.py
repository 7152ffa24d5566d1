"""The endpoint answers GraphQL over HTTP to the letter and tells strangers nothing."""

import gzip

import orjson
import pytest
from graphql import GraphQLError

from config.api.buckets import Taken, TokenBuckets
from config.api.errors import JSON_TYPE, ErrorCode, error_response, format_errors
from config.api.http import GRAPHQL_TYPE, is_json, negotiate
from config.api.view import EdgeSettings
from tests.config.api_toy import KEY, Client, Reply, toy_app

TYPENAME = b'{"query":"{ __typename }"}'
NEW = {"accept": "application/graphql-response+json"}


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


# Media types


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/graphql-response+json",
    ],
)
def test_a_post_of_json_is_answered(client: Client, content_type: str) -> None:
    reply = client.send(TYPENAME, headers={"content-type": content_type})
    assert (reply.status, reply.json["data"]) == (200, {"__typename": "Query"})


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=latin-1",
        "application/jsonx",
        "text/plain; application/json",
    ],
)
def test_any_other_content_type_is_refused(client: Client, content_type: str | None) -> None:
    reply = client.send(TYPENAME, headers={"content-type": content_type})
    assert (reply.status, reply.codes) == (415, ["BAD_USER_INPUT"])


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (b"", JSON_TYPE),
        (b"*/*", JSON_TYPE),
        (b"application/json", JSON_TYPE),
        (b"application/graphql-response+json", GRAPHQL_TYPE),
        (b"application/graphql-response+json, application/json;q=0.9", GRAPHQL_TYPE),
        (b"application/json, application/graphql-response+json", JSON_TYPE),
        (b"application/json;q=0.5, application/graphql-response+json", GRAPHQL_TYPE),
        (b"text/html, */*;q=0.1", JSON_TYPE),
        (b"text/html", None),
        (b"application/json;q=0", None),
        (b"application/json;q=x", None),
    ],
)
def test_the_answer_has_the_type_the_caller_prefers(accept: bytes, answered: bytes | None) -> None:
    assert negotiate(accept) == answered


def test_a_caller_who_accepts_neither_type_is_told_in_json(client: Client) -> None:
    reply = client.send(TYPENAME, headers={"accept": "text/html"})
    assert (reply.status, reply.headers["content-type"]) == (406, "application/json; charset=utf-8")


def test_a_content_type_is_judged_by_its_whole() -> None:
    assert is_json(b"application/json; charset=utf-8; charset=utf-8")
    assert not is_json(b"application/json; boundary=x")


# Methods


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    reply = client.send(b"", method=method)
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


def get(client: Client, query_string: bytes, **headers: str) -> Reply:
    given = {"content-type": None, **headers}
    return client.send(b"", method="GET", query_string=query_string, headers=given)


def test_a_query_by_get_is_refused_unless_it_is_persisted(client: Client) -> None:
    reply = get(client, b"query=%7B__typename%7D")
    assert (reply.status, reply.headers["allow"], "data" in reply.json) == (405, "POST", False)
    known = Client(toy_app(persisted=("{__typename}",)))
    assert get(known, b"query=%7B__typename%7D").json["data"] == {"__typename": "Query"}


def test_a_persisted_document_is_found_by_its_hash() -> None:
    known = Client(toy_app(persisted=("query ($n: Int) { sessions(first: $n) { edges { node { id } } } }",)))
    ids = "sha256:f4c1c0b7b1b2bb0b0f2e3d5f8a4a31b9a5a9c9f1a61d3d0d3d5a0f8a2f6b7c8d"
    missing = get(known, b"documentId=" + ids.encode())
    assert (missing.status, missing.codes) == (404, ["PERSISTED_DOCUMENT_NOT_FOUND"])
    (found,) = known.app._documents._persisted
    reply = get(known, b"documentId=" + found.encode() + b"&variables=%7B%22n%22%3A1%7D")
    assert reply.json["data"] == {"sessions": {"edges": [{"node": {"id": "0"}}]}}
    posted = known.send(orjson.dumps({"documentId": found, "variables": {"n": 0}}))
    assert posted.json["data"] == {"sessions": {"edges": []}}


def test_a_mutation_is_never_answered_by_get() -> None:
    known = Client(toy_app(persisted=("mutation { touch }",)))
    assert get(known, b"query=mutation%20%7B%20touch%20%7D").status == 405


# Bodies


@pytest.mark.parametrize("chunk", [1 << 20, 1_000])
def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_so(client: Client, chunk: int) -> None:
    body = orjson.dumps({"query": "{ me }", "extensions": {"padding": "x" * 262_144}})
    for length in (str(len(body)), None):
        reply = client.send(body, headers={"content-length": length}, chunk=chunk)
        assert (reply.status, reply.headers["connection"]) == (413, "close")


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999999999999"])
def test_a_strange_content_length_is_refused(client: Client, length: str) -> None:
    assert client.send(TYPENAME, headers={"content-length": length}).status == 413


def test_a_body_of_exactly_the_limit_is_read(client: Client) -> None:
    body = TYPENAME.ljust(262_144)
    assert client.send(body, chunk=65_536).status == 200
    assert client.send(body + b" ", chunk=65_536).status == 413


def test_a_compressed_body_is_refused_unread(client: Client) -> None:
    reply = client.send(gzip.compress(TYPENAME), headers={"content-encoding": "gzip"})
    assert (reply.status, reply.codes) == (415, ["BAD_USER_INPUT"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'"x"',
        b"null",
        b"1",
        b"true",
        b"{",
        b"{}",
        b"[]",
        b'[{"query":"{ __typename }"}]',
        b'[{"query":"{ __typename }"},{"query":"{ __typename }"}]',
        b'{"query":null}',
        b'{"query":1}',
        b'{"query":["{ me }"]}',
        b'{"query":{"a":1}}',
        b'{"query":"{ me }","variables":[]}',
        b'{"query":"{ me }","variables":"{}"}',
        b'{"query":"{ me }","operationName":1}',
        b'{"query":"{ me }","extensions":1}',
        b'{"query":"\xff\xfe"}',
        b'{"query":"\\ud800"}',
        b'{"query":"{ me }"}garbage',
        b'{"query":NaN}',
        b"\x00" * 100,
        b"\xef\xbb\xbf" + TYPENAME,
        b"[" * 200_000,
        b'{"variables":' * 10_000,
        b"query=%7B__typename%7D",
        gzip.compress(TYPENAME, mtime=0),
        b"<xml/>",
        b'{"documentId":"sha256:00"}',
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_a_malformed_body_gets_one_plain_error(client: Client, body: bytes, accept: str) -> None:
    reply = client.send(body, headers={"accept": accept})
    assert reply.status == 400
    assert reply.headers["content-type"] == f"{accept}; charset=utf-8"
    assert len(reply.codes) == 1
    assert "data" not in reply.json


@pytest.mark.parametrize(
    "query",
    ["", " ", "{", "{ me ", "\x00", "{ __typename @ }", '{ echo(amount: "', "\ufeff", "🏃", "#" * 5000],
)
def test_a_document_that_does_not_parse_is_refused_without_data(client: Client, query: str) -> None:
    for headers, status in (({}, 200), (NEW, 400)):
        reply = client.ask(query, headers=headers)
        assert (reply.status, reply.codes, "data" in reply.json) == (status, ["BAD_USER_INPUT"], False)


# Keys


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {KEY}",
        KEY,
        "Bearer x",
        f"Bearer {KEY}x",
        "Bearer " + "k" * 9000,
    ],
)
def test_nobody_is_answered_without_a_valid_key(client: Client, authorization: str | None) -> None:
    reply = client.ask("{ __schema { types { name } } }", headers={"authorization": authorization})
    assert (reply.status, reply.codes) == (401, ["UNAUTHENTICATED"])
    assert reply.headers["www-authenticate"] == 'Bearer realm="liveledger"'


def test_the_key_is_judged_before_the_document_is_parsed(client: Client) -> None:
    assert client.send(b"not json", headers={"authorization": "Bearer wrong"}).status == 401


def test_the_scheme_may_be_written_in_any_case(client: Client) -> None:
    assert client.send(TYPENAME, headers={"authorization": f"bearer  {KEY}"}).status == 200


# Cost and rate


def test_every_answer_says_what_it_cost() -> None:
    client = Client()
    reply = client.ask("{ sessions(first: 5) { edges { node { id } } } }")
    assert reply.json["extensions"] == {
        "cost": {"requested": 6, "limit": 10_000, "available": 9_994, "restoreRate": 100}
    }
    refused = client.ask("{ nosuchfield }").json
    assert refused["extensions"]["cost"]["requested"] == 1


def test_a_key_that_used_up_its_budget_waits() -> None:
    client = Client(toy_app(settings=EdgeSettings(bucket_limit=100, restore_rate=1)))
    page = "{ sessions(first: 79) { edges { node { id } } } }"
    assert client.ask(page).status == 200
    reply = client.ask(page)
    assert (reply.status, reply.codes) == (429, ["RATE_LIMITED"])
    assert reply.headers["retry-after"] == "60"
    assert reply.json["errors"][0]["extensions"]["cost"]["limit"] == 100
    assert client.ask("{ me }").status == 200


def test_a_bucket_refills_with_time_and_never_overflows() -> None:
    now = [0.0]
    buckets = TokenBuckets(limit=100, restore_rate=10, clock=lambda: now[0])
    assert buckets.take(key="a", points=100) == Taken(available=0, wait=0)
    assert buckets.take(key="a", points=25) == Taken(available=0, wait=3)
    assert buckets.take(key="b", points=1) == Taken(available=99, wait=0)
    now[0] = 2.5
    assert buckets.take(key="a", points=25) == Taken(available=0, wait=0)
    now[0] = 1_000.0
    assert buckets.take(key="a", points=0) == Taken(available=100, wait=0)


# Errors


def test_an_unexpected_error_shows_a_request_id_and_nothing_else(client: Client) -> None:
    reply = client.ask("{ broken me }", headers={"x-request-id": "trace-1"})
    assert reply.json["errors"] == [
        {
            "message": "internal error",
            "locations": [{"line": 1, "column": 3}],
            "path": ["broken"],
            "extensions": {"code": "INTERNAL", "requestId": "trace-1"},
        }
    ]
    assert reply.json["data"] == {"broken": None, "me": "toy"}
    assert (reply.status, reply.headers["x-request-id"]) == (200, "trace-1")
    assert b"hunter2" not in reply.body


def test_a_resolver_that_breaks_its_own_type_is_an_internal_error(client: Client) -> None:
    assert client.ask("{ nothing }").codes == ["INTERNAL"]


def test_an_error_meant_for_the_caller_keeps_its_code_and_message(client: Client) -> None:
    (error,) = client.ask("{ missing { id } }").json["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("No session has this id.", "NOT_FOUND")


def test_a_statement_that_ran_too_long_is_a_matter_of_cost(client: Client) -> None:
    (error,) = client.ask("{ slowStatement }").json["errors"]
    assert error["extensions"]["code"] == "COST_LIMIT_EXCEEDED"
    assert error["message"] == "The query took too long. Ask for fewer rows or a shorter period."


def test_at_most_five_errors_are_shown(client: Client) -> None:
    assert len(client.ask("{ " + " ".join(f"x{n}" for n in range(20)) + " }").json["errors"]) == 5
    shown = format_errors([GraphQLError(str(number)) for number in range(9)], request_id="r")
    assert [error["message"] for error in shown] == ["0", "1", "2", "3", "4"]


def test_a_null_where_a_resolver_needs_a_value_is_the_callers_mistake(client: Client) -> None:
    query = "query ($n: Int = 1) { sessions(first: $n) { edges { node { id } } } }"
    assert client.ask(query, {"n": None}).codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("sent", ["a" * 65, "a b", "<script>", "a\tb", ""])
def test_a_strange_request_id_is_replaced(client: Client, sent: str) -> None:
    given = client.ask("{ me }", headers={"x-request-id": sent}).headers["x-request-id"]
    assert len(given) == 24
    assert given != sent


def test_variables_that_do_not_fit_are_refused_before_anything_runs(client: Client) -> None:
    query = "query ($id: ID!) { __typename }"
    old, new = client.ask(query, {"id": None}), client.ask(query, {"id": None}, headers=NEW)
    assert (old.status, new.status) == (200, 400)
    assert old.codes == new.codes == ["BAD_USER_INPUT"]
    assert "data" not in new.json


def test_an_operation_that_is_not_there_is_refused(client: Client) -> None:
    two = "query A { me } query B { me }"
    assert client.ask(two).codes == ["BAD_USER_INPUT"]
    assert client.ask(two, operation_name="C").codes == ["BAD_USER_INPUT"]
    assert client.ask(two, operation_name="B").json["data"] == {"me": "toy"}


def test_another_app_refuses_in_the_same_form() -> None:
    answer = error_response(status=503, code=ErrorCode.INTERNAL, message="not ready", request_id="r1")
    assert answer.status == 503
    assert orjson.loads(answer.body) == {
        "errors": [{"message": "not ready", "extensions": {"code": "INTERNAL", "requestId": "r1"}}]
    }
    assert dict(answer.headers) == {b"content-type": JSON_TYPE, b"x-request-id": b"r1"}
