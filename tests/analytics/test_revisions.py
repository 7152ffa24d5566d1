"""Why numbers are others than they were: each revision names the facts, and their parts add up."""

import random
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics.metrics import BASES
from analytics.queries import past_session_numbers, session_revisions
from analytics.queries.sessions import STORED
from commerce.access import row_security
from commerce.models import LiveSession, Partner
from tests.analytics.graphql_client import actor_of, ask, statements
from tests.analytics.scenes import scene
from tests.analytics.test_history import ITEMS, T1, T2, T3, T4, T5, happen
from tests.factories import NOW, deliver, event, fill, minute

QUERY = """query ($live: Boolean! = false, $first: Int! = 20, $after: String) { liveSessions { edges { node {
  externalId revisions(includeLive: $live, first: $first, after: $after) { pageInfo { hasNextPage endCursor }
  edges { node { knownAt isLive
    changes { metric basis currency before after difference beforeAt afterAt }
    causes { kind count placed { amount } paid { amount } net { amount } refunds { amount } orders sessionId }
  } } } } } } }"""


def told(partner: Partner, *, subject: str = "live-1", **variables: Any) -> Any:
    """The revisions of a session as the API tells them, the latest first."""
    edges = ask(QUERY, of=partner, **variables)["liveSessions"]["edges"]
    (node,) = (edge["node"] for edge in edges if edge["node"]["externalId"] == subject)
    return [edge["node"] for edge in node["revisions"]["edges"]]


def causes_of(revision: Any) -> list[tuple[Any, ...]]:
    """(kind, count, parts in placed, paid, net, refunds, orders) of each cause."""
    return [
        (
            one["kind"],
            one["count"],
            *(one[key] and one[key]["amount"] for key in ("placed", "paid", "net", "refunds")),
            one["orders"],
        )
        for one in revision["causes"]
    ]


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_each_revision_names_what_did_it(partner: Partner) -> None:
    happen(partner)
    revisions = told(partner)
    assert [(one["knownAt"], one["isLive"]) for one in revisions] == [
        (stamp(moment), False) for moment in (T5, T4, T3, T2)
    ]
    assert [causes_of(one) for one in revisions] == [
        [("ORDER_CANCELLED", "1", "0.00", "0.00", "-15.50", "0.00", ["prompt"])],
        [
            ("ORDER_MOVED_IN", "1", "20.00", "20.00", "20.00", "0.00", ["later-live"]),
            ("BUYER_IDENTIFIED", "1", "0.00", "0.00", "0.00", "0.00", ["late"]),
        ],
        [
            ("ORDER_PAID", "1", "0.00", "20.00", "20.00", "0.00", ["late"]),
            ("REFUND", "1", "0.00", "0.00", "-4.50", "4.50", ["prompt"]),
        ],
        [
            ("LATE_ORDER", "1", "20.00", "0.00", "0.00", "0.00", ["late"]),
            ("LATE_EVENTS", "1", None, None, None, None, []),
        ],
    ]
    late = {(one["metric"], one["basis"]): one for one in revisions[3]["changes"]}
    assert late["LIKES", None] == {
        "metric": "LIKES", "basis": None, "currency": None, "before": "0", "after": "1", "difference": "1",
        "beforeAt": None, "afterAt": None,
    }  # fmt: skip
    assert late["ORDERS", "PLACED"]["currency"] == "SGD"
    assert set(late) == {
        ("LIKES", None), ("ENGAGEMENTS", None), ("ENGAGED_VIEWERS", None), ("ORDERS", "PLACED"),
        ("ITEMS_SOLD", "PLACED"), ("LIVE_SALES", "PLACED"), ("ORDERS_DURING", "PLACED"),
        # The like ended a silence.
        ("JOINS", None), ("LEAVES", None), ("WATCH_TIME", None),
    }  # fmt: skip


def test_an_order_that_moves_names_the_other_session(partner: Partner) -> None:
    sessions = [event("live_session_started", minute(0), subject=one) for one in ("one", "two")]
    ends = [event("live_session_ended", minute(30), subject=one) for one in ("one", "two")]
    order: dict[str, Any] = {"transaction_id": "t", "items": ITEMS}
    deliver(partner, [*sessions, *ends, event("purchase", minute(5), subject="one", **order)], now=T1)
    fill(partner, now=T1)
    deliver(partner, [event("purchase", minute(6), subject="two", version=2, **order)], now=T2)
    fill(partner, now=T2)
    ids = {row.external_id: row.id for row in LiveSession.objects.using("worker").filter(partner=partner)}
    (left,), (came,) = (told(partner, subject=subject) for subject in ("one", "two"))
    assert causes_of(left) == [("ORDER_MOVED_OUT", "1", "-20.00", "-20.00", "-20.00", "0.00", ["t"])]
    assert causes_of(came) == [("ORDER_MOVED_IN", "1", "20.00", "20.00", "20.00", "0.00", ["t"])]
    names = ask(
        "query ($a: ID!, $b: ID!) { a: node(id: $a) { ... on LiveSession { externalId } } "
        "b: node(id: $b) { ... on LiveSession { externalId } } }",
        of=partner,
        a=left["causes"][0]["sessionId"],
        b=came["causes"][0]["sessionId"],
    )
    assert names == {"a": {"externalId": "two"}, "b": {"externalId": "one"}}
    assert len(ids) == 2


