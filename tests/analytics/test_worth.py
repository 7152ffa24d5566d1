"""What customers won live are worth beside others, and what viewers spent after a session."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from analytics.lifetime.beside import compare_customers
from analytics.lifetime.comparing import compare, groups_of
from commerce.models import Partner
from tests.analytics.graphql_client import ask
from tests.factories import NOW, deliver, event, fill

INDEX = """{ liveLtvIndex { currency index { value numerator denominator } low high
    liveCustomers otherCustomers liveValue { amount } otherValue { amount }
    months { month liveCustomers liveValue { amount } otherCustomers otherValue { amount } }
    caveat benchmarkLevels { low } } }"""
WORTH = """{ viewerWorth { isReturning hasBought viewings customers buyers { numerator denominator }
    sales { amount } value { value { amount } } } }"""
FIVE = """{ liveSession(by: {externalId: "live-1"}) { kpis { liveLtvIndex { value reason }
    liveLifetimeValue { amount } otherLifetimeValue { amount } }
    five { metric value } } }"""
JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 5, 4, tzinfo=UTC) for month in (1, 2, 3))
LAST_DAY = datetime(2026, 2, 28, 4, tzinfo=UTC)


def _bought(name: str, at: datetime, price: int, *, live: bool = False, **more: Any) -> dict[str, Any]:
    return event(
        "purchase", at, subject="live-1" if live else None, transaction_id=f"{name}-{at:%m%d%H%M}",
        customer_id=name, items=[{"item_id": "p", "price": str(price)}], **more,
    )  # fmt: skip


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """Months of customers. January: 12 live ones worth 30, 24 others worth 10. February: 36 live ones worth
    20, 12 others worth 45, of which refunds take 5. March is not over for 90 days, and nine live ones of
    December are too few."""
    told = [event("live_session_started", JANUARY - timedelta(hours=1), subject="live-1", channel="OWNED")]
    for n in range(12):
        told.append(_bought(f"jl{n}", JANUARY, 20, live=True))
        told.append(_bought(f"jl{n}", JANUARY + timedelta(days=89), 10))
        # An hour too late: 90 days are over.
        told.append(_bought(f"jl{n}", JANUARY + timedelta(days=90), 500))
        told.append(_bought(f"fo{n}", FEBRUARY, 45))
        told.append(
            event("refund", NOW, subject=None, transaction_id=f"fo{n}-{FEBRUARY:%m%d%H%M}", value="5")
        )
    told += [_bought(f"jo{n}", JANUARY, 10) for n in range(24)]
    told += [_bought(f"fl{n}", LAST_DAY if n else FEBRUARY, 20, live=True) for n in range(36)]
    told += [_bought(f"ml{n}", MARCH, 1000, live=True) for n in range(12)]
    told += [_bought(f"mo{n}", MARCH, 1, live=False) for n in range(12)]
    told += [_bought(f"dl{n}", JANUARY - timedelta(days=30), 700, live=True) for n in range(9)]
    told += [_bought(f"do{n}", JANUARY - timedelta(days=30), 1) for n in range(12)]
    deliver(partner, told)
    fill(partner)
    return partner


def test_months_are_compared_alike_at_the_live_customers_mix(shop: Partner) -> None:
    assert compare_customers(partner_id=shop.id, now=NOW) == 1
    found = ask(INDEX, of=shop)["liveLtvIndex"]
    # (12 x 30 + 36 x 20) / 48 and (12 x 10 + 36 x 40) / 48.
    assert found["index"] == {"value": "0.692308", "numerator": "22.5", "denominator": "32.5"}
    assert (found["liveCustomers"], found["otherCustomers"]) == ("48", "36")
    assert (found["liveValue"]["amount"], found["otherValue"]["amount"]) == ("22.50", "32.50")
    assert [(one["month"], one["liveCustomers"], one["liveValue"]["amount"]) for one in found["months"]] == [
        ("2026-01-01", "12", "30.00"),
        ("2026-02-01", "36", "20.00"),
    ]
    # Everybody of a group is worth the same: nothing is left to chance.
    assert (found["low"], found["high"]) == ("0.692308", "0.692308")
    assert "association" in found["caveat"]
    assert found["benchmarkLevels"] == [{"low": "2.1"}]


def test_a_session_shows_the_index_of_its_partner(shop: Partner) -> None:
    before = ask(FIVE, of=shop)["liveSession"]
    assert before["kpis"]["liveLtvIndex"] == {"value": None, "reason": "NOT_YET"}
    assert before["kpis"]["liveLifetimeValue"] is None
    compare_customers(partner_id=shop.id, now=NOW)
    after = ask(FIVE, of=shop)["liveSession"]
    assert after["kpis"] == {
        "liveLtvIndex": {"value": "0.692308", "reason": None},
        "liveLifetimeValue": {"amount": "22.50"},
        "otherLifetimeValue": {"amount": "32.50"},
    }
    assert after["five"][-1] == {"metric": "LIVE_LTV_INDEX", "value": "0.692308"}


def test_without_months_of_both_there_is_no_index(partner: Partner) -> None:
    deliver(partner, [_bought(f"c{n}", JANUARY, 5) for n in range(20)])
    fill(partner)
    assert ask(INDEX, of=partner)["liveLtvIndex"] is None
    compare_customers(partner_id=partner.id, now=NOW)
    found = ask(INDEX, of=partner)["liveLtvIndex"]
    assert found["index"] == {"value": None, "numerator": "0", "denominator": "0"}
    assert (found["low"], found["high"], found["months"]) == (None, None, [])


@pytest.mark.parametrize("apart", [0.0, 100.0], ids=["each another", "many alike"])
def test_the_interval_is_that_of_drawing_customers_anew(apart: float) -> None:
    generator = np.random.default_rng(7)
    month = JANUARY.date().replace(day=1)
    live, other = generator.gamma(2, 30, size=400), generator.gamma(2, 20, size=900)
    if apart:
        live, other = (np.ceil(worth / apart) * apart for worth in (live, other))
    one, another = groups_of({month: live}, is_live=True), groups_of({month: other}, is_live=False)
    found = compare(one, another)
    # Another way to the same: the quotient of two means, by the delta method.
    quotient = live.mean() / other.mean()
    spread = quotient * np.sqrt(
        live.var(ddof=1) / live.mean() ** 2 / 400 + other.var(ddof=1) / other.mean() ** 2 / 900
    )
    assert found.live_value == pytest.approx(live.mean(), abs=1e-9)
    assert found.low == pytest.approx(quotient - 1.96 * spread, abs=0.15 * spread)
    assert found.high == pytest.approx(quotient + 1.96 * spread, abs=0.15 * spread)
    again = groups_of({month: live[::-1]}, is_live=True), groups_of({month: other[::-1]}, is_live=False)
    assert compare(*again) == found


def test_viewers_who_did_not_buy_are_worth_what_they_spent_in_the_90_days_after(partner: Partner) -> None:
    def at(days: float) -> datetime:
        return NOW - timedelta(days=days)

    told = []
    for name, days in (("live-1", 130.0), ("live-2", 120.0), ("live-3", 20.0)):
        told += [
            event("live_session_started", at(days), subject=name),
            *(
                event(
                    "live_view_started", at(days), subject=name, viewer_id=viewer, customer_id=f"c-{viewer}"
                )
                for viewer in ("ann", "bob")
            ),
            event("live_view_started", at(days), subject=name, viewer_id="nobody"),
            event("live_session_ended", at(days) + timedelta(hours=1), subject=name),
        ]
    told += [
        _bought("c-ann", at(130) + timedelta(minutes=5), 8, live=True),
        # In the tail: of the session too.
        _bought("c-ann", at(130) + timedelta(hours=2), 100, live=True),
        _bought("c-ann", at(100), 30),
        _bought("c-bob", at(119), 7),
        _bought("c-bob", at(10), 1000),
    ]
    deliver(partner, told)
    fill(partner)
    compare_customers(partner_id=partner.id, now=NOW)
    groups = {(one["isReturning"], one["hasBought"]): one for one in ask(WORTH, of=partner)["viewerWorth"]}
    assert {
        group: (one["viewings"], one["customers"], one["buyers"]["numerator"], one["sales"]["amount"])
        for group, one in groups.items()
    } == {
        # The first live: bob and nobody did not buy; bob spent 7 within 90 days. ann bought, then 30.
        (False, False): ("2", "1", "1", "7.00"),
        (False, True): ("1", "1", "1", "30.00"),
        # The second: all three came again and none bought; ann spent 30 and bob 7 after it.
        (True, False): ("3", "2", "2", "37.00"),
    }
    assert groups[True, False]["value"]["value"]["amount"] == str(Decimal("12.3333"))
