"""Merging and splitting through the API: whole and parts, what is refused, what is on record."""

from typing import Any

import pytest

from analytics.queries.broadcasts import merge_proposals
from commerce.access import row_security
from commerce.models import KeptApart, LiveSession, Partner, RecordEntry
from tests.analytics.graphql_client import actor_of, ask, refusal
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
        bought: dict[str, Any] = {"transaction_id": f"t-{subject}", "items": ITEMS, "viewer_id": people[0]}
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


def test_broadcasts_of_one_account_at_most_half_an_hour_apart_are_proposed(partner: Partner) -> None:
    def told(name: str, starts: float, ends: float | None, account: str) -> list[dict[str, Any]]:
        given = {"subject": name}
        events = [event("live_session_started", minute(starts), account=account, **given)]
        # A signal that was lost: the end is thirty seconds after the last that was seen.
        events.append(event("live_like", minute(starts + 5), viewer_id="v", **given))
        return [*events, *([event("live_session_ended", minute(ends), **given)] if ends else [])]

    deliver(partner, [
        *told("first", 0, None, "@Brand"), *told("second", 35.5, 60, "@brand"),
        *told("late", 90.1, 99, "@brand"),
        *told("other", 20, 40, "@other"), *told("nobody", 20, 40, ""), *told("none", 21, 40, ""),
    ])  # fmt: skip
    fill(partner)
    names = dict(LiveSession.objects.using("worker").filter(partner=partner).values_list("id", "external_id"))

    def proposed() -> list[list[str]]:
        actor = actor_of(partner)
        with row_security(actor):
            found = merge_proposals(actor=actor, since=minute(-1))
        return [[names[identity] for identity in one.session_ids] for one in found]

    assert proposed() == [["first", "second"]]
    asked = "{ mergeProposals { account liveSessions { externalId } } }"
    assert ask(asked, of=partner, scopes=MANAGE)["mergeProposals"] == [
        {"account": "@brand", "liveSessions": [{"externalId": "first"}, {"externalId": "second"}]}
    ]
    assert refusal(asked, of=partner)[0] == "FORBIDDEN"
    ids = [found(partner, name)["id"] for name in ("first", "second")]
    ask(APART, of=partner, scopes=MANAGE, ids=ids)
    assert proposed() == []
