"""The river of events, what was turned away at the door, and what a transaction left to recompute."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from commerce.models.base import PartnerModel


class Event(models.Model):
    """One row of the append-only log (by month; written by COPY, read by fills, by nobody else)."""

    distribution: ClassVar[str] = "PARTNER"

    id = models.UUIDField(primary_key=True, help_text="128-bit hash of (source, event id, item).")
    partner_id = models.UUIDField()
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    kind = models.SmallIntegerField()
    item = models.SmallIntegerField(
        help_text="0 for the event itself; its further items follow as rows of their own."
    )
    digest = models.BigIntegerField(help_text="Hash of the content, to tell a resend from a conflict.")
    quantity = models.BigIntegerField(null=True)
    sequence = models.BigIntegerField(null=True)
    view = models.BigIntegerField(null=True, help_text="Hash of the view id: one tab of a viewer.")
    session_id = models.UUIDField(null=True)
    viewer_id = models.UUIDField(null=True)
    product_id = models.UUIDField(null=True)
    properties = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "commerce_event"


class Rejection(PartnerModel):
    """An event that was refused, kept whole with the reason, to be driven again after a fix."""

    digest = models.UUIDField(help_text="Hash of the body: the same refused body is one row.")
    source = models.CharField(max_length=200, blank=True)
    event_id = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=20)
    path = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=500)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1, help_text="How often this body was refused.")
    redriven_at = models.DateTimeField(null=True, blank=True, help_text="When it was accepted after all.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "digest"], name="rejection_partner_digest"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-received_at", "-id"], name="rejection_partner_received")
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Stale(models.Model):
    """A hint that numbers of a subject are older than its facts; written in the facts' transaction.

    Append-only: every transaction adds its own rows, so that two senders of one busy session never wait
    for each other; a worker takes all rows of a subject at once and deletes just those it has seen.
    """

    distribution: ClassVar[str] = "LOCAL"

    class Kind(models.TextChoices):
        SESSION = "SESSION", "Session"
        ORDER = "ORDER", "Order"
        DAY = "DAY", "Day of the shop"
        CAMPAIGN = "CAMPAIGN", "Campaign"
        CUSTOMER = "CUSTOMER", "Customer"
        COHORT = "COHORT", "Cohort of a day"

    id = models.BigAutoField(primary_key=True)
    partner_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.CharField(
        max_length=36,
        help_text="Id of the session, order, campaign or customer, or the ISO date of the day or cohort.",
    )
    # What of a session is new, so that a live one is refreshed in part.
    # No viewers and no time: only its sales.
    is_whole = models.BooleanField(default=False)
    since = models.DateTimeField(null=True, help_text="The earliest new event of the session or campaign.")
    viewers = ArrayField(models.UUIDField(), null=True, help_text="Whose signs of life are new.")
    viewers_since = ArrayField(models.DateTimeField(), null=True, help_text="The earliest new sign of each.")
    marked_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "stale marks"
        indexes: ClassVar = [
            models.Index(fields=["partner_id", "kind", "subject"], name="stale_partner_subject")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
