"""Targets are set, revised and retired; every step is kept."""

from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from analytics.graphql.pages import node_id
from analytics.models import Target, TargetRevision
from commerce.models import Partner, RecordEntry
from tests.analytics.graphql_client import ASKED_AT, ask, refusal
from tests.analytics.plan_scenes import MANAGE, RETIRE, REVISE, SET, bring, id_of, put, session, targets, wish

# -- setting -----------------------------------------------------------------------------------


def test_a_target_is_set_with_its_history_and_on_record(partner: Partner) -> None:
    bring(partner, session("live", 0, views={1: 3}))
    answer = wish(partner, "live", "VIEWS", "4", reason="Ten times the usual", owner=" Mai ")
    target = answer["target"]
    at = ASKED_AT.isoformat().replace("+00:00", "Z")
    identity = target.pop("id")
    assert target == {
        "metric": "VIEWS", "about": "SESSION", "label": "Views", "unit": "COUNT", "cadence": None,
        "startsOn": None, "kind": "ABSOLUTE", "value": "4", "direction": "UP", "basis": None,
        "currency": None, "owner": "Mai", "reason": "Ten times the usual", "setAt": at, "retiredAt": None,
        "level": "4", "actual": "3", "attainment": "0.75", "status": "OFF_TRACK",
        "warnings": ["VANITY", "SET_AFTERWARDS"],
        "revisions": [{
            "at": at, "who": "test", "why": None, "note": "Ten times the usual", "oldValue": None,
            "newValue": "4", "oldOwner": "", "newOwner": "Mai",
        }],
    }  # fmt: skip
    row = Target.objects.using("worker").get(partner=partner)
    entry = RecordEntry.objects.using("worker").get(partner=partner)
    assert (entry.who, entry.action, entry.subject_kind, entry.subject_id, entry.reason) == (
        "test", "set_target", "target", row.id, "Ten times the usual",
    )  # fmt: skip
    assert entry.details == {"metric": "views", "why": "SET", "old_value": None, "new_value": "4"}
    assert identity == node_id("t", row.id)


def test_a_revised_and_retired_target_keeps_every_step(partner: Partner) -> None:
    bring(partner, session("live", 0, views={1: 3}))
    identity = put(partner, "live", "VIEWERS", "4")
    told = {"id": identity, "value": "5", "owner": "Ben", "why": "TEAM_GOAL_CHANGED", "note": "Two hosts"}
    revised = ask(REVISE, of=partner, scopes=MANAGE, input=told)["reviseTarget"]
    assert revised["userErrors"] == []
    assert (revised["target"]["value"], revised["target"]["owner"], revised["target"]["level"]) == (
        "5", "Ben", "5",
    )  # fmt: skip
    assert revised["target"]["revisions"][1] == {
        "who": "test", "why": "TEAM_GOAL_CHANGED", "note": "Two hosts", "oldValue": "4", "newValue": "5",
        "oldOwner": "Mai", "newOwner": "Ben",
    }  # fmt: skip
    gone = ask(RETIRE, of=partner, scopes=MANAGE, input={"id": identity, "why": "GAMED"})["retireTarget"]
    assert gone["target"]["retiredAt"] == ASKED_AT.isoformat().replace("+00:00", "Z")
    assert [one["why"] for one in gone["target"]["revisions"]] == [None, "TEAM_GOAL_CHANGED", "GAMED"]
    assert gone["target"]["revisions"][2] == {
        "why": "GAMED", "oldValue": "5", "newValue": None, "newOwner": "",
    }  # fmt: skip
    assert targets(partner, "live") == []
    (kept,) = targets(partner, "live", retired=True)
    assert (kept["metric"], kept["owner"]) == ("VIEWERS", "Ben")
    actions = RecordEntry.objects.using("worker").filter(partner=partner).order_by("id")
    assert [entry.action for entry in actions] == ["set_target", "revise_target", "retire_target"]
    # A retired one makes room for another.
    assert wish(partner, "live", "VIEWERS", "9")["userErrors"] == []


def test_the_history_of_a_target_cannot_be_changed_by_anybody(partner: Partner) -> None:
    bring(partner, session("live", 0, views={1: 3}))
    put(partner, "live", "VIEWERS", "4")
    rows = TargetRevision.objects.using("worker").filter(partner=partner)
    for act in (rows.delete, lambda: rows.update(note="never mind")):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(using="worker"):
            act()
    assert rows.count() == 1


