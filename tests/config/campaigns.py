"""A partner's campaign with an agency's KOL, another agency's, and one of nobody's: rows of every kind."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from analytics.fills.campaigns import fill_campaigns
from analytics.fills.orders import rules_of
from analytics.graphql.pages import node_id
from analytics.models import CollaborationFlag, RateCard
from commerce.access import Actor
from commerce.connection import worker_connection
from commerce.models import LiveSession, Order, Partner, new_id
from kol import models
from kol.access import actor_of_agency, actor_of_login
from kol.marks import campaigns_changed
from tests.factories import NOW, fill

# What was agreed with each KOL, and what the campaign cost beside: no two are alike.
FEES: Final = {
    "amber": {"xray": "1117.11", "yankee": "2227.22", "free": "3337.33", "whole": "4447.44"},
    "bravo": {"xray": "5157.55", "yankee": "6267.66", "free": "7377.77", "whole": "8487.88"},
}
BUDGETS: Final = {"amber": "9197.91", "bravo": "9298.92"}
# Who appears where: the first in a session that nothing else here is told of.
STAGES: Final = {"xray": "past", "yankee": "live", "free": "live"}
SOLD: Final = {"xray": "past-order", "yankee": "order", "free": "past-order"}


def make(model: Any, /, **given: Any) -> Any:
    """A row, written as the worker, who may."""
    return model.objects.using("worker").create(**given)


@dataclass
class Stage:
    """A campaign; `ids` of its first KOL's rows by the letters of their types, `others` of all the rest.

    `spare` is a KOL and `third` an agency that are not in it yet.
    """

    mark: str
    campaign: models.Campaign
    agency: models.Agency
    other: models.Agency
    guest: str
    spare: str
    third: str
    ids: dict[str, str]
    others: dict[str, list[str]]

    def asked_by_agency(self) -> Actor:
        """The first KOL's agency as it is now."""
        return actor_of_agency(agency_id=self.agency.id, name="agency")

    def asked_by_other(self) -> Actor:
        """The other KOL's agency as it is now."""
        return actor_of_agency(agency_id=self.other.id, name="other agency")

    def asked_by_guest(self) -> Actor:
        """Who was invited to see the campaign whole."""
        actor = actor_of_login(username=self.guest, is_staff=False, is_superuser=False)
        assert actor is not None
        return actor


def stage(partner: Partner, mark: str) -> Stage:
    """Put a campaign on: three KOLs, two agencies, a guest."""
    of: dict[str, Any] = {"partner": partner}
    agencies = {
        name: make(models.Agency, slug=f"{mark}-{name}-{new_id().hex[-8:]}", name=f"{mark} {name} agency")
        for name in ("xray", "yankee")
    }
    campaign = make(
        models.Campaign, name=f"{mark} campaign", starts_on=date(2026, 5, 1), ends_on=date(2026, 6, 10),
        currency="SGD", budget=BUDGETS[mark], **of,
    )  # fmt: skip
    of_campaign = {"campaign": campaign, **of}
    for agency in agencies.values():
        make(models.AgencyGrant, agency=agency, granted_at=NOW, **of_campaign)
    third = make(models.Agency, slug=f"{mark}-third-{new_id().hex[-8:]}", name=f"{mark} third agency")
    spare = make(models.Kol, name=f"{mark}-spare kol")
    make(models.RosterEntry, kol=spare, agency=third, **of)
    guest = f"{mark}-guest-{new_id().hex[-8:]}"
    make(models.GuestAccess, username=guest, granted_at=NOW, **of_campaign)
    make(models.LinkHost, host=f"{mark}.example", **of)
    make(models.CostLine, kind="BOOST", amount=FEES[mark]["whole"], currency="SGD", on_date=date(2026, 5, 27),
        note=f"{mark}-whole cost", **of_campaign)  # fmt: skip
    make(RateCard, version=1, currency="SGD", valid_from=date(2026, 5, 1), rates={"views": "0.01"}, **of)
    told = {name: _kol(campaign, mark, name, agencies.get(name)) for name in STAGES}
    campaigns_changed([campaign.id], partner_id=partner.id, now=NOW, using="worker")
    fill(partner)
    connection = worker_connection()
    with connection.transaction():
        fill_campaigns(connection, rules=rules_of(connection, partner_id=partner.id), now=NOW)
    # Nobody here does what would be odd: what was found is written by hand, after it was looked for.
    order = Order.objects.using("worker").get(partner=partner, external_id=f"{mark}-order")
    for rows in told.values():
        make(CollaborationFlag, kind="ONE_BUYER", severity="LOW", counted=5, among=6, value=5, threshold=5,
            order_ids=[order.pk], since=NOW, collaboration_id=rows["L"], **of)  # fmt: skip
    shown = {name: {key: str(node_id(key, row)) for key, row in rows.items()} for name, rows in told.items()}
    return Stage(
        mark=mark,
        campaign=campaign,
        agency=agencies["xray"],
        other=agencies["yankee"],
        guest=guest,
        spare=str(node_id("K", spare.pk)),
        third=str(node_id("A", third.pk)),
        ids={"C": str(node_id("C", campaign.id)), **shown["xray"]},
        others={name: list(shown[name].values()) for name in ("yankee", "free")},
    )


