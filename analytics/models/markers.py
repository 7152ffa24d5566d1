"""What is set beside a session's numbers: moments, comments, a platform's own figures; and what offers do."""

from typing import ClassVar

from django.db import models

from commerce.models import LiveSession, PartnerModel, Product, Viewer


class SessionMarker(PartnerModel):
    """A moment of a session, or a span of it, that its numbers may be read against."""

    class Kind(models.TextChoices):
        PRODUCT_FEATURED = "PRODUCT_FEATURED", "Product featured"
        VIOLATION = "VIOLATION", "Violation"
        GIVEAWAY = "GIVEAWAY", "Giveaway"
        PROMOTION = "PROMOTION", "Promotion"
        PINNED_MESSAGE = "PINNED_MESSAGE", "Pinned message"
        HOST_NOTE = "HOST_NOTE", "Host note"

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(
        null=True, help_text="Of what has a length: its end; null as long as none was told."
    )
    is_start_told = models.BooleanField(
        default=True, help_text="Off: only the end of it is known, and `at` is that end."
    )
    product = models.ForeignKey(
        Product, null=True, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    label = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)
    scheduled_at_random = models.BooleanField(default=False)
    details = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "session", "id"], name="marker_partner_session"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["partner", "kind"],
                name="marker_partner_offers",
                condition=models.Q(kind__in=["GIVEAWAY", "PROMOTION"]),
            ),
        ]


class SessionComment(PartnerModel):
    """A comment of a session; how far into the session it is is computed from the session's start."""

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    viewer = models.ForeignKey(
        Viewer, null=True, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    text = models.TextField()
    is_question = models.BooleanField(help_text="It has the form of a question in one of the languages read.")
    language = models.CharField(max_length=2, blank=True, help_text="A guess from its script and words.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "at", "id"], name="comment_partner_session_at"
            ),
        ]


class ReportedNumbers(PartnerModel):
    """What a platform says of its own session: kept as it says it, never summed, never computed again."""

    class Interval(models.TextChoices):
        TOTAL = "TOTAL", "In total"
        MINUTE = "MINUTE", "By the minute"

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    interval = models.CharField(max_length=6, choices=Interval)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=200, help_text="Who says so.")
    definition = models.CharField(max_length=2000, blank=True, help_text="What the platform means by it.")
    metrics = models.JSONField(help_text="{name: number or text}, as reported.")
    reported_at = models.DateTimeField(help_text="The latest word on this interval.")

    class Meta:
        verbose_name_plural = "reported numbers"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "session", "id"], name="reported_partner_session"),
        ]


class OfferUplift(PartnerModel):
    """What the giveaways, or promotions, of a partner do to a number; estimated anew by the schedule."""

    class Design(models.TextChoices):
        OBSERVATIONAL = "OBSERVATIONAL", "All of them"
        RANDOMISED = "RANDOMISED", "Those scheduled at random"

    class Window(models.TextChoices):
        DURING = "DURING", "While it goes on"
        AFTER = "AFTER", "In the minutes after it"

    class Reason(models.TextChoices):
        NOT_ENOUGH_DATA = "NOT_ENOUGH_DATA", "Too few sessions"
        NOTHING_TO_COMPARE = "NOTHING_TO_COMPARE", "Nothing happened in the flanking windows"

    kind = models.CharField(max_length=20, choices=SessionMarker.Kind)
    design = models.CharField(max_length=13, choices=Design)
    metric = models.CharField(max_length=30)
    window = models.CharField(max_length=6, choices=Window)
    sessions = models.BigIntegerField(help_text="Sessions that could be compared.")
    offers = models.BigIntegerField(help_text="Giveaways or promotions in them.")
    ratio = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    low = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    high = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    reason = models.CharField(max_length=20, choices=Reason, blank=True, help_text="Why there is no ratio.")
    computed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "kind", "design", "metric", "window"], name="uplift_partner_kind"
            ),
        ]
