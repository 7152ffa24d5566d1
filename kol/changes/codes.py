"""Promo codes that speak for a collaboration."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from commerce.access import Actor
from commerce.models import Partner
from kol import links
from kol.changes import rules
from kol.changes.acts import mark, put_down
from kol.changes.found import SessionKey, held_collaboration, own_session
from kol.models import Collaboration, PromoCode
from kol.refusals import conflict


@dataclass(frozen=True, kw_only=True)
class CodeWish:
    """A promo code as somebody asks for it; times are half-open, None leaves them open."""

    code: str
    is_exclusive: bool = True
    session: SessionKey | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def create_promo_code(
    collaboration_id: UUID, wish: CodeWish, *, actor: Actor, reason: str, now: datetime
) -> PromoCode:
    """Give a collaboration a code; raises `Refused`: an exclusive code is nobody else's."""
    code = rules.promo_code("code", wish.code)
    rules.moments(("valid_from", wish.valid_from), ("valid_until", wish.valid_until))
    with transaction.atomic():
        row = held_collaboration(collaboration_id, actor=actor)
        session = None
        if wish.session is not None:
            session = own_session(wish.session, partner_id=row.partner_id, actor=actor)
        # Two who give one code away at once, one of them exclusively, must see each other.
        Partner.objects.select_for_update(no_key=True).get(pk=row.partner_id)
        _check_free(row, code, is_exclusive=wish.is_exclusive)
        made = PromoCode.objects.create(
            partner_id=row.partner_id,
            collaboration=row,
            code=code,
            is_exclusive=wish.is_exclusive,
            session=session,
            valid_from=wish.valid_from,
            valid_until=wish.valid_until,
        )
        details = {
            "collaboration": row.pk,
            "code": code,
            "is_exclusive": wish.is_exclusive,
            "session": None if session is None else session.pk,
            "valid_from": wish.valid_from,
            "valid_until": wish.valid_until,
        }
        put_down(made, "create_promo_code", actor=actor, reason=reason, now=now, details=details)
        since = None if wish.valid_from is None else min(wish.valid_from, now)
        mark(row.campaign_id, partner_id=row.partner_id, now=now, since=since)
        if session is not None:
            links.mark_orders_with_code(made, now=now)
    return made


def _check_free(row: Collaboration, code: str, *, is_exclusive: bool) -> None:
    taken = PromoCode.objects.filter(partner_id=row.partner_id, code=code)
    for held in taken.select_related("collaboration__kol", "collaboration__campaign"):
        if held.collaboration_id == row.pk:
            raise conflict("code", message="The collaboration has this code already.")
        if held.is_exclusive:
            raise conflict("code", message=f"The code is exclusive to {held.collaboration}.")
        if is_exclusive:
            raise conflict("code", message=f"The code is shared with {held.collaboration}: not exclusively.")
