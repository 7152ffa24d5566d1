"""What buyers and viewers of live sessions are worth beside others, as it was last worked out."""

from typing import ClassVar

from django.db import models

from commerce.models import MONEY, PartnerModel


class LiveLtvIndex(PartnerModel):
    """Lifetime value of customers won live beside that of others, by months of the first purchase.

    Of the partner as a whole, or of the customers an influencer won live. Values are means over 90 days, NET,
    at the live customers' mix of months; only months in which everybody has been observed so long count.
    """

    kol_id = models.UUIDField(null=True, help_text="Null: of all customers won live.")
    currency = models.CharField(max_length=3)
    live_customers = models.BigIntegerField()
    other_customers = models.BigIntegerField()
    live_value = models.DecimalField(**MONEY, null=True)
    other_value = models.DecimalField(**MONEY, null=True)
    low = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    high = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    months = models.JSONField(help_text="[{month, live customers, live value, other customers, other value}]")
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "live LTV indices"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "kol_id", "currency"],
                name="liveltvindex_partner_kol",
                nulls_distinct=False,
            ),
        ]


class ViewerWorth(PartnerModel):
    """What viewers of ended sessions spent in the 90 days after, by whether they had come before and bought.

    A viewer counts once a session; spending is NET, of orders placed once the session's tail was over.
    """

    currency = models.CharField(max_length=3)
    is_returning = models.BooleanField(help_text="Watched an earlier session.")
    has_bought = models.BooleanField(help_text="Bought in the session or its tail.")
    viewings = models.BigIntegerField()
    customers = models.BigIntegerField(help_text="Of these, how many are customers by now.")
    buyers = models.BigIntegerField(help_text="Of these, how many bought in the 90 days.")
    value = models.DecimalField(**MONEY, help_text="What all of them spent.")
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "viewers' worth"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "currency", "is_returning", "has_bought"], name="viewerworth_partner_group"
            ),
        ]
