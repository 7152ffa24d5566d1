"""Rows that a step is taken on, held until it is committed: claims first, then statements, then lines."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef

from commerce.access import Actor, scoped
from commerce.record import put_on_record
from kol.models import Claim, ClaimLine, Statement
from kol.refusals import Refused, not_found

LONGEST_REASON: Final = 10_000
FIXED: Final = (Statement.Status.LOCKED, Statement.Status.PAID)
OPEN: Final = (Statement.Status.ESTIMATED, Statement.Status.APPROVED)


def told(text: str, *, field: str, most: int, least: int = 0) -> str:
    """A text without the space around it; raises `Refused` for one that cannot be kept."""
    kept = text.strip()
    if not least <= len(kept) <= most:
        raise Refused(field, message=f"A text of {least} to {most} characters.")
    if "\0" in kept:
        raise Refused(field, message="Text must not contain the NUL character.")
    return kept


def held_claim(claim_id: UUID, *, actor: Actor, using: str = "default") -> Claim:
    """A claim of the actor's partners, locked; raises `Refused`."""
    rows = scoped(Claim.objects.using(using).select_for_update(of=("self",)), actor=actor)
    found = rows.filter(pk=claim_id).select_related("collaboration").first()
    if found is None:
        raise not_found("id", what="claim")
    return found


def held_statement(statement_id: UUID, *, actor: Actor, using: str = "default") -> Statement:
    """A statement of the actor's partners, locked; raises `Refused`."""
    rows = scoped(Statement.objects.using(using).select_for_update(of=("self",)), actor=actor)
    found = rows.filter(pk=statement_id).select_related("partner").first()
    if found is None:
        raise not_found("id", what="statement")
    return found


def take_off(claim: Claim, *, actor: Actor, now: datetime, reason: str, using: str = "default") -> None:
    """Take a claim's lines off statements that are not locked; one that was approved is an estimate again."""
    lines = ClaimLine.objects.using(using).filter(partner_id=claim.partner_id, claim_id=claim.pk)
    on = lines.filter(partner_id=OuterRef("partner_id"), statement_id=OuterRef("pk"))
    rows = Statement.objects.using(using).filter(Exists(on), partner_id=claim.partner_id, status__in=OPEN)
    holding = list(rows.select_for_update().order_by("pk"))
    lines.filter(statement__in=[one.pk for one in holding]).update(statement=None)
    for one in holding:
        if one.status == Statement.Status.APPROVED:
            reopen(one, actor=actor, now=now, reason=reason, using=using)


def reopen(statement: Statement, *, actor: Actor, now: datetime, reason: str, using: str = "default") -> None:
    """What was approved was another sum: it is an estimate again, on record."""
    statement.status, statement.approved_at = Statement.Status.ESTIMATED, None
    statement.save(using=using, update_fields=["status", "approved_at"])
    noted(statement, "reopen_statement", before={"status": "APPROVED"}, actor=actor, now=now, reason=reason,
        using=using)  # fmt: skip


def noted(
    row: Claim | Statement,
    action: str,
    *,
    before: dict[str, str | None],
    actor: Actor,
    now: datetime,
    reason: str = "",
    more: Iterable[tuple[str, object]] = (),
    using: str = "default",
) -> None:
    """Put a step on record, with what the columns in `before` were and what they are."""
    after = {name: getattr(row, name) for name in before}
    told = {name: None if value is None else str(value) for name, value in after.items()}
    put_on_record(
        actor=actor, partner_id=row.partner_id, action=action, subject_kind=type(row).__name__.lower(),
        subject_id=row.pk, now=now, reason=reason, details={"before": before, "after": told, **dict(more)},
        using=using,
    )  # fmt: skip
