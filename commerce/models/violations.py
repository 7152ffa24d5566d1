"""A platform's complaints about sessions, and what people do about them."""

from typing import ClassVar

from django.db import models

from commerce.models.base import PartnerModel, SourcedModel
from commerce.models.entities import LiveSession


class Violation(SourcedModel):
    """A platform's complaint about a session, as its events state it; of each field the latest word."""

    session = models.ForeignKey(
        LiveSession, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    occurred_at = models.DateTimeField(null=True, help_text="When it was told first.")
    code = models.CharField(max_length=200, blank=True, db_default="")
    reason = models.TextField(blank=True, db_default="")
    severity = models.CharField(max_length=100, blank=True, db_default="")
    remediation = models.TextField(blank=True, db_default="", help_text="What the platform asks for.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "source", "external_id"], name="violation_partner_external"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "session", "occurred_at"], name="violation_partner_session"),
        ]

    def __str__(self) -> str:
        return self.code or self.external_id


class ViolationAppeal(PartnerModel):
    """What people did about a violation; without a row it is open, and nobody has said anything yet."""

    class State(models.TextChoices):
        APPEALED = "APPEALED", "Appealed"
        UPHELD = "UPHELD", "Upheld"
        OVERTURNED = "OVERTURNED", "Overturned"

    violation = models.ForeignKey(Violation, on_delete=models.CASCADE, related_name="appeals", db_index=False)
    state = models.CharField(max_length=10, choices=State)
    text = models.TextField(help_text="Why the violation is contested.")
    appealed_at = models.DateTimeField()
    appealed_by = models.CharField(max_length=200)
    decision = models.TextField(blank=True, help_text="What the platform answered.")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "violation"], name="appeal_partner_violation"),
        ]

    def __str__(self) -> str:
        return f"{self.violation_id}: {self.state}"
