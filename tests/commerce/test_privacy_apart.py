"""What is one person's is told from what others did under the same ids: nobody gets or loses another's."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest

from analytics import advice, followups, staleness
from analytics.lifetime import predicting
from analytics.recompute import check
from commerce import ingest, privacy
from commerce.connection import close_worker_connection, worker_connection
from commerce.ingest.vocabulary import Kind
from commerce.models import Partner
from tests.commerce.people import Raw, crowd, dump, places_of
from tests.commerce.test_privacy import erase, house, rows
from tests.factories import NOW, deliver, event, fill, minute

OTHER = "/other/shop"
BOUGHT: Raw = {"items": [{"item_id": "lip", "price": "7.00"}]}


def taken_out(partner: Partner, name: privacy.Name) -> dict[str, Any]:
    return privacy.export_person(name, partner_id=partner.id, actor=house(partner), reason="asked", now=NOW)


def test_who_shares_a_phone_number_is_not_taken_out_along_with_a_person(partner: Partner) -> None:
    people = crowd(partner, size=8, seed=31)
    one, other = people[5], people[6]
    assert one.phone == other.phone
    unheard: Raw = {"customer_id": other.customer, "member": {"mail": other.email, "call": one.phone}}
    refused = json.dumps(event("loyalty_joined", minute(1), subject=None, **unheard)).encode()
    assert ingest.accept([refused], partner_id=partner.id, now=NOW).rejected == 1
    document = taken_out(partner, privacy.Name(external_customer=one.customer))
    assert len(document["events"]) == len(one.events)
    names = [name for name in other.names if name != one.phone]
    assert places_of(names, json.dumps(document, default=str)) == []


def test_what_another_customer_did_on_a_persons_device_is_not_taken_out_along(partner: Partner) -> None:
    tablet: Raw = {"viewer_id": "the family's", **BOUGHT}
    deliver(
        partner,
        [
            event("live_session_started", minute(0)),
            event("live_view_started", minute(1), viewer_id="the family's"),
            event("purchase", minute(2), customer_id="guest-of-hers", transaction_id="theirs", **tablet),
            event("purchase", minute(3), customer_id="herself", transaction_id="hers", **tablet),
            event("purchase", minute(4), transaction_id="nobody's", **tablet),
        ],
    )
    fill(partner)
    document = taken_out(partner, privacy.Name(external_customer="herself"))
    assert [row["external_id"] for row in document["orders"]] == ["hers", "nobody's"]
    assert [row["type"] for row in document["events"]] == ["live_view_started", "purchase", "purchase"]
    assert len(document["derived"]["analytics_orderfact"]) == 2
    assert places_of(["theirs", "guest-of-hers"], json.dumps(document, default=str)) == []


@pytest.mark.parametrize("number", ["42", "420042"])
def test_numbers_that_several_sources_give_are_different_people(partner: Partner, number: str) -> None:
    mine: Raw = {"customer_id": number, "transaction_id": "1001", **BOUGHT}
    deliver(
        partner,
        [
            event("live_session_started", minute(0), subject="theirs", source=OTHER),
            event("purchase", minute(1), subject=None, coupon="MINE", **mine),
            event("order_paid", minute(2), subject=None, viewer_id="my-phone", transaction_id="1001"),
            # Another shop counts from one too: its customers, and its orders.
            event("purchase", minute(3), subject=None, source=OTHER, coupon="THEIRS", **mine),
            event(
                "live_comment", minute(4), subject="theirs", source=OTHER, viewer_id="v", customer_id=number,
                text="a word of THEIRS",
            ),
            event(
                "purchase", minute(5), subject=None, source=OTHER, coupon="THEIRS",
                **{**mine, "customer_id": "77", "transaction_id": number},
            ),
        ],
    )  # fmt: skip
    fill(partner)
    name = privacy.Name(external_customer=number, source="/site/shop")
    document = taken_out(partner, name)
    assert [row["type"] for row in document["events"]] == ["purchase", "order_paid"]
    assert "MINE" in (text := json.dumps(document, default=str))
    assert "THEIRS" not in text
    erase(partner, name)
    assert rows("SELECT text FROM analytics_sessioncomment WHERE partner_id = %s", partner.id) == [
        ("a word of THEIRS",)
    ]
    fill(partner)
    assert check(partner_id=partner.id, now=NOW).differences == 0


def test_a_cart_that_is_called_like_a_person_stays_the_cart_of_others(partner: Partner) -> None:
    cart: Raw = {**BOUGHT, "cart_id": "42"}
    deliver(
        partner,
        [
            event("purchase", minute(1), subject=None, customer_id="42", transaction_id="t1", **BOUGHT),
            event("add_to_cart", minute(2), subject=None, viewer_id="v", **cart),
            event("purchase", minute(3), subject=None, viewer_id="v", transaction_id="t2", **cart),
        ],
    )
    fill(partner)
    erase(partner, privacy.Name(external_customer="42"))
    assert rows("SELECT cart_id, is_placed FROM analytics_shopcart WHERE partner_id = %s", partner.id) == [
        ("42", True)
    ]
    assert check(partner_id=partner.id, now=NOW).differences == 0


def test_a_cart_called_by_a_persons_id_is_called_otherwise_wherever_it_stands(partner: Partner) -> None:
    viewer = "9f" * 16
    cart: Raw = {**BOUGHT, "cart_id": viewer, "visit_id": viewer}
    told = [
        event("add_to_cart", minute(1), subject=None, viewer_id=viewer, **cart),
        event("purchase", minute(2), subject=None, viewer_id=viewer, transaction_id="own", **cart),
        # What the shop says of the same cart without a word of whose it is.
        event("purchase", minute(3), subject=None, transaction_id="guests", status="paid", **cart),
    ]
    deliver(partner, told)
    fill(partner)
    erase(partner, privacy.Name(external_viewer=viewer))
    assert places_of([viewer], dump(partner)) == []
    fill(partner)
    assert check(partner_id=partner.id, now=NOW).differences == 0
    assert rows("SELECT is_placed, is_paid FROM analytics_shopcart WHERE partner_id = %s", partner.id) == [
        (True, True)
    ]


def test_numbers_that_are_no_ids_are_kept_as_numbers(partner: Partner) -> None:
    viewer = "100000"
    deliver(partner, [event("live_session_started", minute(0))])
    given: Raw = {"viewer_id": viewer, "value": viewer, "position": int(viewer), "item_id": viewer}
    told = "SELECT properties - 'text' FROM commerce_event WHERE partner_id = %s AND kind = %s"
    kind = int(Kind.live_comment)
    kept = {"value": viewer, "position": int(viewer), "item_id": viewer}
    deliver(partner, [event("live_comment", minute(1), text="mine", **given)])
    fill(partner)
    erase(partner, privacy.Name(external_viewer=viewer))
    deliver(partner, [event("live_comment", minute(2), text="again", **given)])
    assert [row for (row,) in rows(told, partner.id, kind)] == [kept, kept]


def test_nothing_is_written_of_people_while_one_of_them_is_erased(partner: Partner) -> None:
    began = NOW - timedelta(hours=6)
    deliver(
        partner,
        [
            event("live_session_started", began, subject="over"),
            event("live_view_started", began, subject="over", viewer_id="v", customer_id="c"),
            event("purchase", began, subject="over", customer_id="c", transaction_id="t", **BOUGHT),
            event("order_paid", began, subject=None, transaction_id="t"),
            event("live_session_ended", began + timedelta(hours=1), subject="over"),
            event("live_session_started", NOW - timedelta(minutes=9), subject="on air"),
            event("live_view_started", NOW - timedelta(minutes=8), subject="on air", viewer_id="w"),
        ],
    )
    fill(partner)
    later = NOW + timedelta(days=1)
    written: list[int] = []

    def write() -> None:
        written.append(followups.make_due(partner_id=partner.id, now=NOW))
        written.append(predicting.predict_customers(partner_id=partner.id, now=later))
        written.append(advice.advise(partner_id=partner.id, now=NOW))
        close_worker_connection()

    # As an erasure does.
    with staleness.paused(worker_connection(), partner_id=partner.id):
        other = threading.Thread(target=write)
        other.start()
        other.join()
    write()
    assert written == [0, 0, 0, 1, 1, 1]
