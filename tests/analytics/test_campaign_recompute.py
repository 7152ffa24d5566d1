"""Served = recomputed for campaigns: touches, credits, rollups and flags, live and after late facts."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest

from analytics.models import (
    CampaignCredit,
    CampaignMoney,
    CampaignOverlap,
    CampaignRollup,
    CollaborationFlag,
    Credit,
    OrderShare,
    Touch,
)
from analytics.recompute import check
from analytics.staleness import NO_MINUTE
from commerce.models import Partner, Product, Stale
from kol.models import Agency, AgencyGrant, Collaboration, CostLine
from tests import factories
from tests.analytics.attribution_scenes import WORKER, Shop, appear, campaign, collaboration, watch
from tests.factories import NOW, deliver, event, fill, minute

TABLES: Final = (
    Touch, OrderShare, Credit, CampaignRollup, CampaignCredit, CampaignMoney, CampaignOverlap,
    CollaborationFlag,
)  # fmt: skip
HOUR: Final = timedelta(hours=1)


def cost(item: str, amount: str, at: datetime, **given: Any) -> dict[str, Any]:
    """A product is said to cost something."""
    return event("product_updated", at, subject=None, item_id=item, cost=amount, **given)


def bought(name: str, at: datetime, *, viewer: str, customer: str) -> dict[str, Any]:
    """A paid order of two lines, one of which says itself what it cost."""
    items = [
        {"item_id": "lip", "quantity": 2, "price": "9.99"},
        {"item_id": "hat", "price": "5.00", "cost": "1.50"},
    ]
    return event(
        "purchase", at, subject=None, transaction_id=name, viewer_id=viewer, customer_id=customer, items=items
    )


def is_served(partner: Partner) -> None:
    """Nothing waits, every table has cells, and each is what the facts say."""
    fill(partner)
    assert not Stale.objects.using(WORKER).filter(partner_id=partner.id).exists()
    found = check(partner_id=partner.id, now=NOW)
    assert found.differences == 0, found.by_table
    assert found.waiting == 0
    cells = {model: found.by_table[str(model._meta.verbose_name_plural)][0] for model in TABLES}
    assert all(count > 0 for count in cells.values()), cells


def spend(shop: Shop) -> None:
    """An agency that may see a campaign, and costs of it and of somebody in it."""
    made = shop.parties[0]
    agency = Agency.objects.using(WORKER).create(slug=f"a-{made.pk.hex}", name="Bright")
    Collaboration.objects.using(WORKER).filter(pk=made.pk).update(agency=agency)
    of = {"partner_id": made.partner_id, "campaign_id": made.campaign_id}
    AgencyGrant.objects.using(WORKER).create(agency=agency, granted_at=NOW, **of)
    for whose, day in ((made, date(2026, 5, 2)), (None, date(2026, 4, 2))):
        CostLine.objects.using(WORKER).create(
            collaboration=whose, kind="FEE", amount=Decimal("120.50"), currency="SGD", on_date=day, **of
        )


@pytest.mark.parametrize("seed", range(3))
def test_everything_of_campaigns_is_what_the_facts_say_live_and_after_late_facts(seed: int) -> None:
    partner = factories.partner(timezone="America/New_York")
    shop = Shop(partner, random.Random(seed))
    shop.open()
    shop.agree()
    spend(shop)
    deliver(partner, [cost("lip", "3.30", minute(-999_999)), cost("bag", "0.70", minute(0), currency="SGD")])
    started = NOW - HOUR
    deliver(partner, [event("live_session_started", started, subject="on-air")])
    for made in shop.parties:
        appear(made, "on-air")
    # Three who watch what is on now, one of whom buys and buys: odd, and so told.
    viewers = [
        event("live_view_started", started + n * timedelta(minutes=9), subject="on-air", viewer_id=who)
        for n, who in enumerate(("ada", "bo", "eve"))
    ]
    orders = [
        bought(f"x{n}", started + timedelta(minutes=20 + n), viewer="ada", customer="ann") for n in range(6)
    ]
    deliver(partner, [*viewers, *orders])
    shop.come_to_pass(40)
    is_served(partner)
    # Later than it was: who was there before, and what came back, was cancelled or costs something else.
    late = [
        event("live_view_started", started + timedelta(minutes=1), subject="on-air", viewer_id="cy"),
        event("live_view_ended", started + timedelta(minutes=50), subject="on-air", viewer_id="bo"),
        bought("x7", started + timedelta(minutes=19), viewer="eve", customer="ben"),
        event("refund", NOW, subject=None, transaction_id="x0", refund_id="late", value="3.3333"),
        event("order_cancelled", NOW, subject=None, transaction_id="x1"),
        cost("lip", "4.40", NOW),
    ]
    assert deliver(partner, late).rejected == 0
    is_served(partner)


# -- what a product costs anew -------------------------------------------------------------------


@pytest.fixture
def who(partner: Partner) -> Collaboration:
    """Somebody who sold two lips, whose cost is the product's, and a hat, whose line has its own."""
    deliver(
        partner,
        [
            event("live_session_started", minute(0)),
            *watch("ada", 1, until=20),
            cost("lip", "3.30", minute(0)),
            bought("t", minute(30), viewer="ada", customer="ann"),
        ],
    )
    made = collaboration(campaign(partner))
    appear(made)
    fill(partner)
    assert cost_of(made) == Decimal("8.10")
    return made


