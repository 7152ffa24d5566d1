"""Credits: what of an order's lines each model gives to whom, summing exactly, whatever came in which order."""

from datetime import date
from decimal import Decimal
from typing import Any

from analytics.models import Credit, OrderShare, Touch
from analytics.recompute import check
from commerce.models import LiveSession, Partner
from kol.models import Appearance, Campaign, Collaboration, Kol, Terms
from tests.factories import NOW, deliver, event, fill, minute


def campaign(partner: Partner, **given: Any) -> Campaign:
    """A campaign of the year."""
    values = {"name": "c", "starts_on": date(2026, 1, 1), "ends_on": date(2027, 1, 1), "currency": "SGD"}
    return Campaign.objects.using("worker").create(partner=partner, **{**values, **given})


def collaboration(partner: Partner, of: Campaign, **terms: Any) -> Collaboration:
    """Somebody in a campaign, under contract from its first day."""
    kol = Kol.objects.using("worker").create(name="k")
    made = Collaboration.objects.using("worker").create(partner=partner, campaign=of, kol=kol)
    given = {"valid_from": of.starts_on, "currency": of.currency, **terms}
    Terms.objects.using("worker").create(partner=partner, collaboration=made, **given)
    return made


def appear(made: Collaboration, subject: str) -> None:
    """In a session that has been told of."""
    session = LiveSession.objects.using("worker").get(partner_id=made.partner_id, external_id=subject)
    Appearance.objects.using("worker").create(partner_id=made.partner_id, collaboration=made, session=session)


ITEMS = [{"item_id": "x", "price": "10.00"}, {"item_id": "y", "quantity": 3, "price": "3.33"}]


def test_who_was_watched_last_is_credited_with_the_order(partner: Partner) -> None:
    deliver(
        partner,
        [
            event("live_session_started", minute(0)),
            event("live_view_started", minute(1), viewer_id="ada"),
            event("live_view_ended", minute(20), viewer_id="ada"),
            event("purchase", minute(30), transaction_id="t", viewer_id="ada", items=ITEMS),
        ],
    )
    who = collaboration(partner, campaign(partner))
    appear(who, "live-1")
    fill(partner)
    touch = Touch.objects.using("worker").get(partner=partner)
    assert (touch.kind, touch.touched_at, touch.collaboration_id) == ("LIVE_VIEW", minute(1), who.id)
    share = OrderShare.objects.using("worker").get(partner=partner)
    assert (share.collaboration_id, share.is_last, share.is_direct, share.is_payable) == (
        who.id,
        True,
        True,
        True,
    )
    assert (share.basis, share.last_weight) == ("ORDER", Decimal(1))  # type: ignore[attr-defined]
    credited = Credit.objects.using("worker").filter(partner=partner).values_list("amount", "last_amount")
    assert sorted(credited) == [(Decimal("9.99"), Decimal("9.99")), (Decimal(10), Decimal(10))]
    assert check(partner_id=partner.id, now=NOW).differences == 0
