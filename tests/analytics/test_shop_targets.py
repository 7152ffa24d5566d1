"""Targets of the shop's own numbers: what the shop says of a period is what its targets are judged by."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from analytics.metrics import METRICS, Scope
from analytics.models import CadenceReport
from analytics.plans import reporting
from analytics.plans.current import project
from analytics.plans.targets import is_of_sales, is_reachable
from analytics.queries.periods import period_numbers
from commerce.access import row_security
from commerce.models import Partner
from tests.analytics.graphql_client import actor_of, ask
from tests.analytics.plan_scenes import DAY, aim
from tests.factories import deliver, event, fill, minute

# Singapore's week ends on Monday, 8 June, 00:00, which is Sunday 16:00 by UTC; the tail is two hours.
CLOSED = datetime.fromisoformat("2026-06-07T18:00:00+00:00")
OF_SHOP = [metric for metric in METRICS if metric.scope is Scope.SHOP]
KPIS = """query ($period: PeriodInput!) { shop(period: $period) { kpis {
  visitors conversionRate { value numerator denominator } newCustomers marketingSpend { amount }
  customerAcquisitionCost { value { amount } } buyers } } }"""


def looked(viewer: str, at: float) -> dict[str, Any]:
    return event("page_view", minute(at), subject=None, viewer_id=viewer)


def bought(viewer: str, at: float, price: str) -> dict[str, Any]:
    return event(
        "purchase", minute(at), subject=None, transaction_id=f"{viewer}-{at}", customer_id=f"c-{viewer}",
        viewer_id=viewer, currency="SGD", items=[{"item_id": "lip", "quantity": 1, "price": price}],
    )  # fmt: skip


def two_weeks(partner: Partner) -> None:
    """On 27 May v0 and v4 looked and v0 bought; from 2 June v0 to v3, two of them twice; v1 and v9 bought.

    Of 140.00 for the two weeks from 25 May 70.00 are for the second; 5.00 are for the brand.
    """
    days = {"from": "2026-05-25", "to": "2026-06-08", "currency": "SGD"}
    told = [
        *(looked(viewer, 1) for viewer in ("v0", "v4")),
        bought("v0", 2, "10.00"),
        *(looked(f"v{number}", 6 * DAY) for number in range(4)),
        *(looked(viewer, 7 * DAY) for viewer in ("v0", "v1")),
        bought("v1", 7 * DAY + 1, "10.00"),
        bought("v1", 8 * DAY, "30.00"),
        bought("v9", 8 * DAY, "20.00"),
        event("marketing_spend", minute(0), subject=None, amount="140.00", purpose="ACQUISITION", **days),
        event(
            "marketing_spend", minute(0), subject=None, amount="5.00", purpose="BRAND", currency="SGD",
            **{"from": "2026-06-02", "to": "2026-06-02"},
        ),
    ]  # fmt: skip
    assert deliver(partner, told, now=CLOSED).rejected == 0
    fill(partner, now=CLOSED)


def content_of(partner: Partner, cadence: str) -> dict[str, Any]:
    row = CadenceReport.objects.using("worker").get(partner=partner, cadence=cadence)
    content: dict[str, Any] = row.content
    return content


def test_targets_of_the_shop_are_judged_by_what_the_shop_says(partner: Partner) -> None:
    for metric, value in (
        ("CONVERSION_RATE", "0.25"), ("VISITORS", "5"), ("CUSTOMER_ACQUISITION_COST", "30"),
        ("NEW_CUSTOMERS", "2"), ("MARKETING_SPEND", "80"), ("CHURN_RATE", "0.1"), ("ORDERS_PER_VISITOR", "1"),
    ):  # fmt: skip
        direction = {"direction": "DOWN"} if metric == "MARKETING_SPEND" else {}
        aim(partner, metric, value, about="SHOP", **direction)
    aim(partner, "VISITORS", "5", about="SHOP", cadence="BIWEEKLY")
    two_weeks(partner)
    reporting.report_closed(partner_id=partner.id, now=CLOSED)
    told = {one["metric"]: one for one in content_of(partner, "WEEKLY")["targets"]}
    assert {key: (one["actual"], one["previous"], one["status"]) for key, one in told.items()} == {
        # Of four visitors, two of whom came twice, one bought, twice; v9 bought without looking.
        "conversion_rate": ("0.25", "0.5", "ACHIEVED"),
        "visitors": ("4", "2", "OFF_TRACK"),
        "customer_acquisition_cost": ("35", "70", "OFF_TRACK"),
        "new_customers": ("2", "1", "ACHIEVED"),
        "marketing_spend": ("75", "70", "ACHIEVED"),
        # c-v0 bought within 90 days; before the first purchase there was nobody to lose.
        "churn_rate": ("0", None, "ACHIEVED"),
        "orders_per_visitor": ("0.75", "0.5", "OFF_TRACK"),
    }
    (rate,) = (one for one in content_of(partner, "WEEKLY")["metrics"] if one["metric"] == "conversion_rate")
    assert (rate["above"], rate["below"], rate["previous_above"], rate["previous_below"]) == (
        "1", "4", "1", "2",
    )  # fmt: skip
    kpis = ask(KPIS, of=partner, period={"from": "2026-06-01", "to": "2026-06-08"})["shop"]["kpis"]
    assert kpis["visitors"] == told["visitors"]["actual"]
    assert kpis["conversionRate"] == {"value": 0.25, "numerator": "1", "denominator": "4"}
    assert kpis["customerAcquisitionCost"]["value"] == {"amount": "35.00"}
    # Over both weeks five people came, not four and two of them.
    (both,) = content_of(partner, "BIWEEKLY")["targets"]
    assert (both["actual"], both["status"]) == ("5", "ACHIEVED")


def test_a_standing_target_of_the_shop_is_told_while_its_period_goes_on(partner: Partner) -> None:
    aim(partner, "CUSTOMER_ACQUISITION_COST", "30", about="SHOP")
    two_weeks(partner)
    query = "{ targets { edges { node { metric actual baseline currency basis unit status } } } }"
    (edge,) = ask(query, of=partner, now=datetime.fromisoformat("2026-06-05T12:00:00+00:00"))["targets"][
        "edges"
    ]
    assert edge["node"] == {
        "metric": "CUSTOMER_ACQUISITION_COST", "actual": "35", "baseline": "70", "currency": "SGD",
        "basis": "PAID", "unit": "MONEY_RATIO", "status": "AT_RISK",
    }  # fmt: skip


def test_every_number_of_the_shop_can_have_a_target_and_be_read_for_a_period(partner: Partner) -> None:
    week, actor = [(date(2026, 6, 1), date(2026, 6, 8))], actor_of(partner)
    assert [metric.key for metric in OF_SHOP if is_reachable(metric) is bool(metric.awaits)] == []
    with row_security(actor):
        (empty,) = period_numbers(week, partner_id=partner.id, actor=actor, now=CLOSED)
        told = {metric.key: empty.value(metric, basis="PAID", currency="SGD") for metric in OF_SHOP}
    # Of nothing there are no quotients.
    assert {value for value in told.values() if value} == set()
    assert {key for key, value in told.items() if value is None} >= {
        metric.key for metric in OF_SHOP if metric.is_quotient
    }


def test_only_what_no_order_makes_has_no_currency() -> None:
    without = {metric.key for metric in OF_SHOP if not is_of_sales(metric)}
    assert without == {"visits", "visits_with_add", "carts", "visitors", "leads", "add_to_cart_rate"}


def test_what_was_spent_is_not_projected() -> None:
    (spend,) = (metric for metric in OF_SHOP if metric.key == "marketing_spend")
    (visits,) = (metric for metric in OF_SHOP if metric.key == "visits")
    third = Decimal(1) / Decimal(3)
    assert project(spend, Decimal(70), elapsed=third) == 70
    assert project(visits, Decimal(70), elapsed=Decimal("0.5")) == 140
