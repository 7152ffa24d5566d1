"""Campaigns: begun, and changed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from commerce.access import Actor
from commerce.models import Objective
from kol.changes import rules
from kol.changes.acts import mark, put_down
from kol.changes.found import held_campaign, partner_of
from kol.models import Campaign, PayableModel

OF_NUMBERS: Final = frozenset(
    {"starts_on", "ends_on", "currency", "click_window_seconds", "view_window_seconds", "payable_model"}
)
"""What numbers of a campaign depend on."""


@dataclass(frozen=True, kw_only=True)
class CampaignWish:
    """A campaign as somebody asks for it; `currency` None: the partner's."""

    name: str
    starts_on: date
    ends_on: date
    objective: str = Objective.CONVERSION
    budget: Decimal | None = None
    currency: str | None = None
    click_window_seconds: int = 7 * 86400
    view_window_seconds: int = 86400
    payable_model: str = PayableModel.CODE_FIRST
    return_window_seconds: int = 14 * 86400


def create_campaign(
    wish: CampaignWish, *, actor: Actor, reason: str, now: datetime, partner_id: UUID | None = None
) -> Campaign:
    """Begin a campaign of the actor's partner; raises `Refused`."""
    partner = partner_of(partner_id, actor=actor)
    told = _checked(wish, currency=partner.currency)
    with transaction.atomic():
        row = Campaign.objects.create(partner=partner, **told)
        put_down(row, "create_campaign", actor=actor, reason=reason, now=now, details=told)
        # Nobody has worked in it yet: there is nothing of the past to compute.
        mark(row.pk, partner_id=partner.pk, now=now, since=now)
    return row


def update_campaign(
    campaign_id: UUID, changes: Mapping[str, Any], *, actor: Actor, reason: str, now: datetime
) -> Campaign:
    """Change what is named of a campaign, by the names of `CampaignWish`; raises `Refused`."""
    with transaction.atomic():
        row = held_campaign(campaign_id, actor=actor)
        before = {field.name: getattr(row, field.name) for field in fields(CampaignWish)}
        told = _checked(replace(CampaignWish(**before), **changes), currency=row.currency)
        changed = {key: value for key, value in told.items() if value != before[key]}
        if not changed:
            return row
        for key, value in changed.items():
            setattr(row, key, value)
        row.save(update_fields=sorted(changed))
        details = {key: {"from": before[key], "to": value} for key, value in changed.items()}
        put_down(row, "update_campaign", actor=actor, reason=reason, now=now, details=details)
        if changed.keys() & OF_NUMBERS:
            mark(row.pk, partner_id=row.partner_id, now=now, since=None)
    return row


def _checked(wish: CampaignWish, *, currency: str) -> dict[str, Any]:
    rules.days(("starts_on", wish.starts_on), ("ends_on", wish.ends_on))
    return {
        **asdict(wish),
        "name": rules.name("name", wish.name),
        "objective": rules.one_of("objective", wish.objective, Objective),
        "budget": None if wish.budget is None else rules.money("budget", wish.budget),
        "currency": rules.currency("currency", wish.currency or currency),
        "click_window_seconds": rules.window("click_window_seconds", wish.click_window_seconds),
        "view_window_seconds": rules.window("view_window_seconds", wish.view_window_seconds),
        "payable_model": rules.one_of("payable_model", wish.payable_model, PayableModel),
        "return_window_seconds": rules.window("return_window_seconds", wish.return_window_seconds),
    }
