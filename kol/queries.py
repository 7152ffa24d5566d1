"""The one door out of campaigns: what of them an actor may see, in orders to continue in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import DateField, DateTimeField, Exists, F, Func, OuterRef, Q, Subquery, Value, Window
from django.db.models.functions import Cast, RowNumber

from commerce.access import Actor
from commerce.queries import Ordering, Place
from commerce.rows import ById
from kol.access import scoped, within
from kol.models import (
    Agency,
    AgencyGrant,
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
    Statement,
    Terms,
    TrackingLink,
)

Row = TypeVar("Row", bound=models.Model)


# -- campaigns and collaborations ----------------------------------------------------------------

CAMPAIGNS: Final = Campaign.objects.select_related("partner")
CAMPAIGN: Final = ById(CAMPAIGNS)
COLLABORATIONS: Final = Collaboration.objects.select_related("kol", "agency", "campaign__partner")
COLLABORATION: Final = ById(COLLABORATIONS)


def campaign(campaign_id: UUID, *, actor: Actor) -> Campaign | None:
    """A campaign with its partner."""
    return CAMPAIGN.one(campaign_id, within=within(Campaign, actor=actor))


def collaborations_by_id(ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, Collaboration]:
    """Collaborations with KOL, agency, campaign and partner, by id."""
    return COLLABORATION.found(ids, within=within(Collaboration, actor=actor))


def campaigns(
    *,
    actor: Actor,
    now: datetime | None = None,
    is_running: bool | None = None,
    search: str | None = None,
    agency_id: UUID | None = None,
) -> models.QuerySet[Campaign]:
    """Campaigns with their partners; `is_running` needs `now`: by the partner's own calendar."""
    rows = scoped(CAMPAIGNS, actor=actor)
    if is_running is not None:
        local = Func(F("partner__timezone"), Value(now), function="timezone", output_field=DateTimeField())
        rows = rows.alias(today=Cast(local, DateField()))
        runs = Q(starts_on__lte=F("today"), ends_on__gt=F("today"))
        rows = rows.filter(runs if is_running else ~runs)
    if search:
        rows = rows.filter(name__icontains=search)
    if agency_id is not None:
        own = {"partner_id": OuterRef("partner_id"), "campaign_id": OuterRef("id"), "agency_id": agency_id}
        rows = rows.filter(
            Exists(scoped(Collaboration.objects.filter(**own), actor=actor))
            | Exists(scoped(AgencyGrant.objects.filter(**own, revoked_at=None), actor=actor))
        )
    return rows


def collaborations(
    *,
    actor: Actor,
    campaign_ids: Sequence[UUID] | None = None,
    kol_ids: Sequence[UUID] | None = None,
    search: str | None = None,
) -> models.QuerySet[Collaboration]:
    """Collaborations with KOL, agency, campaign and partner."""
    rows = scoped(COLLABORATIONS, actor=actor)
    if campaign_ids is not None:
        rows = rows.filter(campaign_id__in=list(campaign_ids))
    if kol_ids is not None:
        rows = rows.filter(kol_id__in=list(kol_ids))
    if search:
        rows = rows.filter(kol__name__icontains=search)
    return rows


# -- people --------------------------------------------------------------------------------------


def kols(*, actor: Actor, search: str | None = None) -> models.QuerySet[Kol]:
    """Influencers the actor works with."""
    rows = scoped(Kol.objects.all(), actor=actor)
    if search:
        by_handle = KolAccount.objects.filter(kol_id=OuterRef("id"), handle__icontains=search)
        rows = rows.filter(Q(name__icontains=search) | Exists(by_handle))
    return rows


