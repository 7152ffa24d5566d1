"""Statements on their way to be paid: approved, locked, paid. What is locked the database itself holds."""

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum

from commerce.access import Actor, scoped
from kol.models import Claim, ClaimLine, Statement
from kol.refusals import conflict
from kol.statements.drafting import ends_at
from kol.statements.holding import LONGEST_REASON, held_statement, noted, told

LONGEST_REFERENCE: Final = 200
Status = Statement.Status


def approve_statement(statement_id: UUID, *, actor: Actor, now: datetime, reason: str = "") -> Statement:
    """Approve an estimate whose period is over: nothing joins it any more. Raises `Refused`."""
    reason = told(reason, field="reason", most=LONGEST_REASON)
    with transaction.atomic():
        statement = _in(Status.ESTIMATED, statement_id, actor=actor)
        if now < ends_at(statement):
            raise conflict("id", message="The period is not over: more may join it.")
        statement.status, statement.approved_at = Status.APPROVED, now
        statement.save(update_fields=["status", "approved_at"])
        noted(statement, "approve_statement", before={"status": "ESTIMATED"}, actor=actor, now=now,
            reason=reason, more=[("total", str(total_of(statement)))])  # fmt: skip
    return statement


def lock_statement(statement_id: UUID, *, actor: Actor, now: datetime, reason: str = "") -> Statement:
    """Lock an approved statement with its total: from then on it never changes. Raises `Refused`."""
    reason = told(reason, field="reason", most=LONGEST_REASON)
    with transaction.atomic():
        statement = _in(Status.APPROVED, statement_id, actor=actor)
        statement.status, statement.locked_at = Status.LOCKED, now
        statement.total = total_of(statement)
        statement.save(update_fields=["status", "locked_at", "total"])
        noted(statement, "lock_statement", before={"status": "APPROVED", "total": None}, actor=actor, now=now,
            reason=reason)  # fmt: skip
    return statement


def pay_statement(
    statement_id: UUID, *, reference: str, actor: Actor, now: datetime, reason: str = ""
) -> Statement:
    """Say that a locked statement is paid; its claims are paid then.

    Less than nothing cannot be paid: such a statement is carried, and settled with a later one that makes up
    for it. Raises `Refused`.
    """
    reason = told(reason, field="reason", most=LONGEST_REASON)
    reference = told(reference, field="reference", most=LONGEST_REFERENCE, least=1)
    with transaction.atomic():
        _hold_claims([statement_id], actor=actor)
        statement = _in(Status.LOCKED, statement_id, actor=actor)
        carried = list(carried_to(statement).select_for_update().order_by("starts_on", "pk"))
        _hold_claims([one.pk for one in carried], actor=actor)
        paid = sum((one.total or Decimal(0) for one in carried), start=statement.total or Decimal(0))
        if paid < 0:
            raise conflict(
                "id", message="It comes to less than nothing: it is carried to the next statement."
            )
        for one in (*carried, statement):
            one.status, one.paid_at, one.payment_reference = Status.PAID, now, reference
            one.save(update_fields=["status", "paid_at", "payment_reference"])
            _claims_of([one.pk], actor=actor).filter(
                status=Claim.Status.APPROVED, collaboration_id=one.collaboration_id
            ).update(status=Claim.Status.PAID)
            noted(one, "pay_statement", before={"status": "LOCKED", "payment_reference": ""}, actor=actor,
                now=now, reason=reason, more=[("paid", str(paid)), ("with", str(statement.pk))])  # fmt: skip
    return statement


def carried_to(statement: Statement) -> "QuerySet[Statement]":
    """Earlier statements of less than nothing that are locked and not settled."""
    return Statement.objects.filter(
        partner_id=statement.partner_id, collaboration_id=statement.collaboration_id,
        currency=statement.currency, starts_on__lt=statement.starts_on, status=Status.LOCKED, total__lt=0,
    )  # fmt: skip


def total_of(statement: Statement) -> Decimal:
    """The sum of a statement's lines as they are now."""
    rows = ClaimLine.objects.filter(partner_id=statement.partner_id, statement=statement)
    return rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def _in(status: Statement.Status, statement_id: UUID, *, actor: Actor) -> Statement:
    statement = held_statement(statement_id, actor=actor)
    if statement.status != status:
        message = f"The statement is {statement.status.lower()}, and not {status.lower()}."
        raise conflict("id", message=message)
    return statement


def _claims_of(statement_ids: list[UUID], *, actor: Actor) -> "QuerySet[Claim]":
    lines = scoped(ClaimLine.objects.filter(statement__in=statement_ids), actor=actor)
    return scoped(Claim.objects.filter(pk__in=lines.values("claim_id")), actor=actor)


def _hold_claims(statement_ids: list[UUID], *, actor: Actor) -> None:
    """Before their statements, as everybody does: else two could wait for each other."""
    rows = _claims_of(statement_ids, actor=actor).select_for_update().order_by("pk")
    list(rows.values_list("pk", flat=True))
