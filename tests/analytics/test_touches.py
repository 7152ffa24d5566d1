"""Touches: who met an influencer how and when, however late it becomes known who that was."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.fills import AT_ONCE, attribute_partner, refresh_partner
from analytics.models import OrderShare, Touch
from analytics.recompute import check
from commerce.models import Partner, Stale
from kol.models import Collaboration
from tests.analytics.attribution_scenes import (
    OTHER,
    appear,
    campaign,
    changed,
    click,
    code,
    collaboration,
    link,
    watch,
)
from tests.analytics.compare_credits import differences
from tests.factories import NOW, deliver, event, fill, minute

Raw = dict[str, Any]
START = event("live_session_started", minute(0), id="start")
ITEMS = [{"item_id": "x", "price": "10.00"}]


def buy(at: float, *, order: str = "t", **data: Any) -> Raw:
    """An order, in minutes from the start of the session; of no session by itself."""
    return event("purchase", minute(at), subject=None, transaction_id=order, items=ITEMS, **data)


def host(partner: Partner, **terms: Any) -> Collaboration:
    """Somebody who appears in the session."""
    made = collaboration(campaign(partner), **terms)
    appear(made)
    return made


def met(partner: Partner) -> list[tuple[str, float]]:
    """(kind, minutes from the start) of every touch, in order."""
    rows = Touch.objects.using("worker").filter(partner=partner).order_by("touched_at", "kind")
    return [(row.kind, (row.touched_at - minute(0)) / timedelta(minutes=1)) for row in rows]


def bases(partner: Partner) -> dict[str, str]:
    """Basis of each order's one share."""
    rows = OrderShare.objects.using("worker").filter(partner=partner)
    return dict(rows.values_list("order__external_id", "basis"))


def test_the_same_within_half_an_hour_of_the_one_before_is_one_touch(partner: Partner) -> None:
    times = (1, 20, 49, 80, 110)  # The last is just half an hour after the one before.
    views = [told for at in times for told in watch("ada", at, until=at + 1)]
    deliver(partner, [START, *views])
    host(partner)
    fill(partner)
    assert met(partner) == [("LIVE_VIEW", 1), ("LIVE_VIEW", 80), ("LIVE_VIEW", 110)]


def test_an_earlier_view_that_comes_late_takes_the_place_of_the_one_it_precedes(partner: Partner) -> None:
    deliver(partner, [START, *watch("ada", 40, until=41)])
    host(partner)
    fill(partner)
    assert met(partner) == [("LIVE_VIEW", 40)]
    deliver(partner, watch("ada", 15, until=16))
    fill(partner)
    assert met(partner) == [("LIVE_VIEW", 15)]


def test_a_click_on_a_product_counts_of_who_is_present_in_the_session(partner: Partner) -> None:
    clicks = [
        event("select_item", minute(at), viewer_id=who, items=[{"item_id": "x"}, {"item_id": "y"}])
        for who, at in (("ada", 5), ("bo", 6))
    ]
    deliver(partner, [START, *watch("ada", 1, until=20), *clicks, buy(30, viewer_id="ada")])
    host(partner)
    fill(partner)
    # A click is a sign of life: who clicks is present from then on.
    assert met(partner) == [
        ("LIVE_VIEW", 1), ("PRODUCT_CLICK", 5), ("LIVE_VIEW", 6), ("PRODUCT_CLICK", 6)
    ]  # fmt: skip


def test_nobody_appears_in_a_session_before_it_is_said(partner: Partner) -> None:
    deliver(partner, [START, *watch("ada", 1, until=20), buy(30, viewer_id="ada")])
    made = collaboration(campaign(partner))
    fill(partner)
    assert met(partner) == []
    appear(made)
    changed(made)
    fill(partner)
    assert met(partner) == [("LIVE_VIEW", 1)]


def test_who_followed_a_link_is_met_once_a_source_knows_him(partner: Partner) -> None:
    made = collaboration(campaign(partner))
    followed = link(made)
    for visitor, by in (("ada", "PERSON"), ("ada", "BOT"), ("", "PERSON"), ("who", "PREFETCH")):
        click(followed, minute(3), visitor, by=by)
    changed(made)
    fill(partner)
    assert met(partner) == []
    # Of no session and no order: nothing but the link itself tells that this matters.
    deliver(partner, [event("page_view", minute(9), subject=None, viewer_id="ada")])
    fill(partner)
    assert met(partner) == [("LINK_CLICK", 3)]
    assert check(partner_id=partner.id, now=NOW).differences == 0


