"""Both official JavaScript clients, run by Node, against the entry as it is served."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from commerce.models import Partner
from tests.config.push_run import QUERY, Server, begin, by, key_of, like, tell
from tests.config.test_api_audit import program

PACKAGES = ("graphql-sse@2.6.1", "graphql-ws@6.4.2", "graphql@16.14.2", "ws@8.23.0")
# Prints each result as a line, then how it ended.
SCRIPT = """
const [kind, url, key, query, variables] = process.argv.slice(2);
const client = kind === 'sse'
  ? require('graphql-sse').createClient({
      url, headers: { authorization: `Bearer ${key}` }, retryAttempts: 0,
    })
  : require('graphql-ws').createClient({
      url: url.replace('http', 'ws'),
      webSocketImpl: require('ws'),
      connectionParams: { authorization: `Bearer ${key}` },
      retryAttempts: 0,
      on: { closed: (event) => console.log(JSON.stringify({ closed: event.code })) },
    });
const say = (told) => console.log(JSON.stringify(told));
client.subscribe({ query, variables: JSON.parse(variables) }, {
  next: (result) => say({ next: result }),
  error: (error) => { say({ error: error.message ?? error.reason ?? error }); process.exit(0); },
  complete: () => { say({ complete: true }); process.exit(0); },
});
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all."""
    server = Server(app="config.asgi:application")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Path:
    """A folder with the clients, kept between runs."""
    folder = Path(str(request.config.cache.mkdir("graphql-push")))
    if not all((folder / "node_modules" / one.split("@")[0] / "package.json").exists() for one in PACKAGES):
        install = [program("npm"), "install", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES]
        done = subprocess.run(install, capture_output=True, text=True, timeout=180, check=False)
        if done.returncode:
            pytest.skip(f"the clients cannot be installed: {done.stderr[-200:]}")
    (folder / "listen.cjs").write_text(SCRIPT)
    return folder


class Listening:
    """A client in a process of its own."""

    def __init__(self, arguments: list[str]) -> None:
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)

    def next(self) -> Any:
        """What it says next."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def state(self) -> dict[str, Any]:
        """The session in the next result."""
        state: dict[str, Any] = self.next()["next"]["data"]["liveSession"]
        return state


@contextmanager
def listening(
    kind: str, server: Server, folder: Path, key: str, *, query: str = QUERY, subject: str = "live-1"
) -> Iterator[Listening]:
    """A client that is ended at the end."""
    script = str(folder / "listen.cjs")
    arguments = [program("node"), script, kind, server.url, key, query, json.dumps(by(subject))]
    listening = Listening(arguments)
    try:
        yield listening
    finally:
        listening.process.kill()
        listening.process.wait()
        assert listening.process.stdout is not None
        listening.process.stdout.close()


@pytest.mark.parametrize("kind", ["sse", "ws"])
def test_a_client_follows_a_session_to_its_end(
    kind: str, server: Server, folder: Path, partner: Partner
) -> None:
    begin(partner, ago=60)
    with listening(kind, server, folder, key_of(partner)) as client:
        first = client.state()
        assert (first["status"], first["kpis"]["likes"]) == ("LIVE", "0")
        like(partner)
        second = client.state()
        assert second["kpis"]["likes"] == "1"
        assert int(second["sequence"]) > int(first["sequence"])
        tell(partner, "live_session_ended", ago=29)
        states = [client.state()]
        while not states[-1]["isFinal"]:
            states.append(client.state())
        assert {state["status"] for state in states} == {"ENDED"}
        assert client.next() == {"complete": True}


@pytest.mark.parametrize("kind", ["sse", "ws"])
def test_a_client_is_told_of_a_session_there_is_not(
    kind: str, server: Server, folder: Path, partner: Partner
) -> None:
    with listening(kind, server, folder, key_of(partner), subject="live-none") as client:
        told = client.next()["next"]
        assert told["data"] is None
        assert [error["extensions"]["code"] for error in told["errors"]] == ["NOT_FOUND"]
        assert client.next() == {"complete": True}


@pytest.mark.parametrize("kind", ["sse", "ws"])
def test_a_client_asks_a_query(kind: str, server: Server, folder: Path, partner: Partner) -> None:
    with listening(kind, server, folder, key_of(partner), query="{ me { name } }") as client:
        assert client.next()["next"]["data"] == {"me": {"name": "test"}}
        assert client.next() == {"complete": True}


def test_a_client_with_a_wrong_key_is_told_so(server: Server, folder: Path, partner: Partner) -> None:
    wrong = key_of(partner)[:-1] + "0"
    with listening("sse", server, folder, wrong) as client:
        assert "401" in json.dumps(client.next())
    with listening("ws", server, folder, wrong) as client:
        assert client.next() == {"closed": 4403}


def test_a_document_that_must_not_run_is_an_error_over_the_socket(
    server: Server, folder: Path, partner: Partner
) -> None:
    with listening("ws", server, folder, key_of(partner), query="subscription { nothing }") as client:
        (error,) = client.next()["error"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
