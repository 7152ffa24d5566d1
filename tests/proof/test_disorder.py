"""Order does not matter, and repetition has no effect: the same cells, whatever the way events came."""

import os
import random
from datetime import timedelta

import pytest

from commerce.models import Partner
from tests.analytics.compare import Cells, cells, differences, world
from tests.analytics.scenes import scene
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, fill
from tests.proof.house import commit

SEED = int(os.environ.get("LIVELEDGER_SEED", "2000"))


def session(*, size: int) -> list[dict[str, object]]:
    """About `size` events of one session and its orders: clocks off, a month late, refunds before orders."""
    return scene(random.Random(SEED), size=size, sessions=1)


def different(these: Cells, those: Cells) -> list[tuple[str, ...]]:
    """Names of the cells that are not the same."""
    return sorted(name for name in these.keys() | those.keys() if these.get(name) != those.get(name))


def cells_of(events: list[dict[str, object]], partner: Partner, *, batch: int) -> Cells:
    """Cells after these events came in this order; filled after some of the batches."""
    for start in range(0, len(events), batch):
        deliver(partner, events[start : start + batch])
        if start // batch % 3 == 2:
            fill(partner)
    fill(partner)
    return cells(partner)


def permutations(make_partner: PartnerFactory, *, number: int, size: int) -> None:
    """The ordered way against the truth, then each permutation against the ordered way."""
    told = session(size=size)
    prompt = make_partner()
    wanted = cells_of(told, prompt, batch=len(told))
    assert differences(world(told, prompt), prompt) == []
    rng = random.Random(SEED)
    wrong: list[object] = []
    for turn in range(number):
        shuffled = rng.sample(told, k=len(told))
        found = different(wanted, cells_of(shuffled, make_partner(), batch=rng.choice((500, 700, 3000))))
        wrong += [(turn, name) for name in found]
    print(f"\nseed {SEED}, commit {commit()}, events {len(told)}, cells {len(wanted)}, ", end="")
    print(f"permutations {number}, differences {len(wrong)}")
    assert wrong == []


def test_10_permutations_of_2000_events_give_the_same_cells(make_partner: PartnerFactory) -> None:
    permutations(make_partner, number=10, size=2000)


@pytest.mark.proof
def test_500_permutations_of_2000_events_give_the_same_cells(make_partner: PartnerFactory) -> None:
    permutations(make_partner, number=500, size=2000)


def test_every_event_sent_one_to_five_times_over_90_days_has_its_effect_once(
    make_partner: PartnerFactory,
) -> None:
    rng = random.Random(SEED)
    told = scene(rng, size=150, sessions=3)
    once = make_partner()
    wanted = cells_of(told, once, batch=len(told))
    again = make_partner()
    arrivals = [(rng.uniform(0, 90), one) for one in told for _ in range(rng.randint(1, 5))]
    by_day: dict[int, list[dict[str, object]]] = {}
    for day, one in arrivals:
        by_day.setdefault(int(day), []).append(one)
    received = accepted = duplicate = 0
    for day, sent in sorted(by_day.items()):
        rng.shuffle(sent)
        outcome = deliver(again, sent, now=NOW + timedelta(days=day))
        received, accepted = received + outcome.received, accepted + outcome.accepted
        duplicate += outcome.duplicate
        if rng.random() < 0.2:
            fill(again, now=NOW + timedelta(days=day))
    fill(again, now=NOW + timedelta(days=90))
    assert (accepted, received) == (len(told), accepted + duplicate)
    assert different(wanted, cells(again)) == []
    assert differences(world(told, again), again) == []
