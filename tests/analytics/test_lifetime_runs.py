"""Runs of the models of lifetime value, from purchases through the door to what is said of a customer."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

import pytest

from analytics.lifetime import runs
from analytics.lifetime.customers import Window
from commerce.connection import worker_connection
from commerce.models import Partner
from tests import cdnow
from tests.factories import deliver, event, fill, partner

AFTER: Final = datetime(1998, 7, 1, 12, tzinfo=UTC)
WINDOW: Final = Window(calibrated_to=date(1997, 10, 1), observed_to=date(1998, 7, 1))
BATCH: Final = 2000


@pytest.fixture(scope="module")
def shop() -> Partner:
    """A shop that sold to the CDNOW sample, every purchase through the door."""
    made = partner(currency="USD", timezone="UTC")
    events = [
        event(
            "purchase", datetime.combine(told.day, datetime.min.time(), UTC), subject=None,
            customer_id=told.customer, transaction_id=f"t{number}", currency="USD",
            items=[{"item_id": "disc", "price": str(told.value), "quantity": 1}],
        )
        for number, told in enumerate(cdnow.purchases())
    ]  # fmt: skip
    for start in range(0, len(events), BATCH):
        outcome = deliver(made, events[start : start + BATCH], now=AFTER)
        assert outcome.rejected == 0, outcome.errors
    fill(made, now=AFTER)
    return made


def run_of(shop: Partner, window: Window = WINDOW) -> runs.Run:
    connection = worker_connection()
    with connection.transaction():
        return runs.make_run(
            connection, partner_id=shop.pk, currency="USD", timezone=shop.timezone, window=window
        )


def test_purchases_through_the_door_give_the_published_models(shop: Partner) -> None:
    run = run_of(shop)
    assert run.purchases is not None
    assert run.amounts is not None
    assert run.holdout is not None
    assert (run.size, run.repeaters, run.starts_on) == (2357, 946, date(1997, 1, 1))
    assert run.purchases.values == pytest.approx((0.24259452, 4.41360187, 0.79292206, 2.42590708), abs=1e-4)
    assert run.purchases.log_likelihood == pytest.approx(-9582.429207, abs=1e-4)
    assert run.amounts.values == pytest.approx((6.249572, 3.744225, 15.443521), abs=1e-4)
    assert run.correlation == pytest.approx(0.113888, abs=1e-6)
    assert round(run.holdout.predicted, 2) == 1653.41
    assert run.holdout.actual == 1882
    assert round(run.holdout.ratio or 0, 4) == 0.8785
    assert [gate.reason for gate in run.gates] == [""] * 6
    assert run.is_used


def test_the_holdout_is_told_by_tenth_and_beside_past_spend(shop: Partner) -> None:
    run = run_of(shop)
    assert run.holdout is not None
    assert run.baseline is not None
    tenths = run.holdout.tenths
    assert [round(one.predicted, 3) for one in tenths] == [
        3.650, 1.107, 0.620, 0.314, 0.248, 0.237, 0.227, 0.217, 0.208, 0.186,
    ]  # fmt: skip
    assert [round(one.actual, 3) for one in tenths] == [
        3.747, 1.306, 0.959, 0.476, 0.319, 0.199, 0.219, 0.236, 0.191, 0.332,
    ]  # fmt: skip
    assert sum(one.actual for one in tenths) * 235.7 == pytest.approx(1882)
    assert sum(one.actual_value for one in tenths) * 235.7 == pytest.approx(run.holdout.actual_value)
    assert (round(run.baseline.share or 0, 4), round(run.baseline.model_share or 0, 4)) == (0.4811, 0.5020)
    assert (round(run.baseline.error, 2), round(run.baseline.model_error, 2)) == (88.14, 72.30)


def test_the_past_spend_of_the_sample_catches_what_one_reckons_by_hand(shop: Partner) -> None:
    spent: dict[str, float] = defaultdict(float)
    later: dict[str, float] = defaultdict(float)
    for told in cdnow.purchases():
        (spent if told.day < WINDOW.calibrated_to else later)[told.customer] += float(told.value)
    ranked = sorted(((spent[one], one) for one in spent), reverse=True)
    # The first tenth of 2,357: 235 customers, and seven tenths of the next.
    caught = sum(later[one] for _, one in ranked[:235]) + 0.7 * later[ranked[235][1]]
    run = run_of(shop)
    assert run.baseline is not None
    assert run.baseline.share == pytest.approx(caught / sum(later.values()))


def test_what_was_fitted_to_is_recognised(shop: Partner) -> None:
    first, again = run_of(shop), run_of(shop)
    other = run_of(shop, replace(WINDOW, calibrated_to=date(1997, 9, 30)))
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != other.fingerprint
