"""The entities events speak of: sessions, products and people."""

from typing import ClassVar

from django.db import models

from commerce.models.base import MONEY, PartnerModel, SourcedModel


class Channel(models.TextChoices):
    """Where a session is shown."""

    OWNED = "OWNED", "Own site"
    TIKTOK = "TIKTOK", "TikTok"
    SHOPEE = "SHOPEE", "Shopee"
    LAZADA = "LAZADA", "Lazada"
    FACEBOOK = "FACEBOOK", "Facebook"
    INSTAGRAM = "INSTAGRAM", "Instagram"
    YOUTUBE = "YOUTUBE", "YouTube"
    OTHER = "OTHER", "Other"


class Objective(models.TextChoices):
    """What a session is for."""

    AWARENESS = "AWARENESS", "Awareness"
    CONVERSION = "CONVERSION", "Conversion"


class LiveSession(SourcedModel):
    """A live of a partner; a placeholder until the events that describe it arrive."""

    title = models.CharField(max_length=500, blank=True, db_default="")
    host = models.CharField(max_length=200, blank=True, db_default="")
    channel = models.CharField(max_length=10, choices=Channel, db_default=Channel.OTHER)
    account = models.CharField(max_length=200, blank=True, db_default="")
    objective = models.CharField(max_length=10, choices=Objective, null=True, blank=True)
    currency = models.CharField(max_length=3, null=True, blank=True)
    timezone = models.CharField(max_length=64, null=True, blank=True)
    replay_url = models.CharField(max_length=2000, blank=True, db_default="")
    heartbeats = models.BooleanField(db_default=True, help_text="Off: only an end ends a viewer's presence.")
    scheduled_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True, help_text="The earliest start.")
    last_started_at = models.DateTimeField(null=True, blank=True, help_text="The latest start, after a cut.")
    last_ended_at = models.DateTimeField(null=True, blank=True, help_text="The latest end.")
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="The session this one is a broadcast of.",
    )
    is_merged = models.BooleanField(
        db_default=False, editable=False, help_text="Made of broadcasts; no source tells of it."
    )
    split_at = models.DateTimeField(
        null=True, blank=True, help_text="When its broadcasts were taken apart again: nothing is left of it."
    )
    frozen_at = models.DateTimeField(
        null=True, editable=False, help_text="When its events went, and its numbers became what they stay."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "source", "external_id"], name="session_partner_external"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-started_at", "-id"], name="session_partner_started"),
            models.Index(fields=["partner", "external_id"], name="session_partner_name"),
            models.Index(
                fields=["partner", "merged_into"],
                name="session_partner_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.external_id


class Product(SourcedModel):
    """Something a partner sells."""

    name = models.CharField(max_length=500, blank=True, db_default="")
    price = models.DecimalField(**MONEY, null=True, blank=True)
    cost = models.DecimalField(**MONEY, null=True, blank=True)
    currency = models.CharField(max_length=3, null=True, blank=True)
    image_url = models.CharField(max_length=2000, blank=True, db_default="")
    stock = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "source", "external_id"], name="product_partner_external"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id


class Customer(SourcedModel):
    """Somebody a shop knows by a customer id; e-mail and phone only as keyed hashes."""

    country = models.CharField(max_length=2, blank=True, db_default="")
    gender = models.CharField(max_length=20, blank=True, db_default="")
    age_band = models.CharField(max_length=10, blank=True, db_default="")
    email_hash = models.CharField(max_length=64, blank=True, db_default="")
    phone_hash = models.CharField(max_length=64, blank=True, db_default="")
    consent_marketing = models.BooleanField(null=True, blank=True)
    consent_profiling = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "source", "external_id"], name="customer_partner_external"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["partner", "email_hash"],
                name="customer_partner_email",
                condition=~models.Q(email_hash=""),
            ),
            models.Index(
                fields=["partner", "phone_hash"],
                name="customer_partner_phone",
                condition=~models.Q(phone_hash=""),
            ),
        ]


class Viewer(SourcedModel):
    """Somebody who watches, as the source's player knows him; linked to a customer once both are seen."""

    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "source", "external_id"], name="viewer_partner_external"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["partner", "customer"],
                name="viewer_partner_customer",
                condition=models.Q(customer__isnull=False),
            ),
        ]


class Lead(PartnerModel):
    """A person who left a phone number or an e-mail in a session, once a session."""

    session = models.ForeignKey(
        LiveSession, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    viewer = models.ForeignKey(Viewer, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    key = models.CharField(max_length=64, help_text="Keyed hash of the phone, else of the e-mail.")
    occurred_at = models.DateTimeField(help_text="The earliest time it was left.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "key"], name="lead_partner_session_key", nulls_distinct=False
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "occurred_at"], name="lead_partner_occurred")]
