"""Statements while they are estimates: made for a period, gathering what waits until they are approved."""

from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from commerce.access import Actor, scoped
from commerce.connection import worker_connection
from kol.models import Claim, ClaimLine, Collaboration, Statement
from kol.refusals import Refused, conflict, not_found
from kol.statements.deciding import approve_due
from kol.statements.holding import FIXED, LONGEST_REASON, noted, told


def create_statement(
    collaboration_id: UUID,
    *,
    starts_on: date,
    ends_on: date,
    currency: str | None,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> Statement:
    """An estimate for the local days [starts_on, ends_on), with all that waits from before its end.

    Asked for again it gathers anew. In the campaign's currency where none is given. Raises `Refused` for a
    period that is none, or lies over another statement's.
    """
    reason = told(reason, field="reason", most=LONGEST_REASON)
    if ends_on <= starts_on:
        raise Refused("period", message="The period ends after it starts.")
    with transaction.atomic():
        rows = Collaboration.objects.select_related("partner", "campaign").select_for_update(of=("self",))
        # Held, so that of two who ask at once one finds what the other made.
        collaboration = scoped(rows, actor=actor).filter(pk=collaboration_id).first()
        if collaboration is None:
            raise not_found("collaboration", what="collaboration")
        chosen = currency or collaboration.campaign.currency
        others = Statement.objects.filter(
            partner_id=collaboration.partner_id, collaboration=collaboration, currency=chosen,
            starts_on__lt=ends_on, ends_on__gt=starts_on,
        ).select_for_update(of=("self",)).select_related("partner")  # fmt: skip
        for one in others:
            same = (one.starts_on, one.ends_on) == (starts_on, ends_on)
            if same and one.status == Statement.Status.ESTIMATED:
                gather(one)
                return one
            message = (
                f"There is a statement from {one.starts_on} to {one.ends_on}; it is {one.status.lower()}."
            )
            raise conflict("period", message=message)
        made = Statement.objects.create(
            partner=collaboration.partner, collaboration=collaboration, currency=chosen, starts_on=starts_on,
            ends_on=ends_on,
        )  # fmt: skip
        gather(made)
        noted(made, "create_statement", before={"status": None}, actor=actor, now=now, reason=reason)
    return made


def ends_at(statement: Statement) -> datetime:
    """The moment at which a statement's last day is over, in the partner's calendar."""
    return datetime.combine(statement.ends_on, time(), ZoneInfo(statement.partner.timezone))


def gather(statement: Statement, *, using: str = "default") -> tuple[int, int]:
    """Bring an estimate up to what waits for it; answers (lines that left, lines that joined).

    Lines of approved claims that happened before its end join; and of claims that were declined or went to
    another collaboration those that take back what is on a locked statement. The statement is held.
    """
    lines = ClaimLine.objects.using(using).filter(
        partner_id=statement.partner_id, collaboration_id=statement.collaboration_id,
        currency=statement.currency,
    )  # fmt: skip
    left = lines.filter(statement=statement).exclude(pk__in=_payable(lines).values("pk"))
    leaving = lines.filter(pk__in=list(left.values_list("pk", flat=True))).update(statement=None)
    waiting = _payable(lines.filter(statement=None, occurred_at__lt=ends_at(statement)))
    joining = lines.filter(pk__in=waiting.values("pk")).update(statement=statement)
    return leaving, joining


def _payable(lines: "QuerySet[ClaimLine]") -> "QuerySet[ClaimLine]":
    is_theirs = Q(claim__collaboration_id=F("collaboration_id"))
    is_approved = Q(claim__status__in=(Claim.Status.APPROVED, Claim.Status.PAID))
    is_over = ~is_theirs | Q(claim__status=Claim.Status.DECLINED)
    own = {name: OuterRef(name) for name in ("partner_id", "claim_id", "collaboration_id", "currency")}
    fixed = ClaimLine.objects.using(lines.db).filter(**own, statement__status__in=FIXED)
    return lines.filter((is_theirs & is_approved) | (is_over & Exists(fixed)))


def settle(*, partner_id: UUID, now: datetime) -> None:
    """Approve claims whose return window is over, and bring estimates up to what waits."""
    approve_due(partner_id=partner_id, now=now)
    rows = Statement.objects.using("worker").filter(partner_id=partner_id, status=Statement.Status.ESTIMATED)
    # What is late goes to the earliest there is.
    for identity in list(rows.order_by("starts_on", "pk").values_list("pk", flat=True)):
        with transaction.atomic(using="worker"):
            held = rows.select_related("partner").select_for_update(of=("self",)).filter(pk=identity).first()
            if held is not None:
                gather(held, using="worker")


def partners_to_settle(*, now: datetime) -> list[UUID]:
    """Partners with claims whose return window is over, or with estimates."""
    rows = worker_connection().execute(
        "SELECT partner_id FROM kol_claim WHERE status = 'PENDING' AND approves_at <= %(now)s "
        "UNION SELECT partner_id FROM kol_statement WHERE status = 'ESTIMATED'",
        {"now": now},
    )
    return [row[0] for row in rows]
