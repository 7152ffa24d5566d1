"""Who watched and where they came from: paths of viewers, traffic by source, audiences."""

from typing import ClassVar, Final

from django.db import models

from analytics.metrics import Fact, Scope, stored
from analytics.models.columns import rollup
from commerce.models import LiveSession, PartnerModel, Viewer


class ViewerPath(PartnerModel):
    """A viewer in a session: where from, who it is as far as told, and the steps from a click to a checkout.

    Also of somebody who told something without being present: a presence may still come to be known.
    """

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    viewer = models.ForeignKey(
        Viewer, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    watched_from = models.DateTimeField(
        null=True, help_text="The start of the session where the viewer was present in it; else null."
    )
    is_returning = models.BooleanField(help_text="Present in a session that started earlier, too.")
    source = models.CharField(max_length=100, help_text="The first one told in the session; empty: none was.")
    sub_source = models.CharField(max_length=100)
    is_paid = models.BooleanField(null=True, help_text="Whether it was paid for; null: nobody told.")
    gender = models.CharField(max_length=10)
    age_band = models.CharField(max_length=10)
    country = models.CharField(max_length=2)
    is_follower = models.BooleanField(null=True)
    first_clicked_at = models.DateTimeField(null=True)
    first_carted_at = models.DateTimeField(null=True)
    first_checkout_at = models.DateTimeField(null=True)
    source_at = models.DateTimeField(null=True, help_text="When the source was told.")

    class Meta:
        # One of a viewer in a session: the id is made of both.
        indexes: ClassVar = [
            models.Index(fields=["partner", "session"], name="viewerpath_partner_session"),
            models.Index(
                fields=["partner", "viewer", "watched_from"],
                name="viewerpath_partner_viewer",
                condition=models.Q(watched_from__isnull=False),
            ),
        ]


class _BySource(PartnerModel):
    """A source of a session's traffic; one with empty names is all that told none."""

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    source = models.CharField(max_length=100)
    sub_source = models.CharField(max_length=100)
    is_paid = models.BooleanField(null=True)

    class Meta:
        abstract = True


SOURCE: Final = ("source", "sub_source", "is_paid")


@rollup(*stored(Scope.SOURCE, Fact.EVENTS))
class SourceMinute(_BySource):
    """What came from a source within a minute."""

    minute = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "minute", *SOURCE],
                name="sourceminute_partner_session",
                nulls_distinct=False,
            ),
        ]


@rollup(*stored(Scope.SOURCE, Fact.EVENTS), *stored(Scope.SOURCE, Fact.PEOPLE))
class SessionSource(_BySource):
    """The numbers of a source in a session that have no currency."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", *SOURCE],
                name="sessionsource_partner_session",
                nulls_distinct=False,
            ),
        ]


@rollup(*stored(Scope.SOURCE, Fact.ORDERS))
class SessionSourceSales(_BySource):
    """What a source sold in a session, in one currency."""

    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name_plural = "session source sales"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "currency", *SOURCE],
                name="sourcesales_partner_session",
                nulls_distinct=False,
            ),
        ]


class SessionAudience(PartnerModel):
    """Who the viewers or customers of a session are, as it may be shown: too small groups are not in it.

    While the session is live it is a copy, rounded and a minute old at most when something is new.
    """

    class Of(models.TextChoices):
        VIEWERS = "VIEWERS", "Viewers"
        CUSTOMERS = "CUSTOMERS", "Customers"

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    of = models.CharField(max_length=10, choices=Of)
    people = models.BigIntegerField(null=True, help_text="Null: too few to tell.")
    cells = models.JSONField(help_text="{dimension: {group: people}}; null people: not told.")
    is_live = models.BooleanField(help_text="Made while the session was live.")
    is_behind = models.BooleanField(default=False, help_text="Facts have come since.")
    computed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "session", "of"], name="audience_partner_session"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["partner", "computed_at"], name="audience_behind", condition=models.Q(is_behind=True)
            )
        ]
