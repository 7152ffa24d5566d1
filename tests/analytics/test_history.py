"""What was known stays known: any earlier moment can be asked, and says what facts of then say."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.models import KEPT, SessionRevision, SessionSalesVersion
from analytics.recompute import check
from commerce.models import Partner
from tests.analytics.compare import differences, world
from tests.analytics.graphql_client import ask, statements
from tests.analytics.past import differences_at
from tests.analytics.scenes import scene
from tests.factories import NOW, deliver, event, fill, minute

Raw = dict[str, Any]
T1, T2, T3, T4, T5 = (NOW - timedelta(days=4) + timedelta(hours=number) for number in range(5))
ITEMS = [{"item_id": "lip", "quantity": 2, "price": "10.00"}]


def told() -> dict[datetime, list[Raw]]:
    """A session with two orders of its own, and what came of it afterwards, by when it came."""
    return {
        T1: [
            event("live_session_started", minute(0)),
            event("live_view_started", minute(1), viewer_id="ada"),
            event("live_view_started", minute(2), viewer_id="bo"),
            event("live_view_ended", minute(20), viewer_id="ada"),
            event("purchase", minute(5), viewer_id="ada", transaction_id="prompt", items=ITEMS),
            event("live_session_ended", minute(30)),
            # Nobody knows yet that ben is bo.
            event("purchase", minute(40), subject=None, customer_id="ben", transaction_id="later-live",
                items=ITEMS),
        ],
        T2: [
            event("purchase", minute(12), transaction_id="late", viewer_id="bo", status="placed",
                items=ITEMS),
            event("live_like", minute(13), viewer_id="bo"),
        ],
        T3: [
            event("refund", minute(900), subject=None, transaction_id="prompt", refund_id="r", value="4.50"),
            event("order_paid", minute(30), subject=None, transaction_id="late"),
        ],
        T4: [event("identify", minute(50), subject=None, viewer_id="bo", customer_id="ben")],
        T5: [event("order_cancelled", minute(2000), subject=None, transaction_id="prompt")],
    }  # fmt: skip


def happen(partner: Partner) -> dict[datetime, list[Raw]]:
    """Deliver and fill each moment; answers what had been delivered by each."""
    known: dict[datetime, list[Raw]] = {}
    so_far: list[Raw] = []
    for moment, events in told().items():
        outcome = deliver(partner, events, now=moment)
        assert outcome.rejected == 0, outcome.errors
        fill(partner, now=moment)
        so_far = so_far + events
        known[moment] = so_far
    return known


def test_each_moment_knows_what_had_come_by_then(partner: Partner) -> None:
    known = happen(partner)
    for moment, events in known.items():
        truth = world(events, partner)
        for later in (timedelta(), timedelta(minutes=59)):
            assert differences_at(truth, partner, moment + later) == []
    assert differences(world(known[T5], partner), partner) == []
    assert differences_at(world([], partner), partner, T1 - timedelta(microseconds=1)) == []
    sums = [
        [str(row[0]) for row in SessionSalesVersion.objects.using("worker").filter(partner=partner)
            .order_by("known_from").values_list(f"live_sales_{basis}")]
        for basis in ("placed", "paid", "net")
    ]  # fmt: skip
    assert sums == [
        ["20.0000", "40.0000", "40.0000", "60.0000", "60.0000"],
        ["20.0000", "20.0000", "40.0000", "60.0000", "60.0000"],
        ["20.0000", "20.0000", "35.5000", "55.5000", "40.0000"],
    ]


def test_a_resend_and_a_refill_are_no_news(partner: Partner) -> None:
    known = happen(partner)
    before = kept(partner)
    deliver(partner, known[T5], now=T5 + timedelta(hours=1))
    fill(partner, now=T5 + timedelta(hours=1))
    assert check(partner_id=partner.id, now=NOW).differences == 0
    assert kept(partner) == before
    revisions = SessionRevision.objects.using("worker").filter(partner=partner)
    assert list(revisions.order_by("known_from").values_list("known_from", "late_events")) == [
        (T1, 0), (T2, 1), (T3, 0), (T4, 0), (T5, 0),
    ]  # fmt: skip


def kept(partner: Partner) -> dict[str, list[tuple[Any, ...]]]:
    """Every state and revision that is kept of a partner."""
    models: list[type[Any]] = [*KEPT.values(), SessionRevision]
    return {
        model.__name__: sorted(model.objects.using("worker").filter(partner=partner).values_list(), key=str)
        for model in models
    }


@pytest.mark.parametrize("seed", range(400, 404))
def test_random_deliveries_and_fills_leave_what_was_true_at_each(partner: Partner, seed: int) -> None:
    rng = random.Random(seed)
    events = scene(rng, size=40)
    rng.shuffle(events)
    moment = NOW
    so_far: list[Raw] = []
    truths: list[tuple[datetime, list[Raw]]] = []
    while events:
        size = rng.choice([1, 3, 10, 40])
        batch, events = events[:size], events[size:]
        again = rng.sample(so_far, min(len(so_far), rng.choice([0, 0, 5])))
        moment += timedelta(seconds=rng.choice([0.001, 1, 90, 86_400]))
        assert deliver(partner, [*batch, *again], now=moment).rejected == 0
        so_far = so_far + batch
        if rng.random() < 0.6 or not events:
            moment += timedelta(seconds=rng.choice([0, 0.001, 1]))
            fill(partner, now=moment)
            truths.append((moment, so_far))
    for known_from, delivered in truths:
        assert differences_at(world(delivered, partner), partner, known_from) == []


QUERY = """query ($asOf: DateTime) { liveSessions { edges { node { kpis(asOf: $asOf, basis: NET) {
  orders liveSales { amount } asOf computedAt isFresh definitionVersion } } } } }"""


def test_the_api_tells_the_past_and_how_well_it_was_known(partner: Partner) -> None:
    happen(partner)

    def known(moment: datetime) -> Any:
        return ask(QUERY, of=partner, asOf=moment.isoformat())["liveSessions"]["edges"][0]["node"]["kpis"]

    def stamp(moment: datetime) -> str:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    before = T1 - timedelta(seconds=1)
    assert known(before) == {
        "orders": "0", "liveSales": {"amount": "0.00"}, "asOf": stamp(before), "computedAt": None,
        "isFresh": True, "definitionVersion": 1,
    }  # fmt: skip
    later = T3 + timedelta(minutes=5)
    assert known(later) == {
        "orders": "2", "liveSales": {"amount": "35.50"}, "asOf": stamp(later), "computedAt": stamp(T3),
        "isFresh": True, "definitionVersion": 1,
    }  # fmt: skip
    deliver(partner, [event("live_session_started", minute(0), subject="other")])
    fill(partner)
    assert statements(QUERY, of=partner, asOf=later.isoformat()) == statements(QUERY, of=partner)


def test_a_fact_that_waited_made_the_numbers_of_then_stale(partner: Partner) -> None:
    events = [event("live_session_started", minute(0)), event("live_view_started", minute(1), viewer_id="a")]
    deliver(partner, events, now=T1)
    fill(partner, now=T1 + timedelta(seconds=5))
    deliver(partner, [event("purchase", minute(2), transaction_id="t", items=ITEMS)], now=T2)
    fill(partner, now=T2 + timedelta(seconds=7))

    def is_fresh(moment: datetime) -> bool:
        answer = ask(QUERY, of=partner, asOf=moment.isoformat())
        told: bool = answer["liveSessions"]["edges"][0]["node"]["kpis"]["isFresh"]
        return told

    second = timedelta(seconds=1)
    moments = [T1 - second, T1 + second, T1 + 6 * second, T2 - second, T2 + 3 * second, T2 + 8 * second]
    assert [is_fresh(moment) for moment in moments] == [True, False, True, True, False, True]
