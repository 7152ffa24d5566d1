"""Campaigns to ask about: rows as people would have written them."""

from datetime import date
from typing import Any

from commerce.models import Partner, new_id
from kol import models


def make(model: Any, **given: Any) -> Any:
    """A row, written as the worker, who may."""
    return model.objects.using("worker").create(**given)


def kol(partner: Partner, name: str, *, agency: models.Agency | None = None) -> models.Kol:
    """An influencer on the partner's roster."""
    row: models.Kol = make(models.Kol, name=name, country="SG")
    make(models.RosterEntry, partner=partner, kol=row, agency=agency)
    return row


def agency(name: str) -> models.Agency:
    row: models.Agency = make(models.Agency, slug=f"a-{new_id().hex[-12:]}", name=name)
    return row


def campaign(partner: Partner, name: str, **given: Any) -> models.Campaign:
    told = {"starts_on": date(2026, 5, 20), "ends_on": date(2026, 6, 10), "currency": "SGD", **given}
    row: models.Campaign = make(models.Campaign, partner=partner, name=name, **told)
    return row


def join(
    where: models.Campaign, who: models.Kol, *, agency: models.Agency | None = None
) -> models.Collaboration:
    """A collaboration."""
    row: models.Collaboration = make(
        models.Collaboration, partner_id=where.partner_id, campaign=where, kol=who, agency=agency
    )
    return row
