"""What looks odd about a collaboration, with the evidence: to be looked at, never to leave anything out."""

from typing import Any, ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models

from commerce.models import PartnerModel
from kol.models import Collaboration

EXACT: Final[dict[str, Any]] = {"max_digits": 20, "decimal_places": 6}


class CollaborationFlag(PartnerModel):
    """One sort of oddity of a collaboration, and what it was seen by."""

    class Kind(models.TextChoices):
        FAST_ORDERS = "FAST_ORDERS", "Ordered right after a click"
        ONE_DEVICE = "ONE_DEVICE", "Many orders from one device"
        ONE_BUYER = "ONE_BUYER", "Many orders of one buyer on a day"
        SELF_PURCHASE = "SELF_PURCHASE", "Bought by the KOL"
        CODE_LEAK = "CODE_LEAK", "Code used by people the KOL never met"
        FOLLOWER_JUMP = "FOLLOWER_JUMP", "A jump in followers"
        HIGH_ENGAGEMENT = "HIGH_ENGAGEMENT", "Engagement above nearly all others of the tier"

    class Severity(models.TextChoices):
        LOW = "LOW", "Low"
        MEDIUM = "MEDIUM", "Medium"
        HIGH = "HIGH", "High"

    collaboration = models.ForeignKey(
        Collaboration, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=15, choices=Kind)
    severity = models.CharField(max_length=6, choices=Severity)
    counted = models.BigIntegerField(help_text="Orders it is seen by; new followers; engaged viewers.")
    among = models.BigIntegerField(help_text="Of how many: orders, followers before, viewers.")
    value = models.DecimalField(**EXACT, help_text="What was compared with the threshold.")
    threshold = models.DecimalField(**EXACT)
    deviation = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, help_text="In standard deviations; null: no history."
    )
    order_ids = ArrayField(models.UUIDField(), help_text="The first few of the orders.")
    since = models.DateTimeField(help_text="The first time it was seen.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "collaboration", "kind"], name="flag_partner_collaboration_kind"
            ),
        ]
