"""Whom to follow up after a session, and how it was told who."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from commerce.models import MONEY, LiveSession, PartnerModel


class FollowUpList(PartnerModel):
    """Viewers of an ended session who may be approached, scored once; never changed afterwards."""

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    currency = models.CharField(max_length=3)
    rung = models.CharField(
        max_length=10, help_text="What scored it: the highest rung that earned its place."
    )
    rungs = models.JSONField(help_text="What each rung did on later sessions than it had learnt from.")
    learnt_from = models.BigIntegerField(help_text="Viewings of sessions that ended 90 days ago or earlier.")
    viewers = models.BigIntegerField(help_text="Viewers of the session.")
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "session"], name="followuplist_partner_session"),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "-made_at", "-id"], name="followuplist_made")]


class FollowUp(PartnerModel):
    """A viewer on a list: a customer who agreed to be approached, and did not object to be profiled."""

    list = models.ForeignKey(FollowUpList, on_delete=models.CASCADE, related_name="+", db_index=False)
    viewer_id = models.UUIDField()
    customer_id = models.UUIDField()
    place = models.PositiveIntegerField(help_text="1 has the highest score.")
    score = models.DecimalField(**MONEY, help_text="Margin expected in the 90 days after; else net sales.")
    reasons = ArrayField(models.CharField(max_length=20))
    is_holdout = models.BooleanField(
        help_text="Drawn at random to be left alone, so that the effect is seen."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "list", "place"], name="followup_partner_list_place"),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "customer_id"], name="followup_customer")]
