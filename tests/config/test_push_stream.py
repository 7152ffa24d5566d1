"""Listening by event stream: what comes, when, and what ends it."""

from collections.abc import Iterator

import pytest

from commerce.models import Partner
from tests.config.push_run import QUERY, Server, begin, key_of, like, listening, until
from tests.conftest import PartnerFactory


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all."""
    server = Server()
    yield server
    server.stop()


def test_the_state_comes_at_once_and_again_after_a_fill(server: Server, partner: Partner) -> None:
    begin(partner)
    with listening(server, key_of(partner)) as stream:
        assert (stream.status, stream.kind) == (200, "text/event-stream; charset=utf-8")
        first = stream.next()
        assert first is not None
        identity, name, answer = first
        state = answer["data"]["liveSession"]
        assert (name, identity, list(answer)) == ("next", state["sequence"], ["data"])
        assert (state["externalId"], state["status"], state["isFinal"]) == ("live-1", "LIVE", False)
        assert state["kpis"]["likes"] == "0"
        assert state["kpis"]["computedAt"] == state["computedAt"]
        like(partner)
        second = stream.next(seconds=2)
        assert second is not None
        changed = second[2]["data"]["liveSession"]
        assert changed["kpis"]["likes"] == "1"
        assert int(changed["sequence"]) > int(state["sequence"])
