"""The rows an act is about: the actor's own ones alone, held until the act is done where it changes them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet

from commerce import queries
from commerce.access import Actor, scoped
from commerce.models import LiveSession, Partner
from kol.models import Agency, Campaign, Collaboration, Kol, RosterEntry
from kol.refusals import Refused, not_found

Row = TypeVar("Row", Campaign, Collaboration)
AgencyKey = UUID | str
"""An agency's id, or its slug."""


@dataclass(frozen=True, kw_only=True)
class SessionName:
    """A live session as its source calls it."""

    source: str
    external_id: str


SessionKey = UUID | SessionName


def own_partner(actor: Actor) -> Partner:
    """The one partner of the actor; who has several says by another row which one is meant."""
    rows = queries.partners(actor=actor)
    if len(rows) != 1:
        raise Refused(message="This is of one partner, and who asks is not of exactly one.")
    return rows[0]


def partner_of(partner_id: UUID | None, *, actor: Actor) -> Partner:
    """A partner of the actor's; without an id its only one."""
    if partner_id is None:
        return own_partner(actor)
    row = scoped(Partner.objects.filter(id=partner_id), actor=actor).first()
    if row is None:
        raise not_found("partner", what="partner")
    return row


def held_campaign(campaign_id: UUID, *, actor: Actor) -> Campaign:
    """A campaign with its partner, locked."""
    rows = scoped(Campaign.objects.select_related("partner"), actor=actor).filter(id=campaign_id)
    return _held(rows, field="campaign", what="campaign")


def held_collaboration(collaboration_id: UUID, *, actor: Actor) -> Collaboration:
    """A collaboration with its partner, campaign, KOL and agency, locked."""
    rows = scoped(
        Collaboration.objects.select_related("partner", "campaign__partner", "kol", "agency"), actor=actor
    )
    return _held(rows.filter(id=collaboration_id), field="collaboration", what="collaboration")


def _held(rows: "QuerySet[Row]", *, field: str, what: str) -> Row:
    row = rows.select_for_update(of=("self",), no_key=True).first()
    if row is None:
        raise not_found(field, what=what)
    return row


def known_kol(kol_id: UUID, *, partner_id: UUID, actor: Actor) -> Kol:
    """A KOL on the partner's roster."""
    entries = scoped(RosterEntry.objects.select_related("kol"), actor=actor)
    entry = entries.filter(partner_id=partner_id, kol_id=kol_id).first()
    if entry is None:
        raise Refused("kol", message="There is no such KOL on the roster.", kind="not_found")
    return entry.kol


def some_agency(agency: AgencyKey) -> Agency:
    """An agency, by its id or slug, also one that the actor does not work with yet."""
    where = {"slug": agency} if isinstance(agency, str) else {"id": agency}
    row = Agency.objects.using("worker").filter(**where).first()
    if row is None:
        raise not_found("agency", what="agency")
    return row


def own_session(session: SessionKey, *, partner_id: UUID, actor: Actor) -> LiveSession:
    """A session of the partner."""
    where = vars(session) if isinstance(session, SessionName) else {"id": session}
    row = queries.sessions(actor=actor).filter(partner_id=partner_id, **where).first()
    if row is None:
        raise not_found("session", what="live session")
    return row


def begun(session: LiveSession, now: datetime) -> datetime | None:
    """Since when an act on a session can matter; None where nobody told when it begins: ever."""
    if session.started_at is None or session.is_merged or session.merged_into_id is not None:
        # Of a session of several broadcasts the earliest matters, whichever of them is meant.
        return None
    return min(session.started_at, now)
