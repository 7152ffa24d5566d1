"""What orders make due to a collaboration, and the statements it is paid by."""

from decimal import Decimal
from typing import ClassVar

from django.db import models

from commerce.models import MONEY, Order, PartnerModel
from kol.models.campaigns import Collaboration, PayableModel


class Statement(PartnerModel):
    """Lines of a collaboration's claims over a period, in one currency; once locked it never changes.

    Triggers hold that for every role: of a locked statement nothing changes but that it is paid.
    """

    class Status(models.TextChoices):
        ESTIMATED = "ESTIMATED", "Estimated"
        APPROVED = "APPROVED", "Approved"
        LOCKED = "LOCKED", "Locked"
        PAID = "PAID", "Paid"

    collaboration = models.ForeignKey(
        Collaboration, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    currency = models.CharField(max_length=3)
    starts_on = models.DateField(help_text="The first day, in the partner's calendar.")
    ends_on = models.DateField(help_text="The day after the last one.")
    status = models.CharField(max_length=10, choices=Status, default=Status.ESTIMATED)
    total = models.DecimalField(
        **MONEY, null=True, blank=True, help_text="Sum of its lines as they were locked; null until then."
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    payment_reference = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "collaboration", "currency", "starts_on"],
                name="statement_partner_collaboration_start",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("starts_on")), name="statement_has_days"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    total__isnull=False, locked_at__isnull=False, status__in=["LOCKED", "PAID"]
                )
                | models.Q(total=None, locked_at=None, status__in=["ESTIMATED", "APPROVED"]),
                name="statement_total_once_locked",
            ),
            models.CheckConstraint(
                condition=models.Q(~models.Q(payment_reference=""), paid_at__isnull=False, status="PAID")
                | models.Q(~models.Q(status="PAID"), paid_at=None, payment_reference=""),
                name="statement_paid_with_reference",
            ),
        ]


class Claim(PartnerModel):
    """The one payable commission of an order."""

    class Status(models.TextChoices):
        PENDING = "PENDING", "Pending"
        APPROVED = "APPROVED", "Approved"
        DECLINED = "DECLINED", "Declined"
        PAID = "PAID", "Paid"

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    order_number = models.CharField(
        max_length=200, help_text="The order's id at its source: who may see no orders sees which it is."
    )
    collaboration = models.ForeignKey(
        Collaboration,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="To whom it is due now; what was booked for others before is in its lines.",
    )
    model = models.CharField(
        max_length=10, choices=PayableModel, help_text="Which model chose the collaboration."
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    currency = models.CharField(max_length=3)
    placed_at = models.DateTimeField()
    approves_at = models.DateTimeField(help_text="When it is approved by itself, if nobody decides before.")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "order"], name="claim_partner_order")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["partner", "collaboration", "placed_at"], name="claim_partner_collaboration"
            ),
            models.Index(fields=["partner", "placed_at"], name="claim_partner_placed"),
            models.Index(
                fields=["partner", "approves_at"],
                name="claim_partner_pending",
                condition=models.Q(status="PENDING"),
            ),
        ]


class ClaimLine(PartnerModel):
    """One booking of a claim: written once; what changes later is a line of its own."""

    class Kind(models.TextChoices):
        SALE = "SALE", "Sale"
        REFUND = "REFUND", "Refund"
        CORRECTION = "CORRECTION", "Correction"
        REVERSAL = "REVERSAL", "Reversal"

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="+", db_index=False)
    collaboration = models.ForeignKey(
        Collaboration, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    statement = models.ForeignKey(
        Statement, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    base = models.DecimalField(**MONEY, help_text="The net sales this line is the commission of.")
    amount = models.DecimalField(**MONEY, help_text="In the currency's own smallest unit.")
    currency = models.CharField(max_length=3)
    order_number = models.CharField(
        max_length=200, help_text="Of the claim: what is locked is read without it."
    )
    placed_at = models.DateTimeField(help_text="When the order was placed, as it was known.")
    occurred_at = models.DateTimeField(help_text="When what it is for happened.")
    booked_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["partner", "claim"], name="claimline_partner_claim"),
            models.Index(
                fields=["partner", "collaboration", "statement"], name="claimline_partner_statement"
            ),
            models.Index(
                fields=["partner", "statement"],
                name="claimline_partner_on",
                condition=models.Q(statement__isnull=False),
            ),
        ]

    @property
    def rate(self) -> Decimal | None:
        """The share of its base that its amount is, half-even to six decimals; None where that is zero."""
        return round(self.amount / self.base, 6) if self.base else None
