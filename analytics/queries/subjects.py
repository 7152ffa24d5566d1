"""What numbers of campaigns are about, and whose they are to see."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from analytics.models import SubjectKind
from commerce.access import Actor, Sight


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
    if subject.kind is SubjectKind.COLLABORATION:
        return subject.agency_id is None and subject.id in actor.collaboration_ids
    if subject.kind is SubjectKind.CAMPAIGN:
        sight = Sight(partner_id=subject.partner_id, campaign_id=subject.id, agency_id=subject.agency_id)
        return sight in actor.sights
    # Sums over campaigns are an agency's own; no guest is told of campaigns that he was not invited to.
    is_own = subject.agency_id is not None and subject.agency_id == actor.agency_id
    return is_own and subject.partner_id in actor.summed_ids
