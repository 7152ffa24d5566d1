"""Making tracking links, and ending them."""

import re
import secrets
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.text import slugify

from commerce.access import Actor
from commerce.models import LiveSession
from commerce.record import put_on_record
from kol.links.destinations import checked_destination
from kol.models import Collaboration, LinkHost, TrackingLink
from kol.refusals import Refused

LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what is mistaken for each other when it is read aloud or typed."""
LENGTH: Final = 10
PREFIX: Final = "/r/"
_CODE: Final = re.compile(f"[{LETTERS}]{{{LENGTH}}}")


def is_code(code: str) -> bool:
    """Whether this can be a code of ours: a typing error never reaches the database."""
    return _CODE.fullmatch(code) is not None


def short_path(link: TrackingLink) -> str:
    """The path that leads to the link's destination, `/r/<code>`; its pictures are below it."""
    return PREFIX + link.code


def make_link(
    *,
    actor: Actor,
    collaboration: Collaboration,
    destination: str,
    now: datetime,
    utm_source: str | None = None,
    utm_medium: str | None = None,
    utm_campaign: str | None = None,
    utm_content: str | None = None,
    utm_term: str | None = None,
    session: LiveSession | None = None,
    reason: str = "",
    using: str = "default",
) -> TrackingLink:
    """Make a link of a collaboration, and put that on record, in one transaction.

    A UTM parameter not given is the KOL's name, "influencer" and the campaign's name; an empty one is not
    added. `Refused` says which `field` breaks which `rule`: destination (length, characters, scheme,
    credentials, host, port), session (partner), utm_* (length, characters). The actor's scope is for the
    caller to check.
    """
    partner_id = collaboration.partner_id
    if session is not None and session.partner_id != partner_id:
        raise Refused("session", rule="partner", message="The session is another partner's.")
    utm = {
        "utm_source": _default(utm_source, slugify(collaboration.kol.name, allow_unicode=True)),
        "utm_medium": _default(utm_medium, "influencer"),
        "utm_campaign": _default(utm_campaign, slugify(collaboration.campaign.name, allow_unicode=True)),
        "utm_content": utm_content or "",
        "utm_term": utm_term or "",
    }
    for field, value in utm.items():
        if len(value) > 200:
            raise Refused(field, rule="length", message="A UTM parameter has at most 200 characters.")
        if not value.isprintable():
            raise Refused(field, rule="characters", message="A UTM parameter is plain text.")
    hosts = LinkHost.objects.using(using).filter(partner_id=partner_id).values_list("host", flat=True)
    with transaction.atomic(using=using):
        link = TrackingLink.objects.using(using).create(
            partner_id=partner_id,
            collaboration=collaboration,
            code="".join(secrets.choice(LETTERS) for _ in range(LENGTH)),
            destination=checked_destination(destination, hosts=list(hosts)),
            session=session,
            **utm,
        )
        put_on_record(
            actor=actor,
            partner_id=partner_id,
            action="create_tracking_link",
            subject_kind="TrackingLink",
            subject_id=link.id,
            now=now,
            reason=reason,
            details={"destination": link.destination, "collaboration": str(collaboration.id)},
            using=using,
        )
    return link


def _default(given: str | None, otherwise: str) -> str:
    return otherwise[:200] if given is None else given


def revoke_link(
    *, actor: Actor, link: TrackingLink, now: datetime, reason: str = "", using: str = "default"
) -> TrackingLink:
    """End a link, and put that on record; within five seconds no process follows it. Twice is once."""
    with transaction.atomic(using=using):
        rows = TrackingLink.objects.using(using).filter(
            partner_id=link.partner_id, id=link.id, revoked_at=None
        )
        if rows.update(revoked_at=now):
            link.revoked_at = now
            put_on_record(
                actor=actor,
                partner_id=link.partner_id,
                action="revoke_tracking_link",
                subject_kind="TrackingLink",
                subject_id=link.id,
                now=now,
                reason=reason,
                using=using,
            )
    return link