def agencies(*, actor: Actor) -> models.QuerySet[Agency]:
    """Agencies the actor works with."""
    return scoped(Agency.objects.all(), actor=actor)


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account with how many followed it when that was counted last; None: never."""

    row: KolAccount
    followers: int | None
    followers_on: date | None


def accounts(kol_ids: Sequence[UUID]) -> dict[UUID, list[Account]]:
    """Accounts by KOL, by platform and handle."""
    rows = list(KolAccount.objects.filter(kol_id__in=list(kol_ids)).order_by("platform", "handle"))
    counted = (
        KolFollowers.objects.filter(account__kol_id__in=list(kol_ids))
        .order_by("account_id", "-on_date")
        .distinct("account_id")
    )
    latest = {one.account_id: one for one in counted}
    found: dict[UUID, list[Account]] = {kol: [] for kol in kol_ids}
    for row in rows:
        told = latest.get(row.id)
        found[row.kol_id].append(
            Account(
                row=row,
                followers=None if told is None else told.followers,
                followers_on=None if told is None else told.on_date,
            )
        )
    return found


def agencies_of(campaign_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, list[Agency]]:
    """Agencies by campaign, by name: those that represent somebody in it or are granted it."""
    pairs: set[tuple[UUID, UUID | None]] = set()
    for rows in (
        scoped(Collaboration.objects.filter(agency__isnull=False), actor=actor),
        scoped(AgencyGrant.objects.filter(revoked_at=None), actor=actor),
    ):
        chosen = rows.filter(campaign_id__in=list(campaign_ids))
        pairs.update(chosen.values_list("campaign_id", "agency_id"))
    known = Agency.objects.filter(id__in={agency for _, agency in pairs}).order_by("name", "id")
    found: dict[UUID, list[Agency]] = {campaign: [] for campaign in campaign_ids}
    for row in known:
        for campaign in campaign_ids:
            if (campaign, row.id) in pairs:
                found[campaign].append(row)
    return found


# -- what belongs to collaborations --------------------------------------------------------------


def terms(*, actor: Actor) -> models.QuerySet[Terms]:
    """Contracts."""
    return scoped(Terms.objects.all(), actor=actor)


def links(*, actor: Actor) -> models.QuerySet[TrackingLink]:
    """Tracking links with the sessions they were told in."""
    return scoped(TrackingLink.objects.all(), actor=actor)


def codes(*, actor: Actor) -> models.QuerySet[PromoCode]:
    """Promo codes."""
    return scoped(PromoCode.objects.all(), actor=actor)


def appearances(*, actor: Actor) -> models.QuerySet[Appearance]:
    """Appearances with their sessions, but for what only these say of themselves."""
    return scoped(
        Appearance.objects.select_related("session").only(
            "partner_id", "collaboration_id", "session_id", "role", "on_screen_seconds",
            "session__external_id", "session__title", "session__started_at", "session__channel",
        ),
        actor=actor,
    )  # fmt: skip


def costs(*, actor: Actor) -> models.QuerySet[CostLine]:
    """Lines of the ledger."""
    return scoped(CostLine.objects.all(), actor=actor)


# -- what is due and paid ------------------------------------------------------------------------


def claims(*, actor: Actor, status: str | None = None) -> models.QuerySet[Any]:
    """Claims with the campaign each is due in, as `campaign_id`."""
    rows = scoped(Claim.objects.annotate(campaign_id=F("collaboration__campaign_id")), actor=actor)
    return rows if status is None else rows.filter(status=status)


def claim_lines(*, actor: Actor) -> models.QuerySet[ClaimLine]:
    """Lines of claims."""
    return scoped(ClaimLine.objects.all(), actor=actor)


def statements(*, actor: Actor, status: str | None = None) -> models.QuerySet[Any]:
    """Statements with the campaign of each, as `campaign_id`."""
    rows = scoped(Statement.objects.annotate(campaign_id=F("collaboration__campaign_id")), actor=actor)
    return rows if status is None else rows.filter(status=status)


@dataclass(frozen=True, kw_only=True)
class Booked:
    """What is booked: lines, the net sales they are for, and the commission of these."""

    lines: int = 0
    base: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)


def booked(ids: Sequence[UUID], *, actor: Actor, of: str) -> dict[UUID, Booked]:
    """What is booked by owner in the column `of`, such as `claim_id`: of all by one statement."""
    sums = (
        claim_lines(actor=actor)
        .filter(**{f"{of}__in": list(ids)})
        .values(of)
        .annotate(lines=models.Count("id"), sales=models.Sum("base"), commission=models.Sum("amount"))
        .order_by(of)
    )
    found = {identity: Booked() for identity in ids}
    for row in sums:
        found[row[of]] = Booked(lines=row["lines"], base=row["sales"], amount=row["commission"])
    return found


def carried(ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, Decimal]:
    """Totals below zero of earlier locked statements, by the later statement they are settled with."""
    earlier = scoped(Statement.objects.order_by(), actor=actor).filter(
        partner_id=OuterRef("partner_id"), collaboration_id=OuterRef("collaboration_id"),
        currency=OuterRef("currency"), starts_on__lt=OuterRef("starts_on"), status=Statement.Status.LOCKED,
        total__lt=0,
    )  # fmt: skip
    summed = earlier.values("collaboration_id").annotate(told=models.Sum("total")).values("told")
    asked = statements(actor=actor).filter(id__in=list(ids)).annotate(carried=Subquery(summed))
    return {row.id: row.carried or Decimal(0) for row in asked}


def pages_of(
    rows: models.QuerySet[Row],
    *,
    of: str,
    ids: Sequence[UUID],
    ordering: Ordering,
    after: Place | None,
    limit: int,
) -> dict[UUID, list[Row]]:
    """Up to `limit` rows after a place, for each owner in the column `of`: of all by one statement."""
    column, sign = ordering.column, "-" if ordering.is_descending else ""
    chosen = rows
    if after is not None:
        value, identity = after
        beyond = "lt" if ordering.is_descending else "gt"
        chosen = chosen.filter(
            Q(**{f"{column}__{beyond}": value}) | Q(**{column: value, f"id__{beyond}": identity})
        )
    return firsts_of(chosen, of=of, ids=ids, order=(f"{sign}{column}", f"{sign}id"), limit=limit)


def firsts_of(
    rows: models.QuerySet[Row], *, of: str, ids: Sequence[UUID], order: Sequence[str], limit: int
) -> dict[UUID, list[Row]]:
    """The first `limit` rows in an order, for each owner in the column `of`: of all by one statement."""
    place = Window(RowNumber(), partition_by=[F(of)], order_by=[*order])
    chosen = rows.filter(**{f"{of}__in": list(ids)}).annotate(place_of_owner=place)
    found: dict[UUID, list[Row]] = {identity: [] for identity in ids}
    for row in chosen.filter(place_of_owner__lte=limit).order_by(*order):
        found[getattr(row, of)].append(row)
    return found
