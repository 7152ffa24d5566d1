"""What a team set out to reach, and the reports of how it went."""

from typing import ClassVar, Final

from django.db import models

from analytics.metrics import Cadence
from commerce.models import LiveSession, PartnerModel

# How long the periods of a plan are, in the partner's calendar.
CADENCES: Final = [(cadence.name, cadence.value.capitalize()) for cadence in Cadence]


class Target(PartnerModel):
    """A number to reach, in one session or in every period of a cadence, and who owns it."""

    class Kind(models.TextChoices):
        ABSOLUTE = "ABSOLUTE", "The number itself"
        RELATIVE_CHANGE = "RELATIVE_CHANGE", "A share of the baseline on top of it"
        PERCENTAGE_POINTS = "PERCENTAGE_POINTS", "Points on top of the baseline"

    metric = models.CharField(max_length=60, help_text="Key of the metric.")
    about = models.CharField(max_length=10, help_text="The metric's own scope: SESSION or SHOP.")
    session = models.ForeignKey(
        LiveSession,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="Null: a target of periods.",
    )
    cadence = models.CharField(
        max_length=10, choices=CADENCES, blank=True, help_text="Empty: a target of a session."
    )
    starts_on = models.DateField(null=True, blank=True, help_text="First day of the first period it is for.")
    kind = models.CharField(max_length=20, choices=Kind)
    value = models.DecimalField(max_digits=24, decimal_places=6)
    direction = models.CharField(max_length=4, help_text="Which way is better: UP or DOWN.")
    basis = models.CharField(max_length=10, blank=True, help_text="Empty where sales do not matter.")
    currency = models.CharField(max_length=3, blank=True, help_text="Empty where sales do not matter.")
    owner = models.CharField(max_length=200, help_text="Who answers for it.")
    reason = models.TextField(blank=True)
    set_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "cadence", "about", "metric", "basis", "currency"],
                name="target_partner_subject_metric",
                condition=models.Q(retired_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(session__isnull=False, cadence="", starts_on__isnull=True)
                | (models.Q(session__isnull=True, starts_on__isnull=False) & ~models.Q(cadence="")),
                name="target_of_session_or_periods",
            ),
            models.CheckConstraint(condition=models.Q(direction__in=["UP", "DOWN"]), name="target_direction"),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "session"], name="target_partner_session")]

    def __str__(self) -> str:
        return f"{self.metric} {self.value.normalize():f}"


class TargetRevision(PartnerModel):
    """A change of a target: what, by whom and why. Written once, never changed."""

    class Why(models.TextChoices):
        SET = "SET", "It was set"
        STRATEGY_CHANGED = "STRATEGY_CHANGED", "The strategy changed"
        TEAM_GOAL_CHANGED = "TEAM_GOAL_CHANGED", "The team's goal changed"
        ACHIEVED = "ACHIEVED", "It was achieved"
        UNSUITABLE = "UNSUITABLE", "It did not suit"
        GAMED = "GAMED", "It was gamed"

    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="revisions", db_index=False)
    at = models.DateTimeField()
    who = models.CharField(max_length=200)
    why = models.CharField(max_length=20, choices=Why)
    note = models.TextField(blank=True)
    old_value = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    new_value = models.DecimalField(
        max_digits=24, decimal_places=6, null=True, help_text="Null: it was retired."
    )
    old_owner = models.CharField(max_length=200, blank=True)
    new_owner = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["partner", "target", "at"], name="revision_partner_target_at")
        ]

    def __str__(self) -> str:
        return f"{self.why}: {self.old_value} -> {self.new_value}"


class CadenceReport(PartnerModel):
    """How a closed period went; a later version where its numbers changed afterwards."""

    cadence = models.CharField(max_length=10, choices=CADENCES)
    starts_on = models.DateField(help_text="The first day, in the partner's calendar.")
    ends_on = models.DateField(help_text="The day after the last one.")
    version = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    checked_at = models.DateTimeField(help_text="When its numbers were last compared with the facts.")
    content = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "cadence", "starts_on", "version"], name="report_partner_slot_version"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-starts_on", "-id"], name="report_partner_starts")
        ]

    def __str__(self) -> str:
        return f"{self.cadence} {self.starts_on} v{self.version}"


class Review(PartnerModel):
    """Looking at how a closed period went: due with its report, done once, by somebody, with a note."""

    cadence = models.CharField(max_length=10, choices=CADENCES)
    starts_on = models.DateField(help_text="The first day, in the partner's calendar.")
    ends_on = models.DateField(help_text="The day after the last one.")
    due_at = models.DateTimeField(help_text="When there was a report to look at.")
    done_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it is due.")
    who = models.CharField(max_length=200, blank=True, db_default="")
    note = models.TextField(blank=True, db_default="", help_text="What came of it.")
    version = models.PositiveIntegerField(null=True, help_text="Of the report that was looked at.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "cadence", "starts_on"], name="review_partner_slot"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-starts_on", "-id"], name="review_partner_starts")
        ]

    def __str__(self) -> str:
        return f"{self.cadence} {self.starts_on}"
