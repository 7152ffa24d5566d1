"""The numbers somebody chose to look at, in the order chosen."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from commerce.models import PartnerModel


class MetricSelection(PartnerModel):
    """A named choice of numbers of a session; each owner (a person or a key) has its own."""

    owner = models.CharField(max_length=200, help_text="The person's login, or the name of the key.")
    name = models.CharField(max_length=100)
    metrics = ArrayField(models.CharField(max_length=60), help_text="Keys of metrics, in order.")
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "owner", "name"], name="metricselection_partner_owner_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name
