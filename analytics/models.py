"""Rollups: one row a subject, columns made from the metric declarations; and the derived facts below them."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from analytics.metrics import BASES, MINUTE_PEOPLE, Fact, Metric, Scope, Unit, stored
from commerce.models import MONEY, LiveSession, Order, PartnerModel, Product, Viewer

Row = TypeVar("Row", bound=models.Model)


def _column(metric: Metric) -> "models.Field[Any, Any]":
    if metric.unit is Unit.MONEY:
        return models.DecimalField(**MONEY, default=0, help_text=metric.formula)
    return models.BigIntegerField(default=0, help_text=metric.formula)


def _columns(*metrics: Metric) -> dict[str, "models.Field[Any, Any]"]:
    """A rollup's columns: one a stored metric, and one a basis where it has bases."""
    return {
        metric.column(basis): _column(metric)
        for metric in metrics
        for basis in (BASES if metric.fact is Fact.ORDERS else ("",))
    }


def rollup(*metrics: Metric) -> Callable[[type[Row]], type[Row]]:
    """Give a rollup the columns of the metrics it stores, so that no key is typed twice."""

    def add(model: type[Row]) -> type[Row]:
        for name, column in _columns(*metrics).items():
            model.add_to_class(name, column)
        return model

    return add


# -- derived facts -----------------------------------------------------------------------------


class Viewing(PartnerModel):
    """A viewer in a session: presence from the signs of life, and what was done.

    Times are cut to the session's start, and to its end once it has one. While a presence is open, its
    length is not stored but read: `open_since` to the session's end so far.
    """

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    viewer = models.ForeignKey(
        Viewer, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    first_joined_at = models.DateTimeField()
    last_sign_at = models.DateTimeField()
    started = ArrayField(models.DateTimeField(), help_text="Starts of the disjoint presences, in order.")
    ended = ArrayField(models.DateTimeField(), help_text="Their ends; one fewer while the last is open.")
    start_sequences = ArrayField(models.BigIntegerField(null=True), null=True)
    end_sequences = ArrayField(models.BigIntegerField(null=True), null=True)
    open_since = models.DateTimeField(null=True)
    open_view = models.BigIntegerField(
        null=True,
        help_text="Hash of the view that is open, -1 for one without a name; null when none or several are.",
    )
    watched = models.DurationField(help_text="Length of the closed presences.")
    views = models.BigIntegerField()
    likes = models.BigIntegerField()
    comments = models.BigIntegerField()
    shares = models.BigIntegerField()
    follows = models.BigIntegerField()
    product_clicks = models.BigIntegerField()
    cta_clicks = models.BigIntegerField()
    cart_adds = models.BigIntegerField()
    checkouts = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "viewer"], name="viewing_partner_session_viewer"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "viewer"], name="viewing_partner_viewer")]


class OrderFact(PartnerModel):
    """An order, settled: its session and how that was found, its buyer, and what of it was given back."""

    class Method(models.TextChoices):
        EXPLICIT = "EXPLICIT", "The order names the session"
        VIEWER = "VIEWER", "The buyer watched the session"

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    session = models.ForeignKey(
        LiveSession,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    method = models.CharField(max_length=10, choices=Method, blank=True)
    confidence = models.DecimalField(max_digits=3, decimal_places=2, default=0)
    viewer = models.ForeignKey(
        Viewer, null=True, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False,
        help_text="The viewing of the session that this order is of.",
    )
    customer_id = models.UUIDField(null=True, help_text="The order's customer, else its viewer's.")
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    currency = models.CharField(max_length=3)
    units = models.BigIntegerField()
    merchandise = models.DecimalField(**MONEY)
    shipping = models.DecimalField(**MONEY)
    tax = models.DecimalField(**MONEY)
    refunded = models.DecimalField(**MONEY)
    refunded_units = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "order"], name="orderfact_partner_order")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["partner", "session"],
                name="orderfact_partner_session",
                condition=models.Q(session__isnull=False),
            ),
            models.Index(fields=["partner", "placed_at"], name="orderfact_partner_placed"),
            models.Index(
                fields=["partner", "cancelled_at"],
                name="orderfact_partner_cancelled",
                condition=models.Q(cancelled_at__isnull=False),
            ),
        ]


class RefundFact(PartnerModel):
    """A refund, settled: what it takes from its order at most, or all of it where it has none."""

    refund_id = models.UUIDField()
    order_id = models.UUIDField(null=True)
    session_id = models.UUIDField(null=True, help_text="Only where there is no order.")
    customer_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(**MONEY)
    units = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "refund_id"], name="refundfact_partner_refund")
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "occurred_at"], name="refundfact_partner_occurred"),
            models.Index(
                fields=["partner", "session_id"],
                name="refundfact_partner_session",
                condition=models.Q(session_id__isnull=False),
            ),
            models.Index(
                fields=["partner", "order_id"],
                name="refundfact_partner_order",
                condition=models.Q(order_id__isnull=False),
            ),
        ]


# -- rollups -----------------------------------------------------------------------------------


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

    class Meta:
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
