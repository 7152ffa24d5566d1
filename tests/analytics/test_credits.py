"""Credits: what of an order's lines each model gives to whom, summing exactly, in whatever order it came."""

import os
import random
from decimal import Decimal

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from analytics.models import Credit, OrderShare, Touch
from analytics.recompute import check
from commerce.models import Partner, Stale
from tests import factories
from tests.analytics.attribution_scenes import Shop, appear, campaign, collaboration, watch
from tests.analytics.compare_credits import differences, unconserved
from tests.factories import NOW, deliver, event, fill, minute

SEED = int(os.environ.get("LIVELEDGER_SEED", "20260531"))
ZONES = (("Asia/Singapore", "SGD"), ("America/New_York", "USD"), ("Africa/Cairo", "EGP"))
ITEMS = [{"item_id": "x", "price": "10.00"}, {"item_id": "y", "quantity": 3, "price": "3.33"}]


def settle(partner: Partner) -> None:
    """Fill, and see that nothing is left to do."""
    fill(partner)
    assert list(Stale.objects.using("worker").filter(partner_id=partner.id).values()) == []


def run(*, seed: int, examples: int, steps: int) -> None:
    """Random shops of a seed: whatever happens in whatever order, what is stored is the truth."""

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(world=st.integers(0, 2**32 - 1), zone=st.sampled_from(ZONES))
    def shops(world: int, zone: tuple[str, str]) -> None:
        partner = factories.partner(timezone=zone[0], currency=zone[1])
        shop = Shop(partner, random.Random(world))
        shop.open()
        shop.agree()
        for _ in range(6):
            shop.appear()
        shop.come_to_pass(steps)
        settle(partner)
        found = differences(shop.facts, partner, merges=shop.merges) + unconserved(partner)
        assert not found, "\n".join(found)
        before = rows(partner)
        again = check(partner_id=partner.id, now=NOW)
        assert again.differences == 0, again.by_table
        assert rows(partner) == before

    shops()


def rows(partner: Partner) -> list[object]:
    """Every touch, share and credit."""
    return [
        row
        for model in (Touch, OrderShare, Credit)
        for row in model._default_manager.using("worker").filter(partner=partner).order_by("id").values()
    ]


def test_stored_credits_are_the_truth_whatever_happens_in_whatever_order() -> None:
    run(seed=SEED, examples=4, steps=50)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(SEED, SEED + 50))
def test_stored_credits_are_the_truth_500_times(seed: int) -> None:
    print(f"seed {seed}, 10 shops")
    run(seed=seed, examples=10, steps=120)


def test_who_was_watched_last_is_credited_with_the_order(partner: Partner) -> None:
    deliver(
        partner,
        [
            event("live_session_started", minute(0)),
            *watch("ada", 1, until=20),
            event("purchase", minute(30), transaction_id="t", viewer_id="ada", items=ITEMS),
        ],
    )
    who = collaboration(campaign(partner))
    appear(who)
    fill(partner)
    touch = Touch.objects.using("worker").get(partner=partner)
    assert (touch.kind, touch.touched_at, touch.collaboration_id) == ("LIVE_VIEW", minute(1), who.id)
    share = OrderShare.objects.using("worker").get(partner=partner)
    assert share.collaboration_id == who.id
    assert (share.is_last, share.is_direct, share.is_payable) == (True, True, True)
    assert (share.basis, share.last_weight) == ("ORDER", Decimal(1))  # type: ignore[attr-defined]
    credited = Credit.objects.using("worker").filter(partner=partner).values_list("amount", "last_amount")
    assert sorted(credited) == [(Decimal("9.99"), Decimal("9.99")), (Decimal(10), Decimal(10))]
    assert check(partner_id=partner.id, now=NOW).differences == 0
