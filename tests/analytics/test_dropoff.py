"""How a session loses its audience: the truth's, on any session."""

import random
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.models import Partner
from tests.analytics.compare import world
from tests.analytics.graphql_client import ask, refusal
from tests.analytics.scenes import scene
from tests.factories import deliver, event, fill, minute, partner
from tests.oracle import dropoff

Raw = dict[str, Any]
DROP_OFF = """query ($by: LiveSessionBy!, $window: Int!) { liveSession(by: $by) {
  dropOff(windowMinutes: $window) {
  timestamps leaves netChange window isPartial steepest { startsAt endsAt audience lost share { value } }
} } }"""


def drop_off(of: Partner, subject: str, window: int) -> Any:
    return ask(DROP_OFF, of=of, by={"externalId": subject}, window=window)["liveSession"]["dropOff"]


def check(of: Partner, events: list[Raw], window: int) -> None:
    """Every session's drop-off is the truth's."""
    truth = world(events, of)
    for source, subject in truth.sessions:
        session = truth.session(source=source, subject=subject)
        told, every = drop_off(of, subject, window), dropoff.minutes(session)
        assert [datetime.fromisoformat(moment) for moment in told["timestamps"]] == every
        leaves = [dropoff.leaves(session, at) for at in every]
        assert told["leaves"] == leaves
        assert told["netChange"] == [
            dropoff.joins(session, at) - left for at, left in zip(every, leaves, strict=True)
        ]
        wanted, steepest = dropoff.steepest(session, window=window), told["steepest"]
        if wanted is None:
            assert steepest is None
            continue
        assert (
            datetime.fromisoformat(steepest["startsAt"]), datetime.fromisoformat(steepest["endsAt"]),
            int(steepest["audience"]), int(steepest["lost"]),
        ) == (wanted.starts_at, wanted.ends_at, wanted.audience, wanted.lost)  # fmt: skip
        assert float(steepest["share"]["value"]) == pytest.approx(float(wanted.share), abs=1e-6)


SIGNS = ["live_view_started", "live_view_started", "live_view_heartbeat", "live_view_ended", "live_like"]
acts = st.tuples(st.sampled_from(SIGNS), st.sampled_from("abcdefg"), st.integers(-20, 200), st.booleans())


@given(
    told=st.lists(acts, max_size=40),
    window=st.integers(1, 30),
    heartbeats=st.booleans(),
    ended=st.one_of(st.none(), st.integers(1, 190)),
)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_steepest_loss_of_any_session_is_the_truths(
    told: list[tuple[str, str, int, bool]], window: int, heartbeats: bool, ended: int | None
) -> None:
    """Missing leaves, joins twice, clocks that are off, events sent again, no end."""
    events = [event("live_session_started", minute(0), heartbeats=heartbeats)]
    events += [event("live_session_ended", minute(ended / 4))] if ended is not None else []
    for kind, viewer, at, is_again in told:
        one = event(kind, minute(at / 4), viewer_id=viewer)
        events += [one, one] if is_again else [one]
    of = partner()
    assert deliver(of, events).rejected == 0
    fill(of)
    check(of, events, window)


@pytest.mark.parametrize("seed", range(300, 303))
def test_drop_off_of_a_random_world_is_the_truths(make_partner: Any, seed: int) -> None:
    rng = random.Random(seed)
    of, events = make_partner(), scene(rng)
    deliver(of, events)
    fill(of)
    check(of, events, rng.randrange(1, 15))


def test_those_who_left_count_and_those_who_stayed_to_the_end_do_not(make_partner: Any) -> None:
    of = make_partner()
    events = [
        event("live_session_started", minute(0), heartbeats=False),
        event("live_session_ended", minute(60)),
        *(event("live_view_started", minute(1), viewer_id=f"v{number}") for number in range(20)),
        *(event("live_view_ended", minute(32 + number), viewer_id=f"v{number}") for number in range(6)),
        *(event("live_view_ended", minute(50), viewer_id=f"v{number}") for number in range(6, 10)),
    ]
    deliver(of, events)
    fill(of)
    assert drop_off(of, "live-1", 10)["steepest"] == {
        "startsAt": minute(28).isoformat().replace("+00:00", "Z"),
        "endsAt": minute(38).isoformat().replace("+00:00", "Z"),
        "audience": "20", "lost": "6", "share": {"value": "0.3"},
    }  # fmt: skip
    assert drop_off(of, "live-1", 1)["steepest"]["lost"] == "4"
    whole = drop_off(of, "live-1", 240)
    assert (whole["steepest"], whole["window"]) == (None, "PT4H")  # nobody was there before it began
    check(of, events, 10)


def test_what_happened_meanwhile_is_named(make_partner: Any) -> None:
    of = make_partner()
    events = [
        event("live_session_started", minute(0), heartbeats=False),
        event("live_session_ended", minute(60)),
        *(event("live_view_started", minute(1), viewer_id=f"v{number}") for number in range(5)),
        *(event("live_view_ended", minute(32), viewer_id=f"v{number}") for number in range(4)),
        event("live_host_note", minute(22.5), text="before"),
        event("live_host_note", minute(31), text="the stream froze"),
        event("live_host_note", minute(33), text="after"),
    ]
    assert deliver(of, events).rejected == 0
    fill(of)
    query = """{ liveSessions { edges { node { dropOff {
      steepest { startsAt endsAt markers { kind text } } } } } } }"""
    steepest = ask(query, of=of)["liveSessions"]["edges"][0]["node"]["dropOff"]["steepest"]
    assert steepest == {
        "startsAt": minute(23).isoformat().replace("+00:00", "Z"),
        "endsAt": minute(33).isoformat().replace("+00:00", "Z"),
        "markers": [{"kind": "HOST_NOTE", "text": "the stream froze"}],
    }


@pytest.mark.parametrize("window", [0, 241])
def test_a_stretch_has_1_to_240_minutes(make_partner: Any, window: int) -> None:
    of = make_partner()
    deliver(of, [event("live_session_started", minute(0))])
    fill(of)
    assert refusal(DROP_OFF, of=of, by={"externalId": "live-1"}, window=window) == (
        "BAD_USER_INPUT", "windowMinutes is 1 to 240.",
    )  # fmt: skip
