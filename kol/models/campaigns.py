"""Campaigns: whom a partner works with, on which terms, at which cost, seen in which sessions."""

from typing import Any, ClassVar

from django.db import models

from commerce.models import MONEY, LiveSession, Objective, PartnerModel
from kol.models.people import Agency, Kol

SHARE: dict[str, Any] = {"max_digits": 7, "decimal_places": 6}


class PayableModel(models.TextChoices):
    """How an order's credit is shared over who was seen before it."""

    FIRST = "FIRST", "First touch"
    LAST = "LAST", "Last touch"
    LINEAR = "LINEAR", "Linear"
    POSITION = "POSITION", "Position based"
    TIME_DECAY = "TIME_DECAY", "Time decay"
    SHAPLEY = "SHAPLEY", "Shapley"
    MARKOV = "MARKOV", "Markov"
    CODE_FIRST = "CODE_FIRST", "Code first"


class Campaign(PartnerModel):
    """What a partner runs with influencers over some days of its calendar."""

    name = models.CharField(max_length=200)
    objective = models.CharField(max_length=10, choices=Objective, default=Objective.CONVERSION)
    starts_on = models.DateField(help_text="The first day, in the partner's calendar.")
    ends_on = models.DateField(help_text="The day after the last one.")
    budget = models.DecimalField(**MONEY, null=True, blank=True)
    currency = models.CharField(max_length=3)
    click_window_seconds = models.PositiveIntegerField(
        default=7 * 86400, help_text="How old a click or code may be at an order."
    )
    view_window_seconds = models.PositiveIntegerField(
        default=86400, help_text="How old a live view may be at an order."
    )
    payable_model = models.CharField(max_length=10, choices=PayableModel, default=PayableModel.CODE_FIRST)
    return_window_seconds = models.PositiveIntegerField(
        default=14 * 86400,
        help_text="How long after an order its claim waits before it is approved by itself.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("starts_on")), name="campaign_has_days"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-starts_on", "-id"], name="campaign_partner_start")
        ]

    def __str__(self) -> str:
        return self.name


class Collaboration(PartnerModel):
    """An influencer in a campaign; what was agreed is in its terms."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    kol = models.ForeignKey(Kol, on_delete=models.PROTECT, related_name="+", db_index=False)
    agency = models.ForeignKey(
        Agency,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Who represents the KOL here; empty: nobody.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "campaign", "kol"], name="collaboration_partner_campaign_kol"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "kol"], name="collaboration_partner_kol")]

    def __str__(self) -> str:
        return f"{self.kol} in {self.campaign}"


class Terms(PartnerModel):
    """The contract of a collaboration from a day on: of those that began the latest is in force.

    In force on a day of the partner's calendar: the latest `valid_from` <= the day, unless it ended.
    """

    collaboration = models.ForeignKey(
        Collaboration, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="The day it ends; empty: until the next.")
    currency = models.CharField(max_length=3)
    fixed_fee = models.DecimalField(**MONEY, default=0, help_text="What was agreed; costs are in the ledger.")
    post_fee = models.DecimalField(**MONEY, default=0, help_text="For each post.")
    posts = models.PositiveIntegerField(default=0)
    sample_units = models.PositiveIntegerField(default=0)
    commission_rate = models.DecimalField(**SHARE, default=0, help_text="A share of net sales, 0 to 1.")
    commission_tiers = models.JSONField(
        default=list,
        blank=True,
        help_text="[{from, rate}]: from which net sales of the collaboration on which rate; empty: one rate.",
    )
    agency_share = models.DecimalField(
        **SHARE, default=0, help_text="The agency's share on top, of all fees."
    )
    discount_share = models.DecimalField(
        **SHARE, default=0, help_text="The part of codes' discounts that the KOL pays for."
    )
    paid_boost = models.DecimalField(**MONEY, default=0)
    click_window_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: the campaign's."
    )
    view_window_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: the campaign's."
    )

    class Meta:
        verbose_name_plural = "terms"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "collaboration", "valid_from"], name="terms_partner_collaboration_from"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gt=models.F("valid_from")),
                name="terms_have_days",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    commission_rate__gte=0, commission_rate__lte=1, agency_share__gte=0, agency_share__lte=1,
                    discount_share__gte=0, discount_share__lte=1,
                ),
                name="terms_shares_from_0_to_1",
            ),
        ]  # fmt: skip


class CostLine(PartnerModel):
    """One cost of a campaign, in the ledger: what was paid or is owed, when, in which currency.

    Commissions are not here: they come from claims. A correction is a line of its own, negative.
    """

    class Kind(models.TextChoices):
        FEE = "FEE", "Fixed fee"
        POST = "POST", "Fee for posts"
        SAMPLES = "SAMPLES", "Samples, at cost"
        SHIPPING = "SHIPPING", "Shipping"
        DISCOUNT = "DISCOUNT", "Discounts the brand pays for"
        GIVEAWAY = "GIVEAWAY", "Giveaways, at cost"
        BOOST = "BOOST", "Paid boost"
        AGENCY = "AGENCY", "Agency's share"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    collaboration = models.ForeignKey(
        Collaboration,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        help_text="Empty: a cost of the whole campaign, no KOL's.",
    )
    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3)
    on_date = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["partner", "campaign", "on_date"], name="cost_partner_campaign")
        ]


class Appearance(PartnerModel):
    """A KOL in a live session, for a campaign."""

    class Role(models.TextChoices):
        HOST = "HOST", "Host"
        GUEST = "GUEST", "Guest"

    collaboration = models.ForeignKey(
        Collaboration, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    session = models.ForeignKey(LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False)
    role = models.CharField(max_length=5, choices=Role, default=Role.HOST)
    on_screen_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="How long on screen; empty: the whole session."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "collaboration", "session"],
                name="appearance_partner_collaboration_session",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "session"], name="appearance_partner_session")]


class PromoCode(PartnerModel):
    """A code on an order that speaks for a collaboration: exclusive to it, or shared with others."""

    code = models.CharField(max_length=100, help_text="In capitals; orders may write it in any case.")
    collaboration = models.ForeignKey(
        Collaboration, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    is_exclusive = models.BooleanField(default=True)
    session = models.ForeignKey(
        LiveSession,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="The session it was told in; orders with it soon after are that session's.",
    )
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "code", "collaboration"], name="promocode_partner_code_collaboration"
            ),
            models.UniqueConstraint(
                fields=["partner", "code"],
                name="promocode_partner_exclusive",
                condition=models.Q(is_exclusive=True),
            ),
        ]

    def __str__(self) -> str:
        return self.code
