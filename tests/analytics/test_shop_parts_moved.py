"""What arrives late moves the right parts of the right days, and what is served is what the facts say."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics.metrics import Dimension
from analytics.queries.shop_facts import ShopQuestion
from analytics.recompute import check
from commerce.models import Partner
from tests.analytics.attribution_scenes import Shop, appear, campaign, changed, collaboration, watch
from tests.analytics.compare import world
from tests.analytics.compare_credits import Named, parties
from tests.analytics.compare_shop import BASES, different, told_parts
from tests.analytics.test_shop_splits import OF_ORDERS
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, event, fill, minute
from tests.oracle.credits import Credited
from tests.oracle.orders import Key
from tests.oracle.shop_splits import Split
from tests.oracle.touches import Meetings

FIRST, SECOND = minute(0), minute(24 * 60)
"""On two days, both also in Singapore."""


def sales(partner: Partner, by: Dimension, *, basis: str = "NET") -> dict[str, list[Decimal]]:
    """Sales of each part on the first day and on the second."""
    found: dict[str, list[Decimal]] = {}
    for place in range(2):
        day = FIRST.date() + timedelta(days=place)
        asked = ShopQuestion(
            partner_id=partner.id, starts_on=day, ends_on=day + timedelta(days=1), basis=basis
        )
        for part, numbers in told_parts(asked, by, of=partner).items():
            found.setdefault(part, [Decimal(0), Decimal(0)])[place] = numbers["sales"]
    return found


def order(name: str, at: Any, price: str, **data: Any) -> dict[str, Any]:
    given = {"subject": None, "customer_id": "ann", **data}
    return event("purchase", at, transaction_id=name, items=[{"item_id": "lip", "price": price}], **given)


def tell(partner: Partner, *events: dict[str, Any]) -> None:
    assert deliver(partner, events).rejected == 0
    fill(partner)


@pytest.fixture(autouse=True)
def what_is_served_is_what_the_facts_say(partner: Partner) -> Any:
    """Whatever a test does."""
    yield
    found = check(partner_id=partner.id, now=NOW)
    assert (found.differences, found.waiting) == (0, 0), found.by_table


def test_who_turns_out_to_have_bought_before_is_returning(partner: Partner) -> None:
    tell(partner, order("b", SECOND, "10"))
    assert sales(partner, Dimension.CUSTOMER) == {"NEW": [0, 10]}
    tell(partner, order("a", FIRST, "7"))
    assert sales(partner, Dimension.CUSTOMER) == {"NEW": [7, 0], "RETURNING": [0, 10]}


def test_an_order_is_no_first_one_before_it_is_paid(partner: Partner) -> None:
    tell(partner, order("a", FIRST, "7", status="placed"), order("b", SECOND, "10"))
    assert sales(partner, Dimension.CUSTOMER) == {"NEW": [0, 10]}
    assert sales(partner, Dimension.CUSTOMER, basis="PLACED") == {"NEW": [7, 10]}
    tell(partner, event("order_paid", minute(90), subject=None, transaction_id="a"))
    assert sales(partner, Dimension.CUSTOMER) == {"NEW": [7, 0], "RETURNING": [0, 10]}


def test_guests_who_log_in_later_become_customers_and_their_next_orders_returning(partner: Partner) -> None:
    tell(
        partner,
        order("a", FIRST, "7", customer_id=None, viewer_id="v"),
        order("b", SECOND, "10"),
    )
    assert sales(partner, Dimension.CUSTOMER) == {"GUEST": [7, 0], "NEW": [0, 10]}
    tell(partner, event("identify", minute(99), subject=None, viewer_id="v", customer_id="ann"))
    assert sales(partner, Dimension.CUSTOMER) == {"NEW": [7, 0], "RETURNING": [0, 10]}


def test_a_late_refund_is_of_its_own_day_and_of_its_orders_parts(partner: Partner) -> None:
    tell(partner, order("a", FIRST, "7"), order("b", FIRST + timedelta(minutes=5), "10"))
    back = event("refund", SECOND, subject=None, transaction_id="b", refund_id="r", value="4")
    stray = event("refund", SECOND, subject=None, refund_id="s", value="1", customer_id="ann")
    tell(partner, back, stray)
    assert sales(partner, Dimension.CUSTOMER) == {"NEW": [7, 0], "RETURNING": [10, -4], "": [0, -1]}
    assert sales(partner, Dimension.LIVE) == {"NON_LIVE": [17, -5]}


def test_where_a_customer_is_from_is_where_all_he_bought_and_gave_back_is_from(partner: Partner) -> None:
    stray = event("refund", SECOND, subject=None, refund_id="s", value="1", customer_id="ann")
    tell(partner, order("a", FIRST, "7"), stray)
    assert sales(partner, Dimension.COUNTRY) == {"": [7, -1]}
    tell(partner, event("identify", minute(99), subject=None, customer_id="ann", country="MY"))
    assert sales(partner, Dimension.COUNTRY) == {"MY": [7, -1]}


def test_a_sessions_channel_told_late_moves_its_orders(partner: Partner) -> None:
    tell(partner, order("a", FIRST, "7", subject="live-1"), order("b", FIRST, "10"))
    assert sales(partner, Dimension.CHANNEL) == {"OTHER": [7, 0], "": [10, 0]}
    tell(partner, event("live_session_started", minute(-5), subject="live-1", channel="TIKTOK"))
    assert sales(partner, Dimension.CHANNEL) == {"TIKTOK": [7, 0], "": [10, 0]}


def test_an_influencer_who_appears_late_takes_the_orders_he_was_met_before(partner: Partner) -> None:
    tell(
        partner,
        event("live_session_started", minute(-30), subject="live-1", heartbeats=False),
        *watch("v", -20, until=-10),
        order("a", FIRST, "7", viewer_id="v"),
        event("refund", SECOND, subject=None, transaction_id="a", refund_id="r", value="2"),
    )
    who = collaboration(campaign(partner))
    changed(who)
    fill(partner)
    assert sales(partner, Dimension.KOL) == {"": [7, -2]}
    appear(who)
    changed(who)
    fill(partner)
    assert sales(partner, Dimension.KOL) == {str(who.kol_id): [7, -2]}


@pytest.mark.parametrize("seed", range(3))
def test_parts_of_a_random_shop_with_influencers_are_the_truths(
    make_partner: PartnerFactory, seed: int
) -> None:
    made = make_partner(timezone=["Asia/Singapore", "America/New_York", "Africa/Cairo"][seed])
    shop = Shop(made, random.Random(seed))
    shop.open()
    shop.agree()
    for _ in range(6):
        shop.appear()
    shop.come_to_pass(40)
    fill(made)
    truth = world(shop.facts, made, merges=list(shop.merges.values()))
    wholes = {(one.source, one.subject): name for one, name in zip(truth.merged, shop.merges, strict=True)}
    named = Named(made, wholes=wholes)
    meetings = Meetings(shop.facts, truth, parties(made), session_ids=named.sessions)
    credited = Credited(meetings)
    kols = {party.id: party.kol for party in meetings.parties}

    def kol_of(key: Key) -> str:
        shares = credited.shares(key)
        return next((kols[party] for party, one in shares.items() if party and one.is_last), "")

    split = Split(truth, shop.facts, kol_of=kol_of)
    period: dict[str, Any] = {"starts_on": date(2026, 3, 1), "ends_on": date(2026, 6, 3)}
    found = []
    for basis in BASES:
        asked = ShopQuestion(partner_id=made.id, basis=basis, **period)
        for by in OF_ORDERS:
            found += different(split, asked, by, of=made)
            if seed == 0:
                elsewhere = ShopQuestion(partner_id=made.id, basis=basis, timezone="Asia/Kolkata", **period)
                found += different(split, elsewhere, by, of=made)
    assert found == []
    asked = ShopQuestion(partner_id=made.id, basis="PLACED", **period)
    assert len(told_parts(asked, Dimension.KOL, of=made)) > 1
