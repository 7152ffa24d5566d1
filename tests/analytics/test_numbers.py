"""Stored numbers are those of the slow truth, however the events came."""

import random

import pytest

from commerce.models import Partner, Stale
from tests.analytics.compare import differences, world
from tests.analytics.scenes import scene
from tests.factories import deliver, fill


@pytest.mark.parametrize("seed", range(14))
def test_numbers_of_a_random_world_are_those_of_the_truth(partner: Partner, seed: int) -> None:
    events = scene(random.Random(seed))
    outcome = deliver(partner, events)
    assert outcome.rejected == 0, outcome.errors
    fill(partner)
    assert differences(world(events, partner), partner) == []
    assert not Stale.objects.using("worker").filter(partner_id=partner.id).exists()


@pytest.mark.parametrize("seed", range(20, 34))
def test_numbers_filled_bit_by_bit_in_any_order_are_those_of_the_truth(partner: Partner, seed: int) -> None:
    rng = random.Random(seed)
    events = scene(rng)
    rng.shuffle(events)
    start = 0
    while start < len(events):
        size = rng.randrange(1, 25)
        again = rng.sample(events[: start + 1], k=min(3, start + 1))
        deliver(partner, [*events[start : start + size], *again])
        fill(partner)
        start += size
    assert differences(world(events, partner), partner) == []
