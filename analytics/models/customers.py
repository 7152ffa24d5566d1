"""What is derived of customers: when they bought, and what came of it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from commerce.models import MONEY, Channel, LiveSession, PartnerModel


class CustomerLife(PartnerModel):
    """A customer with a paid order: how he was won, and all his orders from that first purchase on.

    Orders are those in the currency of the first purchase, in the order they were placed, one element of each
    array an order.
    """

    customer_id = models.UUIDField()
    currency = models.CharField(max_length=3)
    first_order_id = models.UUIDField()
    first_at = models.DateTimeField()
    first_date = models.DateField(help_text="The day of the first purchase in the partner's calendar.")
    is_live = models.BooleanField(help_text="Whether the first purchase is of a session.")
    session = models.ForeignKey(
        LiveSession,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    channel = models.CharField(max_length=10, choices=Channel, blank=True, help_text="That session's.")
    kol_id = models.UUIDField(null=True, help_text="The influencer met last before the first purchase.")
    product_id = models.UUIDField(null=True, help_text="The line of the first purchase worth most.")
    country = models.CharField(max_length=2, blank=True)
    ordered_at = ArrayField(models.DateTimeField(), help_text="When each order was placed.")
    is_paid = ArrayField(models.BooleanField())
    placed = ArrayField(models.DecimalField(**MONEY), help_text="Merchandise of each order.")
    net = ArrayField(
        models.DecimalField(**MONEY),
        help_text="Less its refunds and its cancellation; 0 where it is not paid.",
    )
    costs = ArrayField(
        models.DecimalField(**MONEY, null=True), help_text="What its net units cost; null: not known."
    )
    refunded_at = ArrayField(models.DateTimeField(), help_text="When each refund without an order was made.")
    refunded = ArrayField(models.DecimalField(**MONEY))

    class Meta:
        verbose_name_plural = "customer lives"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "customer_id"], name="life_partner_customer"),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "first_date"], name="life_partner_first")]
