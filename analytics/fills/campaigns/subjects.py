"""Which subjects' numbers a change touches, and computing them anew."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection, sql

from analytics.fills.campaigns import statements
from analytics.fills.orders import Rules
from analytics.fills.statements import rows
from analytics.fills.visitors import sources_of
from analytics.metrics import ACQUIRED_DAYS
from analytics.models import CampaignCredit, CampaignMoney, CampaignOverlap, CampaignRollup, SubjectKind

# What an agency sees is its own collaborations in campaigns it was granted, as long as it is.
MEMBERS: Final = """
SELECT c.id, c.campaign_id, c.kol_id, c.agency_id, EXISTS (
    SELECT 1 FROM kol_agencygrant g WHERE g.partner_id = c.partner_id AND g.campaign_id = c.campaign_id
        AND g.agency_id = c.agency_id AND g.revoked_at IS NULL
) FROM kol_collaboration c WHERE c.partner_id = %(partner)s
"""
CAMPAIGNS: Final = "SELECT id FROM kol_campaign WHERE partner_id = %(partner)s"
# What a buyer who was won buys later is told of the collaborations that won him.
WINNERS: Final = """
SELECT DISTINCT s.collaboration_id FROM analytics_ordershare s
WHERE s.partner_id = %(partner)s AND s.placed_at >= %(since)s AND s.collaboration_id IS NOT NULL
"""
ROLLUPS: Final = (CampaignRollup, CampaignCredit, CampaignMoney)
DROP: Final = """
DELETE FROM {} t WHERE t.partner_id = %(partner)s AND NOT EXISTS (
    SELECT 1 FROM unnest(%(kinds)s::text[], %(subjects)s::uuid[], %(agencies)s::uuid[])
        AS s (kind, id, agency)
    WHERE s.kind = t.kind AND s.id = t.subject_id AND s.agency IS NOT DISTINCT FROM t.agency_id
)
"""
DROP_PAIRS: Final = """
DELETE FROM {} t WHERE t.partner_id = %(partner)s AND NOT EXISTS (
    SELECT 1 FROM kol_campaign c WHERE c.partner_id = t.partner_id AND c.id = t.campaign_id)
