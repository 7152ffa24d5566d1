"""Merging and splitting through the API: what is shown of whole and parts, what is refused, what is on record."""

from typing import Any

import pytest

from commerce.models import KeptApart, LiveSession, Partner, RecordEntry
from tests.analytics.graphql_client import ask, refusal
from tests.conftest import PartnerFactory
from tests.factories import SOURCE, deliver, event, fill, minute

OTHER = "/tiktok/shop"
ITEMS = [{"item_id": "lip", "price": "10.00"}]
MANAGE = ("read", "manage")
FIND = """query ($name: String!) { liveSession(by: {externalId: $name}) { id externalId mergedInto status
    broadcasts { source externalId kpis { viewers liveSales { amount } } }
    kpis { viewers peakConcurrentViewers sessionSeconds liveSales { amount } isFresh } } }"""
LIST = "{ liveSessions { edges { node { externalId source } } } }"
MERGE = """mutation ($ids: [ID!]!) { mergeSessions(input: {ids: $ids, reason: "one live"}) {
    liveSession { id externalId source title status broadcasts { externalId } }
    userErrors { field code message } } }"""
SPLIT = """mutation ($id: ID!) { splitSession(input: {id: $id, reason: "two after all"}) {
    liveSessions { externalId mergedInto } userErrors { field code message } } }"""
APART = """mutation ($ids: [ID!]!) { keepSessionsApart(input: {ids: $ids, reason: "a repeat"}) {
    isKept userErrors { code } } }"""


def two_platforms() -> list[dict[str, Any]]:
    """The same half hour on the own site and on TikTok, with different people; one of each buys."""
    told = []
    for source, subject, start, people in ((SOURCE, "own", 0, "ab"), (OTHER, "tik", 5, "cde")):
        given = {"source": source, "subject": subject}
        told.append(event("live_session_started", minute(start), heartbeats=False, title=subject, **given))
        told += [event("live_view_started", minute(10), viewer_id=who, **given) for who in people]
        told.append(event("live_session_ended", minute(30), **given))
        bought = {"transaction_id": f"t-{subject}", "items": ITEMS, "viewer_id": people[0]}
        told.append(event("purchase", minute(45), source=source, subject=None, **bought))
    return told


def found(partner: Partner, name: str) -> Any:
    """A session by its name."""
    return ask(FIND, of=partner, name=name)["liveSession"]


def listed(partner: Partner) -> list[str]:
    """The names of all sessions in the list."""
    return [edge["node"]["externalId"] for edge in ask(LIST, of=partner)["liveSessions"]["edges"]]


def test_two_platforms_are_one_session_in_lists_and_two_broadcasts_in_it(partner: Partner) -> None:
    deliver(partner, two_platforms())
    fill(partner)
    ids = [found(partner, name)["id"] for name in ("own", "tik")]
    merged = ask(MERGE, of=partner, scopes=MANAGE, ids=ids)["mergeSessions"]
    assert merged["userErrors"] == []
    whole = merged["liveSession"]
    assert (whole["source"], whole["title"], whole["status"]) == ("merged", "own", "ENDED")
    assert not found(partner, whole["externalId"])["kpis"]["isFresh"]
    fill(partner)
    shown = found(partner, whole["externalId"])
    assert shown["kpis"] == {
        "viewers": "5", "peakConcurrentViewers": "5", "sessionSeconds": "1800",
        "liveSales": {"amount": "20.00"}, "isFresh": True,
    }  # fmt: skip
    assert shown["broadcasts"] == [
        {"source": SOURCE, "externalId": "own", "kpis": {"viewers": "2", "liveSales": {"amount": "10.00"}}},
        {"source": OTHER, "externalId": "tik", "kpis": {"viewers": "3", "liveSales": {"amount": "10.00"}}},
    ]
    assert listed(partner) == [whole["externalId"]]
    assert found(partner, "tik")["mergedInto"] == whole["id"]
    assert [one["externalId"] for one in found(partner, "own")["broadcasts"]] == ["own"]

    parts = ask(SPLIT, of=partner, scopes=MANAGE, id=whole["id"])["splitSession"]
    assert parts["userErrors"] == []
    assert {one["externalId"] for one in parts["liveSessions"]} == {"own", "tik"}
    assert {one["mergedInto"] for one in parts["liveSessions"]} == {None}
    assert set(listed(partner)) == {"own", "tik"}
    assert found(partner, whole["externalId"]) is None
    entries = RecordEntry.objects.using("worker").filter(partner=partner).order_by("id")
    assert list(entries.values_list("action", "reason", "who")) == [
        ("merge_sessions", "one live", "test"),
        ("split_session", "two after all", "test"),
    ]


