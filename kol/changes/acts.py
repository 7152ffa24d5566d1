"""What every act shares: the record of it and the mark it leaves, in the transaction of the act itself."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commerce.access import Actor
from commerce.models import Partner, PartnerModel
from commerce.record import put_on_record
from kol.changes import rules
from kol.marks import campaigns_changed


def put_down(
    row: PartnerModel,
    action: str,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    details: Mapping[str, Any] | None = None,
    using: str = "default",
) -> None:
    """Put on record that the actor did this to a row."""
    put_on_record(
        actor=actor,
        partner_id=row.partner_id,
        action=action,
        subject_kind=type(row).__name__,
        subject_id=row.pk,
        reason=rules.reason(reason),
        now=now,
        details={key: plain(value) for key, value in (details or {}).items()},
        using=using,
    )


def mark(campaign_id: UUID, *, partner_id: UUID, now: datetime, since: datetime | None) -> None:
    """Have a campaign computed again, from a moment on; None: all of it."""
    campaigns_changed([campaign_id], partner_id=partner_id, now=now, since=since)


def day_start(day: date, *, partner: Partner, now: datetime) -> datetime:
    """When a day begins by the partner's calendar; now, where that is still to come."""
    return min(now, datetime.combine(day, time(), tzinfo=ZoneInfo(partner.timezone)))


def today_of(partner: Partner, now: datetime) -> date:
    """The day it is by the partner's calendar."""
    return now.astimezone(ZoneInfo(partner.timezone)).date()


def plain(value: Any) -> Any:
    """A value as the record keeps it: texts, numbers of no decimals, truth, lists and objects of them."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value
