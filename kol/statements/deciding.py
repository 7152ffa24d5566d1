"""Deciding about claims: approved by a person or the return window, declined by a person, with a reason."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from commerce.access import Actor
from commerce.connection import worker_connection
from kol.marks import campaigns_changed
from kol.models import Claim, ClaimLine
from kol.refusals import conflict
from kol.statements.holding import LONGEST_REASON, held_claim, noted, take_off, told

WINDOW: Final = "the return window"

# What was due while nobody decided. Uses claim_partner_pending.
APPROVE_DUE: Final = """
WITH approved AS (
    UPDATE kol_claim SET status = 'APPROVED', decided_at = %(now)s, decided_by = %(who)s
    WHERE partner_id = %(partner)s AND status = 'PENDING' AND approves_at <= %(now)s
    RETURNING id
)
INSERT INTO commerce_recordentry
    (partner_id, id, at, who, action, subject_kind, subject_id, reason, details)
SELECT %(partner)s, gen_random_uuid(), %(now)s, %(who)s, 'approve_claim', 'claim', id,
    'the return window is over', '{"before": {"status": "PENDING"}, "after": {"status": "APPROVED"}}'::jsonb
FROM approved
"""


def approve_claim(claim_id: UUID, *, actor: Actor, now: datetime, reason: str = "") -> Claim:
    """Approve a claim that waits, or one that was declined: what is due of it is then booked again.

    Raises `Refused` for one that is approved or paid.
    """
    reason = told(reason, field="reason", most=LONGEST_REASON)
    with transaction.atomic():
        claim = held_claim(claim_id, actor=actor)
        before = claim.status
        if before not in (Claim.Status.PENDING, Claim.Status.DECLINED):
            raise conflict("id", message=f"The claim is {before.lower()} already.")
        _decide(claim, Claim.Status.APPROVED, actor=actor, reason=reason, now=now)
        noted(claim, "approve_claim", before={"status": before}, actor=actor, now=now, reason=reason)
        if before == Claim.Status.DECLINED:
            campaigns_changed(
                [claim.collaboration.campaign_id], partner_id=claim.partner_id, now=now,
                since=claim.placed_at,
            )  # fmt: skip
    return claim


def decline_claim(claim_id: UUID, *, actor: Actor, reason: str, now: datetime) -> Claim:
    """Decline a claim that is not paid: nothing is due of it, and what is booked is given back.

    What of it is on a locked statement stays there, and is taken back by the next one. Raises `Refused`
    without a reason, and for one that is declined or paid.
    """
    reason = told(reason, field="reason", most=LONGEST_REASON, least=1)
    with transaction.atomic():
        claim = held_claim(claim_id, actor=actor)
        before = claim.status
        if before not in (Claim.Status.PENDING, Claim.Status.APPROVED):
            raise conflict("id", message=f"The claim is {before.lower()} already.")
        take_off(claim, actor=actor, now=now, reason="a claim on it is declined")
        _give_back(claim, now=now)
        _decide(claim, Claim.Status.DECLINED, actor=actor, reason=reason, now=now)
        noted(claim, "decline_claim", before={"status": before}, actor=actor, now=now, reason=reason)
    return claim


def _decide(claim: Claim, status: Claim.Status, *, actor: Actor, reason: str, now: datetime) -> None:
    claim.status, claim.decided_at, claim.decided_by = status, now, actor.name[:200]
    claim.reason = reason
    claim.save(update_fields=["status", "decided_at", "decided_by", "reason"])


def _give_back(claim: Claim, *, now: datetime) -> None:
    """A line against whatever is booked of a claim."""
    booked = (
        ClaimLine.objects.filter(partner_id=claim.partner_id, claim=claim)
        .values("collaboration_id", "currency")
        .annotate(base=Sum("base"), amount=Sum("amount"))
        .order_by("collaboration_id", "currency")
    )
    ClaimLine.objects.bulk_create(
        ClaimLine(
            partner_id=claim.partner_id, claim=claim, collaboration_id=row["collaboration_id"],
            kind=ClaimLine.Kind.REVERSAL, base=-row["base"], amount=-row["amount"],
            currency=row["currency"], order_number=claim.order_number, placed_at=claim.placed_at,
            occurred_at=now, booked_at=now,
        )
        for row in booked
        if row["base"] or row["amount"]
    )  # fmt: skip


def approve_due(*, partner_id: UUID, now: datetime) -> int:
    """Approve a partner's claims whose return window is over, on record; answers how many."""
    values = {"partner": partner_id, "now": now, "who": WINDOW}
    return worker_connection().execute(APPROVE_DUE, values).rowcount
