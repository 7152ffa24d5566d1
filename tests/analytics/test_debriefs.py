"""Debriefs: made once a session's numbers have settled, again a day later, and true in every sentence."""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from analytics import advice, debriefs
from analytics.debriefs.findings import maturity
from analytics.debriefs.gathering import gather
from analytics.models import Debrief, ModelRun
from analytics.queries import Reading
from analytics.queries.predictions import uses_a_model
from commerce.access import row_security
from commerce.models import LiveSession, Partner
from tests.analytics.graphql_client import actor_of, ask
from tests.factories import NOW, deliver, event, fill

QUERY = """
query ($stage: DebriefStage) { liveSession(by: {externalId: "live-1"}) { debrief(stage: $stage) {
  stage version maturity findings { kind metric text numbers { name value } }
} } }
"""
START = NOW - timedelta(hours=3)
END = START + timedelta(hours=1)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def person(number: int, *, subject: str, start: datetime, does: str) -> list[dict[str, Any]]:
    """A viewer of the whole hour, or of the first half of it, who goes as far as `does` says."""
    who = f"v{number}"
    told = [event("live_view_started", start, subject=subject, viewer_id=who)]
    hat = [{"item_id": "hat", "quantity": 1, "price": "30.00"}]
    for step in ("select_item", "add_to_cart", "begin_checkout")[: "wcko".index(does[0])]:
        told.append(event(step, start + timedelta(minutes=6), subject=subject, viewer_id=who, items=hat[:1]))
    if does[0] == "o":
        at_ = start + timedelta(minutes=6)
        order = f"{subject}-{who}"
        told.append(
            event(
                "purchase",
                at_,
                subject=subject,
                transaction_id=order,
                viewer_id=who,
                customer_id=who,
                items=hat,
            )
        )
    if does.endswith("l"):
        told.append(event("live_view_ended", start + timedelta(minutes=21), subject=subject, viewer_id=who))
    return told


def session(subject: str, start: datetime, people: list[str]) -> list[dict[str, Any]]:
    hat, bag = [{"item_id": "hat", "item_name": "Hat"}], [{"item_id": "bag", "item_name": "Bag"}]
    return [
        event("live_session_started", start, subject=subject, heartbeats=False, title=subject),
        event("live_session_ended", start + timedelta(hours=1), subject=subject),
        event("live_product_featured", start + timedelta(minutes=5), subject=subject, items=hat),
        event("live_product_unfeatured", start + timedelta(minutes=8), subject=subject, items=hat),
        event("live_product_featured", start + timedelta(minutes=20), subject=subject, items=bag),
        event("live_product_unfeatured", start + timedelta(minutes=25), subject=subject, items=bag),
        *(told for number, does in enumerate(people)
          for told in person(number, subject=subject, start=start, does=does)),
    ]  # fmt: skip


# What each of 40 viewers does at most: watch, click, fill a cart, order; "l" leaves at minute 21.
AS_A_RULE = ["o"] * 6 + ["k"] * 2 + ["c"] * 2 + ["w"] * 30
TODAY = ["o"] * 3 + ["k"] * 15 + ["c"] * 2 + ["w"] * 10 + ["wl"] * 10


@pytest.fixture
def ended(partner: Partner) -> Partner:
    """Six ordinary sessions, and one today in which few of those who check out pay."""
    names = {"item_id": "hat", "item_name": "Hat", "price": "30.00", "currency": "SGD"}
    events = [event("product_updated", START - timedelta(days=30), subject=None, **names)]
    for days in (6, 5, 4, 3, 2, 1):
        events += session(f"before-{days}", START - timedelta(days=days), AS_A_RULE)
    events += session("live-1", START, TODAY)
    assert deliver(partner, events).rejected == 0
    fill(partner)
    advice.learn_from_past(partner_id=partner.id, now=NOW)
    return partner


def write(partner: Partner, now: datetime) -> int:
    return debriefs.write_due(partner_id=partner.id, now=now)


