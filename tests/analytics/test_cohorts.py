"""Orders and refunds in any order and any grouping give the same cohorts: those of the slow truth."""

import os
import random
from datetime import UTC, date, datetime
from decimal import Decimal

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from analytics.models.cohorts import CohortGrain
from analytics.recompute import check
from tests import factories
from tests.analytics.cohort_scenes import HAT_COSTS, ZONE, Raw, instant, shops, splits, whens
from tests.analytics.compare import world
from tests.analytics.compare_cohorts import BASES, different
from tests.factories import deliver, fill
from tests.oracle.cohorts import lives

SEED = int(os.environ.get("LIVELEDGER_SEED", "20260329"))
STARTS = (date(2024, 9, 1), date(2027, 1, 1))
LATER = datetime(2027, 6, 1, tzinfo=UTC)
END = datetime(2028, 1, 1, tzinfo=UTC)
COSTS = {"hat": Decimal(HAT_COSTS)}


def run(*, seed: int, examples: int) -> None:
    """So many shops, each told in an order and in portions of its own; the same seed is the same shops."""

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(events=shops, order=st.integers(0, 2**32 - 1), until=whens.map(instant))
    def told_in_any_order(events: list[Raw], order: int, until: datetime) -> None:
        compare(events, random.Random(order), until)

    told_in_any_order()


def compare(events: list[Raw], rng: random.Random, until: datetime) -> None:
    """Tell, fill now and then, and compare: all of it, and the world as it was at another moment."""
    partner = factories.partner(timezone=ZONE, currency="GBP", week_starts_on=rng.choice((0, 0, 6, 3)))
    shuffled = rng.sample(events, k=len(events))
    while shuffled:
        portion = rng.randint(1, len(shuffled))
        outcome = deliver(partner, shuffled[:portion], now=LATER)
        assert (outcome.accepted, outcome.rejected) == (portion, 0), outcome.errors
        shuffled = shuffled[portion:]
        if rng.random() < 0.5:
            fill(partner, now=LATER)
    fill(partner, now=LATER)
    true = lives(world(events, partner), costs=COSTS)
    wrong = []
    for by in CohortGrain:
        split = rng.choice(splits(partner))
        basis, currency = rng.choice(BASES), rng.choice((None, None, "USD"))
        for world_ends in (END, until.astimezone(UTC)):
            found = different(
                true,
                partner,
                starts=STARTS,
                until=world_ends,
                by=by,
                basis=basis,
                split=split.by,
                currency=currency,
                won_by=split.won_by,
                names=split.names,
            )
            wrong += [f"{by} {split.by} {basis} {currency} until {world_ends}: {line}" for line in found]
    assert wrong == [], "\n".join(wrong)
    if rng.random() < 0.4:
        recomputed = check(partner_id=partner.id, now=LATER)
        assert (recomputed.differences, recomputed.waiting) == (0, 0), recomputed.by_table


def test_50_shops_told_in_any_order_and_grouping_have_the_cohorts_of_the_slow_truth() -> None:
    run(seed=SEED, examples=50)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(SEED + 1, SEED + 21))
def test_2000_shops_told_in_any_order_and_grouping_have_the_cohorts_of_the_slow_truth(seed: int) -> None:
    print(f"seed {seed}")
    run(seed=seed, examples=100)
