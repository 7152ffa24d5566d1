"""Advice in a live session: what is ranked, raised and said, and what came of it; sums by hand."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics import advice
from analytics.models import LiveAlert, PinRecommendation
from commerce.models import Partner
from tests.analytics.graphql_client import ask
from tests.factories import NOW, deliver, event, fill

START = NOW - timedelta(minutes=20)
PINS = """
{ liveSession(by: {externalId: "live-1"}) { recommendations {
  sku rank reachableViewers stock state expectedSales { amount }
  highSales { amount } outcome { viewers buyers sales { amount } }
} } }
"""
ALERTS = '{ liveSession(by: {externalId: "live-1"}) { alerts { kind text clearedAt } } }'
TALK = '{ liveSession(by: {externalId: "live-1"}) { talkingPoints { points { kind text } } } }'
NEXT = """
{ nextSession { leadWith { sku viewers buyers hasEnoughData expectedSalesPerViewer }
  bestSlots { weekday hour sessions medianPeakViewers } } }
"""


def at(minutes: float) -> datetime:
    """A moment of the live session."""
    return START + timedelta(minutes=minutes)


def product(sku: str, price: str, **told: Any) -> dict[str, Any]:
    given = {"item_id": sku, "item_name": sku.title(), "price": price, "currency": "SGD", **told}
    return event("product_updated", START - timedelta(days=9), subject=None, **given)


def featured(sku: str, begins: datetime, ends: datetime | None, subject: str) -> list[dict[str, Any]]:
    items = [{"item_id": sku}]
    told = [event("live_product_featured", begins, subject=subject, items=items)]
    if ends is not None:
        told.append(event("live_product_unfeatured", ends, subject=subject, items=items))
    return told


def bought(sku: str, price: str, who: str, when: datetime, subject: str) -> dict[str, Any]:
    items = [{"item_id": sku, "quantity": 1, "price": price}]
    order = f"{subject}-{who}-{sku}"
    return event("purchase", when, subject=subject, transaction_id=order, viewer_id=who, items=items)


def crowd(count: int, when: datetime, subject: str) -> list[dict[str, Any]]:
    return [
        event("live_view_started", when, subject=subject, viewer_id=f"v{number}") for number in range(count)
    ]


@pytest.fixture
def on_air(partner: Partner) -> Partner:
    """A past session in which 300 saw a hat and 6 bought it; a live one that shows a bag to 40 people."""
    past = START - timedelta(days=7)
    deliver(
        partner,
        [
            product("hat", "30.00", stock=4),
            product("bag", "80.00"),
            product("lip", "10.00"),
            event("live_session_started", past, subject="past", heartbeats=False),
            event("live_session_ended", past + timedelta(hours=1), subject="past"),
            *crowd(300, past, "past"),
            *featured("hat", past + timedelta(minutes=5), past + timedelta(minutes=8), "past"),
            *(bought("hat", "30.00", f"v{n}", past + timedelta(minutes=6), "past") for n in range(6)),
            event("live_session_started", START, heartbeats=False, title="Now"),
            *crowd(40, START, "live-1"),
            *featured("bag", at(18), None, "live-1"),
            event("live_like", NOW, viewer_id="v0"),
        ],
    )
    fill(partner)
    return partner


def test_products_that_are_not_featured_are_ranked_by_what_they_are_expected_to_sell(on_air: Partner) -> None:
    assert advice.advise(partner_id=on_air.id, now=NOW) == 1
    found = ask(PINS, of=on_air)["liveSession"]["recommendations"]
    # 340 people saw a moment, 6 of them bought: two products, so the prior is that rate, worth two people.
    usual = (6 + 0.5) / (340 + 1)
    hat = 40 * (2 * usual + 6) / 302 * 30
    lip = 40 * usual * 10
    assert [(one["sku"], one["rank"], one["reachableViewers"]) for one in found] == [
        ("hat", "1", "40"),
        ("lip", "2", "40"),
    ]
    assert [float(one["expectedSales"]["amount"]) for one in found] == pytest.approx([hat, lip], abs=1e-4)
    assert found[0]["stock"] == "4"
    assert found[0]["highSales"]["amount"] == "90.00"
    assert [one["state"] for one in found] == ["OPEN", "OPEN"]


def test_a_live_session_is_advised_once_a_minute_at_most(on_air: Partner) -> None:
    moments = [NOW, NOW + timedelta(seconds=59), NOW + timedelta(seconds=60)]
    assert [advice.advise(partner_id=on_air.id, now=moment) for moment in moments] == [1, 0, 1]


def test_advice_that_was_taken_is_judged_by_what_it_sold_and_the_rest_was_passed_over(
    on_air: Partner,
) -> None:
    advice.advise(partner_id=on_air.id, now=NOW)
    shown = NOW + timedelta(minutes=2)
    deliver(
        on_air,
        [
            *featured("hat", shown, shown + timedelta(minutes=3), "live-1"),
            event("live_like", shown + timedelta(minutes=4), viewer_id="v0"),
            bought("hat", "30.00", "v1", shown + timedelta(seconds=10), "live-1"),
            bought("hat", "30.00", "v2", shown + timedelta(seconds=89), "live-1"),
            bought("hat", "30.00", "v3", shown + timedelta(seconds=90), "live-1"),
        ],
        now=NOW + timedelta(minutes=10),
    )
    fill(on_air)
    advice.advise(partner_id=on_air.id, now=NOW + timedelta(minutes=6))
    rows = PinRecommendation.objects.using("worker").filter(partner=on_air, made_at=NOW).order_by("rank")
    told = [(row.state, row.outcome_viewers, row.outcome_buyers, row.outcome_sales) for row in rows]
    assert told == [("ADOPTED", 40, 2, Decimal("60.0000")), ("IGNORED", None, None, None)]


def test_alerts_hold_as_long_as_their_reason(on_air: Partner) -> None:
    about: dict[str, Any] = {"items": [{"item_id": "hat"}], "label": "Win a hat"}
    deliver(
        on_air,
        [
            event("live_giveaway_started", at(19), **about),
            event("live_violation", at(19.5), violation_id="x1", reason="No proof", remediation="Rephrase"),
            *(event("live_view_ended", at(17), viewer_id=f"v{number}") for number in range(10)),
            bought("hat", "30.00", "v30", at(19), "live-1"),
            bought("hat", "30.00", "v31", at(19), "live-1"),
        ],
    )
    fill(on_air)
    advice.advise(partner_id=on_air.id, now=NOW)
    found = ask(ALERTS, of=on_air)["liveSession"]["alerts"]
    assert sorted((one["kind"], one["text"]) for one in found) == [
        ("GIVEAWAY", "A giveaway is on: Win a hat"),
        ("LOW_STOCK", "2 pieces left; 2 sold in the last 15 minutes."),
        ("STEEP_LOSS", "40 people were here five minutes ago, 30 are now."),
        ("VIOLATION", "No proof - Rephrase"),
    ]
    deliver(on_air, [event("live_giveaway_ended", NOW, **about), event("live_like", at(29), viewer_id="v39")],
            now=NOW + timedelta(minutes=10))  # fmt: skip
    fill(on_air)
    advice.advise(partner_id=on_air.id, now=NOW + timedelta(minutes=16))
    held = ask(ALERTS, of=on_air)["liveSession"]["alerts"]
    assert [one["kind"] for one in held] == ["VIOLATION"]
    kept = LiveAlert.objects.using("worker").filter(partner=on_air).order_by("kind")
    assert [(row.kind, row.cleared_at is None) for row in kept] == [
        ("GIVEAWAY", False), ("LOW_STOCK", False), ("STEEP_LOSS", False), ("VIOLATION", True),
    ]  # fmt: skip


def test_what_is_featured_has_talking_points_of_its_own_facts(on_air: Partner) -> None:
    past = START - timedelta(days=2)
    pairs = [
        event(
            "purchase", past, subject=None, transaction_id=f"pair-{number}",
            items=[{"item_id": sku, "quantity": 1, "price": "5.00"} for sku in ("bag", "lip")],
        )
        for number in range(3)
    ]  # fmt: skip
    deliver(
        on_air,
        [*pairs, event("live_comment", at(19), viewer_id="v1", text="Does it come in black?"),
         event("live_comment", at(19), viewer_id="v2", text="love it")],
    )  # fmt: skip
    fill(on_air)
    advice.learn_from_past(partner_id=on_air.id, now=NOW)
    advice.advise(partner_id=on_air.id, now=NOW)
    (found,) = ask(TALK, of=on_air)["liveSession"]["talkingPoints"]
    assert [(one["kind"], one["text"]) for one in found["points"]] == [
        ("PRICE", "Bag is 80 SGD."),
        ("PAIRING", "Most often bought with Lip."),
        ("QUESTION", "Viewers ask: Does it come in black?"),
    ]


def test_past_sessions_say_what_to_lead_with_and_when(on_air: Partner) -> None:
    again = START - timedelta(days=14)
    deliver(
        on_air,
        [
            event("live_session_started", again, subject="before", heartbeats=False),
            event("live_session_ended", again + timedelta(hours=1), subject="before"),
            *crowd(100, again, "before"),
        ],
    )
    fill(on_air)
    advice.learn_from_past(partner_id=on_air.id, now=NOW)
    found = ask(NEXT, of=on_air)["nextSession"]
    usual = (6 + 0.5) / (300 + 1)
    (hat,) = found["leadWith"]
    assert (hat["sku"], hat["viewers"], hat["buyers"], hat["hasEnoughData"]) == ("hat", "300", "6", True)
    assert float(hat["expectedSalesPerViewer"]) == pytest.approx((2 * usual + 6) / 302 * 30, abs=1e-4)
    # 11:40 UTC is 19:40 in Singapore, on Mondays.
    assert found["bestSlots"] == [{"weekday": "1", "hour": "19", "sessions": "2", "medianPeakViewers": 200.0}]
    assert (advice.partners_on_air(now=NOW) == [], on_air.id in advice.partners_on_air(now=NOW)) == (
        False,
        True,
    )
    assert on_air.id not in advice.partners_to_learn_from(now=NOW)