def shown(partner: Partner, stage: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = ask(QUERY, of=partner, stage=stage)["liveSession"]["debrief"]
    return found


def texts(told: dict[str, Any], kind: str) -> list[str]:
    return [one["text"] for one in told["findings"] if one["kind"] == kind]


def test_a_debrief_is_written_once_when_a_session_has_ended_and_once_a_day_later(ended: Partner) -> None:
    assert ended.id in debriefs.partners_with_ended_sessions(now=NOW)
    # Seven sessions have ended; six of them, and no more, a day ago.
    assert [write(ended, NOW), write(ended, NOW), write(ended, NOW)] == [7, 6, 0]
    assert write(ended, END + timedelta(hours=24, seconds=-1)) == 0
    assert write(ended, END + timedelta(hours=24)) == 1
    rows = Debrief.objects.using("worker").filter(partner=ended, session__external_id="live-1")
    assert sorted((row.stage, row.version) for row in rows) == [("DAY", 1), ("END", 1)]


def test_a_session_whose_numbers_wait_has_no_debrief_yet(ended: Partner) -> None:
    write(ended, NOW)
    deliver(ended, [event("live_session_ended", END + timedelta(minutes=5))])
    assert write(ended, NOW) == 6  # The ones a day later of the others.
    fill(ended)
    Debrief.objects.using("worker").filter(partner=ended).update(made_at=END + timedelta(minutes=1))
    assert write(ended, NOW) >= 1
    assert shown(ended, "END")["version"] == "2"


def test_each_of_the_five_stands_beside_what_it_is_measured_by(ended: Partner) -> None:
    write(ended, NOW)
    found = shown(ended)
    main = {one["metric"]: one for one in found["findings"] if one["kind"] == "MAIN"}
    assert len(main) == 5
    rate = {one["name"]: one["value"] for one in main["VIEWER_TO_BUYER_RATE"]["numbers"]}
    assert (rate["value"], rate["usual"], rate["target"]) == ("0.075", "0.15", None)
    assert main["VIEWER_TO_BUYER_RATE"]["text"].startswith(
        "Viewer-to-buyer rate (VBR): 7.5 %; as a rule 15.0 %; known elsewhere: "
    )
    assert main["LIVE_AOV_RATIO"]["text"].endswith("no value (too few orders).")
    assert main["LIVE_LTV_INDEX"]["text"].endswith("no value (not yet).")
    assert texts(found, "WORST") == [
        "The one to look at is Viewer-to-buyer rate (VBR): it is at 50.0 % of what it is measured by."
    ]
    assert found["maturity"] == "1"


def test_maturity_is_as_high_as_what_can_be_told(ended: Partner) -> None:
    session_id = LiveSession.objects.using("worker").get(partner=ended, external_id="live-1").id
    actor = actor_of(ended)
    with row_security(actor):
        facts = gather(session_id, actor=actor, now=NOW)
    known = [replace(one, told=Reading(value=Fraction(1))) for one in facts.five]
    liked = replace(facts.numbers, stored={"engagements": 1})
    assert [
        maturity(facts),
        maturity(replace(facts, numbers=liked)),
        maturity(replace(facts, five=known)),
        maturity(replace(facts, has_predictions=True)),
        maturity(replace(facts, five=known, has_predictions=True)),
    ] == [1, 2, 3, 1, 4]


@pytest.mark.parametrize("method", ["MODEL", "COHORT_MEAN"])
def test_predictions_are_in_use_where_the_latest_run_held(partner: Partner, method: str) -> None:
    actor = actor_of(partner)
    with row_security(actor):
        assert not uses_a_model(actor=actor, currency="SGD")
    for day, told in ((1, "COHORT_MEAN"), (2, method)):
        ModelRun.objects.using("worker").create(
            partner=partner, currency="SGD", unit="WEEK", worth="NET", method=told, fingerprint="", gates=[],
            calibrated_to=NOW.date(), observed_to=NOW.date() + timedelta(days=day), customers=0, repeaters=0,
            parameters={}, holdout={}, baseline={}, made_at=NOW + timedelta(days=day),
        )  # fmt: skip
    with row_security(actor):
        assert uses_a_model(actor=actor, currency="SGD") is (method == "MODEL")
        assert not uses_a_model(actor=actor, currency="THB")


def test_the_bottleneck_is_measured_by_what_is_usual_and_not_by_the_lowest_rate(ended: Partner) -> None:
    write(ended, NOW)
    # As a rule 10 of 40 click, 8 of them fill a cart, 6 of these check out and pay. Today 20, 18 and 3 do.
    assert texts(shown(ended), "BOTTLENECK") == [
        "The bottleneck: 3 of 18 began a checkout (16.7 %, as a rule 75.0 %)."
    ]


def test_the_steepest_loss_says_what_was_on_screen(ended: Partner) -> None:
    write(ended, NOW)
    (found,) = texts(shown(ended), "STEEPEST_LOSS")
    assert found == (
        f"The steepest loss: 10 of 40 viewers (25.0 %) in the 10 minutes from {at(12):%H:%M} UTC; "
        "on screen: bag."
    )


def test_moments_and_what_to_lead_with(ended: Partner) -> None:
    write(ended, NOW)
    found = shown(ended)
    assert texts(found, "BEST_MOMENT") == [
        f"The best product moment: Hat at {at(5):%H:%M} UTC, "
        "bought by 3 of 40 viewers within 90 seconds (7.5 %)."
    ]
    assert texts(found, "WORST_MOMENT") == [
        f"The worst product moment: bag at {at(20):%H:%M} UTC, "
        "bought by 0 of 40 viewers within 90 seconds (0.0 %)."
    ]
    (lead,) = texts(found, "LEAD_WITH")
    assert lead.startswith("Lead with Hat (")


def test_what_came_late_is_said_a_day_later(ended: Partner) -> None:
    write(ended, NOW)
    hat = [{"item_id": "hat", "quantity": 1, "price": "30.00"}]
    late = event("purchase", at(30), transaction_id="late", viewer_id="v30", customer_id="v30", items=hat)
    deliver(ended, [late])
    fill(ended)
    write(ended, END + timedelta(hours=24))
    assert texts(shown(ended, "END"), "LATE_FACTS") == []
    assert texts(shown(ended), "LATE_FACTS") == [
        "Since the first debrief viewers who bought went from 3 to 4: facts that came later.",
        "Since the first debrief orders went from 3 to 4: facts that came later.",
        "Since the first debrief live sales went from 90.00 SGD to 120.00 SGD: facts that came later.",
    ]
