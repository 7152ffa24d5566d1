"""What was advised and what came of it; what was found when a session was over."""

from typing import Any, ClassVar

from django.db import models

from commerce.models import MONEY, LiveSession, PartnerModel, Product

SHARE: dict[str, Any] = {"max_digits": 12, "decimal_places": 9}


class PinRecommendation(PartnerModel):
    """A product that was advised to be featured next, why, and what happened then."""

    class State(models.TextChoices):
        OPEN = "OPEN", "Open"
        ADOPTED = "ADOPTED", "Featured in time"
        IGNORED = "IGNORED", "Not featured in time"

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    made_at = models.DateTimeField()
    rank = models.PositiveSmallIntegerField(help_text="From 1; the first place is drawn by lot now and then.")
    currency = models.CharField(max_length=3)
    reachable_viewers = models.BigIntegerField(help_text="People present when it was made.")
    conversion = models.DecimalField(**SHARE, help_text="Shrunk product moment conversion.")
    price = models.DecimalField(**MONEY)
    fatigue = models.DecimalField(**SHARE, help_text="What recent showings left of its pull, 1 at most.")
    stock = models.BigIntegerField(null=True)
    expected_sales = models.DecimalField(**MONEY, help_text="Of the next 90 seconds.")
    low_sales = models.DecimalField(**MONEY)
    high_sales = models.DecimalField(**MONEY)
    propensity = models.DecimalField(**SHARE, help_text="How likely it was to get this rank.")
    is_exploration = models.BooleanField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    featured_at = models.DateTimeField(null=True)
    outcome_viewers = models.BigIntegerField(null=True)
    outcome_buyers = models.BigIntegerField(null=True)
    outcome_sales = models.DecimalField(**MONEY, null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "made_at", "rank"], name="pin_partner_session_rank"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.product_id}"


class LiveAlert(PartnerModel):
    """Something a live session's team should look at now."""

    class Kind(models.TextChoices):
        VIOLATION = "VIOLATION", "Violation"
        GIVEAWAY = "GIVEAWAY", "Giveaway"
        STEEP_LOSS = "STEEP_LOSS", "Steep loss of viewers"
        LOW_STOCK = "LOW_STOCK", "Stock is running out"

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.CharField(max_length=200, help_text="Which of its kind: a violation, a product, a time.")
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, help_text="Null: it still holds.")
    details = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "kind", "subject"], name="alert_partner_session_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Learning(PartnerModel):
    """What past sessions teach, worked out ahead: read as it stands."""

    class Kind(models.TextChoices):
        LEADS = "LEADS", "Products to lead with"
        SLOTS = "SLOTS", "Hours of the week to go live in"
        PAIRS = "PAIRS", "Products bought together"
        TALKING = "TALKING", "Talking points of what is featured"

    kind = models.CharField(max_length=7, choices=Kind)
    subject = models.UUIDField(help_text="The session of talking points; the partner of everything else.")
    made_at = models.DateTimeField()
    content = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "kind", "subject"], name="learning_partner_kind"),
        ]

    def __str__(self) -> str:
        return self.kind


class Debrief(PartnerModel):
    """What was found when a session had ended, and again a day later."""

    class Stage(models.TextChoices):
        END = "END", "When it ended"
        DAY = "DAY", "A day later"

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    stage = models.CharField(max_length=3, choices=Stage)
    version = models.PositiveSmallIntegerField(help_text="From 1: grows when findings are another.")
    made_at = models.DateTimeField()
    maturity = models.PositiveSmallIntegerField()
    findings = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "stage", "version"], name="debrief_partner_session_stage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.version}"
