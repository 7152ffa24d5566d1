"""Customers as the API tells of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from commerce.models import Partner
from tests.analytics.graphql_client import ask, refusal, statements
from tests.factories import NOW, deliver, event, fill

LISTED = """query ($after: String) { customers(first: 2, after: $after) { edges { node { id externalId source
    country consentsToMarketing
    acquisition { at sessionId channel productId kolId }
    purchases { orders lastAt currency placed: sales(basis: PLACED) { amount } paid: sales { amount }
        net: sales(basis: NET) { amount currency } } } } pageInfo { hasNextPage endCursor } } }"""
BY_NAME = "query ($name: String!) { customer(by: {externalId: $name}) { id externalId } }"
BY_ID = "query ($id: ID!) { customer(by: {id: $id}) { externalId } node(id: $id) { id } }"


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A shop with a customer who bought, in a live and after it, and two who did not."""

    def at(days: float) -> datetime:
        return NOW - timedelta(days=days)

    def bought(name: str, days: float, price: str, **more: Any) -> dict[str, Any]:
        return event(
            "purchase", at(days), transaction_id=name, customer_id="ann",
            items=[{"item_id": "small", "price": "1"}, {"item_id": "big", "price": price}], **more,
        )  # fmt: skip

    deliver(
        partner,
        [
            event("live_session_started", at(30), subject="live-1", channel="TIKTOK"),
            bought("t1", 30, "9", subject="live-1"),
            bought("t2", 20, "19", subject=None),
            bought("t3", 10, "29", subject=None, status="placed"),
            event("refund", at(9), subject=None, transaction_id="t2", value="5"),
            event("refund", at(8), subject=None, customer_id="ann", value="2", currency="SGD"),
            event(
                "identify", at(7), subject=None, customer_id="ann", country="MY", consent={"marketing": True}
            ),
            event("identify", at(7), subject=None, customer_id="bob"),
            event("identify", at(7), subject=None, customer_id="cat"),
        ],
    )  # fmt: skip
    fill(partner)
    return partner


def test_a_customer_has_a_first_purchase_and_what_followed(shop: Partner) -> None:
    told = ask(LISTED, of=shop, scopes=("read:audience",))["customers"]
    ann, bob = (edge["node"] for edge in told["edges"])
    live = ask('{ liveSession(by: {externalId: "live-1"}) { id } }', of=shop)["liveSession"]["id"]
    big = ask('{ products(search: "big") { edges { node { id } } } }', of=shop)["products"]["edges"]
    assert ann == {
        "id": ann["id"],
        "externalId": "ann",
        "source": "/site/shop",
        "country": "MY",
        "consentsToMarketing": True,
        "acquisition": {
            "at": "2026-05-02T12:00:00Z",
            "sessionId": live,
            "channel": "TIKTOK",
            "productId": big[0]["node"]["id"],
            "kolId": None,
        },
        "purchases": {
            "orders": "2",
            "lastAt": "2026-05-12T12:00:00Z",
            "currency": "SGD",
            "placed": {"amount": "60.00"},
            "paid": {"amount": "30.00"},
            "net": {"amount": "23.00", "currency": "SGD"},
        },
    }
    assert (bob["externalId"], bob["acquisition"], bob["purchases"]) == ("bob", None, None)


def test_customers_come_a_page_at_a_time_in_two_statements(shop: Partner) -> None:
    first = ask(LISTED, of=shop, scopes=("read:audience",))["customers"]
    assert first["pageInfo"]["hasNextPage"] is True
    rest = ask(LISTED, of=shop, scopes=("read:audience",), after=first["pageInfo"]["endCursor"])["customers"]
    assert [edge["node"]["externalId"] for edge in rest["edges"]] == ["cat"]
    assert statements(LISTED, of=shop, scopes=("read:audience",)) == 2


def test_a_customer_is_found_by_either_id(shop: Partner) -> None:
    found = ask(BY_NAME, of=shop, scopes=("read:audience",), name="ann")["customer"]
    assert found["externalId"] == "ann"
    by_id = ask(BY_ID, of=shop, scopes=("read:audience",), id=found["id"])
    assert by_id == {"customer": {"externalId": "ann"}, "node": {"id": found["id"]}}
    assert ask(BY_NAME, of=shop, scopes=("read:audience",), name="nobody") == {"customer": None}


def test_customers_need_the_scope_for_people(shop: Partner) -> None:
    refused = ("FORBIDDEN", "This needs a key with the scope 'read:audience'.")
    assert refusal(LISTED, of=shop) == refused
    assert refusal(BY_NAME, of=shop, name="ann") == refused
