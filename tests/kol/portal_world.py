"""A small world to look at in a browser: a brand, two agencies, a guest; every number can be told by hand."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from analytics.graphql.pages import node_id
from commerce.models import LiveSession, Membership, Partner, new_id
from kol import models
from kol.marks import campaigns_changed
from tests import factories
from tests.analytics.graphql_client import ask
from tests.factories import NOW, deliver, event, fill, minute
from tests.kol.campaign_scene import agency, campaign, join, kol, make

FORMULA: Final = "=cmd()"
PASSWORD: Final = "a long password of nobody"
PERIOD: Final = {"from": "2026-05-01", "to": "2026-06-01"}
SMALL: Final = 14
"""KOLs nobody has seen yet: with three others the ranking has two pages."""
LISTED: Final = 20
"""Campaigns beside the one with numbers: the list has two pages."""


@dataclass(frozen=True, kw_only=True)
class World:
    """The brand's campaign `summer` is granted to `north` and to `kirana`; `theirs` to `kirana` alone."""

    brand: Partner
    north: models.Agency
    kirana: models.Agency
    summer: models.Campaign
    theirs: models.Campaign
    mei: models.Collaboration
    ann: models.Collaboration
    formula: models.Collaboration
    bea: models.Collaboration
    small: models.Collaboration
    link: models.TrackingLink

    def page_of(self, row: models.Campaign | models.Kol) -> str:
        """The path of a campaign's or a KOL's page."""
        letter, folder = ("C", "campaigns") if isinstance(row, models.Campaign) else ("K", "kols")
        return f"/portal/{folder}/{node_id(letter, row.pk)}/"

    def person(self, of: models.Agency | Partner | models.Campaign | None, name: str = "") -> str:
        """The name of a new login: an agency's, a brand's, a campaign's guest, or nobody's."""
        username = name or f"person-{new_id().hex[-12:]}"
        User.objects.create_user(username, password=PASSWORD if name else None)
        if isinstance(of, models.Agency):
            make(models.AgencyMembership, agency=of, username=username)
        elif isinstance(of, Partner):
            make(Membership, partner=of, username=username)
        elif of is not None:
            make(models.GuestAccess, partner_id=of.partner_id, campaign=of, username=username, granted_at=NOW)
        return username


def session_of(username: str) -> str:
    """The key of a new session of somebody, for his cookie."""
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(User.objects.get(username=username))
    return str(browser.cookies[settings.SESSION_COOKIE_NAME].value)


def _live(brand: Partner, row: models.Collaboration, start: float, acts: dict[str, list[str]]) -> None:
    """A session of twenty minutes the collaboration appears in: who watches, likes and looks at a product."""
    subject = f"live-{start:g}"
    told = [event("live_session_started", minute(start), subject=subject)]
    for place, (type_, viewers) in enumerate(acts.items()):
        extra: dict[str, Any] = {"items": [{"item_id": "x"}]} if type_ == "select_item" else {}
        told += [
            event(type_, minute(start + 1 + place), subject=subject, viewer_id=name, **extra)
            for name in viewers
        ]
    told.append(event("live_session_ended", minute(start + 20), subject=subject))
    assert deliver(brand, told).rejected == 0
    session = LiveSession.objects.using("worker").get(partner=brand, external_id=subject)
    make(models.Appearance, partner=brand, collaboration=row, session=session)


def _order(brand: Partner, name: str, at: float, viewer: str, price: str, *, cost: str | None = None) -> None:
    item = {"item_id": "x", "quantity": 1, "price": price} | ({} if cost is None else {"cost": cost})
    told = event(
        "purchase", minute(at), subject=None, transaction_id=name, items=[item], viewer_id=viewer,
        customer_id=f"c-{viewer}",
    )  # fmt: skip
    assert deliver(brand, [told]).rejected == 0


def _agree(row: models.Collaboration, cost: str = "0") -> None:
    """A contract with a tenth of what was sold, and a fee that was paid."""
    owned = {"partner_id": row.partner_id, "collaboration": row}
    make(models.Terms, valid_from=date(2026, 5, 1), currency="SGD", commission_rate=Decimal("0.1"), **owned)
    if Decimal(cost):
        make(
            models.CostLine, campaign_id=row.campaign_id, kind="FEE", amount=Decimal(cost), currency="SGD",
            on_date=date(2026, 5, 27), **owned,
        )  # fmt: skip


def _grant(where: models.Campaign, to: models.Agency) -> None:
    make(models.AgencyGrant, partner_id=where.partner_id, campaign=where, agency=to, granted_at=NOW)


def _people(letter: str, count: int) -> list[str]:
    return [f"{letter}{number}" for number in range(count)]


