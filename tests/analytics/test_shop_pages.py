"""Parts of the shop as the API tells them: pages in any order, names, and what they cost."""

import random
from typing import Any

import pytest

from analytics.graphql.shop_parts import SPLIT
from commerce.models import Partner
from tests.analytics.attribution_scenes import appear, campaign, changed, collaboration, watch
from tests.analytics.graphql_client import ask, refusal, statements
from tests.analytics.shop_scenes import shop
from tests.factories import deliver, event, fill, minute

PERIOD = {"from": "2026-03-25", "to": "2026-06-01"}
PARTS = """query ($period: PeriodInput!, $by: ShopDimension!, $order: ShopPartOrder, $first: Int = 100,
    $after: String, $basis: SalesBasis = NET, $zone: TimeZone) {
  shop(period: $period, basis: $basis, timezone: $zone) {
    split(by: $by, orderBy: $order, first: $first, after: $after) {
      edges { cursor node { key label kpis { orders sales { amount } averageOrderValue { value { amount } }
        PEOPLE refundRate { value } } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
WITH_PEOPLE, WITHOUT = PARTS.replace("PEOPLE", "buyers"), PARTS.replace("PEOPLE", "")


def nodes(partner: Partner, **given: Any) -> list[dict[str, Any]]:
    answer = ask(WITH_PEOPLE, of=partner, **{"period": PERIOD, **given})["shop"]["split"]
    return [edge["node"] for edge in answer["edges"]]


@pytest.fixture
def of_random(partner: Partner) -> Partner:
    """A random shop."""
    deliver(partner, shop(random.Random(21)))
    fill(partner)
    return partner


@pytest.mark.parametrize("metric", ["SALES", "BUYERS", "AVERAGE_ORDER_VALUE", "REFUND_RATE", "REFUNDS"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("zone", [None, "Asia/Kolkata"])
def test_pages_one_after_the_other_are_the_whole_list_in_order(
    of_random: Partner, metric: str, direction: str, zone: str | None
) -> None:
    by = "PRODUCT" if zone is None else "COUNTRY"
    order = {"metric": metric, "direction": direction}
    whole = nodes(of_random, by=by, order=order, zone=zone)
    assert len(whole) > 2
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = ask(
            WITH_PEOPLE, of=of_random, period=PERIOD, by=by, order=order, first=1, after=after, zone=zone
        )["shop"]["split"]
        found += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole
    told = [_value(node, metric) for node in whole]
    known = [value for value in told if value is not None]
    assert known == sorted(known, reverse=direction == "DESC")
    assert told == known + [None] * (len(told) - len(known))


def _value(node: dict[str, Any], metric: str) -> float | None:
    kpis = node["kpis"]
    match metric:
        case "SALES":
            return float(kpis["sales"]["amount"])
        case "BUYERS":
            return float(kpis["buyers"])
        case "AVERAGE_ORDER_VALUE":
            told = kpis["averageOrderValue"]["value"]
            return None if told is None else float(told["amount"])
        case "REFUND_RATE":
            rate = kpis["refundRate"]["value"]
            return None if rate is None else float(rate)
    return 0.0


def test_parts_have_names_and_what_is_not_known_is_a_part_too(partner: Partner) -> None:
    lip = [{"item_id": "lip", "price": "10"}]
    deliver(
        partner,
        [
            event("product_updated", minute(0), subject=None, item_id="lip", item_name="Lipstick"),
            event("identify", minute(0), subject=None, customer_id="ann", country="MY"),
            event("identify", minute(0), subject=None, customer_id="ben", country="ZZ"),
            event("live_session_started", minute(0), channel="SHOPEE", heartbeats=False),
            *watch("v", 1, until=5),
            event("purchase", minute(6), transaction_id="a", items=lip, customer_id="ann", viewer_id="v"),
            event("purchase", minute(7), subject=None, transaction_id="b", customer_id="ben", items=lip * 3),
            event("purchase", minute(8), subject=None, transaction_id="c",
                items=[{"item_id": "hat", "price": "50"}]),
            event("refund", minute(9), subject=None, refund_id="s", value="1"),
        ],
    )  # fmt: skip
    who = collaboration(campaign(partner))
    appear(who)
    changed(who)
    fill(partner)

    def named(by: str) -> list[tuple[str | None, str]]:
        return [(node["key"], node["label"]) for node in nodes(partner, by=by)]

    assert named("LIVE") == [("NON_LIVE", "Elsewhere"), ("LIVE", "In a live session")]
    assert named("CHANNEL") == [(None, "No live session"), ("SHOPEE", "Shopee")]
    assert named("CUSTOMER") == [("GUEST", "Guests"), ("NEW", "New customers"), (None, "Not known")]
    assert named("COUNTRY") == [(None, "Not known"), ("ZZ", "Unknown Region"), ("MY", "Malaysia")]
    (nobody, kol) = named("KOL")
    assert (nobody, kol[1]) == ((None, "No influencer"), "k")
    products = named("PRODUCT")
    assert [label for _, label in products] == ["hat", "Lipstick", "Not known"]
    assert all(key for key, _ in products[:2])
    find = "query ($id: ID!) { node(id: $id) { __typename } }"
    assert ask(find, of=partner, id=products[0][0]) == {"node": {"__typename": "Product"}}
    assert ask(find, of=partner, id=kol[0]) == {"node": {"__typename": "Kol"}}


def test_a_page_takes_one_statement_names_one_more_and_people_another(of_random: Partner) -> None:
    def count(query: str, **given: Any) -> int:
        return statements(query, of=of_random, period=PERIOD, **given)

    # Beside the partner and the whole period's own numbers.
    assert [count(WITHOUT, by=by) for by in ("LIVE", "CUSTOMER", "COUNTRY")] == [3, 3, 3]
    assert count(WITHOUT, by="PRODUCT") == 4
    assert count(WITH_PEOPLE, by="COUNTRY") == 4
    assert count(WITH_PEOPLE, by="COUNTRY", order={"metric": "BUYERS"}) == 3
    assert count(WITH_PEOPLE, by="COUNTRY", zone="UTC") == 3


def test_the_catalogue_says_what_can_be_split(partner: Partner) -> None:
    told = ask(
        "{ metrics(scope: SHOP) { key dimensions } metrics2: metrics { key scope dimensions } }", of=partner
    )
    every = ["LIVE", "CHANNEL", "CUSTOMER", "PRODUCT", "KOL", "COUNTRY"]
    split = {metric.key.upper() for metric in SPLIT}
    assert {"SALES", "ORDERS", "BUYERS", "AVERAGE_ORDER_VALUE", "REFUND_RATE"} <= split
    for metric in told["metrics"]:
        assert metric["dimensions"] == (every if metric["key"] in split else [])
    assert not any(one["dimensions"] for one in told["metrics2"] if one["scope"] != "SHOP")
    query = """{ shop(period: {from: "2026-05-01", to: "2026-05-02"}) {
      split(by: KOL, orderBy: {metric: VISITS}) { edges { cursor } } } }"""
    message = "VISITS cannot be split by KOL; the catalogue says what can be."
    assert refusal(query, of=partner) == ("BAD_USER_INPUT", message)


def test_a_cursor_of_another_order_is_refused(of_random: Partner) -> None:
    page = ask(WITHOUT, of=of_random, period=PERIOD, by="LIVE", first=1)["shop"]["split"]
    given = {"period": PERIOD, "by": "COUNTRY", "after": page["pageInfo"]["endCursor"]}
    message = "after is a cursor of this list in this order."
    assert refusal(WITHOUT, of=of_random, **given) == ("BAD_USER_INPUT", message)
