"""What people decided of broadcasts that look like one session."""

from typing import ClassVar

from django.db import models

from commerce.models.base import PartnerModel
from commerce.models.entities import LiveSession


class KeptApart(PartnerModel):
    """Two sessions that somebody said are not one, so that nobody proposes it again."""

    first = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, help_text="The lesser id."
    )
    second = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    who = models.CharField(max_length=200)
    reason = models.TextField(blank=True)

    class Meta:
        verbose_name = "kept apart"
        verbose_name_plural = "kept apart"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "first", "second"], name="apart_partner_pair"),
        ]

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"
