"""Who else sees a campaign: agencies it is granted to, and guests."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from commerce.access import Actor, scoped
from kol.changes import rules
from kol.changes.acts import mark, put_down
from kol.changes.found import AgencyKey, held_campaign, some_agency
from kol.models import AgencyGrant, GuestAccess
from kol.refusals import Refused, conflict


def grant_agency(
    *, campaign_id: UUID, agency: AgencyKey, actor: Actor, reason: str, now: datetime
) -> AgencyGrant:
    """Let an agency see its own KOLs in a campaign; raises `Refused`. A revoked grant is given anew."""
    with transaction.atomic():
        campaign = held_campaign(campaign_id, actor=actor)
        seeing = some_agency(agency)
        mine = AgencyGrant.objects.filter(partner_id=campaign.partner_id, campaign=campaign)
        row = mine.filter(agency_id=seeing.pk).first()
        if row is not None and row.revoked_at is None:
            raise conflict("agency", message="The agency sees the campaign already.")
        row = row or AgencyGrant(partner_id=campaign.partner_id, campaign=campaign, agency_id=seeing.pk)
        row.granted_at, row.revoked_at = now, None
        row.save()
        details = {"campaign": campaign.pk, "agency": seeing.slug}
        put_down(row, "grant_agency", actor=actor, reason=reason, now=now, details=details)
        # No credit changes; what the agency sees of the campaign is summed up anew.
        mark(campaign.pk, partner_id=campaign.partner_id, now=now, since=now)
    return row


def revoke_grant(
    *, campaign_id: UUID, agency: AgencyKey, actor: Actor, reason: str, now: datetime
) -> AgencyGrant:
    """Let an agency see a campaign no more, nor its guests there; raises `Refused`."""
    with transaction.atomic():
        campaign = held_campaign(campaign_id, actor=actor)
        rows = scoped(AgencyGrant.objects.select_related("agency"), actor=actor).filter(campaign=campaign)
        row = rows.filter(agency_id=some_agency(agency).pk, revoked_at=None).first()
        if row is None:
            raise Refused("agency", message="The agency does not see the campaign.", kind="not_found")
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        details = {"campaign": campaign.pk, "agency": row.agency.slug}
        put_down(row, "revoke_grant", actor=actor, reason=reason, now=now, details=details)
        mark(campaign.pk, partner_id=campaign.partner_id, now=now, since=now)
    return row


def invite_guest(
    *,
    campaign_id: UUID,
    username: str,
    agency: AgencyKey | None,
    actor: Actor,
    reason: str,
    now: datetime,
) -> GuestAccess:
    """Let a login read a campaign: all of it, or as an agency sees it; raises `Refused`."""
    login = rules.text("username", username, longest=rules.LONGEST_LOGIN, least=1)
    with transaction.atomic():
        campaign = held_campaign(campaign_id, actor=actor)
        seeing = None if agency is None else some_agency(agency)
        granted = AgencyGrant.objects.filter(
            partner_id=campaign.partner_id, campaign=campaign, revoked_at=None
        )
        if seeing is not None and not granted.filter(agency_id=seeing.pk).exists():
            raise conflict("agency", message="The agency itself does not see the campaign: grant it first.")
        mine = GuestAccess.objects.filter(partner_id=campaign.partner_id, campaign=campaign)
        row = mine.filter(username=login).first()
        if row is not None and row.revoked_at is None:
            raise conflict("username", message="This login is a guest of the campaign already.")
        row = row or GuestAccess(partner_id=campaign.partner_id, campaign=campaign, username=login)
        row.agency_id = None if seeing is None else seeing.pk
        row.granted_at, row.revoked_at = now, None
        row.save()
        details = {"campaign": campaign.pk, "username": login, "agency": seeing and seeing.slug}
        put_down(row, "invite_guest", actor=actor, reason=reason, now=now, details=details)
    return row


def remove_guest(
    *, campaign_id: UUID, username: str, actor: Actor, reason: str, now: datetime
) -> GuestAccess:
    """Let a login read a campaign no more; raises `Refused`."""
    with transaction.atomic():
        campaign = held_campaign(campaign_id, actor=actor)
        rows = scoped(GuestAccess.objects.filter(campaign=campaign, revoked_at=None), actor=actor)
        row = rows.filter(username=username.strip()).first()
        if row is None:
            raise Refused("username", message="This login is no guest of the campaign.", kind="not_found")
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        details = {"campaign": campaign.pk, "username": row.username}
        put_down(row, "remove_guest", actor=actor, reason=reason, now=now, details=details)
    return row
