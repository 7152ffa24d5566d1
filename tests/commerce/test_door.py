"""What the door lets in when the same events come again, changed, or beside each other."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from commerce import ingest
from commerce.connection import close_worker_connection, worker_connection
from commerce.ingest import Outcome, decode
from commerce.models import Partner
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, event, fill, minute


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    return outcome.received, outcome.accepted, outcome.duplicate, outcome.rejected


def rows(partner: Partner, query: str) -> list[tuple[Any, ...]]:
    return worker_connection().execute(query, [partner.id]).fetchall()


def clicked(*items: str, id: str = "click") -> dict[str, Any]:
    """A click on items, always at the same moment."""
    shown = [{"item_id": item} for item in items]
    return event("select_item", minute(1), id=id, viewer_id="v1", items=shown)


def test_a_refused_conflict_with_more_items_writes_none_of_them(partner: Partner) -> None:
    logged = "SELECT item FROM commerce_event WHERE partner_id = %s ORDER BY occurred_at, item"
    assert counts(deliver(partner, [clicked("p1", "p2")])) == (1, 1, 0, 0)
    more = deliver(partner, [clicked("p1", "p2", "p3", "p4"), clicked("p5", "p6", id="other")])
    assert counts(more) == (2, 1, 0, 1)
    assert [error.code for error in more.errors] == ["id_conflict"]
    assert rows(partner, logged) == [(0,), (0,), (1,), (1,)]
    assert counts(deliver(partner, [clicked("p1", "p2"), clicked("p5", "p6", id="other")])) == (2, 0, 2, 0)
    assert rows(partner, logged) == [(0,), (0,), (1,), (1,)]


def test_a_resend_behind_a_conflicting_twin_is_a_resend(partner: Partner) -> None:
    first, other = (event("live_like", minute(1), id="like", count=count) for count in (1, 2))
    assert counts(deliver(partner, [first])) == (1, 1, 0, 0)
    again = deliver(partner, [other, first, other, first])
    assert counts(again) == (4, 0, 2, 2)
    assert [(error.index, error.code) for error in again.errors] == [(0, "id_conflict"), (2, "id_conflict")]


def test_a_link_and_an_order_that_do_not_see_each_other_meet_in_the_end(partner: Partner) -> None:
    known = [
        event("live_session_started", minute(0)),
        event("live_view_started", minute(1), viewer_id="v1"),
        event("live_view_ended", minute(30), viewer_id="v1"),
        event("live_session_ended", minute(40)),
        event("identify", minute(2), customer_id="c1"),
    ]
    link = event("identify", minute(3), viewer_id="v1", customer_id="c1")
    line = {"item_id": "p1", "price": "5.00"}
    order = event("purchase", minute(4), subject=None, transaction_id="o1", customer_id="c1", items=[line])
    deliver(partner, known)
    with ThreadPoolExecutor(1) as elsewhere:
        with worker_connection().transaction():
            deliver(partner, [link])
            elsewhere.submit(_order_and_fill, partner, order).result()
        fill(partner)
    assigned = "SELECT session_id IS NOT NULL FROM analytics_orderfact WHERE partner_id = %s"
    assert rows(partner, assigned) == [(True,)]


def _order_and_fill(partner: Partner, order: dict[str, Any]) -> None:
    try:
        deliver(partner, [order])
        fill(partner)
    finally:
        close_worker_connection()


def test_refused_events_are_driven_again_a_few_at_a_time(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    redrive = sys.modules["commerce.ingest.redrive"]  # The package shows the function of that name.
    monkeypatch.setattr(redrive, "BATCH", 3)
    taken: list[int] = []
    accept = redrive.accept

    def count(bodies: Sequence[bytes], **given: Any) -> Outcome:
        taken.append(len(bodies))
        outcome: Outcome = accept(bodies, **given)
        return outcome

    monkeypatch.setattr(redrive, "accept", count)
    nonsense = [event("nonsense", minute(n), id=f"n{n}") for n in range(8)]
    deliver(partner, nonsense)
    later = NOW + timedelta(hours=1)
    again = ingest.redrive(partner_id=partner.id, now=later)
    assert counts(again) == (8, 0, 0, 8)
    assert [(error.index, error.id) for error in again.errors] == [(n, f"n{n}") for n in range(8)]
    assert taken == [3, 3, 2]
    monkeypatch.setitem(decode._rules, "nonsense", decode._rules["live_like"])
    later += timedelta(hours=1)
    assert counts(ingest.redrive(partner_id=partner.id, now=later)) == (8, 8, 0, 0)
    assert counts(ingest.redrive(partner_id=partner.id, now=later)) == (0, 0, 0, 0)
    refused = "SELECT DISTINCT times, redriven_at FROM commerce_rejection WHERE partner_id = %s"
    assert rows(partner, refused) == [(2, later)]


def test_of_two_who_left_a_number_at_one_moment_the_first_by_id_is_its_lead(
    make_partner: PartnerFactory,
) -> None:
    ann, bob, cat = (
        event("generate_lead", minute(1), id=f"e{number}", viewer_id=viewer, phone="+65 1")
        for number, viewer in ((2, "ann"), (10, "bob"), (11, "cat"))
    )
    early = event("generate_lead", minute(0), id="e99", viewer_id="dan", phone="+65 1")
    who = (
        "SELECT v.external_id FROM commerce_lead l JOIN commerce_viewer v "
        "ON v.partner_id = l.partner_id AND v.id = l.viewer_id WHERE l.partner_id = %s"
    )
    for order in ([ann, bob, cat], [cat, bob, ann], [bob, ann, cat]):
        one_by_one, together = make_partner(), make_partner()
        for lead in order:
            deliver(one_by_one, [lead])
        deliver(together, order)
        assert rows(one_by_one, who) == rows(together, who) == [("ann",)]
        deliver(together, [early])
        assert rows(together, who) == [("dan",)]
