"""The seconds of a live are let go of after a day: what stays answers to the minute, and never too much."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics import fills
from analytics.models import SessionRevision, SessionRollupVersion
from analytics.queries import past_session_numbers
from commerce.access import row_security
from commerce.models import LiveSession, Partner
from tests.analytics.graphql_client import actor_of
from tests.analytics.test_history import kept
from tests.factories import deliver, event, fill, minute

Raw = dict[str, Any]
START = minute(0)
SECONDS = 200
EACH = 4
LIKES = SECONDS // EACH


@pytest.fixture
def followed(partner: Partner) -> Partner:
    """A live of 200 seconds: each fourth brings a like and is filled. Then it ends; one like comes late."""
    deliver(partner, [event("live_session_started", START)], now=START)
    for second in range(0, SECONDS, EACH):
        at = START + timedelta(seconds=second)
        deliver(partner, [event("live_like", at, viewer_id="a")], now=at)
        fill(partner, now=at)
    end = START + timedelta(seconds=SECONDS)
    for after, told in enumerate(
        (event("live_session_ended", end), event("live_like", START, viewer_id="a"))
    ):
        deliver(partner, [told], now=end + timedelta(seconds=after))
        fill(partner, now=end + timedelta(seconds=after))
    return partner


def likes_at(partner: Partner, at: datetime) -> int:
    """How many likes were known of the session."""
    actor = actor_of(partner)
    session = LiveSession.objects.using("worker").get(partner=partner).id
    with row_security(actor):
        known = past_session_numbers([session], actor=actor, basis="PAID", as_of=at)[session].known
    likes: int = known.stored["likes"]
    return likes


def test_what_stays_is_what_was_known_at_the_minute(followed: Partner) -> None:
    now = START + timedelta(seconds=SECONDS + 60) + fills.thinning.KEPT_WHOLE
    exact = [likes_at(followed, START + timedelta(seconds=second)) for second in range(SECONDS + 3)]
    assert exact == [*(second // EACH + 1 for second in range(SECONDS)), LIKES, LIKES + 1, LIKES + 1]
    states = SessionRollupVersion.objects.using("worker").filter(partner=followed)
    revisions = SessionRevision.objects.using("worker").filter(partner=followed)
    assert (states.count(), revisions.count()) == (LIKES + 2, LIKES + 2)
    assert followed.id in fills.partners_to_thin(now=now)
    assert fills.thin_history(partner_id=followed.id, now=now) == 1
    assert (states.count(), revisions.count()) == (4 + 2, 4 + 2)
    thinned = [likes_at(followed, START + timedelta(seconds=second)) for second in range(SECONDS + 3)]
    minutes = [1] * 60 + [16] * 60 + [31] * 60 + [46] * (SECONDS - 180)
    assert thinned == [*minutes, LIKES, LIKES + 1, LIKES + 1]


def test_twice_is_once_and_what_is_young_stays(followed: Partner) -> None:
    before = kept(followed)
    early = START + fills.thinning.KEPT_WHOLE
    assert followed.id not in fills.partners_to_thin(now=early)
    assert fills.thin_history(partner_id=followed.id, now=early) == 0
    assert kept(followed) == before
    # In two parts, as the hours go by, it comes to the same.
    for seconds in (90, SECONDS + 60, SECONDS + 60):
        now = START + timedelta(seconds=seconds) + fills.thinning.KEPT_WHOLE
        fills.thin_history(partner_id=followed.id, now=now)
        assert followed.id not in fills.partners_to_thin(now=now)
    assert SessionRevision.objects.using("worker").filter(partner=followed).count() == 6
    assert likes_at(followed, START + timedelta(seconds=119)) == 16
