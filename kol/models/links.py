"""Tracking links and who followed them."""

from typing import ClassVar

from django.db import models

from commerce.models import LiveSession, PartnerModel
from kol.models.campaigns import Collaboration


class LinkHost(PartnerModel):
    """A host the partner's tracking links may lead to: never anywhere else."""

    host = models.CharField(max_length=253, help_text="In lower case; its subdomains are not meant.")

    class Meta:
        verbose_name = "allowed link host"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "host"], name="linkhost_partner_host")
        ]

    def __str__(self) -> str:
        return self.host


class TrackingLink(PartnerModel):
    """A short address of a collaboration that leads to a page of the partner."""

    collaboration = models.ForeignKey(
        Collaboration, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    code = models.CharField(max_length=32, editable=False, help_text="Random: the same is nobody else's.")
    destination = models.CharField(max_length=2000)
    session = models.ForeignKey(
        LiveSession,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="The session it was told in; orders after a click soon after are that session's.",
    )
    utm_source = models.CharField(max_length=200, blank=True)
    utm_medium = models.CharField(max_length=200, blank=True)
    utm_campaign = models.CharField(max_length=200, blank=True)
    utm_content = models.CharField(max_length=200, blank=True)
    utm_term = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "code"], name="trackinglink_partner_code"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["code"], name="trackinglink_code"),
            models.Index(fields=["partner", "collaboration"], name="trackinglink_partner_collab"),
        ]

    def __str__(self) -> str:
        return self.code


class LinkClick(PartnerModel):
    """Somebody, or something, that followed a tracking link."""

    class By(models.TextChoices):
        PERSON = "PERSON", "A person"
        BOT = "BOT", "A bot"
        PREFETCH = "PREFETCH", "A prefetch"

    link = models.ForeignKey(
        TrackingLink, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    clicked_at = models.DateTimeField()
    by = models.CharField(max_length=8, choices=By)
    visitor = models.CharField(
        max_length=200, blank=True, help_text="The first-party viewer id carried through; empty: none."
    )
    device = models.CharField(max_length=32, blank=True, help_text="Keyed hash of address and browser.")

    class Meta:
        # Its key is the click's own id: nothing else tells two clicks of a moment apart.
        indexes: ClassVar = [
            models.Index(fields=["partner", "link", "clicked_at"], name="linkclick_partner_link"),
            models.Index(fields=["partner", "clicked_at"], name="linkclick_partner_clicked"),
            models.Index(
                fields=["partner", "visitor", "clicked_at"],
                name="linkclick_partner_visitor",
                condition=~models.Q(visitor=""),
            ),
        ]
