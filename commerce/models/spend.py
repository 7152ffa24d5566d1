"""Marketing money, as the events state it."""

from typing import ClassVar

from django.db import models

from commerce.models.base import MONEY, SourcedModel


class Purpose(models.TextChoices):
    """What marketing money is for."""

    ACQUISITION = "ACQUISITION", "New customers"
    RETENTION = "RETENTION", "Customers there are"
    BRAND = "BRAND", "The brand"


class Spend(SourcedModel):
    """Money spent over the days [starts_on, ends_on) of the partner's calendar; known by its event's id."""

    amount = models.DecimalField(**MONEY, null=True)
    currency = models.CharField(max_length=3, null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True, help_text="The day after the last one.")
    channel = models.CharField(max_length=200, blank=True, db_default="")
    campaign = models.CharField(max_length=200, blank=True, db_default="")
    purpose = models.CharField(max_length=12, choices=Purpose, blank=True, db_default="")

    class Meta:
        verbose_name_plural = "spend"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "source", "external_id"], name="spend_partner_external"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "starts_on"], name="spend_partner_starts")]
