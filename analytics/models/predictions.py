"""What models say of customers, and how they were tested before anybody used them."""

from typing import Any, ClassVar

from django.db import models

from commerce.models import MONEY, PartnerModel

LIKELIHOOD: dict[str, Any] = {"max_digits": 24, "decimal_places": 6}
SHARE: dict[str, Any] = {"max_digits": 9, "decimal_places": 6}
COUNT: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}


class ModelRun(PartnerModel):
    """Models fitted to the customers of one currency and tested on what came after. Never changed.

    Fitted to what was observed before `calibrated_to`, tested on the days from there to `observed_to`; the
    parameters that were tested are those that are used.
    """

    class Worth(models.TextChoices):
        MARGIN = "MARGIN", "Net of refunds and costs"
        NET = "NET", "Net of refunds"

    class Unit(models.TextChoices):
        WEEK = "WEEK", "Weeks"

    class Method(models.TextChoices):
        MODEL = "MODEL", "The model"
        COHORT_MEAN = "COHORT_MEAN", "The mean of all customers"

    currency = models.CharField(max_length=3)
    unit = models.CharField(max_length=4, choices=Unit, help_text="Of the time in its parameters.")
    worth = models.CharField(max_length=6, choices=Worth, help_text="What of an order counts.")
    starts_on = models.DateField(null=True, help_text="The earliest first purchase; null: there was none.")
    calibrated_to = models.DateField(help_text="The day after the last one it was fitted to.")
    observed_to = models.DateField(help_text="The day after the last one it was tested on.")
    customers = models.BigIntegerField(help_text="Won before it was tested.")
    repeaters = models.BigIntegerField(help_text="Of these, who had bought on another day.")
    parameters = models.JSONField(help_text="Of both models, by name: value and standard error.")
    log_likelihood = models.DecimalField(**LIKELIHOOD, null=True)
    amounts_log_likelihood = models.DecimalField(**LIKELIHOOD, null=True)
    correlation = models.DecimalField(
        **SHARE, null=True, help_text="Of how often and how much; the model of amounts says it is none."
    )
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what it was fitted to.")
    holdout_ratio = models.DecimalField(
        **COUNT, null=True, help_text="Purchases predicted for each one that came."
    )
    holdout = models.JSONField(help_text="Predicted and actual, in sum and by tenth of the customers.")
    baseline = models.JSONField(help_text="What past spend alone foretells, beside the model.")
    gates = models.JSONField(help_text="What it must pass to be used, and whether it did.")
    method = models.CharField(max_length=11, choices=Method, help_text="What predictions are made by.")
    mean_purchases = models.DecimalField(
        **COUNT, null=True, help_text="Of a customer while it was tested: the mean of all."
    )
    mean_value = models.DecimalField(**COUNT, null=True, help_text="What these were worth: the mean of all.")
    low_cut = models.DecimalField(
        **MONEY, null=True, help_text="Twelve months worth less are the low segment."
    )
    high_cut = models.DecimalField(
        **MONEY, null=True, help_text="Twelve months worth so much or more are the high segment."
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "currency", "observed_to"], name="modelrun_partner_slot"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-made_at", "-id"], name="modelrun_partner_made")
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.observed_to}"


class CustomerPrediction(PartnerModel):
    """What the latest run says of a customer, from the day it was made on."""

    class Segment(models.TextChoices):
        LOW = "LOW", "Low"
        MIDDLE = "MIDDLE", "Middle"
        HIGH = "HIGH", "High"

    customer_id = models.UUIDField()
    run = models.ForeignKey(
        ModelRun, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    p_alive = models.DecimalField(**SHARE, null=True, help_text="Null: no model told it.")
    purchases_90d = models.DecimalField(**COUNT)
    purchases_365d = models.DecimalField(**COUNT)
    value_90d = models.DecimalField(**MONEY)
    value_365d = models.DecimalField(**MONEY)
    segment = models.CharField(
        max_length=6, choices=Segment, blank=True, help_text="Empty: no model told it."
    )
    segment_probability = models.DecimalField(
        **SHARE, null=True, help_text="How likely twelve months come to what the segment stands for."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "customer_id"], name="prediction_partner_customer"),
        ]
