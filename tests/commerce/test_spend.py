"""What the door makes of marketing money, and of the carts and visits that orders name."""

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from commerce.models import Order, Partner, Spend
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, event, minute

SPENT: dict[str, Any] = {"amount": "120.50", "currency": "SGD", "from": "2026-05-01", "to": "2026-05-08"}


def spending(id: str = "s1", after: float = 0, **said: Any) -> dict[str, Any]:
    told = {**SPENT, **said}
    return event(
        "marketing_spend",
        minute(after),
        id=id,
        subject=None,
        **{k: v for k, v in told.items() if v is not None},
    )


def rows(partner: Partner) -> list[dict[str, Any]]:
    found = Spend.objects.using("worker").filter(partner=partner).order_by("external_id")
    columns = ("amount", "currency", "starts_on", "ends_on", "channel", "campaign", "purpose")
    return [dict(row) for row in found.values("external_id", *columns)]


def test_what_was_spent_is_a_row_known_by_its_events_id(partner: Partner) -> None:
    told = [
        spending("a", channel="meta", campaign="June", purpose="ACQUISITION"),
        spending("b", to="2026-05-01", amount=7),
    ]
    assert deliver(partner, told).accepted == 2
    may = {"currency": "SGD", "starts_on": date(2026, 5, 1)}
    assert rows(partner) == [
        {"external_id": "a", "amount": Decimal("120.5"), **may, "ends_on": date(2026, 5, 8),
         "channel": "meta", "campaign": "June", "purpose": "ACQUISITION"},
        {"external_id": "b", "amount": Decimal(7), **may, "ends_on": date(2026, 5, 2),
         "channel": "", "campaign": "", "purpose": ""},
    ]  # fmt: skip


def test_of_what_is_said_again_the_latest_counts_in_whatever_order(make_partner: PartnerFactory) -> None:
    told = [
        spending(amount="1", purpose="BRAND"),
        spending(after=1, amount="2", channel="mail"),
        spending(after=2, amount="3", to="2026-06-01"),
    ]
    for order in itertools.permutations(told):
        partner = make_partner()
        for one in (*order, order[0]):
            deliver(partner, [one])
        (row,) = rows(partner)
        assert row == {
            "external_id": "s1", "amount": Decimal(3), "currency": "SGD", "starts_on": date(2026, 5, 1),
            "ends_on": date(2026, 6, 1), "channel": "", "campaign": "", "purpose": "",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "code", "path", "message"),
    [
        ({"purpose": "SALES"}, "schema", "/data/purpose", "purpose is one of ACQUISITION, RETENTION, BRAND."),
        ({"purpose": "brand"}, "schema", "/data/purpose", "purpose is one of ACQUISITION, RETENTION, BRAND."),
        ({"to": "2026-04-30"}, "schema", "/data/to", "to is not before from."),
        ({"from": "1 May"}, "schema", "/data/from", "A day is written YYYY-MM-DD."),
        ({"from": "2026-W18-5"}, "schema", "/data/from", "A day is written YYYY-MM-DD."),
        ({"to": "2026-02-30"}, "schema", "/data/to", "A day is written YYYY-MM-DD."),
        ({"to": "9999-12-31"}, "schema", "/data/to", "A day lies between 1970 and 2100."),
        ({"amount": "1.23456"}, "money", "/data/amount", "An amount has at most four decimals."),
        ({"amount": "NaN"}, "money", "/data/amount", "An amount must be a finite number."),
        ({"amount": "1e16"}, "money", "/data/amount", "An amount must be below 10^16."),
        ({"currency": "IRD"}, "currency", "/data/currency", "'IRD' is not an ISO 4217 currency."),
    ],
)
def test_what_cannot_have_been_spent_is_refused_by_field_and_rule(
    partner: Partner, said: dict[str, Any], code: str, path: str, message: str
) -> None:
    outcome = deliver(partner, [spending(**said), spending("good")])
    assert (outcome.accepted, outcome.rejected) == (1, 1)
    assert [(one.code, one.path, one.message) for one in outcome.errors] == [(code, path, message)]
    assert [row["external_id"] for row in rows(partner)] == ["good"]


def test_texts_that_do_not_fit_are_refused_and_not_cut(partner: Partner) -> None:
    outcome = deliver(partner, [spending(campaign="x" * 201), spending("s2", campaign="y" * 200)])
    assert [(one.code, one.path) for one in outcome.errors] == [("schema", "/data/campaign")]
    assert [row["campaign"] for row in rows(partner)] == ["y" * 200]


def test_an_order_keeps_the_cart_and_the_visit_its_latest_purchase_names(partner: Partner) -> None:
    def bought(order: str, after: float, **said: Any) -> dict[str, Any]:
        items = [{"item_id": "lip", "price": "5"}]
        return event(
            "purchase", NOW - timedelta(hours=after), subject=None, transaction_id=order, items=items, **said
        )

    deliver(partner, [bought("o1", 1, cart_id=77, visit_id="n1"), bought("o1", 2, cart_id="old")])
    deliver(partner, [bought("o2", 3, cart_id="c"), bought("o2", 2)])
    found = Order.objects.using("worker").filter(partner=partner).order_by("external_id")
    assert list(found.values_list("external_id", "cart_id", "visit_id")) == [
        ("o1", "77", "n1"),
        ("o2", "", ""),
    ]
