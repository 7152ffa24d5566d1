"""What tests of tracking links start from: a collaboration, and a link of it."""

from datetime import date
from typing import Any

import pytest

from commerce.access import Actor, row_security
from commerce.models import Partner
from kol import links
from kol.models import Campaign, Collaboration, Kol, LinkHost, TrackingLink
from tests.factories import NOW

HOSTS = ("shop.example", "xn--mnchen-3ya.example", "localhost")
PERSON = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def collaboration(partner: Partner) -> Collaboration:
    LinkHost.objects.using("worker").create(partner=partner, host="shop.example")
    campaign = Campaign.objects.using("worker").create(
        partner=partner, name="Spring", starts_on=date(2026, 5, 1), ends_on=date(2026, 7, 1), currency="SGD"
    )
    kol = Kol.objects.using("worker").create(name="Ada Lim")
    return Collaboration.objects.using("worker").create(partner=partner, campaign=campaign, kol=kol)


def actor_of(collaboration: Collaboration) -> Actor:
    return Actor(name="ann", partner_ids=(collaboration.partner_id,), scopes=frozenset({"manage"}))


def made(
    collaboration: Collaboration, destination: str = "https://shop.example/p", **given: Any
) -> TrackingLink:
    """A link, made as the web makes it: behind the wall."""
    actor = actor_of(collaboration)
    with row_security(actor):
        return links.make_link(
            actor=actor, collaboration=collaboration, destination=destination, now=NOW, **given
        )