"""
# Days of the partner's clock may be a little longer than 24 hours.
WINNING: Final = timedelta(days=ACQUIRED_DAYS + 1)


class _Member(NamedTuple):
    collaboration: UUID
    campaign: UUID
    kol: UUID
    agency: UUID | None
    is_granted: bool


class _Subject(NamedTuple):
    kind: str
    id: UUID
    agency: UUID | None


def fill_campaigns(
    connection: Connection[Any],
    *,
    rules: Rules,
    now: datetime,
    campaigns: Collection[UUID] | None = None,
    collaborations: Collection[UUID] = (),
    since: datetime | None = None,
) -> None:
    """Compute what is told of these campaigns and collaborations, and of whoever is in their campaigns.

    `since`: orders placed from then on may be others, and so may be who won their buyers. Without campaigns
    everything of the partner is computed.
    """
    values: dict[str, Any] = {
        "partner": rules.partner_id,
        "timezone": rules.timezone,
        "acquired": timedelta(days=ACQUIRED_DAYS),
        "now": now,
    }
    members = [_Member(*row) for row in connection.execute(MEMBERS, values).fetchall()]
    known = {row[0] for row in connection.execute(CAMPAIGNS, values)}
    subjects = _subjects(members, known)
    _drop(connection, subjects, values)
    touched = known
    if campaigns is not None:
        meant = {*collaborations, *_winners(connection, since, values)}
        touched = {*campaigns, *(one.campaign for one in members if one.collaboration in meant)} & known
    chosen = _touched(subjects, members, touched)
    if not chosen:
        return
    sources = sources_of(connection, partner_id=rules.partner_id)
    values |= _arrays(chosen, members) | {"campaigns": sorted(touched), "sources": sources}
    rows(connection, statements.reach(), values)
    rows(connection, statements.overlap(), values)
    rows(connection, statements.credits(), values)
    rows(connection, statements.money(), values)


def _subjects(members: list[_Member], campaigns: set[UUID]) -> dict[_Subject, list[_Member]]:
    """All subjects of a partner, each with its collaborations."""
    told: dict[_Subject, list[_Member]] = {
        _Subject(SubjectKind.CAMPAIGN.value, campaign, None): [] for campaign in sorted(campaigns)
    }
    for one in members:
        seen_by: list[UUID | None] = [None, one.agency] if one.agency and one.is_granted else [None]
        for agency in seen_by:
            told.setdefault(_Subject(SubjectKind.CAMPAIGN.value, one.campaign, agency), []).append(one)
            told.setdefault(_Subject(SubjectKind.KOL.value, one.kol, agency), []).append(one)
        told[_Subject(SubjectKind.COLLABORATION.value, one.collaboration, None)] = [one]
    return told


def _touched(
    subjects: dict[_Subject, list[_Member]], members: list[_Member], campaigns: set[UUID]
) -> dict[_Subject, list[_Member]]:
    """Subjects with a part in the campaigns, and those whose other KOLs are told apart from them."""
    kols = {one.kol for one in members if one.campaign in campaigns}
    return {
        subject: of
        for subject, of in subjects.items()
        if any(one.campaign in campaigns for one in of)
        or subject.id in campaigns
        or (subject.kind == SubjectKind.KOL and subject.id in kols)
    }


def _winners(connection: Connection[Any], since: datetime | None, values: dict[str, Any]) -> set[UUID]:
    if since is None:
        return set()
    return {row[0] for row in connection.execute(WINNERS, {**values, "since": since - WINNING})}


def _arrays(chosen: dict[_Subject, list[_Member]], members: list[_Member]) -> dict[str, Any]:
    """Subjects, their collaborations, and the KOLs they are told apart from: one array a column."""
    by_campaign: dict[UUID, list[_Member]] = defaultdict(list)
    for one in members:
        by_campaign[one.campaign].append(one)
    member_of: list[int] = []
    of: list[_Member] = []
    scope_of: list[UUID] = []
    scopes: dict[UUID, set[UUID]] = {}
    # A KOL of one collaboration is told what it is told: counted is each set once. Of a campaign costs are
    # told that are nobody's in it.
    numbers: dict[object, int] = {}
    sets: list[int] = []
    for subject, own in chosen.items():
        campaigns = {one.campaign for one in own}
        # In one campaign a KOL is told apart from the same as everybody in it is.
        scope = next(iter(campaigns)) if len(campaigns) == 1 else _scope(subject)
        is_campaign = subject.kind == SubjectKind.CAMPAIGN
        key = subject if is_campaign else (scope, frozenset(one.collaboration for one in own))
        is_new = key not in numbers
        sets.append(numbers.setdefault(key, len(numbers) + 1))
        if not is_new:
            continue
        if campaigns:
            scopes[scope] = campaigns
        for one in own:
            member_of.append(sets[-1])
            of.append(one)
            scope_of.append(scope)
    apart = [
        (scope, one)
        for scope, campaigns in scopes.items()
        for campaign in sorted(campaigns)
        for one in by_campaign[campaign]
    ]
    return {
        "kinds": [subject.kind for subject in chosen],
        "subjects": [subject.id for subject in chosen],
        "agencies": [subject.agency for subject in chosen],
        "sets": sets,
        "member_of": member_of,
        "members": [one.collaboration for one in of],
        "scope_of": scope_of,
        "scopes": [scope for scope, _ in apart],
        "scope_members": [one.collaboration for _, one in apart],
        "scope_kols": [one.kol for _, one in apart],
    }


def _scope(subject: _Subject) -> UUID:
    """A name for the campaigns a KOL is in: of all, or of those an agency may see."""
    return UUID(int=(subject.id.int ^ (subject.agency.int if subject.agency else 0)))


def _drop(
    connection: Connection[Any], subjects: dict[_Subject, list[_Member]], values: dict[str, Any]
) -> None:
    """Numbers of what is no more."""
    of = {
        "kinds": [subject.kind for subject in subjects],
        "subjects": [subject.id for subject in subjects],
        "agencies": [subject.agency for subject in subjects],
    }
    for model in ROLLUPS:
        connection.execute(sql.SQL(DROP).format(sql.Identifier(model._meta.db_table)), {**values, **of})
    connection.execute(sql.SQL(DROP_PAIRS).format(sql.Identifier(CampaignOverlap._meta.db_table)), values)