def test_what_cannot_be_merged_or_split_is_said_and_nothing_is_done(
    partner: Partner, make_partner: PartnerFactory
) -> None:
    stranger = make_partner()
    deliver(partner, [*two_platforms(), event("live_session_started", minute(0), subject="third")])
    deliver(stranger, [event("live_session_started", minute(0), subject="theirs")])
    own, tik, third = (found(partner, name)["id"] for name in ("own", "tik", "third"))
    theirs = found(stranger, "theirs")["id"]

    def errors(*ids: str) -> list[tuple[list[str], str]]:
        told = ask(MERGE, of=partner, scopes=MANAGE, ids=list(ids))["mergeSessions"]
        assert told["liveSession"] is None
        return [(one["field"], one["code"]) for one in told["userErrors"]]

    assert errors(own) == [(["input", "ids"], "INVALID")]
    assert errors(own, own) == [(["input", "ids"], "INVALID")]
    assert errors(own, theirs) == [(["input", "ids", "1"], "NOT_FOUND")]
    assert errors(own, "nonsense") == [(["input", "ids", "1"], "NOT_FOUND")]
    whole = ask(MERGE, of=partner, scopes=MANAGE, ids=[own, tik])["mergeSessions"]["liveSession"]["id"]
    assert errors(third, tik) == [(["input", "ids", "1"], "CONFLICT")]
    assert errors(whole, third) == [(["input", "ids", "0"], "CONFLICT")]
    for identity, code in ((third, "CONFLICT"), (theirs, "NOT_FOUND")):
        told = ask(SPLIT, of=partner, scopes=MANAGE, id=identity)["splitSession"]
        assert ([one["code"] for one in told["userErrors"]], told["liveSessions"]) == ([code], [])
    assert refusal(MERGE, of=partner, ids=[own, third])[0] == "FORBIDDEN"
    assert RecordEntry.objects.using("worker").filter(partner=partner).count() == 1


def test_sessions_kept_apart_are_remembered_as_pairs_once(partner: Partner) -> None:
    deliver(partner, two_platforms())
    ids = [found(partner, name)["id"] for name in ("own", "tik")]
    for _ in range(2):
        assert ask(APART, of=partner, scopes=MANAGE, ids=ids)["keepSessionsApart"] == {
            "isKept": True, "userErrors": [],
        }  # fmt: skip
    kept = KeptApart.objects.using("worker").get(partner=partner)
    assert {kept.first.external_id, kept.second.external_id} == {"own", "tik"}


@pytest.mark.parametrize("late", ["title", "end"])
def test_a_merged_session_follows_what_is_told_of_its_broadcasts(partner: Partner, late: str) -> None:
    deliver(
        partner,
        [event("live_session_started", minute(at), subject=name) for at, name in ((0, "a"), (9, "b"))],
    )
    ids = [found(partner, name)["id"] for name in ("a", "b")]
    whole = ask(MERGE, of=partner, scopes=MANAGE, ids=ids)["mergeSessions"]["liveSession"]["externalId"]
    row = LiveSession.objects.using("worker").filter(partner=partner, external_id=whole)
    if late == "title":
        deliver(partner, [event("live_session_scheduled", minute(1), subject="b", title="B")])
        deliver(partner, [event("live_session_scheduled", minute(1), subject="a", title="A")])
        assert row.get().title == "A"
    else:
        for name, status in (("b", "LIVE"), ("a", "ENDED")):
            deliver(partner, [event("live_session_ended", minute(20), subject=name)])
            assert found(partner, whole)["status"] == status
        assert (row.get().started_at, row.get().last_ended_at) == (minute(0), minute(20))
