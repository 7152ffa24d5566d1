"""Who sees which campaigns: an agency's keys, its people, guests; and the one row scope of all that is KOLs'.

A partner sees its own. An agency sees the campaigns it was granted, and in them what is of its own KOLs. A
guest sees a campaign as the agency does that his invitation names, or the whole of it where it names none.
What was granted is read anew with every request: who was refused a moment ago sees nothing now.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from commerce import access
from commerce.access import Actor, KeyRing, Sight, Within, mint_key
from commerce.connection import worker_connection
from commerce.models import LiveSession, Partner, new_id
from kol.models import (
    Agency,
    AgencyGrant,
    AgencyKey,
    Appearance,
    Campaign,
    Claim,
    ClaimLine,
    Collaboration,
    CostLine,
    Kol,
    KolAccount,
    KolFollowers,
    PromoCode,
    RosterEntry,
    Statement,
    Terms,
    TrackingLink,
)

Row = TypeVar("Row", bound=models.Model)

READING: Final = frozenset({"read"})
DECIDING: Final = frozenset({"read", "manage"})
OF_COLLABORATIONS: Final = frozenset(
    {Appearance, Claim, ClaimLine, PromoCode, Statement, Terms, TrackingLink}
)
"""Rows of one collaboration that whoever sees it sees."""
BY_ID: Final[dict[type[models.Model], Callable[[Actor], Sequence[UUID]]]] = {
    Partner: lambda actor: actor.host_ids,
    LiveSession: lambda actor: actor.session_ids,
    Campaign: lambda actor: actor.campaign_ids,
    Collaboration: lambda actor: actor.collaboration_ids,
}
"""Rows that an outsider sees one by one, and which."""
OF_KOL: Final = {Kol: "id", KolAccount: "kol_id", KolFollowers: "account__kol_id"}
"""What is known of an influencer, and the path to him."""


# -- the first wall ----------------------------------------------------------------------------


def scoped(rows: models.QuerySet[Row], *, actor: Actor) -> models.QuerySet[Row]:
    """Only what the actor may see: a partner's own rows; of an outsider's campaigns what is his to see.

    Influencers and agencies are no partner's: those the actor works with; all for who runs the house.
    """
    if rows.model in OF_KOL or rows.model is Agency:
        return rows if actor.is_house else rows.filter(_acquainted(rows.model, actor))
    if not actor.is_outsider:
        return access.scoped(rows, actor=actor)
    return rows.filter(_granted(rows.model, actor))


def within(model: type[models.Model], *, actor: Actor) -> Within:
    """Which rows of a table the actor may see, of those that outsiders see one by one: as `scoped`."""
    return ("id", BY_ID[model](actor)) if actor.is_outsider else access.within(model, actor=actor)


def _granted(model: type[models.Model], actor: Actor) -> Q:
    """Which rows of a table an outsider sees; of all tables not named here none."""
    own = list(actor.collaboration_ids)
    if model in BY_ID:
        return Q(id__in=BY_ID[model](actor))
    if model is CostLine:
        whole = Q(collaboration_id=None, campaign_id__in=actor.whole_campaign_ids)
        return Q(collaboration_id__in=own) | whole
    if model is AgencyGrant:
        return Q(agency_id=actor.agency_id, campaign_id__in=actor.campaign_ids, revoked_at=None)
    if model in OF_COLLABORATIONS:
        return Q(collaboration_id__in=own)
    return Q(pk__in=[])


def _acquainted(model: type[models.Model], actor: Actor) -> Q:
    """Which influencers or agencies the actor works with."""
    collaborations = scoped(Collaboration.objects.all(), actor=actor)
    roster = scoped(RosterEntry.objects.all(), actor=actor)
    if model in OF_KOL:
        known = {"kol_id": OuterRef(OF_KOL[model])}
        return Q(Exists(collaborations.filter(**known))) | Q(Exists(roster.filter(**known)))
    named = {"agency_id": OuterRef("id")}
    grants = scoped(AgencyGrant.objects.all(), actor=actor)
    as_whom = {actor.agency_id, *(sight.agency_id for sight in actor.sights)} - {None}
    return (
        Q(id__in=as_whom)
        | Q(Exists(collaborations.filter(**named)))
        | Q(Exists(roster.filter(**named)))
        | Q(Exists(grants.filter(**named)))
    )


# -- who sees what -----------------------------------------------------------------------------


Granted = tuple[UUID, UUID, UUID | None, UUID | None]
"""(partner, campaign, agency, collaboration) that somebody sees."""


def _outsider(rows: Iterable[Granted], **who: Any) -> Actor:
    """An actor of what was granted."""
    sights, collaborations = dict[Sight, None](), dict[UUID, None]()
    for partner_id, campaign_id, agency_id, collaboration_id in rows:
        sights[Sight(partner_id=partner_id, campaign_id=campaign_id, agency_id=agency_id)] = None
        if collaboration_id is not None:
            collaborations[collaboration_id] = None
    hosts = list({sight.partner_id for sight in sights})
    appearing = worker_connection().execute(
        "SELECT DISTINCT session_id FROM kol_appearance "
        "WHERE partner_id = ANY(%s) AND collaboration_id = ANY(%s) ORDER BY session_id",
        [hosts, list(collaborations)],
    )
    return Actor(
        partner_ids=(),
        scopes=READING,
        sights=tuple(sights),
        collaboration_ids=tuple(collaborations),
        session_ids=tuple(row[0] for row in appearing),
        **who,
    )


def _summed(agency_id: UUID) -> tuple[UUID, ...]:
    """Partners that granted the agency something, and have summed up anew since they revoked anything.

    Sums over campaigns hold what was revoked until they are computed again: till then they are not told.
    """
    rows = worker_connection().execute(
        """
        SELECT DISTINCT partner_id FROM kol_agencygrant g WHERE agency_id = %(agency)s AND revoked_at IS NULL
            AND NOT EXISTS (
                SELECT FROM kol_agencygrant r JOIN commerce_stale s ON s.partner_id = r.partner_id
                    AND s.kind = 'CAMPAIGN' AND s.subject = r.campaign_id::text
                WHERE r.partner_id = g.partner_id AND r.agency_id = g.agency_id
                    AND r.revoked_at IS NOT NULL)
        ORDER BY partner_id""",
        {"agency": agency_id},
    )
    return tuple(row[0] for row in rows)


_SEEN_BY_AGENCY: Final = """
    SELECT g.partner_id, g.campaign_id, g.agency_id, c.id FROM kol_agencygrant g
    LEFT JOIN kol_collaboration c ON c.partner_id = g.partner_id AND c.campaign_id = g.campaign_id
        AND c.agency_id = g.agency_id
    WHERE g.agency_id = %(agency)s AND g.revoked_at IS NULL
    ORDER BY g.campaign_id, c.id"""

# As an agency sees it, and that is only what the agency itself is granted.
_SEEN_BY_GUEST: Final = """
    SELECT u.partner_id, u.campaign_id, u.agency_id, c.id FROM kol_guestaccess u
    LEFT JOIN kol_collaboration c ON c.partner_id = u.partner_id AND c.campaign_id = u.campaign_id
        AND (u.agency_id IS NULL OR c.agency_id = u.agency_id)
    WHERE u.username = %(username)s AND u.revoked_at IS NULL AND (u.agency_id IS NULL OR EXISTS (
        SELECT FROM kol_agencygrant g WHERE g.partner_id = u.partner_id AND g.campaign_id = u.campaign_id
            AND g.agency_id = u.agency_id AND g.revoked_at IS NULL))
    ORDER BY u.campaign_id, c.id"""


def _seen(statement: str, **values: Any) -> list[Granted]:
    return worker_connection().execute(statement, values).fetchall()


def actor_of_agency(*, agency_id: UUID, name: str, key_id: UUID | None = None) -> Actor:
    """An agency as it is at this moment: the campaigns it is granted, its own collaborations in them."""
    rows = _seen(_SEEN_BY_AGENCY, agency=agency_id)
    summed = _summed(agency_id)
    return _outsider(rows, name=name, key_id=key_id, agency_id=agency_id, summed_ids=summed)


def actor_of_login(*, username: str, is_staff: bool, is_superuser: bool) -> Actor | None:
    """Who a person is that has signed in; None: nobody who sees anything.

    A partner's person reads, and decides when of staff; who runs the house reads all partners; else somebody
    of an agency, who may be a guest besides; else a guest.
    """
    worker = worker_connection()
    partners = worker.execute(
        "SELECT partner_id FROM commerce_membership WHERE username = %s ORDER BY partner_id", [username]
    ).fetchall()
    if partners:
        ids = tuple(row[0] for row in partners)
        return Actor(name=username, partner_ids=ids, scopes=DECIDING if is_staff else READING)
    if is_superuser:
        every = worker.execute("SELECT id FROM commerce_partner ORDER BY id").fetchall()
        return Actor(name=username, partner_ids=tuple(row[0] for row in every), scopes=READING)
    as_guest = _seen(_SEEN_BY_GUEST, username=username)
    member = worker.execute(
        "SELECT agency_id FROM kol_agencymembership WHERE username = %s", [username]
    ).fetchone()
    if member is not None:
        rows = [*_seen(_SEEN_BY_AGENCY, agency=member[0]), *as_guest]
        return _outsider(rows, name=username, agency_id=member[0], summed_ids=_summed(member[0]))
    return _outsider(as_guest, name=username, is_guest=True) if as_guest else None


# -- keys --------------------------------------------------------------------------------------


def issue_agency_key(
    *, agency_id: UUID, name: str, now: datetime, expires_at: datetime | None = None
) -> tuple[str, UUID]:
    """Make a key of an agency; answers it (only here, only once: a keyed hash is kept) and its row's id."""
    minted, identity = mint_key(), new_id()
    worker_connection().execute(
        "INSERT INTO kol_agencykey (id, agency_id, name, public, digest, created_at, expires_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [identity, agency_id, name, minted.public, minted.digest, now, expires_at],
    )
    return minted.key, identity