def _kol(campaign: models.Campaign, mark: str, name: str, agency: models.Agency | None) -> dict[str, UUID]:
    """A KOL with a contract, a code, a link, a cost, a claim, a statement and something odd."""
    of: dict[str, Any] = {"partner_id": campaign.partner_id}
    full, fee = f"{mark}-{name}", FEES[mark][name]
    kol = make(models.Kol, name=f"{full} kol", country="SG")
    account = make(models.KolAccount, kol=kol, platform="TIKTOK", handle=f"{full}-{kol.id.hex[-8:]}")
    make(models.KolFollowers, account=account, on_date=date(2026, 5, 1), followers=1000)
    make(models.RosterEntry, kol=kol, agency=agency, note=f"{full} note", **of)
    one = make(models.Collaboration, campaign=campaign, kol=kol, agency=agency, **of)
    of["collaboration"] = one
    session = LiveSession.objects.using("worker").get(
        partner_id=campaign.partner_id, external_id=f"{mark}-{STAGES[name]}"
    )
    order = Order.objects.using("worker").get(
        partner_id=campaign.partner_id, external_id=f"{mark}-{SOLD[name]}"
    )
    make(models.Appearance, session=session, **of)
    make(
        models.Terms,
        valid_from=date(2026, 4, 1),
        currency="SGD",
        fixed_fee=fee,
        commission_tiers=[{"from": "0", "rate": "0.1"}],
        **of,
    )
    make(models.CostLine, campaign=campaign, kind="FEE", amount=fee, currency="SGD",
        on_date=date(2026, 5, 27), note=f"{full} cost", **of)  # fmt: skip
    make(models.PromoCode, code=f"{full}-code".upper(), **of)
    link = make(models.TrackingLink, code=new_id().hex[-10:], destination=f"https://{mark}.example/{full}",
        session=session, **of)  # fmt: skip
    make(models.LinkClick, partner_id=campaign.partner_id, link=link, clicked_at=NOW, by="PERSON",
        visitor=f"{mark}-visitor", device=f"{mark}-device")  # fmt: skip
    statement = make(
        models.Statement, currency="SGD", starts_on=date(2026, 5, 1), ends_on=date(2026, 6, 1), **of
    )
    if name == "free":  # Its order is another KOL's: one claim an order.
        return {"L": one.pk, "K": kol.pk, "T": link.pk, "M": statement.pk}
    claim = make(
        models.Claim, order=order, order_number=order.external_id, model="LAST", currency="SGD",
        placed_at=order.placed_at, approves_at=NOW + timedelta(days=14), reason=f"{full} reason",
        decided_by=f"{mark} desk", **of,
    )  # fmt: skip
    make(models.ClaimLine, claim=claim, statement=statement, kind="SALE", base="10", amount="1",
        currency="SGD", occurred_at=NOW, booked_at=NOW, order_number=order.external_id,
        placed_at=order.placed_at, **of)  # fmt: skip
    assert agency is not None
    return {
        "L": one.pk, "K": kol.pk, "T": link.pk, "M": statement.pk, "I": claim.pk, "A": agency.pk,
    }  # fmt: skip


def whole_sums(mark: str) -> tuple[str, ...]:
    """Amounts that only who sees the whole campaign is told; its budget is the partner's alone."""
    return tuple(FEES[mark][name] for name in ("yankee", "free", "whole"))
