"""Cohorts of customers by the day of the first purchase: a week's or month's is the sum of its days'."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.db import models

from commerce.models import MONEY, PartnerModel

HORIZONS: Final = (30, 60, 90, 180, 365)
"""Days from the first purchase on, over which lifetime value is told."""
DAYS_APART: Final = 92
"""So many days after the first are told one by one; later ones only in weeks, months and quarters."""


class CohortDimension(models.TextChoices):
    """How customers are told apart, by how they were won; `ALL` has the one value of nothing."""

    ALL = "ALL", "Everybody"
    LIVE = "LIVE", "In a live session or not"
    KOL = "KOL", "KOL"
    CHANNEL = "CHANNEL", "Channel"
    PRODUCT = "PRODUCT", "First product"


class Won(models.TextChoices):
    """Values of the dimension LIVE."""

    LIVE = "LIVE", "In a live session"
    NON_LIVE = "NON_LIVE", "Elsewhere"


class CohortGrain(models.TextChoices):
    """The periods of the partner's calendar that cohorts are made and followed by."""

    DAY = "DAY", "Day"
    WEEK = "WEEK", "Week"
    MONTH = "MONTH", "Month"
    QUARTER = "QUARTER", "Quarter"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A sum over moments `o` of customers' lives: their orders, and their refunds without an order."""

    key: str
    expression: str
    is_money: bool
    tells: str

    def column(self, days: int | None = None) -> str:
        """Its column: of a period, or of the days from the first purchase on."""
        return self.key if days is None else f"{self.key}_{days}"


MEASURES: Final = (
    Measure(
        key="orders_placed", expression="sum(o.is_order::int)", is_money=False,
        tells="orders placed, paid or not",
    ),
    Measure(
        key="orders_paid", expression="sum(o.is_paid::int)", is_money=False, tells="orders that are paid"
    ),
    Measure(
        key="sales_placed", expression="sum(o.placed)", is_money=True, tells="merchandise of orders placed"
    ),
    Measure(
        key="sales_paid", expression="sum(CASE WHEN o.is_paid THEN o.placed ELSE 0 END)", is_money=True,
        tells="merchandise of paid orders, before refunds",
    ),
    Measure(
        key="sales_net", expression="sum(o.net)", is_money=True,
        tells="merchandise of paid orders less refunds and cancellations",
    ),
    Measure(
        key="costs", expression="sum(COALESCE(o.cost, 0))", is_money=True,
        tells="what the net units of paid orders cost, where that is known",
    ),
    Measure(
        key="uncosted_orders", expression="sum((o.is_paid AND o.cost IS NULL)::int)", is_money=False,
        tells="paid orders whose costs are not known",
    ),
)  # fmt: skip


# Over lives `t`: the value each has in a dimension.
VALUE_OF: Final = {
    CohortDimension.ALL: "''",
    CohortDimension.LIVE: f"CASE WHEN t.is_live THEN '{Won.LIVE}' ELSE '{Won.NON_LIVE}' END",
    CohortDimension.KOL: "COALESCE(t.kol_id::text, '')",
    CohortDimension.CHANNEL: "t.channel",
    CohortDimension.PRODUCT: "COALESCE(t.product_id::text, '')",
}
# Moments `o` of a life `t`; a refund without an order only takes away.
MOMENTS: Final = """(
    SELECT a.*, true AS is_order FROM unnest(t.ordered_at, t.is_paid, t.placed, t.net, t.costs)
        AS a (at, is_paid, placed, net, cost)
    UNION ALL
    SELECT b.at, false, 0, -b.amount, 0, false FROM unnest(t.refunded_at, t.refunded) AS b (at, amount)
)"""
# The first day of the period that a date lies in.
STARTS_ON: Final = {
    CohortGrain.DAY: "{0}",
    CohortGrain.WEEK: "{0} - (extract(isodow FROM {0})::int + 6 - %(week_starts_on)s) %% 7",
    CohortGrain.MONTH: "date_trunc('month', {0}::timestamp)::date",
    CohortGrain.QUARTER: "date_trunc('quarter', {0}::timestamp)::date",
}


def _column(measure: Measure) -> "models.Field[Any, Any]":
    if measure.is_money:
        return models.DecimalField(**MONEY, default=0, help_text=measure.tells)
    return models.BigIntegerField(default=0, help_text=measure.tells)


def _measured(*spans: int | None) -> Callable[[type[PartnerModel]], type[PartnerModel]]:
    """Give a table a column for each measure and each of these numbers of days; None: of the row's period."""

    def add(model: type[PartnerModel]) -> type[PartnerModel]:
        for days in spans:
            for measure in MEASURES:
                model.add_to_class(measure.column(days), _column(measure))
        return model

    return add


class _OfDay(PartnerModel):
    """Customers whose first purchase was on one day, all or those won in one way, in one currency."""

    first_date = models.DateField(help_text="The day of the first purchase in the partner's calendar.")
    dimension = models.CharField(max_length=7, choices=CohortDimension)
    value = models.CharField(max_length=36, blank=True, help_text="Empty: all, or not known.")
    currency = models.CharField(max_length=3, help_text="Of the first purchase, and of all that is counted.")

    class Meta:
        abstract = True


@_measured(*HORIZONS)
class CohortDay(_OfDay):
    """How many customers were won on a day, and what they bought within days of it, by their own clock."""

    customers = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "dimension", "first_date", "value", "currency"],
                name="cohortday_partner_dimension",
            ),
        ]


@_measured(None)
class CohortActivity(_OfDay):
    """What customers won on a day bought in one period of the partner's calendar; `active` bought in it.

    A period in which they had nothing but refunds without an order is here too, with none of them active.
    """

    grain = models.CharField(max_length=7, choices=CohortGrain)
    starts_on = models.DateField()
    active = models.BigIntegerField(help_text="Customers with a paid order in the period.")
    last_at = models.DateTimeField(help_text="The latest of all that is counted here.")

    class Meta:
        verbose_name_plural = "cohort activity"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "dimension", "grain", "first_date", "value", "currency", "starts_on"],
                name="cohortactivity_partner_dimension",
            ),
        ]
