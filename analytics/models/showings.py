"""Product moments: what was featured in a session, from when to when, and what came of it."""

from typing import ClassVar

from django.db import models

from analytics.metrics import Fact, Scope, stored
from analytics.models.columns import rollup
from commerce.models import LiveSession, PartnerModel, Product


@rollup(*stored(Scope.SHOWING, Fact.SHOWINGS))
class SessionShowing(PartnerModel):
    """A product featured once in a session; featured again within 90 s of its end, the moment goes on.

    It lies inside the session: what was featured before the start begins with it, and what begins at the
    end or later, or was over by the start, is no moment.
    """

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    number = models.BigIntegerField(help_text="Its place among the session's moments, from 1.")
    position = models.BigIntegerField(null=True, help_text="As told when it was featured.")
    featured_at = models.DateTimeField(help_text="Not before the session's start.")
    unfeatured_at = models.DateTimeField(
        null=True, help_text="As told, also after the session's end; null when it was never closed."
    )
    ends_at = models.DateTimeField(
        help_text="When it was unfeatured, the session's end so far at the latest."
    )
    window_ends_at = models.DateTimeField(
        help_text="90 s after the featuring, the session's end so far at the latest."
    )
    currency = models.CharField(max_length=3, help_text="Of its sales: the session's; others are left out.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "product", "featured_at"], name="sessionshowing_partner_moment"
            ),
        ]
