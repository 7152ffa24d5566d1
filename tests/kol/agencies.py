"""Campaigns that agencies and guests see parts of."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from commerce.models import Partner, new_id
from kol import models
from tests.factories import NOW


def make(model: Any, /, **given: Any) -> Any:
    """A row, written as the worker, who may."""
    return model.objects.using("worker").create(**given)


@dataclass(frozen=True, kw_only=True)
class World:
    """A campaign with a KOL of the agency that is granted it, another agency's, and one of nobody's."""

    partner: Partner
    campaign: models.Campaign
    agency: models.Agency
    other: models.Agency
    grant: models.AgencyGrant
    own: models.Collaboration
    foreign: models.Collaboration
    free: models.Collaboration


def agency(name: str) -> models.Agency:
    """An agency."""
    row: models.Agency = make(models.Agency, slug=f"a-{new_id().hex[-12:]}", name=name)
    return row


def campaign(partner: Partner, name: str = "June") -> models.Campaign:
    """A campaign of two weeks around now."""
    days = {"starts_on": date(2026, 5, 25), "ends_on": date(2026, 6, 8)}
    row: models.Campaign = make(models.Campaign, partner=partner, name=name, currency="SGD", **days)
    return row


def collaboration(where: models.Campaign, name: str, *, agency: models.Agency | None) -> models.Collaboration:
    """A new KOL in a campaign."""
    kol = make(models.Kol, name=name)
    make(models.RosterEntry, partner_id=where.partner_id, kol=kol, agency=agency)
    row: models.Collaboration = make(
        models.Collaboration, partner_id=where.partner_id, campaign=where, kol=kol, agency=agency
    )
    return row


def grant(where: models.Campaign, agency: models.Agency) -> models.AgencyGrant:
    """Let an agency see a campaign."""
    given = {"partner_id": where.partner_id, "campaign": where, "agency": agency}
    row: models.AgencyGrant = make(models.AgencyGrant, granted_at=NOW, **given)
    return row


def world(partner: Partner) -> World:
    """One campaign, two agencies, three KOLs."""
    where, own, other = campaign(partner), agency("Own"), agency("Other")
    return World(
        partner=partner,
        campaign=where,
        agency=own,
        other=other,
        grant=grant(where, own),
        own=collaboration(where, "Ada", agency=own),
        foreign=collaboration(where, "Bea", agency=other),
        free=collaboration(where, "Cid", agency=None),
    )
