"""The one door out of the facts: lists narrowed to the actor's partners, in an order to continue in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from commerce.access import Actor, scoped, within
from commerce.models import Customer, LiveSession, Order, Partner, Product, Rejection, Spend
from commerce.rows import ById

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """By one column, then by id; rows where the column is null come last, whichever way it goes."""

    column: str
    is_descending: bool
    is_nullable: bool = False


Place = Sequence[Any]
"""(value of the ordering's column, id) of the row a page continues after."""


def page(rows: models.QuerySet[Row], *, ordering: Ordering, after: Place | None, limit: int) -> list[Row]:
    """Up to `limit` rows after a place; a second statement only where rows without a value are reached."""
    column, sign = ordering.column, "-" if ordering.is_descending else ""
    beyond = "lt" if ordering.is_descending else "gt"
    found: list[Row] = []
    if after is None or after[0] is not None:
        valued = rows.order_by(f"{sign}{column}", f"{sign}id")
        if ordering.is_nullable:
            valued = valued.filter(**{f"{column}__isnull": False})
        if after is not None:
            value, identity = after
            # Redundant for the result, but it is what the index can begin at.
            valued = valued.filter(**{f"{column}__{beyond}e": value}).filter(
                Q(**{f"{column}__{beyond}": value}) | Q(**{column: value, f"id__{beyond}": identity})
            )
        found = list(valued[:limit])
    if ordering.is_nullable and len(found) < limit:
        empty = rows.filter(**{f"{column}__isnull": True}).order_by(f"{sign}id")
        if after is not None and after[0] is None:
            empty = empty.filter(**{f"id__{beyond}": after[1]})
        found += empty[: limit - len(found)]
    return found


# -- partners ----------------------------------------------------------------------------------


def partners(*, actor: Actor) -> list[Partner]:
    """The partners whose rows the actor may see."""
    return list(scoped(Partner.objects.order_by("slug"), actor=actor))


# -- sessions ----------------------------------------------------------------------------------

HAS_ENDED: Final = Q(last_ended_at__isnull=False) & (
    Q(last_started_at__isnull=True) | Q(last_ended_at__gte=F("last_started_at"))
)
SESSIONS: Final = LiveSession.objects.filter(split_at=None).defer("versions")
SESSION: Final = ById(SESSIONS)
STATUSES: Final = {
    "ENDED": HAS_ENDED,
    "LIVE": Q(started_at__isnull=False) & ~HAS_ENDED,
    "SCHEDULED": Q(started_at__isnull=True, last_ended_at__isnull=True, scheduled_at__isnull=False),
    "PLACEHOLDER": Q(started_at__isnull=True, last_ended_at__isnull=True, scheduled_at__isnull=True),
}


def has_ended(session: LiveSession) -> bool:
    """Whether an end was told that no later start took back."""
    if session.last_ended_at is None:
        return False
    return session.last_started_at is None or session.last_ended_at >= session.last_started_at


def status_of(session: LiveSession) -> str:
    """One of STATUSES."""
    if has_ended(session):
        return "ENDED"
    if session.started_at is not None:
        return "LIVE"
    return "PLACEHOLDER" if session.scheduled_at is None else "SCHEDULED"


def sessions(
    *,
    actor: Actor,
    channel: str | None = None,
    status: str | None = None,
    objective: str | None = None,
    started_from: datetime | None = None,
    started_to: datetime | None = None,
    search: str | None = None,
    with_broadcasts: bool = True,
) -> models.QuerySet[LiveSession]:
    """Sessions started in [started_from, started_to), with the searched text in title, host or id.

    Never those that were split again; without broadcasts those alone that are of no other session.
    """
    rows = scoped(SESSIONS, actor=actor)
    if not with_broadcasts:
        rows = rows.filter(merged_into=None)
    if channel is not None:
        rows = rows.filter(channel=channel)
    if status is not None:
        rows = rows.filter(STATUSES[status])
    if objective is not None:
        rows = rows.filter(objective=objective)
    if started_from is not None:
        rows = rows.filter(started_at__gte=started_from)
    if started_to is not None:
        rows = rows.filter(started_at__lt=started_to)
    if search:
        rows = rows.filter(
            Q(title__icontains=search) | Q(host__icontains=search) | Q(external_id__icontains=search)
        )
    return rows


def broadcasts(session_ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, list[LiveSession]]:
    """What each session is made of, the earliest first; itself where it is not made of several."""
    made_of = Q(id__in=session_ids, is_merged=False) | Q(merged_into__in=session_ids)
    rows = sessions(actor=actor).filter(made_of)
    found: dict[UUID, list[LiveSession]] = {}
    for row in rows.order_by(F("started_at").asc(nulls_last=True), "id"):
        if row.merged_into_id is not None and row.merged_into_id in session_ids:
            found.setdefault(row.merged_into_id, []).append(row)
        if row.id in session_ids:
            found.setdefault(row.id, []).append(row)
    return found


def sessions_named(external_id: str, *, actor: Actor) -> list[LiveSession]:
    """The sessions that sources call so: one a source."""
    return list(sessions(actor=actor).filter(external_id=external_id).order_by("id")[:2])


def session(session_id: UUID, *, actor: Actor) -> LiveSession | None:
    """One session."""
    return SESSION.one(session_id, within=within(LiveSession, actor=actor))


# -- products, orders, rejections --------------------------------------------------------------


def products(*, actor: Actor, search: str | None = None) -> models.QuerySet[Product]:
    """Products, with the searched text in name or external id."""
    rows = scoped(Product.objects.defer("versions"), actor=actor)
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(external_id__icontains=search))
    return rows


def orders(
    *,
    actor: Actor,
    placed_from: datetime | None = None,
    placed_to: datetime | None = None,
    external_id: str | None = None,
) -> models.QuerySet[Order]:
    """Orders with a purchase; placed in [placed_from, placed_to)."""
    rows = scoped(Order.objects.filter(placed_at__isnull=False).defer("versions"), actor=actor)
    if placed_from is not None:
        rows = rows.filter(placed_at__gte=placed_from)
    if placed_to is not None:
        rows = rows.filter(placed_at__lt=placed_to)
    if external_id is not None:
        rows = rows.filter(external_id=external_id)
    return rows


def rejections(
    *, actor: Actor, code: str | None = None, is_open: bool | None = None
) -> models.QuerySet[Rejection]:
    """Refused events, without their bodies."""
    rows = scoped(Rejection.objects.defer("body"), actor=actor)
    if code is not None:
        rows = rows.filter(code=code)
    if is_open is not None:
        rows = rows.filter(redriven_at__isnull=is_open)
    return rows


def spend(*, actor: Actor) -> models.QuerySet[Spend]:
    """What was spent on marketing."""
    return scoped(Spend.objects.filter(amount__isnull=False).defer("versions"), actor=actor)


def customers(*, actor: Actor, search: str | None = None) -> models.QuerySet[Customer]:
    """Customers, with the searched text in the external id; never a hash of how to reach them."""
    rows = scoped(Customer.objects.defer("versions", "email_hash", "phone_hash"), actor=actor)
    return rows.filter(external_id__icontains=search) if search else rows
