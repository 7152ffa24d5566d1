"""Tracking links of a collaboration."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from commerce.access import Actor, scoped
from kol import links
from kol.changes import rules
from kol.changes.found import SessionKey, held_collaboration, own_session
from kol.models import TrackingLink
from kol.refusals import not_found


@dataclass(frozen=True, kw_only=True)
class LinkWish:
    """A tracking link as somebody asks for it; a UTM parameter of None is what `make_link` says."""

    destination: str
    session: SessionKey | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_content: str | None = None
    utm_term: str | None = None


def create_tracking_link(
    collaboration_id: UUID, wish: LinkWish, *, actor: Actor, reason: str, now: datetime
) -> TrackingLink:
    """Make a link of a collaboration; raises `Refused`. Nothing of the past is computed again for it."""
    told = {**asdict(wish), "reason": rules.reason(reason)}
    with transaction.atomic():
        row = held_collaboration(collaboration_id, actor=actor)
        told["session"] = None
        if wish.session is not None:
            told["session"] = own_session(wish.session, partner_id=row.partner_id, actor=actor)
        return links.make_link(actor=actor, collaboration=row, now=now, **told)


def revoke_tracking_link(link_id: UUID, *, actor: Actor, reason: str, now: datetime) -> TrackingLink:
    """End a link; raises `Refused`. One that has ended stays as it is."""
    why = rules.reason(reason)
    row = scoped(TrackingLink.objects.filter(id=link_id), actor=actor).first()
    if row is None:
        raise not_found("id", what="tracking link")
    return links.revoke_link(actor=actor, link=row, now=now, reason=why)
