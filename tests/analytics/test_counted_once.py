"""A merged session counts once: none of its broadcasts beside it, nothing of it once it was split."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import redis
from django.conf import settings

from analytics import advice
from analytics.fills.uplift import _airings
from analytics.metrics import Scope, metric_of
from analytics.models import LiveAlert, PinRecommendation
from analytics.push import channel
from analytics.queries.audiences import Wanted, session_viewings
from analytics.queries.crowds import crowds
from analytics.queries.histories import session_histories
from analytics.queries.periods import PeriodNumbers, period_numbers
from analytics.queries.pulses import session_pulses
from commerce import broadcasts
from commerce.access import row_security
from commerce.connection import worker_connection
from commerce.models import LiveSession, Partner
from tests.analytics.graphql_client import actor_of, ask
from tests.analytics.season import DAY, SIZES, season
from tests.analytics.test_advice import product
from tests.analytics.test_broadcasts import CUT, cut_by_a_lost_signal, ids, merge, split
from tests.analytics.test_scorecard import scorecard
from tests.factories import NOW, SOURCE, deliver, event, fill, minute

WEEK = (date(2026, 5, 25), date(2026, 6, 1))


@pytest.fixture
def cut(partner: Partner) -> LiveSession:
    """A session of two broadcasts, filled; di watches 14 of its 26 minutes, from 12 minutes into it."""
    told = [*cut_by_a_lost_signal(), event("live_view_started", minute(16), viewer_id="di", subject="b")]
    deliver(partner, told)
    fill(partner)
    whole = merge(partner, CUT)
    fill(partner)
    return whole


def week(partner: Partner) -> PeriodNumbers:
    """The numbers of the week around the sessions."""
    actor = actor_of(partner)
    with row_security(actor):
        (found,) = period_numbers([WEEK], partner_id=partner.id, actor=actor, now=NOW)
    return found


def told_of(found: PeriodNumbers) -> tuple[object, ...]:
    """(sessions, viewers once a session, distinct viewers, watch seconds)."""
    viewers, watch_time = (metric_of(Scope.SESSION, key) for key in ("viewers", "watch_time"))
    asked = {"basis": "PAID", "currency": "SGD"}
    return (
        found.sessions,
        found.total(viewers, **asked),
        found.value(viewers, **asked),
        found.total(watch_time, **asked),
    )


def test_a_period_counts_the_whole_and_after_a_split_its_broadcasts(
    partner: Partner, cut: LiveSession
) -> None:
    watched = Decimal((10 + 14 + 8 + 10 + 14) * 60)
    assert told_of(week(partner)) == (1, 4, 4, watched)
    split(partner, cut)
    # Before anything is filled again, too.
    assert told_of(week(partner)) == (2, 5, 4, watched)
    fill(partner)
    assert told_of(week(partner)) == (2, 5, 4, watched)


KEYS = ("value", "previousSession", "previousPeriod", "ownMedian", "ownMedianOf")


def viewers_beside(partner: Partner, subject: str) -> list[str | None]:
    """Viewers of a session beside its yardsticks."""
    (viewers,) = scorecard(partner, subject, ["VIEWERS"])
    return [viewers[key] for key in KEYS]


def test_yardsticks_are_of_wholes(partner: Partner) -> None:
    season(partner, SIZES)
    before = ["40", "30", "37.5", "25", "4"]
    assert viewers_beside(partner, "s04") == before
    # The thirty of s03 are the twenty of s02, and ten more.
    whole = merge(partner, [(SOURCE, "s02"), (SOURCE, "s03")])
    fill(partner)
    assert viewers_beside(partner, "s04") == ["40", "30", "43.333333", "30", "3"]
    # A broadcast does not come after what it is a part of.
    assert viewers_beside(partner, "s03") == ["30", "10", "50", None, "2"]
    split(partner, whole)
    assert viewers_beside(partner, "s04") == before
    fill(partner)
    assert viewers_beside(partner, "s04") == before


def test_gaps_between_broadcasts_are_none_of_who_completed(partner: Partner, cut: LiveSession) -> None:
    actor = actor_of(partner)
    with row_security(actor):
        (people,) = crowds([[cut.pk]], actor=actor, basis="PAID", currency="SGD")
        rows = session_viewings([cut.pk], actor=actor, wanted=Wanted(), after=None, limit=9)[cut.pk]
        (history,) = session_histories([cut.pk], actor=actor, basis="PAID", now=NOW).values()
    stored = history.numbers.stored
    assert (stored["completed_viewers"], stored["eligible_viewers"]) == (2, 3)
    assert (people["completed_viewers"], people["eligible_viewers"]) == (2, 3)
    assert {row.external_id for row in rows if row.is_completed} == {"ada", "di"}


def test_an_offer_of_a_broadcast_is_estimated_once(partner: Partner, cut: LiveSession) -> None:
    deliver(partner, [event("live_giveaway_started", minute(3), subject="a")])
    fill(partner)

    def sessions() -> list[UUID]:
        found = _airings(worker_connection(), partner_id=partner.id)["GIVEAWAY"]
        return [airing.session for airing in found]

    assert sessions() == [cut.pk]
    split(partner, cut)
    assert sessions() == ids(partner, CUT[:1])


def test_while_something_waits_for_a_broadcast_the_whole_is_not_final(
    partner: Partner, cut: LiveSession
) -> None:
    actor, soon = actor_of(partner), minute(31)

    def is_final() -> bool:
        with row_security(actor):
            return session_pulses([cut.pk], actor=actor, now=soon)[cut.pk].is_final

    assert is_final()
    deliver(partner, [event("live_like", minute(5), subject="a", viewer_id="ada")])
    assert not is_final()
    fill(partner)
    assert is_final()


# -- while live ----------------------------------------------------------------------------------

LIVE = [(SOURCE, "past-a"), (SOURCE, "past-b")]
HAT = {"item_id": "hat"}


def test_advice_counts_past_moments_once_and_sees_complaints_of_broadcasts(partner: Partner) -> None:
    now = minute(20)
    told = [product("hat", "30.00")]
    for place, subject in enumerate(("past-a", "past-b")):
        at = minute(-7 * DAY + 40 * place)
        told += [
            event("live_session_started", at, subject=subject, heartbeats=False),
            event("live_view_started", at, subject=subject, viewer_id="ada"),
            event("live_product_featured", at + timedelta(minutes=2), subject=subject, items=[HAT]),
            event("live_product_unfeatured", at + timedelta(minutes=4), subject=subject, items=[HAT]),
            event("live_session_ended", at + timedelta(minutes=30), subject=subject),
        ]
    for subject in ("now-a", "now-b"):
        told += [
            event("live_session_started", minute(0), subject=subject, heartbeats=False),
            event("live_view_started", minute(1), subject=subject, viewer_id=f"{subject}-bo"),
            event("live_like", minute(19.9), subject=subject, viewer_id=f"{subject}-bo"),
        ]
    told.append(event("live_violation", minute(9), subject="now-b", violation_id="v1", code="CLAIM"))
    deliver(partner, told)
    fill(partner)
    merge(partner, LIVE)
    whole = merge(partner, [(SOURCE, "now-a"), (SOURCE, "now-b")])
    fill(partner)
    # One session is live, not three.
    assert advice.advise(partner_id=partner.id, now=now) == 1
    (pin,) = PinRecommendation.objects.using("worker").filter(partner=partner)
    assert (pin.session_id, pin.reachable_viewers) == (whole.pk, 2)
    # Two saw a moment of the hat, in vain; those of the broadcasts would make it four.
    assert pin.conversion == pytest.approx(Decimal(2 * 0.5 / 3 / 4), abs=Decimal("1e-6"))
    (alert,) = LiveAlert.objects.using("worker").filter(partner=partner)
    assert (alert.session_id, alert.kind) == (whole.pk, "VIOLATION")


COMPLAINTS = "query ($by: LiveSessionBy!) { liveSession(by: $by) { violations { externalId } } }"


def test_complaints_of_a_broadcast_are_the_wholes_too(partner: Partner, cut: LiveSession) -> None:
    deliver(partner, [event("live_violation", minute(9), subject="a", violation_id="v1")])

    def told(subject: str) -> list[str]:
        found = ask(COMPLAINTS, of=partner, by={"externalId": subject})["liveSession"]["violations"]
        return [one["externalId"] for one in found]

    assert [told(subject) for subject in (cut.external_id, "a", "b")] == [["v1"], ["v1"], []]


def test_what_is_new_of_a_broadcast_is_told_to_listeners_of_the_whole(partner: Partner) -> None:
    events = [event("live_session_started", minute(0), subject=subject) for subject in ("a", "b")]
    deliver(partner, events)
    whole = merge(partner, CUT)
    fill(partner)
    parts = ids(partner, CUT)
    names = {channel(partner_id=partner.id, session_id=one).encode(): one for one in [whole.pk, *parts]}
    with redis.Redis.from_url(settings.REDIS_URL).pubsub() as listener:  # type: ignore[no-untyped-call]
        listener.subscribe(*names)

        def heard() -> set[UUID]:
            found = set()
            while (message := listener.get_message(timeout=0.5)) is not None:
                if message["type"] == "message":
                    found.add(names[message["channel"]])
            return found

        assert heard() == set()

        deliver(partner, [event("live_view_started", minute(1), subject="b", viewer_id="ada")])
        fill(partner)
        assert heard() == {whole.pk, parts[1]}
        broadcasts.split(whole.pk, actor=actor_of(partner), reason="two", now=NOW)
        fill(partner)
        assert heard() == {whole.pk, *parts}
