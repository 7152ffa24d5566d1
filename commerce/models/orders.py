"""Orders, their lines and their refunds, as the events state them."""

from typing import ClassVar

from django.db import models

from commerce.models.base import MONEY, PartnerModel, SourcedModel
from commerce.models.entities import Customer, LiveSession, Product, Viewer


class Order(SourcedModel):
    """What is stated of one transaction; without a purchase (`placed_at` null) it counts nowhere."""

    first_purchase_at = models.DateTimeField(null=True, editable=False)
    first_paid_at = models.DateTimeField(null=True, editable=False)
    stated_placed_at = models.DateTimeField(null=True, editable=False)
    stated_paid_at = models.DateTimeField(null=True, editable=False)

    placed_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=500, blank=True, db_default="")
    currency = models.CharField(max_length=3, null=True)
    merchandise = models.DecimalField(**MONEY, db_default=0, help_text="Lines minus the seller's discount.")
    shipping = models.DecimalField(**MONEY, db_default=0)
    tax = models.DecimalField(**MONEY, db_default=0)
    seller_discount = models.DecimalField(**MONEY, db_default=0)
    platform_discount = models.DecimalField(
        **MONEY, db_default=0, help_text="Paid by the platform; not subtracted."
    )
    stated_value = models.DecimalField(**MONEY, null=True, help_text="The sender's own total; checked only.")
    is_value_mismatch = models.BooleanField(db_default=False)
    units = models.BigIntegerField(db_default=0)
    coupon = models.CharField(max_length=200, blank=True, db_default="")
    content_id = models.CharField(max_length=200, blank=True, db_default="")
    cart_id = models.CharField(max_length=200, blank=True, db_default="", help_text="The cart it was.")
    visit_id = models.CharField(
        max_length=200, blank=True, db_default="", help_text="The visit it was made in."
    )
    affiliate_creator = models.CharField(
        max_length=200, blank=True, db_default="", help_text="The creator the platform says brought it."
    )
    affiliate_commission = models.DecimalField(
        **MONEY, null=True, help_text="What the platform says it takes for the creator."
    )
    session = models.ForeignKey(
        LiveSession,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="The session the order itself names.",
    )
    viewer = models.ForeignKey(Viewer, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "source", "external_id"], name="order_partner_external"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-placed_at", "-id"], name="order_partner_placed"),
            models.Index(
                fields=["partner", "viewer"],
                name="order_partner_viewer",
                condition=models.Q(viewer__isnull=False),
            ),
            models.Index(
                fields=["partner", "customer"],
                name="order_partner_customer",
                condition=models.Q(customer__isnull=False),
            ),
            models.Index(
                fields=["partner", "content_id"],
                name="order_partner_content",
                condition=~models.Q(content_id=""),
            ),
        ]


class OrderLine(PartnerModel):
    """One item of the winning purchase, in the order it was listed."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    quantity = models.BigIntegerField()
    price = models.DecimalField(**MONEY, help_text="Unit price paid after the item's own discount.")
    discount = models.DecimalField(**MONEY, db_default=0)
    cost = models.DecimalField(**MONEY, null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "order", "position"], name="line_partner_order_position"
            ),
        ]


class Refund(SourcedModel):
    """Money given back: of an order, or (unlinked) of its own time, session and customer."""

    order = models.ForeignKey(
        Order, null=True, on_delete=models.CASCADE, related_name="refunds", db_index=False
    )
    session = models.ForeignKey(
        LiveSession, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    event_id = models.UUIDField(null=True, editable=False)
    occurred_at = models.DateTimeField(null=True)
    value = models.DecimalField(
        **MONEY, null=True, help_text="The stated value; null: by items, or the whole order."
    )
    currency = models.CharField(max_length=3, null=True)
    items = models.JSONField(
        db_default=models.Value([], models.JSONField()),
        help_text="[{product, quantity, price}]; price null: the order's.",
    )
    reason = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "source", "external_id"], name="refund_partner_external"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "order"], name="refund_partner_order"),
            models.Index(
                fields=["partner", "session"],
                name="refund_partner_session",
                condition=models.Q(order__isnull=True),
            ),
            models.Index(fields=["partner", "occurred_at"], name="refund_partner_occurred"),
        ]
