"""Hosts that a partner's tracking links may lead to."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from commerce.access import Actor, scoped
from kol.changes.acts import put_down
from kol.changes.found import partner_of
from kol.links.destinations import ascii_host
from kol.models import LinkHost
from kol.refusals import conflict, not_found


def allow_host(
    host: str, *, actor: Actor, reason: str, now: datetime, partner_id: UUID | None = None
) -> LinkHost:
    """Let links of the actor's partner lead to a host, and to none below it; raises `Refused`."""
    partner = partner_of(partner_id, actor=actor)
    name = ascii_host(host.strip(), field="host")
    row = LinkHost(partner=partner, host=name)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            put_down(row, "allow_host", actor=actor, reason=reason, now=now, details={"host": name})
    except IntegrityError:
        raise conflict("host", message="Links may lead there already.") from None
    return row


def forbid_host(host_id: UUID, *, actor: Actor, reason: str, now: datetime) -> LinkHost:
    """Let no link lead to a host any more, old ones neither; raises `Refused`."""
    with transaction.atomic():
        row = scoped(LinkHost.objects.select_for_update(), actor=actor).filter(id=host_id).first()
        if row is None:
            raise not_found("id", what="host")
        put_down(row, "forbid_host", actor=actor, reason=reason, now=now, details={"host": row.host})
        LinkHost.objects.filter(partner_id=row.partner_id, pk=row.pk).delete()
    return row