def test_what_came_during_the_live_is_told_when_asked(partner: Partner) -> None:
    deliver(partner, [event("live_session_started", minute(0))], now=T1)
    fill(partner, now=T1)
    deliver(partner, [event("live_view_started", minute(1), viewer_id="a")], now=T1 + timedelta(seconds=1))
    fill(partner, now=T1 + timedelta(seconds=1))
    deliver(partner, [event("live_session_ended", minute(10))], now=T2)
    fill(partner, now=T2)
    assert told(partner) == []
    live = told(partner, live=True)
    assert [(one["knownAt"], one["isLive"]) for one in live] == [
        (stamp(T2), False), (stamp(T1 + timedelta(seconds=1)), True),
    ]  # fmt: skip
    (peak,) = (one for one in live[1]["changes"] if one["metric"] == "PEAK_CONCURRENT_VIEWERS_AT")
    assert (peak["beforeAt"], peak["afterAt"], peak["difference"]) == (None, stamp(minute(1)), None)


def test_revisions_come_in_pages_by_one_statement(partner: Partner) -> None:
    happen(partner)
    whole = told(partner)
    after, pages = None, []
    for _ in range(4):
        answer = ask(QUERY, of=partner, first=1, after=after)["liveSessions"]["edges"][0]["node"]["revisions"]
        pages += [edge["node"] for edge in answer["edges"]]
        after = answer["pageInfo"]["endCursor"]
    assert pages == whole
    assert answer["pageInfo"]["hasNextPage"] is False
    before = statements(QUERY, of=partner)
    deliver(partner, [event("live_session_started", minute(0), subject="other")])
    fill(partner)
    assert statements(QUERY, of=partner) == before


@pytest.mark.parametrize("seed", range(500, 504))
def test_differences_and_parts_add_up_to_the_whole_change(partner: Partner, seed: int) -> None:
    rng = random.Random(seed)
    events = scene(rng, size=30)
    rng.shuffle(events)
    moment = NOW
    while events:
        size = rng.choice([1, 3, 10])
        batch, events = events[:size], events[size:]
        moment += timedelta(seconds=rng.choice([1, 90, 86_400]))
        deliver(partner, batch, now=moment)
        if rng.random() < 0.6 or not events:
            fill(partner, now=moment)
    actor = actor_of(partner)
    ids = list(LiveSession.objects.using("worker").filter(partner=partner).values_list("id", flat=True))
    with row_security(actor):
        revisions = session_revisions(ids, actor=actor, with_live=True, after=None, limit=1000)
    for session, found in revisions.items():
        for one in found:
            just_before = one.known_from - timedelta(microseconds=1)
            for basis in BASES:
                before, after = (_known(partner, session, basis, at) for at in (just_before, one.known_from))
                changed = {
                    change.metric.key: change.after - change.before
                    for change in one.changes
                    if change.basis in (None, basis) and change.currency in (None, "SGD")
                    and isinstance(change.after, Decimal)
                }  # fmt: skip
                assert changed == {
                    key: after[key] - before[key] for key in after if after[key] != before[key]
                }
            parts: dict[str, Decimal] = defaultdict(Decimal)
            for cause in one.causes:
                if cause.currency == "SGD":
                    for name in ("placed", "paid", "net", "refunds"):
                        parts[name] += getattr(cause.share, name)
            sales = {name: _of(one, "live_sales", name.upper()) for name in ("placed", "paid", "net")} | {
                "refunds": _of(one, "refunds", None)
            }
            assert {name: parts[name] for name in sales} == sales


def _of(revision: Any, key: str, basis: str | None) -> Decimal:
    """The change of a sum in the partner's currency."""
    return sum(
        (
            change.after - change.before
            for change in revision.changes
            if (change.metric.key, change.basis, change.currency) == (key, basis, "SGD")
        ),
        Decimal(0),
    )


def _known(partner: Partner, session: Any, basis: str, at: datetime) -> dict[str, Any]:
    """The numbers of a session as of a moment, without moments."""
    actor = actor_of(partner)
    with row_security(actor):
        stored = past_session_numbers([session], actor=actor, basis=basis, as_of=at)[session].known.stored
    keys = (metric.key for metric in STORED)
    return {key: stored[key] for key in keys if isinstance(stored[key], Decimal | int)}
