"""The record: who changed or took out what, when and why."""

from typing import ClassVar

from django.db import models

from commerce.models.base import PartnerModel


class RecordEntry(PartnerModel):
    """One act of a person or a key; written once, never changed."""

    at = models.DateTimeField()
    who = models.CharField(max_length=200, help_text="The person's login, or the name of the key.")
    action = models.CharField(max_length=60, help_text="A verb and its object, such as `appeal_violation`.")
    subject_kind = models.CharField(max_length=60)
    subject_id = models.UUIDField(null=True)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name = "record entry"
        verbose_name_plural = "record"
        indexes: ClassVar = [
            models.Index(fields=["partner", "-at", "-id"], name="record_partner_at"),
            models.Index(fields=["partner", "subject_id"], name="record_partner_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.who}: {self.action}"
