"""What numbers of campaigns are about, and whose they are to see."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from analytics.models import SubjectKind
from commerce.access import Actor


@dataclass(frozen=True)
class Subject:
    """What numbers are about; with an agency only the part of it that the agency may see."""

    kind: SubjectKind
    id: UUID
    partner_id: UUID
    agency_id: UUID | None = None


@dataclass(frozen=True)
class Period:
    """Days of the partner's calendar, [starts_on, ends_on)."""

    starts_on: date
    ends_on: date


def may_see(actor: Actor, subject: Subject) -> bool:
    """Whether numbers of a subject are the actor's to see: the first wall; the database is the second."""
    if subject.partner_id in actor.partner_ids:
        return True
    agency: UUID | None = getattr(actor, "agency_id", None)
    if subject.kind is SubjectKind.COLLABORATION:
        return subject.id in getattr(actor, "collaboration_ids", ())
    if subject.agency_id != agency:
        return False
    if subject.kind is SubjectKind.CAMPAIGN:
        return subject.id in getattr(actor, "campaign_ids", ())
    return agency is not None
