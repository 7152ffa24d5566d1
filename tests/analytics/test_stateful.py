"""Incremental = from scratch, whatever happens in whatever order; and planted faults do not stay hidden."""

import os

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from commerce.models import Partner
from tests.analytics.compare import differences, world
from tests.analytics.machine import Sources
from tests.analytics.mutants import MUTANTS, planted
from tests.factories import deliver, event, fill, minute

SEED = int(os.environ.get("LIVELEDGER_SEED", "20260329"))
EXAMPLES = 10
"""Runs of a seed. Later ones of a seed vary earlier ones: more seeds say more than more runs of one."""


def run(*, seed: int, steps: int = 20) -> None:
    """Run the machine `EXAMPLES` times; the same seed is the same runs. Raises what a failing one raised."""
    settings = hypothesis.settings(
        max_examples=EXAMPLES,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    seeded = hypothesis.seed(seed)(type("Seeded", (Sources,), {}))
    run_state_machine_as_test(seeded, settings=settings)


@pytest.mark.parametrize("seed", range(SEED, SEED + 2))
def test_incremental_is_from_scratch_across_a_change_of_clocks(seed: int) -> None:
    run(seed=seed)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(SEED, SEED + 50))
def test_incremental_is_from_scratch_across_a_change_of_clocks_500_times(seed: int) -> None:
    print(f"seed {seed}, {EXAMPLES} runs of up to 50 steps")
    run(seed=seed, steps=50)


def test_a_start_without_a_view_opens_what_a_sign_without_one_had_no_need_to(partner: Partner) -> None:
    data = {"viewer_id": "cy"}
    events = [
        event("live_session_started", minute(0), heartbeats=False),
        event("live_view_started", minute(1), view_id="t1", **data),
        event("live_view_ended", minute(2), view_id="t2", **data),
        event("live_like", minute(3), **data),
        event("live_view_started", minute(4), **data),
        event("live_view_ended", minute(5), view_id="t1", **data),
    ]
    deliver(partner, events)
    fill(partner)
    assert differences(world(events, partner), partner) == []


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_fault_is_found(name: str) -> None:
    with planted(name):
        assert any(_is_found(seed=seed) for seed in range(SEED, SEED + 10))


def _is_found(*, seed: int) -> bool:
    try:
        run(seed=seed)
    except AssertionError:
        return True
    return False