def _watched(brand: Partner, made: dict[str, models.Collaboration]) -> None:
    """25 see Mei, twelve of them like; twelve of them and twelve more see Ann, eleven of them the third."""
    seen_by_mei = _people("v", 25)
    acts = {"live_view_started": seen_by_mei, "live_like": seen_by_mei[:12], "select_item": seen_by_mei[:10]}
    _live(brand, made["Mei"], 0, acts)
    _live(brand, made["Ann"], 1440, {"live_view_started": [*seen_by_mei[:12], *_people("w", 12)]})
    _live(brand, made[FORMULA], 60, {"live_view_started": [*seen_by_mei[13:24], *_people("x", 11)]})
    _live(brand, made["Bea"], 120, {"live_view_started": [*_people("y", 12), "v0"]})
    _order(brand, "o-mei", 30, "v14", "20.00", cost="5.00")
    _order(brand, "o-both", 1470, "v1", "30.00", cost="5.00")
    _order(brand, "o-formula", 90, "x1", "12.00")
    _order(brand, "o-bea", 150, "y1", "99.00")
    back = event("refund", minute(2000), subject=None, transaction_id="o-mei", refund_id="r", value="4.00")
    assert deliver(brand, [back]).rejected == 0


def _linked(row: models.Collaboration) -> models.TrackingLink:
    """Mei has accounts, a link that was followed, a code, and a day on which many followers came."""
    owned = {"partner_id": row.partner_id, "collaboration": row}
    account = make(models.KolAccount, kol=row.kol, platform="TIKTOK", handle=f"mei{new_id().hex[-8:]}")
    for day, followers in ((20, 10_000), (21, 16_000)):
        make(models.KolFollowers, account=account, on_date=date(2026, 5, day), followers=followers)
    make(models.LinkHost, partner_id=row.partner_id, host="shop.test")
    link: models.TrackingLink = make(
        models.TrackingLink,
        code="".join(random.choices("abcdefghjk", k=10)),
        destination="https://shop.test/mei",
        **owned,
    )
    for number in range(3):
        make(
            models.LinkClick, partner_id=row.partner_id, link=link, by="PERSON", visitor=f"visitor-{number}",
            clicked_at=minute(40 + number),
        )  # fmt: skip
    make(models.PromoCode, code="MEI10", **owned)
    return link


def _stated(brand: Partner, row: models.Collaboration) -> None:
    """A statement of May, of claims that are approved."""
    mutation = """mutation ($input: CreateStatementInput!) { createStatement(input: $input) {
      statement { id } userErrors { message } } }"""
    models.Claim.objects.using("worker").filter(partner=brand).update(status="APPROVED")
    given = {"collaborationId": str(node_id("L", row.pk)), "period": PERIOD, "reason": "monthly"}
    told = ask(mutation, of=brand, scopes=("read", "manage"), input=given)["createStatement"]
    assert told["userErrors"] == []


def build() -> World:
    """The world, with its numbers computed."""
    brand = factories.partner(name="Brand One")
    north, kirana = agency("Northlight"), agency("Kirana")
    summer, theirs = campaign(brand, "Summer"), campaign(brand, "Only Kirana")
    made = {
        name: join(summer, kol(brand, name, agency=of), agency=of)
        for name, of in (("Mei", north), ("Ann", north), (FORMULA, north), ("Bea", kirana))
    }
    for name, cost in (("Mei", "10"), ("Ann", "4"), (FORMULA, "6"), ("Bea", "50")):
        _agree(made[name], cost)
    small = [
        join(summer, kol(brand, f"Small {number:02}", agency=north), agency=north)
        for number in range(1, SMALL + 1)
    ]
    join(theirs, made["Bea"].kol, agency=kirana)
    for to in (north, kirana):
        _grant(summer, to)
    _grant(theirs, kirana)
    today = datetime.now(UTC).date()
    for number in range(1, LISTED + 1):
        begins = today if number == LISTED else date(2025, 1, number)
        where = campaign(brand, f"Season {number:02}", starts_on=begins, ends_on=begins + timedelta(days=9))
        join(where, made["Ann"].kol, agency=north)
        _grant(where, north)
    _watched(brand, made)
    link = _linked(made["Mei"])
    campaigns_changed([summer.pk, theirs.pk], partner_id=brand.pk, now=NOW, using="worker")
    fill(brand)
    _stated(brand, made["Mei"])
    return World(
        brand=brand, north=north, kirana=kirana, summer=summer, theirs=theirs, mei=made["Mei"],
        ann=made["Ann"], formula=made[FORMULA], bea=made["Bea"], small=small[0], link=link,
    )  # fmt: skip
