"""What happens behind the endpoint: the scope of a request, its deadline, the documents kept."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config.api.view import EdgeSettings, GraphQLApp
from tests.config.api_toy import RELEASE, SCHEMA, Client, Reply, ToyActor, find_actor, toy_app

TYPENAME = b'{"query":"{ __typename }"}'


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


def test_resolvers_see_who_asks(client: Client) -> None:
    assert client.ask("{ me }", headers={"accept-language": "ms"}).json["data"] == {"me": "toy ms"}


def test_the_scope_of_a_request_is_opened_and_closed_around_execution_alone() -> None:
    seen: list[str] = []

    @contextmanager
    def scope(actor: ToyActor) -> Iterator[None]:
        seen.append(f"open {actor.name} in {threading.current_thread().name.partition('_')[0]}")
        yield
        seen.append("close")

    app = GraphQLApp(schema=SCHEMA, find_actor=find_actor, request_scope=scope)
    client = Client(app)
    client.ask("{ nosuchfield }")
    assert seen == []
    client.ask("{ broken }")
    assert seen == ["open toy in graphql", "close"]


def test_a_scope_that_cannot_be_opened_is_an_internal_error() -> None:
    @contextmanager
    def scope(actor: ToyActor) -> Iterator[None]:
        raise ConnectionError("no server at 10.0.0.1")
        yield

    reply = Client(GraphQLApp(schema=SCHEMA, find_actor=find_actor, request_scope=scope)).ask("{ me }")
    assert (reply.status, reply.codes, b"10.0.0.1" in reply.body) == (500, ["INTERNAL"], False)


def test_a_request_past_its_deadline_is_answered_and_its_thread_counted_until_free() -> None:
    app = toy_app(settings=EdgeSettings(deadline=0.05, threads=1, waiting=1))
    client = Client(app)

    async def two() -> tuple[Reply, Reply, Reply]:
        body = b'{"query":"{ wait }"}'
        late = await client._send(body, "POST", b"", {}, 1 << 20)
        busy = await client._send(body, "POST", b"", {}, 1 << 20)
        RELEASE.set()
        while app._waiting:
            await asyncio.sleep(0.01)
        return late, busy, await client._send(TYPENAME, "POST", b"", {}, 1 << 20)

    RELEASE.clear()
    late, busy, after = asyncio.run(two())
    assert (late.codes, late.json["errors"][0]["message"]) == (
        ["COST_LIMIT_EXCEEDED"],
        "The query took longer than 0.05 s. Ask for less.",
    )
    assert (busy.status, busy.codes, busy.headers["retry-after"]) == (429, ["RATE_LIMITED"], "1")
    assert after.json["data"] == {"__typename": "Query"}


def test_a_document_is_prepared_once_and_the_oldest_is_forgotten() -> None:
    app = toy_app(settings=EdgeSettings(documents=2))
    client = Client(app)
    for query in ("{ me }", "{ a: me }", "{ me }", "{ b: me }", "{ nosuchfield }"):
        client.ask(query)
    assert list(app._documents._kept) == ["{ me }", "{ b: me }"]


def test_a_client_that_leaves_gets_no_answer() -> None:
    async def leave() -> list[object]:
        sent: list[object] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.disconnect"}

        async def send(message: object) -> None:
            sent.append(message)

        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "headers": headers, "query_string": b""}
        await toy_app()(scope, receive, send)
        return sent

    assert asyncio.run(leave()) == []
