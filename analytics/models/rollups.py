"""Rollups: one row a subject, columns made from the metric declarations."""

from typing import ClassVar

from django.db import models

from analytics.metrics import MINUTE_PEOPLE, Fact, Scope, stored
from analytics.models.columns import rollup
from commerce.models import MONEY, LiveSession, PartnerModel, Product


@rollup(*stored(Scope.SESSION, Fact.EVENTS))
class SessionMinute(PartnerModel):
    """A minute of a session; events outside its window have rows of their own, for the totals alone."""

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    minute = models.DateTimeField()
    is_inside = models.BooleanField()
    concurrent_viewers = models.BigIntegerField(
        null=True, help_text="Null: as at the end of the minute before."
    )
    peak_concurrent_viewers = models.BigIntegerField(null=True)
    peak_concurrent_viewers_at = models.DateTimeField(null=True)
    joins = models.BigIntegerField(default=0)
    leaves = models.BigIntegerField(default=0)
    leads = models.BigIntegerField(default=0)
    orders = models.BigIntegerField(default=0)
    live_sales = models.DecimalField(**MONEY, default=0)
    for _key in MINUTE_PEOPLE:
        locals()[_key] = models.BigIntegerField(default=0)
    del _key

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "minute", "is_inside"], name="minute_partner_session_minute"
            ),
        ]


@rollup(
    *stored(Scope.SESSION, Fact.EVENTS),
    *stored(Scope.SESSION, Fact.PEOPLE),
    *stored(Scope.SESSION, Fact.LEADS),
    *stored(Scope.SESSION, Fact.SHOWINGS),
)
class SessionRollup(PartnerModel):
    """The numbers of a session that have no currency."""

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    window_started_at = models.DateTimeField(null=True)
    window_ended_at = models.DateTimeField(null=True, help_text="While live: the last sign of life + 30 s.")
    session_seconds = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    watch_time = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    concurrent_viewers = models.BigIntegerField(default=0)
    peak_concurrent_viewers = models.BigIntegerField(default=0)
    peak_concurrent_viewers_at = models.DateTimeField(null=True)
    joins = models.BigIntegerField(default=0)
    leaves = models.BigIntegerField(default=0)
    computed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "session"], name="sessionrollup_partner_session"),
        ]


@rollup(*stored(Scope.SESSION, Fact.ORDERS))
class SessionSales(PartnerModel):
    """The numbers of a session in one currency."""

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name_plural = "session sales"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "currency"], name="sessionsales_partner_session"
            ),
        ]


@rollup(*stored(Scope.PRODUCT, Fact.EVENTS))
class SessionProduct(PartnerModel):
    """A product in a session: what was shown and clicked."""

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "product"], name="sessionproduct_partner_product"
            ),
        ]


@rollup(*stored(Scope.PRODUCT, Fact.ORDERS))
class SessionProductSales(PartnerModel):
    """A product in a session: what was sold, in one currency."""

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    currency = models.CharField(max_length=3)
    # Of orders paid and not cancelled, less what came back: what they cost, as far as their lines tell.
    lines = models.BigIntegerField(default=0)
    stated_lines = models.BigIntegerField(default=0, help_text="Lines that tell their cost.")
    stated_costs = models.DecimalField(**MONEY, default=0, help_text="Units x cost of those lines.")
    unstated_units = models.BigIntegerField(default=0, help_text="Units of the other lines.")

    class Meta:
        verbose_name_plural = "session product sales"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "product", "currency"], name="sessionproductsales_partner"
            ),
        ]


@rollup(*stored(Scope.SHOP, Fact.ORDERS))
class ShopPeriod(PartnerModel):
    """A day of the shop in the partner's calendar, or an hour of one, in one currency."""

    class Grain(models.TextChoices):
        DAY = "DAY", "Day"
        HOUR = "HOUR", "Hour"

    grain = models.CharField(max_length=4, choices=Grain)
    date = models.DateField(help_text="The partner's calendar day.")
    started_at = models.DateTimeField(help_text="Where the day or hour begins.")
    currency = models.CharField(max_length=3)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "grain", "started_at", "currency"], name="shopperiod_partner_grain_start"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "grain", "date"], name="shopperiod_partner_date")
        ]
