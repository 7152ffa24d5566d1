"""What an attacker's scanner tries first: thirteen probes, none of which may succeed."""

import orjson
import pytest

from tests.config.api_toy import KEY, Client, Reply

TYPENAME = b'{"query":"query probe { __typename }"}'


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


def get(client: Client, query_string: bytes, accept: str = "application/json") -> Reply:
    headers = {"content-type": None, "accept": accept}
    return client.send(b"", method="GET", query_string=query_string, headers=headers)


def test_fields_are_not_suggested(client: Client) -> None:
    for query in ("{ session { kpi } }", "{ sesion { id } }", "{ sessions(frist: 1) { edges { x } } }"):
        reply = client.ask(query)
        assert reply.codes == ["BAD_USER_INPUT"] * len(reply.codes)
        assert b"Did you mean" not in reply.body
    variable = client.ask("query ($a: Intt) { sessions(first: $a) { edges { node { id } } } }")
    assert b"Did you mean" not in variable.body


def test_introspection_is_closed_to_strangers(client: Client) -> None:
    reply = client.ask("{ __schema { types { name } } }", headers={"authorization": None})
    assert (reply.status, "data" in reply.json) == (401, False)


def test_no_graphical_page_is_served_at_the_endpoint(client: Client) -> None:
    reply = get(client, b"", accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert reply.status == 400
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert b"<html" not in reply.body.lower()


def test_queries_by_get_are_refused(client: Client) -> None:
    reply = get(client, b"query=query%20probe%20%7B__typename%7D")
    assert (reply.status, "data" in reply.json) == (405, False)


def test_mutations_by_get_are_refused(client: Client) -> None:
    reply = get(client, b"query=mutation%20probe%20%7B__typename%7D")
    assert (reply.status, "data" in reply.json) == (405, False)


def test_101_aliases_are_refused(client: Client) -> None:
    query = "query probe { " + " ".join(f"alias{n}: __typename" for n in range(101)) + " }"
    assert client.ask(query).codes == ["COST_LIMIT_EXCEEDED"]


def test_lists_of_requests_are_refused(client: Client) -> None:
    reply = client.send(orjson.dumps([{"query": "query probe { __typename }"}] * 10))
    assert (reply.status, isinstance(reply.json, dict), "data" in reply.json) == (400, True, False)


def test_tracing_is_never_given(client: Client) -> None:
    asked = {"x-apollo-tracing": "1", "apollo-federation-include-trace": "ftv1"}
    reply = client.send(TYPENAME, headers=asked)
    assert set(reply.json["extensions"]) == {"cost"}


def test_floods_of_directives_are_refused(client: Client) -> None:
    reply = client.ask("query probe { __typename " + "@aa" * 10 + " }")
    assert reply.codes == ["COST_LIMIT_EXCEEDED"]


def test_circular_introspection_is_refused(client: Client) -> None:
    inner = "name"
    for _ in range(4):
        inner = f"fields {{ type {{ {inner} }} }}"
    query = f"query probe {{ __schema {{ types {{ {inner} }} }} }}"
    assert client.ask(query).codes == ["COST_LIMIT_EXCEEDED"]


def test_form_encoded_posts_are_refused(client: Client) -> None:
    body = b"query=query%20probe%20%7B__typename%7D"
    reply = client.send(body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert (reply.status, "data" in reply.json) == (415, False)


def test_raw_exceptions_are_never_shown(client: Client) -> None:
    for reply in (client.send(b"'pwn'"), client.ask("queryy { __typename }"), client.ask("{ broken }")):
        for word in (b"Traceback", b"File ", b".py", b"exception", b"stack", b"debug", b"hunter2"):
            assert word not in reply.body


def test_500_times_the_same_field_is_refused(client: Client) -> None:
    assert client.ask("query probe { " + "__typename " * 500 + "}").codes == ["COST_LIMIT_EXCEEDED"]


def test_the_key_is_never_repeated_in_an_answer(client: Client) -> None:
    for reply in (client.send(TYPENAME), client.send(b"x"), client.ask("{ broken }")):
        assert KEY.encode() not in reply.body
