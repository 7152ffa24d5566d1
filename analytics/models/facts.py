"""Derived facts: what is computed of a viewer in a session, of an order, of a refund."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from commerce.models import MONEY, LiveSession, Order, PartnerModel, Viewer


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
        LINK = "LINK", "The buyer followed a link of the session"
        CODE = "CODE", "The order has a code of the session"

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
    broadcast = models.ForeignKey(
        LiveSession,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="The broadcast that sold it, where the session is made of several.",
    )
    method = models.CharField(max_length=10, choices=Method, blank=True)
    confidence = models.DecimalField(max_digits=3, decimal_places=2, default=0)
    viewer = models.ForeignKey(
        Viewer,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="The viewing of the session that this order is of.",
    )
    customer_id = models.UUIDField(null=True, help_text="The order's customer, else its viewer's.")
    cart_id = models.CharField(max_length=200, blank=True, db_default="", help_text="The cart it was.")
    first_settled_at = models.DateTimeField(
        null=True, help_text="When it became known to the numbers; null: before that was kept."
    )
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
            models.Index(
                fields=["partner", "broadcast"],
                name="orderfact_partner_broadcast",
                condition=models.Q(broadcast__isnull=False),
            ),
            models.Index(fields=["partner", "placed_at"], name="orderfact_partner_placed"),
            models.Index(
                fields=["partner", "customer_id", "placed_at"],
                name="orderfact_partner_customer",
                condition=models.Q(customer_id__isnull=False),
            ),
            models.Index(
                fields=["partner", "cancelled_at"],
                name="orderfact_partner_cancelled",
                condition=models.Q(cancelled_at__isnull=False),
            ),
            models.Index(
                fields=["partner", "cart_id"],
                name="orderfact_partner_cart",
                condition=~models.Q(cart_id=""),
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
            models.Index(
                fields=["partner", "customer_id"],
                name="refundfact_partner_customer",
                condition=models.Q(order_id__isnull=True, customer_id__isnull=False),
            ),
        ]
