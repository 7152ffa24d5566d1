"""Broadcasts that are one session: merged into it, taken apart again, or kept apart.

The log and what sources tell are never rewritten: a merged session is a row of its own that its broadcasts
point at, and its numbers are made from theirs. Taking them apart forgets the pointers, and all is as before.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import combinations
from typing import Any, Final, Literal
from uuid import UUID

from django.db import connections, transaction

from commerce.access import Actor
from commerce.ingest import wholes
from commerce.models import KeptApart, LiveSession, Stale
from commerce.record import put_on_record

MERGED: Final = "merged"
"""The source of merged sessions."""
MOST: Final = 50


class CannotMerge(Exception):  # noqa: N818 - named for what it says
    """Sessions cannot be merged or split; says which of them, by its place, where it is one's fault."""

    def __init__(
        self, code: Literal["NOT_FOUND", "INVALID", "CONFLICT"], message: str, *, place: int | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.place = code, message, place


def merge(session_ids: Sequence[UUID], *, actor: Actor, reason: str, now: datetime) -> LiveSession:
    """Make one session of several; answers it. The same ones, merged again after a split, are the same again.

    Raises CannotMerge for fewer than two, for sessions of several partners, and for what is merged already.
    """
    with transaction.atomic(using="worker"):
        rows = _held(session_ids, actor=actor)
        for place, row in enumerate(rows):
            if row.is_merged:
                raise CannotMerge("CONFLICT", "It is made of broadcasts already; split it.", place=place)
            if row.merged_into_id is not None:
                raise CannotMerge("CONFLICT", "It is a broadcast of a session already.", place=place)
        partner_id = rows[0].partner_id
        whole, is_new = LiveSession.objects.using("worker").get_or_create(
            partner_id=partner_id, source=MERGED, external_id=_name(rows), defaults={"is_merged": True}
        )
        if not is_new:
            LiveSession.objects.using("worker").filter(pk=whole.pk).update(is_merged=True, split_at=None)
        ids = [row.pk for row in rows]
        LiveSession.objects.using("worker").filter(partner_id=partner_id, pk__in=ids).update(
            merged_into=whole
        )
        wholes.follow(_raw(), ids, partner_id=partner_id)
        _mark([whole.pk, *ids], partner_id=partner_id, now=now)
        put_on_record(
            actor=actor, partner_id=partner_id, action="merge_sessions", subject_kind="LiveSession",
            subject_id=whole.pk, now=now, reason=reason, details={"broadcasts": _named(rows)},
            using="worker",
        )  # fmt: skip
        whole.refresh_from_db(using="worker")
    return whole


def split(session_id: UUID, *, actor: Actor, reason: str, now: datetime) -> list[LiveSession]:
    """Take a merged session apart; answers its broadcasts, which are sessions again.

    Raises CannotMerge for a session that is not there, or not made of broadcasts.
    """
    with transaction.atomic(using="worker"):
        mine = LiveSession.objects.using("worker").filter(partner_id__in=actor.partner_ids)
        # First the broadcasts, then what they are of: the order in which events are told of them.
        rows = list(mine.filter(merged_into_id=session_id).select_for_update().order_by("pk"))
        whole = mine.filter(pk=session_id, split_at=None).select_for_update().first()
        if whole is None:
            raise CannotMerge("NOT_FOUND", "There is no such session.")
        if not whole.is_merged:
            raise CannotMerge("CONFLICT", "It is not made of several broadcasts.")
        ids = [row.pk for row in rows]
        mine.filter(pk__in=ids).update(merged_into=None)
        mine.filter(pk=whole.pk).update(split_at=now)
        _mark([*ids, whole.pk], partner_id=whole.partner_id, now=now)
        put_on_record(
            actor=actor, partner_id=whole.partner_id, action="split_session", subject_kind="LiveSession",
            subject_id=whole.pk, now=now, reason=reason, details={"broadcasts": _named(rows)},
            using="worker",
        )  # fmt: skip
    for row in rows:
        row.merged_into_id = None
    return rows


def keep_apart(session_ids: Sequence[UUID], *, actor: Actor, reason: str, now: datetime) -> None:
    """Remember that these are no one session, each pair of them; nobody proposes them together again.

    Raises CannotMerge as `merge` does; saying it twice changes nothing.
    """
    with transaction.atomic(using="worker"):
        rows = sorted(_held(session_ids, actor=actor), key=lambda row: row.pk)
        partner_id = rows[0].partner_id
        KeptApart.objects.using("worker").bulk_create(
            [
                KeptApart(
                    partner_id=partner_id, first=first, second=second, at=now, who=actor.name[:200],
                    reason=reason,
                )
                for first, second in combinations(rows, 2)
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        put_on_record(
            actor=actor, partner_id=partner_id, action="keep_sessions_apart", subject_kind="LiveSession",
            subject_id=None, now=now, reason=reason, details={"sessions": _named(rows)}, using="worker",
        )  # fmt: skip


def _held(session_ids: Sequence[UUID], *, actor: Actor) -> list[LiveSession]:
    """Two or more sessions of one partner in the order given, locked; raises CannotMerge."""
    wanted = list(dict.fromkeys(session_ids))
    if not 2 <= len(wanted) <= MOST:
        raise CannotMerge("INVALID", f"2 to {MOST} different sessions make one.")
    found = {
        row.pk: row
        for row in LiveSession.objects.using("worker")
        .filter(partner_id__in=actor.partner_ids, pk__in=wanted, split_at=None)
        .select_for_update()
        .order_by("pk")
    }
    for place, identity in enumerate(wanted):
        if identity not in found:
            raise CannotMerge("NOT_FOUND", "There is no such session.", place=place)
    rows = [found[identity] for identity in wanted]
    if len({row.partner_id for row in rows}) > 1:
        raise CannotMerge("INVALID", "Sessions of several partners are never one.")
    return rows


def _name(rows: Sequence[LiveSession]) -> str:
    """The same broadcasts have the same name, whatever our ids of them are."""
    told = "\n".join(sorted(f"{row.source}\t{row.external_id}" for row in rows))
    return blake2b(told.encode(), digest_size=10).hexdigest()


def _named(rows: Sequence[LiveSession]) -> list[dict[str, str]]:
    return [{"id": str(row.pk), "source": row.source, "externalId": row.external_id} for row in rows]


def _raw() -> Any:
    """The open transaction's own connection."""
    return connections["worker"].connection


def _mark(session_ids: Sequence[UUID], *, partner_id: UUID, now: datetime) -> None:
    """Everything of these is to be computed again, and then the orders that belong elsewhere."""
    Stale.objects.using("worker").bulk_create(
        Stale(
            partner_id=partner_id, kind=Stale.Kind.SESSION, subject=str(identity), is_whole=True,
            marked_at=now,
        )
        for identity in session_ids
    )  # fmt: skip