def revoke_agency_key(*, key_id: UUID, now: datetime) -> None:
    """End a key's life; within five seconds no process accepts it."""
    living = AgencyKey.objects.using("worker").filter(id=key_id, revoked_at=None)
    living.update(revoked_at=now)


def _agency_keys(public: str, now: datetime) -> list[tuple[bytes, tuple[UUID, UUID, str]]]:
    rows = (
        worker_connection()
        .execute(
            "SELECT digest, id, agency_id, COALESCE(NULLIF(name, ''), public) FROM kol_agencykey "
            "WHERE public = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %s)",
            [public, now],
        )
        .fetchall()
    )
    return [(digest, (identity, agency, name)) for digest, identity, agency, name in rows]


def _note_use(holder: tuple[UUID, UUID, str], now: datetime) -> None:
    worker_connection().execute(
        "UPDATE kol_agencykey SET last_used_at = %s WHERE id = %s "
        "AND (last_used_at IS NULL OR last_used_at < %s - interval '1 minute')",
        [now, holder[0], now],
    )


_ring: Final = KeyRing(read=_agency_keys, use=_note_use)


def actor_of_agency_key(key: str, *, now: datetime) -> Actor | None:
    """The agency that holds this key, or None for a wrong, expired or revoked one."""
    holder = _ring.holder(key, now=now)
    if holder is None:
        return None
    key_id, agency_id, name = holder
    return actor_of_agency(agency_id=agency_id, name=name, key_id=key_id)


def find_actor(key: str, *, now: datetime | None = None) -> Actor | None:
    """Who holds this key, a partner or an agency; None for a wrong, expired or revoked one."""
    now = now or timezone.now()
    return access.find_actor(key, now=now) or actor_of_agency_key(key, now=now)
