"""What influencers cost the shop, by their ledgers and by what is due to them."""

from decimal import Decimal
from typing import Any

from commerce.models import Partner
from tests.analytics.attribution_scenes import appear, campaign, changed, collaboration, watch
from tests.analytics.graphql_client import ask
from tests.factories import deliver, event, fill, minute

QUERY = """{ shop(period: {from: "2026-05-01", to: "2026-06-01"}) { kpis {
  campaignCosts { amount } acquisitionCosts { amount } customerAcquisitionCost { value { amount } }
} } }"""


def told(partner: Partner, *events: dict[str, Any]) -> set[str]:
    """What campaigns, new customers and each of them cost, once these events are known."""
    assert deliver(partner, events).rejected == 0
    fill(partner)
    kpis = ask(QUERY, of=partner)["shop"]["kpis"]
    each = kpis["customerAcquisitionCost"]["value"]
    return {one["amount"] for one in (kpis["campaignCosts"], kpis["acquisitionCosts"], each)}


def test_commission_is_a_cost_of_new_customers_and_what_is_given_back_earns_none(partner: Partner) -> None:
    of = campaign(partner)
    who = collaboration(of, commission_rate=Decimal("0.1"))
    deliver(partner, [event("live_session_started", minute(0), heartbeats=False)])
    appear(who)
    changed(who)
    items = [{"item_id": "lip", "price": "70"}]
    bought = event(
        "purchase", minute(10), subject=None, transaction_id="o", items=items, viewer_id="v",
        customer_id="ann",
    )  # fmt: skip
    assert told(partner, *watch("v", 1, until=9), bought) == {"7.00"}
    refund = event("refund", minute(20), subject=None, transaction_id="o", value="20")
    assert told(partner, refund) == {"5.00"}