def test_codes_are_read_in_any_case_while_they_are_valid(partner: Partner) -> None:
    made = collaboration(campaign(partner))
    code(made, "LIVE10", valid_from=minute(10), valid_until=minute(20))
    orders = [buy(at, order=f"o{at}", coupon=" live10 ") for at in (9, 10, 19, 20)]
    deliver(partner, [*orders, buy(15, order="other", coupon="LIVE1")])
    fill(partner)
    assert met(partner) == [("CODE", 10), ("CODE", 19)]


@pytest.mark.parametrize(
    ("told", "basis"),
    [
        ({"viewer_id": "ada"}, "ORDER"),
        ({"customer_id": "ann"}, "LOGIN"),
        ({"customer_id": "also"}, "HASH"),
        ({"customer_id": "bob"}, None),
    ],
)
def test_the_basis_says_how_a_buyer_was_known(
    partner: Partner, told: dict[str, str], basis: str | None
) -> None:
    people = [
        event("identify", minute(2), subject=None, viewer_id="ada", customer_id="ann", email="A@x.com"),
        event("identify", minute(2), subject=None, customer_id="also", email="a@x.com "),
        event("identify", minute(2), subject=None, customer_id="bob", email="b@x.com"),
    ]
    deliver(partner, [START, *watch("ada", 1, until=20), *people, buy(30, **told)])
    host(partner)
    fill(partner)
    assert bases(partner) == ({} if basis is None else {"t": basis})


def test_an_address_told_later_brings_people_of_two_shops_together_and_apart(partner: Partner) -> None:
    deliver(
        partner,
        [
            START,
            *watch("ada", 1, until=20),
            event("identify", minute(2), subject=None, viewer_id="ada", customer_id="ann", email="a@x.com"),
            buy(30, customer_id="zoe", source=OTHER),
        ],
    )
    host(partner)
    fill(partner)
    assert bases(partner) == {}
    late = event("identify", minute(3), subject=None, customer_id="zoe", email="a@x.com", source=OTHER)
    deliver(partner, [late])
    fill(partner)
    assert bases(partner) == {"t": "HASH"}
    deliver(partner, [event("identify", minute(4), subject=None, customer_id="ann", email="new@x.com")])
    fill(partner)
    assert bases(partner) == {}
    assert check(partner_id=partner.id, now=NOW).differences == 0


def test_a_window_is_open_at_its_far_end_and_the_contract_of_the_day_decides(partner: Partner) -> None:
    facts = [
        START,
        *watch("ada", 0, until=1),
        buy(59.5, order="inside", viewer_id="ada"),
        buy(60, order="outside", viewer_id="ada"),
    ]
    deliver(partner, facts)
    host(partner, view_window_seconds=3600)
    fill(partner)
    shares = OrderShare.objects.using("worker").filter(partner=partner, touches__gt=0)
    assert [share.order.external_id for share in shares] == ["inside"]
    assert differences(facts, partner) == []


def test_campaigns_wait_while_a_live_is_refreshed(partner: Partner) -> None:
    deliver(partner, [START])
    host(partner)
    fill(partner)
    deliver(partner, [*watch("ada", 1, until=20), buy(30, viewer_id="ada")])
    refresh_partner(partner_id=partner.id, now=NOW, kinds=AT_ONCE)
    waiting = Stale.objects.using("worker").filter(partner_id=partner.id)
    assert set(waiting.values_list("kind", flat=True)) == {"CAMPAIGN"}
    assert met(partner) == []
    attribute_partner(partner_id=partner.id, now=NOW)
    assert met(partner) == [("LIVE_VIEW", 1)]
    # Who met the buyer last is another now: the day's parts by influencer, and how the customer was won.
    assert set(waiting.values_list("kind", flat=True)) == {"DAY"}
    fill(partner)
    assert not waiting.exists()
