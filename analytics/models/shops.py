"""The shop by day: who came, what was put into carts, which products were sold."""

from typing import ClassVar

from django.db import models

from analytics.metrics import Fact, Scope, stored
from analytics.models.columns import rollup
from analytics.models.rollups import ShopPeriod
from commerce.models import MONEY, PartnerModel


class ShopVisitor(PartnerModel):
    """A viewer who looked at a page in an hour of the partner's calendar, and the visits begun then.

    Visits of which nobody is known are in a row without a viewer. A visit of several viewers is one of
    whoever was first.
    """

    date = models.DateField(help_text="The partner's calendar day.")
    started_at = models.DateTimeField(help_text="Where the hour begins.")
    viewer_id = models.UUIDField(null=True)
    visits = models.IntegerField()
    visits_with_add = models.IntegerField(help_text="With something put into a cart that day.")

    class Meta:
        constraints: ClassVar = [
            # In this order: people of days are counted from the index alone.
            models.UniqueConstraint(
                fields=["partner", "date", "started_at", "viewer_id"],
                name="shopvisitor_partner_date",
                nulls_distinct=False,
            ),
        ]


class ShopCart(PartnerModel):
    """A cart on a day something was put into it; one without an id is a viewer's of a day."""

    date = models.DateField(help_text="The partner's calendar day.")
    cart_id = models.CharField(max_length=200, blank=True)
    viewer_id = models.UUIDField(null=True, help_text="Only of a cart without an id.")
    added_at = models.DateTimeField(help_text="The first time that day.")
    is_first = models.BooleanField(help_text="The day the cart was begun: it counts on this one alone.")
    is_placed = models.BooleanField(help_text="It became an order.")
    is_paid = models.BooleanField(help_text="It became an order that was paid.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "cart_id", "viewer_id", "date"],
                name="shopcart_partner_cart",
                nulls_distinct=False,
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "date"], name="shopcart_partner_date")]


@rollup(*stored(Scope.SHOP, Fact.TRAFFIC), *stored(Scope.SHOP, Fact.CARTS))
class ShopTraffic(PartnerModel):
    """Visits and carts of a day of the shop in the partner's calendar, or of an hour of one."""

    grain = models.CharField(max_length=4, choices=ShopPeriod.Grain)
    date = models.DateField(help_text="The partner's calendar day.")
    started_at = models.DateTimeField(help_text="Where the day or hour begins.")

    class Meta:
        verbose_name_plural = "shop traffic"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "grain", "started_at"], name="shoptraffic_partner_grain_start"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "grain", "date"], name="shoptraffic_partner_date")
        ]


@rollup(*stored(Scope.SHOP, Fact.ORDERS))
class ShopProduct(PartnerModel):
    """A product on a day of the shop, in one currency, as the shop itself: refunds on their own day.

    A row without a product holds what was given back of none. Amounts and units of a day's products are those
    of the day; orders of several products, and their buyers, are in each of theirs.
    """

    date = models.DateField(help_text="The partner's calendar day.")
    product_id = models.UUIDField(null=True)
    currency = models.CharField(max_length=3)
    # Of paid orders: what was sold that day less what was given back or cancelled, as far as lines tell.
    lines = models.BigIntegerField(default=0, help_text="Lines that were sold, given back or cancelled.")
    stated_lines = models.BigIntegerField(default=0, help_text="Lines of them that tell their cost.")
    stated_costs = models.DecimalField(**MONEY, default=0, help_text="Units x cost of those lines.")
    unstated_units = models.BigIntegerField(default=0, help_text="Units of the other lines.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "date", "product_id", "currency"],
                name="shopproduct_partner_date",
                nulls_distinct=False,
            ),
        ]
