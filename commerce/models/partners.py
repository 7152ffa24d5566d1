"""Partners and their keys."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from commerce.models.base import PartnerModel, new_id


class Weekday(models.IntegerChoices):
    """Days of the week, as Python counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class Partner(models.Model):
    """A brand: the unit of isolation, of work and of sharding, with its rules for numbers."""

    distribution: ClassVar[str] = "REFERENCE"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(
        max_length=3, help_text="ISO 4217; answers are in it when a session names none."
    )
    timezone = models.CharField(max_length=64, help_text="IANA name; its calendar makes the days.")
    tail_seconds = models.PositiveIntegerField(
        default=7200, help_text="How long after its end a session still earns orders."
    )
    silence_seconds = models.PositiveIntegerField(
        default=90, help_text="Silence of more than this ends a viewer's presence where heartbeats are sent."
    )
    grace_seconds = models.PositiveIntegerField(
        default=30, help_text="How long after the last sign of life a silent viewer counts as present."
    )
    week_starts_on = models.PositiveSmallIntegerField(
        choices=Weekday, default=Weekday.MONDAY, help_text="The first day of its weeks."
    )
    inactivity_days = models.PositiveSmallIntegerField(
        default=90, help_text="A customer who did not buy for so many days is not active any more."
    )
    bodies_kept_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="How long bodies of refused events are kept; empty: for good."
    )
    events_kept_months = models.PositiveIntegerField(
        null=True, blank=True, help_text="How long events are kept in the log; empty: for good."
    )
    events_gone_before = models.DateTimeField(
        null=True, editable=False, help_text="What happened before is in no log any more."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.name


class ApiKey(PartnerModel):
    """A key of a partner; only a keyed hash of it is stored."""

    name = models.CharField(max_length=200, blank=True)
    public = models.CharField(max_length=8, editable=False, help_text="The part that may be shown.")
    digest = models.BinaryField(editable=False)
    scopes = ArrayField(models.CharField(max_length=20))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "public"], name="apikey_partner_public"),
        ]
        indexes: ClassVar = [models.Index(fields=["public"], name="apikey_public")]

    def __str__(self) -> str:
        return f"ll_live_{self.public}… {self.name}".strip()


class Membership(PartnerModel):
    """A member of staff who may see a partner in the admin; superusers see all."""

    # By name and not by foreign key: a partner's table never points at a local one.
    username = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "username"], name="membership_partner_username"),
        ]

    def __str__(self) -> str:
        return self.username
