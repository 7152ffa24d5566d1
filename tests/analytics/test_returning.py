"""When customers come back, from purchases through the door."""

from datetime import datetime, timedelta
from typing import Any

from commerce.models import Partner
from tests.analytics.graphql_client import ask
from tests.factories import NOW, deliver, event, fill

CURVE = """query ($until: DateTime) { repeatPurchaseCurve(observedUntil: $until) {
  customers returned points { days atRisk returned } } }"""


def day(number: int, hour: int = 4) -> datetime:
    """An hour of a day before NOW; in Singapore it is eight hours later."""
    return NOW - timedelta(days=number, hours=12 - hour)


def buys(customer: str, at: datetime, **told: Any) -> dict[str, Any]:
    items = [{"item_id": "p", "quantity": 1, "price": "1"}]
    return event(
        "purchase",
        at,
        subject=None,
        customer_id=customer,
        items=items,
        transaction_id=f"{customer}-{at}",
        **told,
    )


def test_who_returned_on_which_day_is_what_one_reckons_by_hand(partner: Partner) -> None:
    deliver(
        partner,
        [
            buys("a", day(50)),
            buys("a", day(50, hour=15)),  # An hour to midnight in Singapore: the same day.
            buys("a", day(40, hour=17)),  # There it is 39 days ago.
            buys("b", day(50)),
            buys("b", day(45), status="placed"),
            buys("b", day(39)),
            buys("b", day(30)),
            buys("c", day(50)),
            buys("c", day(49, hour=15)),
            buys("d", day(50)),
            buys("d", day(50, hour=5)),
            buys("d", day(3)),  # Later than is looked at.
            buys("e", day(20)),
            buys("e", day(3)),
            buys("f", day(2)),
        ],
    )
    fill(partner)
    curve = ask(CURVE, of=partner, until=day(5, hour=0).isoformat())["repeatPurchaseCurve"]
    assert (curve["customers"], curve["returned"]) == ("5", "3")
    assert [(one["days"], one["atRisk"], one["returned"]) for one in curve["points"]] == [
        ("1", "5", "1"),
        ("11", "4", "2"),
    ]


def test_who_is_not_seen_any_more_is_no_longer_at_risk(partner: Partner) -> None:
    deliver(
        partner,
        [buys("a", day(30)), buys("a", day(12)), buys("b", day(10)), buys("c", day(40)), buys("c", day(5))],
    )
    fill(partner)
    curve = ask(CURVE, of=partner, until=None)["repeatPurchaseCurve"]
    # Who first bought ten days ago is seen for ten: he could not have returned after 18.
    assert [(one["days"], one["atRisk"]) for one in curve["points"]] == [("18", "2"), ("35", "1")]
