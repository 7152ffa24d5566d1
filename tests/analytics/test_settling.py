"""Orders, refunds and days where the facts are few, late or in an odd place."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from analytics.fills import refresh_partner
from analytics.models import RefundFact, SessionSales, ShopPeriod
from analytics.queries import session_numbers
from analytics.recompute import check
from commerce.access import Actor
from commerce.models import LiveSession, Partner, Stale
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, event, fill, minute

ITEMS = [{"item_id": "x", "price": "10.00"}]


def test_an_order_of_a_live_nobody_is_seen_in_is_settled_once(partner: Partner) -> None:
    deliver(
        partner,
        [
            event("live_session_started", minute(0)),
            event("purchase", minute(1), transaction_id="t", customer_id="c", items=ITEMS),
        ],
    )
    rounds = iter(range(20))
    filled = refresh_partner(partner_id=partner.id, now=NOW, deadline=lambda: next(rounds) >= 10)
    assert not Stale.objects.using("worker").filter(partner_id=partner.id).exists()
    assert filled < 10
    assert SessionSales.objects.using("worker").get(partner=partner).live_sales_paid == Decimal("10")  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_refund_first", [True, False])
def test_an_unlinked_refund_is_in_the_currency_its_session_turns_out_to_have(
    partner: Partner, is_refund_first: bool
) -> None:
    told = [
        event("refund", minute(5), refund_id="r", value="5.00"),
        event("live_session_started", minute(0), currency="THB"),
    ]
    for one in told if is_refund_first else reversed(told):
        deliver(partner, [one])
        fill(partner)
    assert RefundFact.objects.using("worker").get(partner=partner).currency == "THB"
    assert check(partner_id=partner.id, now=NOW).differences == 0


def test_a_refund_in_another_currency_than_its_order_counts_nowhere(partner: Partner) -> None:
    deliver(
        partner,
        [
            event("live_session_started", minute(0)),
            event("purchase", minute(1), transaction_id="t", items=ITEMS, currency="SGD"),
            event("refund", minute(9), subject=None, transaction_id="t", value="9", currency="JPY"),
        ],
    )
    fill(partner)
    sales = SessionSales.objects.using("worker").filter(partner=partner).values().get()
    assert sales["currency"] == "SGD"
    assert (sales["live_sales_net"], sales["refunds_net"]) == (Decimal(10), Decimal(0))


@pytest.mark.parametrize(
    ("zone", "day", "moments"),
    [
        # At 01:00 the clock goes back to midnight: the hour from midnight is twice in the same day.
        ("Atlantic/Azores", date(2025, 10, 26), ["2025-10-26T00:30Z", "2025-10-26T01:30Z"]),
        ("America/Havana", date(2025, 11, 2), ["2025-11-02T04:30Z", "2025-11-02T05:30Z"]),
        # At midnight it goes forward to 01:00: the day begins at one o'clock.
        ("Africa/Cairo", date(2025, 4, 25), ["2025-04-24T22:00Z", "2025-04-25T20:59Z"]),
    ],
)
def test_a_day_has_all_its_hours_where_the_clock_moves_over_midnight(
    make_partner: PartnerFactory, zone: str, day: date, moments: list[str]
) -> None:
    partner = make_partner(timezone=zone)
    deliver(
        partner,
        [
            event("purchase", datetime.fromisoformat(at), subject=None, transaction_id=at, items=ITEMS)
            for at in moments
        ],
    )
    fill(partner)
    periods = ShopPeriod.objects.using("worker").filter(partner=partner)
    assert list(periods.filter(grain="DAY").values_list("date", "orders_paid")) == [(day, 2)]
    hours = periods.filter(grain="HOUR")
    assert sorted(hours.values_list("started_at", flat=True)) == sorted(
        datetime.fromisoformat(at).astimezone(UTC).replace(minute=0) for at in moments
    )


def test_numbers_are_not_fresh_while_an_order_waits_to_be_settled(partner: Partner) -> None:
    deliver(partner, [event("live_session_started", minute(0))])
    fill(partner)
    session = LiveSession.objects.using("worker").get(partner=partner)
    actor = Actor(name="test", partner_ids=(partner.id,), scopes=frozenset({"read"}))
    from commerce.access import row_security

    def is_fresh() -> bool:
        with row_security(actor):
            return session_numbers([session.id], actor=actor, basis="PAID")[session.id].is_fresh

    assert is_fresh()
    deliver(partner, [event("purchase", minute(1), transaction_id="t", items=ITEMS)])
    assert not is_fresh()
    fill(partner)
    assert is_fresh()