def cost_of(made: Collaboration) -> Decimal:
    """What the sold goods of a collaboration cost, by its last touches, as a whole."""
    row = CampaignCredit.objects.using(WORKER).get(subject_id=made.pk, date=None, model="LAST")
    told: Decimal = row.cost_of_goods  # type: ignore[attr-defined]
    return told


def marks(made: Collaboration, kind: str = "CAMPAIGN") -> list[tuple[str, str, bool, datetime | None]]:
    """The marks there are of the partner's campaigns, or of its customers."""
    rows = Stale.objects.using(WORKER).filter(partner_id=made.partner_id, kind=kind)
    return list(rows.values_list("kind", "subject", "is_whole", "since"))


def test_a_product_that_costs_something_else_makes_campaigns_cost_it(
    partner: Partner, who: Collaboration
) -> None:
    deliver(partner, [cost("lip", "4.40", minute(60))])
    assert marks(who) == [("CAMPAIGN", str(who.campaign_id), False, NO_MINUTE)]
    lip = Product.objects.using(WORKER).get(partner=partner, external_id="lip")
    assert marks(who, "CUSTOMER") == [("CUSTOMER", str(lip.pk), False, None)]
    fill(partner)
    assert cost_of(who) == Decimal("10.30")
    assert check(partner_id=partner.id, now=NOW).differences == 0


def test_a_cost_in_another_currency_is_none_of_the_orders(partner: Partner, who: Collaboration) -> None:
    told = event("product_updated", minute(60), subject=None, item_id="lip", currency="USD")
    deliver(partner, [told])
    assert (len(marks(who)), len(marks(who, "CUSTOMER"))) == (1, 1)
    fill(partner)
    assert cost_of(who) == Decimal("1.50")
    assert check(partner_id=partner.id, now=NOW).differences == 0


def test_a_product_that_costs_the_same_or_did_later_marks_nothing(
    partner: Partner, who: Collaboration
) -> None:
    again = [
        cost("lip", "3.3", minute(60)),
        cost("lip", "9.90", minute(-5)),
        event("product_updated", minute(61), subject=None, item_id="lip", price="12", stock=4),
        event("product_updated", minute(62), subject=None, item_id="bag", currency="USD"),
    ]
    assert deliver(partner, again).rejected == 0
    assert marks(who) + marks(who, "CUSTOMER") == []
    assert check(partner_id=partner.id, now=NOW).differences == 0
