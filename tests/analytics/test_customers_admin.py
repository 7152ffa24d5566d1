"""Customers in the admin: found by the id of their shop, with what they bought, and without who they are."""

import re
from decimal import Decimal
from typing import Any

from analytics.models import CustomerPrediction, ModelRun
from commerce.models import Customer, Partner
from tests.commerce.admin_pages import WORKER, address, shown_rows, signed_in, staff
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, event, fill, minute


def bought(
    name: str, at: float, price: str, *, subject: str | None = None, status: str = "paid", **told: Any
) -> dict[str, Any]:
    return event(
        "purchase", minute(at), subject=subject, transaction_id=f"{name}-{at}", customer_id=name,
        status=status, currency="SGD", items=[{"item_id": "lip", "quantity": 1, "price": price}], **told,
    )  # fmt: skip


def shop(partner: Partner) -> None:
    """Mei was won live, came back and gave one back; Ana was won elsewhere; Bob has not paid."""
    told = [
        event("live_session_started", minute(0), channel="TIKTOK", heartbeats=False),
        event("live_session_ended", minute(40)),
        event(
            "identify", minute(1), subject=None, customer_id="mei", email="mei@example.com",
            phone="+6591234567", country="SG", consent={"marketing": True},
        ),
        bought("mei", 5, "20.00", subject="live-1"),
        bought("mei", 3000, "12.50"),
        bought("ana", 100, "7.00"),
        bought("bob", 100, "9.00", status="placed"),
        event("refund", minute(3100), subject=None, transaction_id="mei-3000", value="2.50", refund_id="r"),
    ]  # fmt: skip
    assert deliver(partner, told).rejected == 0
    fill(partner)


def cells(page: str) -> list[list[str]]:
    """The texts of each row of a list."""
    rows = re.findall(r'<tr class="data-row.*?</tr>', page, re.DOTALL)
    told = [re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]*>|\s+", " ", cell).strip() for cell in row] for row in told]


def test_the_list_tells_what_customers_came_to(partner: Partner, make_partner: PartnerFactory) -> None:
    shop(partner)
    client = signed_in(staff(partner))
    told = {row[1]: row for row in cells(client.get(address(Customer, "changelist")).content.decode())}
    assert {name: (row[6], row[7]) for name, row in told.items()} == {
        "mei": ("2", "30.00 SGD"), "ana": ("1", "7.00 SGD"), "bob": ("0", "-"),
    }  # fmt: skip
    for asked, wanted in (
        ({"won": "live"}, ["mei"]),
        ({"won": "elsewhere"}, ["ana"]),
        ({"won": "none"}, ["bob"]),
        ({"q": "mei"}, ["mei"]),
        ({"q": "me"}, []),
        ({"consent_marketing__exact": "1"}, ["mei"]),
    ):
        found = cells(client.get(address(Customer, "changelist"), asked).content.decode())
        assert [row[1] for row in found] == wanted, asked
    stranger = signed_in(staff(make_partner()))
    assert shown_rows(stranger.get(address(Customer, "changelist")).content.decode()) == 0
    row = Customer.objects.using(WORKER).get(partner=partner, external_id="mei")
    assert stranger.get(address(Customer, "change", row.pk)).status_code == 302


def test_a_customers_page_tells_the_life_and_nothing_of_how_to_reach_anybody(partner: Partner) -> None:
    shop(partner)
    client = signed_in(staff(partner))
    row = Customer.objects.using(WORKER).get(partner=partner, external_id="mei")
    page = client.get(address(Customer, "change", row.pk)).content.decode()
    for told in ("Yes, TIKTOK", "30.00 SGD", "32.50 SGD"):
        assert told in page
    assert row.email_hash
    for hidden in (row.email_hash, row.phone_hash, "mei@example.com", "91234567"):
        assert hidden not in page
    assert client.post(address(Customer, "change", row.pk), {"country": "TH"}).status_code == 403
    nobody = Customer.objects.using(WORKER).get(partner=partner, external_id="bob")
    assert client.get(address(Customer, "change", nobody.pk)).status_code == 200


def test_a_customers_page_tells_what_is_predicted_where_something_is(partner: Partner) -> None:
    shop(partner)
    day = NOW.date()
    run = ModelRun.objects.using(WORKER).create(
        partner=partner, currency="SGD", unit="WEEK", worth="NET", calibrated_to=day, observed_to=day,
        customers=2, repeaters=1, parameters={}, fingerprint="", holdout={}, baseline={}, gates=[],
        method="MODEL", made_at=NOW,
    )  # fmt: skip
    for name in ("mei", "ana"):
        customer = Customer.objects.using(WORKER).get(partner=partner, external_id=name)
        CustomerPrediction.objects.using(WORKER).create(
            partner=partner, customer_id=customer.pk, run=run, p_alive="0.9", purchases_90d=1,
            purchases_365d=3, value_90d=Decimal("11.119"), value_365d=40, segment="HIGH",
            segment_probability="0.7",
        )  # fmt: skip
    customer.consent_profiling = False
    customer.save(using=WORKER, update_fields=["consent_profiling"])
    client, said = signed_in(staff(partner)), "11.12 SGD in 90 days, 40.00 SGD in a year; segment HIGH"
    pages = {
        name: client.get(address(Customer, "change", Customer.objects.using(WORKER).get(
            partner=partner, external_id=name).pk)).content.decode()
        for name in ("mei", "ana")
    }  # fmt: skip
    assert {name: said in page for name, page in pages.items()} == {"mei": True, "ana": False}