INVALID = [
    ({"value": "0"}, "value", "INVALID", "More than 0; 0 itself only where less is better."),
    ({"value": "1.0000001"}, "value", "INVALID", "At most six decimals and fifteen digits before them."),
    ({"owner": " "}, "owner", "INVALID", "Somebody owns a target: 1 to 200 characters."),
    ({"reason": "x" * 2001}, "reason", "INVALID", "At most 2000 characters."),
    (
        {"metric": "PEAK_CONCURRENT_VIEWERS_AT"}, "metric", "INVALID",
        "Targets are set for what adds up, peaks, and what is divided from such.",
    ),
    (
        {"metric": "CONCURRENT_VIEWERS"}, "metric", "INVALID",
        "Targets are set for what adds up, peaks, and what is divided from such.",
    ),
    ({"metric": "SALES"}, "metric", "INVALID", "SESSION has no such metric."),
    ({"about": "SHOP", "metric": "SALES"}, "about", "INVALID", "Targets here are about SESSION."),
    ({"metric": "TAX"}, "direction", "INVALID", "Say which way is better: UP or DOWN."),
    ({"direction": "NEUTRAL"}, "direction", "INVALID", "Say which way is better: UP or DOWN."),
    (
        {"metric": "VIEWER_TO_BUYER_RATE", "value": "1.5"}, "value", "INVALID",
        "A rate of people is at most 1.",
    ),
    ({"kind": "PERCENTAGE_POINTS"}, "kind", "INVALID", "Only rates and ratios have percentage points."),
    (
        {"kind": "RELATIVE_CHANGE", "value": "-1"}, "value", "INVALID",
        "A share of the baseline: above -1, at most 100, and not 0; 0.1 is +10 %.",
    ),
    ({"sessionId": "x"}, "sessionId", "NOT_FOUND", "No session has this id."),
    (
        {"cadence": "WEEKLY"}, "sessionId", "INVALID",
        "A target is for a session or for a cadence: give exactly one.",
    ),
    ({"startsOn": "2026-06-01"}, "startsOn", "INVALID", "A session has its own time."),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "field", "code", "message"), INVALID)
def test_what_cannot_be_a_target_is_a_user_error(
    partner: Partner, wrong: dict[str, Any], field: str, code: str, message: str
) -> None:
    bring(partner, session("live", 0, views={1: 3}))
    told = {"sessionId": id_of(partner, "live"), "metric": "VIEWS", "value": "4", "owner": "Mai", **wrong}
    answer = ask(SET, of=partner, scopes=MANAGE, input=told)["setTarget"]
    assert answer == {
        "target": None, "userErrors": [{"field": ["input", field], "code": code, "message": message}],
    }  # fmt: skip
    assert not Target.objects.using("worker").filter(partner=partner).exists()
    assert not RecordEntry.objects.using("worker").filter(partner=partner).exists()


def test_a_number_has_one_target_at_a_time(partner: Partner) -> None:
    bring(partner, session("live", 0, views={1: 3}))
    identity = put(partner, "live", "ORDERS", "4")
    put(partner, "live", "ORDERS", "4", basis="NET")
    put(partner, "live", "ORDERS", "4", currency="USD")
    (error,) = wish(partner, "live", "ORDERS", "5")["userErrors"]
    assert error == {
        "field": ["input", "metric"], "code": "CONFLICT",
        "message": "There is such a target already: revise or retire it.",
    }  # fmt: skip
    same = ask(REVISE, of=partner, scopes=MANAGE, input={"id": identity, "value": "4", "why": "ACHIEVED"})
    assert [one["code"] for one in same["reviseTarget"]["userErrors"]] == ["INVALID"]
    ask(RETIRE, of=partner, scopes=MANAGE, input={"id": identity, "why": "ACHIEVED"})
    again = ask(RETIRE, of=partner, scopes=MANAGE, input={"id": identity, "why": "ACHIEVED"})["retireTarget"]
    assert again["userErrors"] == [
        {"field": ["input", "id"], "code": "CONFLICT", "message": "This target is retired."}
    ]


def test_nobody_sets_or_changes_targets_of_others(partner: Partner, make_partner: Any) -> None:
    bring(partner, session("live", 0, views={1: 3}))
    identity, theirs = put(partner, "live", "VIEWS", "4"), id_of(partner, "live")
    other = make_partner()
    told = {"sessionId": theirs, "metric": "LIKES", "value": "4", "owner": "Mai"}
    foreign = ask(SET, of=other, scopes=MANAGE, input=told)["setTarget"]
    assert [one["code"] for one in foreign["userErrors"]] == ["NOT_FOUND"]
    for mutation, name, more in ((REVISE, "reviseTarget", {"value": "9"}), (RETIRE, "retireTarget", {})):
        answer = ask(mutation, of=other, scopes=MANAGE, input={"id": identity, "why": "GAMED", **more})[name]
        assert answer["userErrors"] == [
            {"field": ["input", "id"], "code": "NOT_FOUND", "message": "No target has this id."}
        ]
    assert refusal(SET, of=partner, scopes=("read",), input=told)[0] == "FORBIDDEN"
    row = Target.objects.using("worker").get(partner=partner)
    assert row.value == 4
    assert row.retired_at is None
