"""Which KOLs are in which live sessions."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from commerce.access import Actor, scoped
from kol.changes import rules
from kol.changes.acts import mark, put_down
from kol.changes.found import SessionKey, SessionName, begun, held_collaboration, own_session
from kol.models import Appearance
from kol.refusals import Refused


def set_appearance(
    *,
    collaboration_id: UUID,
    session: SessionKey,
    role: str,
    on_screen_seconds: int | None,
    actor: Actor,
    reason: str,
    now: datetime,
) -> Appearance:
    """Say that a KOL is in a live session of the partner, as what and how long; raises `Refused`."""
    role = rules.one_of("role", role, Appearance.Role)
    if on_screen_seconds is not None:
        rules.count("on_screen_seconds", on_screen_seconds, least=1, most=rules.LONGEST_ON_SCREEN)
    with transaction.atomic():
        collaboration = held_collaboration(collaboration_id, actor=actor)
        found = own_session(session, partner_id=collaboration.partner_id, actor=actor)
        row, _ = Appearance.objects.update_or_create(
            partner_id=collaboration.partner_id,
            collaboration=collaboration,
            session=found,
            defaults={"role": role, "on_screen_seconds": on_screen_seconds},
        )
        row.collaboration = collaboration
        details = {
            "collaboration": collaboration.pk,
            "session": found.pk,
            "role": role,
            "on_screen_seconds": on_screen_seconds,
        }
        put_down(row, "set_appearance", actor=actor, reason=reason, now=now, details=details)
        since = begun(found, now)
        mark(collaboration.campaign_id, partner_id=collaboration.partner_id, now=now, since=since)
    return row


def remove_appearance(
    *,
    collaboration_id: UUID,
    session: SessionKey,
    actor: Actor,
    reason: str,
    now: datetime,
) -> Appearance:
    """Take back that a KOL is in a session; answers what was; raises `Refused`."""
    with transaction.atomic():
        collaboration = held_collaboration(collaboration_id, actor=actor)
        rows = scoped(Appearance.objects.select_related("session"), actor=actor)
        named = isinstance(session, SessionName)
        where = (
            {f"session__{key}": value for key, value in vars(session).items()}
            if named
            else {"session": session}
        )
        row = rows.filter(collaboration=collaboration, **where).first()
        if row is None:
            raise Refused("session", message="The KOL is not in this session.", kind="not_found")
        row.collaboration = collaboration
        # A split session is no session of the partner's any more, and can still be taken out.
        details = {
            "collaboration": collaboration.pk,
            "session": row.session_id,
            "role": row.role,
            "on_screen_seconds": row.on_screen_seconds,
        }
        put_down(row, "remove_appearance", actor=actor, reason=reason, now=now, details=details)
        since = begun(row.session, now)
        mark(collaboration.campaign_id, partner_id=collaboration.partner_id, now=now, since=since)
        Appearance.objects.filter(partner_id=row.partner_id, pk=row.pk).delete()
    return row
