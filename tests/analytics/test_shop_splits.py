"""The shop in parts: each is the truth's, and together they are the shop."""

import random
from datetime import date
from decimal import Decimal

import pytest

from analytics.metrics import Additivity, Dimension
from analytics.queries.shop_facts import SOLD, ShopQuestion
from commerce.models import Partner
from tests.analytics.compare import world
from tests.analytics.compare_shop import BASES, different, told_parts, within
from tests.analytics.shop_scenes import shop
from tests.conftest import PartnerFactory
from tests.factories import deliver, fill
from tests.oracle.shop_splits import WHOLE, Split

OF_ORDERS = [by for by in Dimension if by is not Dimension.PRODUCT]
PERIOD = (date(2026, 3, 25), date(2026, 5, 12))
UNITS_BACK = frozenset({"items_sold"})
"""Units of products that came back are another test's."""


def asked(partner: Partner, basis: str, period: tuple[date, date] = PERIOD) -> ShopQuestion:
    """A period of a partner's calendar."""
    return ShopQuestion(partner_id=partner.id, starts_on=period[0], ends_on=period[1], basis=basis)


@pytest.mark.parametrize("seed", range(4))
def test_parts_of_a_random_shop_are_the_truths(make_partner: PartnerFactory, seed: int) -> None:
    partner = make_partner(timezone=["Asia/Singapore", "America/New_York", "Asia/Kolkata", "UTC"][seed])
    rng = random.Random(seed)
    events = shop(rng)
    for start in range(0, len(events), 50):
        # In pieces and out of order: whoever was new may be returning once more is known.
        piece = events[start : start + 50]
        rng.shuffle(piece)
        assert deliver(partner, piece).rejected == 0
        fill(partner)
    truth = Split(world(events, partner), events)
    found = []
    for basis in BASES:
        for by in OF_ORDERS:
            found += different(truth, asked(partner, basis), by, of=partner)
        without = UNITS_BACK if basis == "NET" else frozenset()
        found += different(truth, asked(partner, basis), Dimension.PRODUCT, of=partner, without=without)
    assert found == []


def test_parts_add_up_to_the_shop_for_all_that_adds_up(partner: Partner) -> None:
    events = shop(random.Random(11))
    deliver(partner, events)
    fill(partner)
    summed = [metric.key for metric in SOLD if metric.additivity is Additivity.SUM]
    # An order of two products is in both of theirs.
    amounts = [key for key in summed if "orders" not in key]
    truth = Split(world(events, partner), events)
    inside = within(*PERIOD, partner.timezone)
    for basis in BASES:
        whole = truth.parts("", inside, basis=basis, currency=partner.currency)[WHOLE].numbers(basis=basis)
        assert whole["sales"] > Decimal(0)
        for by in Dimension:
            parts = told_parts(asked(partner, basis), by, of=partner)
            assert len(parts) > 1 or by is Dimension.KOL
            for key in amounts if by is Dimension.PRODUCT else summed:
                assert sum(part[key] for part in parts.values()) == whole[key], (by, basis, key)
