"""Rollups of campaigns, collaborations and influencers, by day and as a whole; and rate cards."""

from typing import Any, ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models

from analytics.metrics import BASES, Fact, Scope, stored
from analytics.models.columns import rollup
from commerce.models import MONEY, PartnerModel
from kol.models import PayableModel

LEAST_ORDERS: Final = 30
"""Of fewer orders the value of each is kept: what they could have been is found by drawing from them."""


class SubjectKind(models.TextChoices):
    """What numbers are about: a set of collaborations."""

    CAMPAIGN = "CAMPAIGN", "Campaign"
    COLLABORATION = "COLLABORATION", "Collaboration"
    KOL = "KOL", "KOL"


class _OfSubject(PartnerModel):
    """A campaign, a KOL or a collaboration; with an agency the part of it that the agency may see."""

    kind = models.CharField(max_length=13, choices=SubjectKind)
    subject_id = models.UUIDField()
    agency_id = models.UUIDField(null=True, help_text="Only its collaborations, in campaigns it may see.")
    date = models.DateField(null=True, help_text="A day of the partner's calendar; null: as a whole.")

    class Meta:
        abstract = True


SUBJECT: Final = ("partner", "kind", "subject_id", "agency_id", "date")


@rollup(
    *stored(Scope.CAMPAIGN, Fact.REACH),
    *stored(Scope.CAMPAIGN, Fact.MINUTES),
    *stored(Scope.CAMPAIGN, Fact.LINKS),
)
class CampaignRollup(_OfSubject):
    """The numbers that have no currency."""

    reach_parts = models.JSONField(
        help_text="Number of KOLs seen to how often one of the subject's was among them: the fair share of "
        "reach is the sum of how often / number."
    )
    people_before = models.JSONField(
        help_text="Of a day, by number of people: the day they were counted before, empty for none, to how "
        "many. People of several days are those who were not counted before on a day of these."
    )
    computed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=SUBJECT, name="campaignrollup_partner_subject", nulls_distinct=False
            ),
        ]


@rollup(*stored(Scope.CAMPAIGN, Fact.CREDITS), *stored(Scope.CAMPAIGN, Fact.MARGINS))
class CampaignCredit(_OfSubject):
    """What a model credits, in one currency."""

    currency = models.CharField(max_length=3)
    model = models.CharField(max_length=10, choices=PayableModel)
    people_before = models.JSONField(help_text="As of people reached; of buyers, by basis.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=[*SUBJECT, "currency", "model"],
                name="campaigncredit_partner_subject",
                nulls_distinct=False,
            ),
        ]


@rollup(
    *stored(Scope.CAMPAIGN, Fact.MET),
    *stored(Scope.CAMPAIGN, Fact.IDENTITY),
    *stored(Scope.CAMPAIGN, Fact.LEDGER),
)
class CampaignMoney(_OfSubject):
    """What was spent, and the orders of people who met the KOL, in one currency; whatever a model says."""

    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name_plural = "campaign money"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=[*SUBJECT, "currency"], name="campaignmoney_partner_subject", nulls_distinct=False
            ),
        ]


def _spread() -> dict[str, "models.Field[Any, Any]"]:
    """Of each basis: the sum of squares of what orders are credited with, and each of few."""
    columns: dict[str, models.Field[Any, Any]] = {}
    for basis in map(str.lower, BASES):
        columns[f"squares_{basis}"] = models.DecimalField(max_digits=40, decimal_places=8, default=0)
        columns[f"values_{basis}"] = ArrayField(
            models.DecimalField(**MONEY), null=True, help_text=f"Null: {LEAST_ORDERS} orders or more."
        )
    return columns


for _name, _column in _spread().items():
    CampaignCredit.add_to_class(_name, _column)


class CampaignOverlap(PartnerModel):
    """How many people saw both of two KOLs of a campaign; the first has the smaller collaboration id."""

    campaign_id = models.UUIDField()
    first_id = models.UUIDField(help_text="A collaboration.")
    second_id = models.UUIDField(help_text="Another one.")
    people = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "campaign_id", "first_id", "second_id"],
                name="campaignoverlap_partner_pair",
            ),
        ]


class RateCard(PartnerModel):
    """What a partner says one of each count is worth, for the estimate of earned media value.

    A card is never changed: a new version takes its place from its day on.
    """

    version = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    valid_from = models.DateField(help_text="From which day of the partner's calendar on.")
    rates = models.JSONField(help_text="Key of a count to the worth of one, as a decimal in text.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "currency", "version"], name="ratecard_partner_currency_version"
            ),
        ]

    def __str__(self) -> str:
        return f"rate card {self.version} in {self.currency}"
