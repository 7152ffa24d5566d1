"""What of a campaign's numbers is beside each other: reach of two KOLs, models, a ranking, an interval."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

import numpy

from analytics.metrics import Metric, Scope, metric_of
from analytics.models import SubjectKind
from analytics.models.campaigns import LEAST_ORDERS
from analytics.models.credits import MODELS
from analytics.queries.campaigns import CampaignNumbers, campaign_numbers
from analytics.queries.readings import decimal, reading
from analytics.queries.statements import fetch
from analytics.queries.subjects import Period, Subject, may_see
from commerce.access import Actor

Z: Final = Decimal("1.959963984540054")
"""Of the two-sided 95 % interval of a normal distribution."""
DRAWS: Final = 2000
EXACT: Final = Decimal("0.0001")
SALES: Final = metric_of(Scope.CAMPAIGN, "sales")
MET: Final = metric_of(Scope.CAMPAIGN, "influenced_sales")
NET: Final = metric_of(Scope.CAMPAIGN, "net_sales")
COST: Final = metric_of(Scope.CAMPAIGN, "cost")
GOODS: Final = metric_of(Scope.CAMPAIGN, "cost_of_goods")

# Uses campaignoverlap_partner_pair. Who may see both is told of both.
PAIRS: Final = """
SELECT o.first_id, o.second_id, o.people FROM analytics_campaignoverlap o
WHERE o.partner_id = %(partner)s AND o.campaign_id = %(campaign)s
    AND o.first_id = ANY(%(shown)s) AND o.second_id = ANY(%(shown)s)
"""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """The 95 % interval of a sum of what orders are credited with; low data: under 30 orders."""

    low: Decimal
    high: Decimal
    is_low_data: bool


def sales_interval(numbers: CampaignNumbers) -> Interval:
    """Of the sales by the basis of the numbers: of few orders by drawing from them, the same each time."""
    total: Decimal = numbers.stored[SALES.key]
    if numbers.values is None:
        spread = Z * numbers.squares.sqrt()
        return Interval(
            low=(total - spread).quantize(EXACT), high=(total + spread).quantize(EXACT), is_low_data=False
        )
    low, high = _drawn(numbers)
    return Interval(low=low, high=high, is_low_data=len(numbers.values) < LEAST_ORDERS)


def _drawn(numbers: CampaignNumbers) -> tuple[Decimal, Decimal]:
    """Ends of the middle 95 % of sums over as many orders, drawn with replacement."""
    units = numpy.array([int(value / EXACT) for value in sorted(numbers.values or ())], dtype=numpy.int64)
    if not len(units):
        return Decimal(0), Decimal(0)
    name = f"{numbers.subject.id} {numbers.model} {numbers.basis} {numbers.currency}"
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    drawn = numpy.random.default_rng(seed).integers(0, len(units), size=(DRAWS, len(units)))
    sums = numpy.sort(units[drawn].sum(axis=1))
    ends = (math.ceil(DRAWS * 0.025) - 1, math.ceil(DRAWS * 0.975) - 1)
    low, high = (Decimal(int(sums[place])) * EXACT for place in ends)
    return low, high


def roi_interval(metric: Metric, numbers: CampaignNumbers) -> tuple[Fraction, Fraction, bool] | None:
    """(low, high, low data) of the return on investment; numbers are NET ones. None without a value.

    The margin is as it was: what varies is what is sold.
    """
    told = reading(metric, numbers)
    if told.value is None or numbers.basis != "NET" or not numbers.stored[NET.key]:
        return None
    interval = sales_interval(numbers)
    net, cost = Fraction(numbers.stored[NET.key]), Fraction(numbers.stored[COST.key])
    margin = 1 - Fraction(numbers.stored[GOODS.key]) / net
    low, high = sorted((Fraction(end) * margin - cost) / cost for end in (interval.low, interval.high))
    return low, high, interval.is_low_data


def overlap(
    campaign: Subject, collaboration_ids: Sequence[UUID], *, actor: Actor
) -> dict[tuple[UUID, UUID], int]:
    """People who saw both, by two of the collaborations, the smaller id first; nobody's are left out."""
    shown = [
        one for one in collaboration_ids
        if may_see(actor, Subject(SubjectKind.COLLABORATION, one, campaign.partner_id))
    ]  # fmt: skip
    values = {"partner": campaign.partner_id, "campaign": campaign.id, "shown": shown}
    return {(first, second): people for first, second, people in fetch(PAIRS, values, actor=actor)}


def model_sales(
    campaign: Subject,
    collaborations: Sequence[Subject],
    *,
    actor: Actor,
    basis: str,
    currency: str | None = None,
    period: Period | None = None,
) -> dict[str, tuple[dict[Subject, Decimal], Decimal]]:
    """By model: sales by collaboration, and what of the orders that met the campaign is none of them.

    The second is other campaigns' or nobody's; with it the sum is the same for each model.
    """
    told: dict[str, tuple[dict[Subject, Decimal], Decimal]] = {}
    given = {"actor": actor, "basis": basis, "currency": currency, "period": period}
    for model in map(str.upper, MODELS):
        of_each = campaign_numbers(collaborations, model=model, **given)  # type: ignore[arg-type]
        (whole,) = campaign_numbers([campaign], model=model, **given).values()  # type: ignore[arg-type]
        sales = {subject: numbers.stored[SALES.key] for subject, numbers in of_each.items()}
        told[model] = (sales, whole.stored[MET.key] - sum(sales.values(), Decimal(0)))
    return told


def ranking(
    numbers: dict[Subject, CampaignNumbers],
    *,
    metric: Metric,
    is_descending: bool,
    after: tuple[Decimal | None, UUID] | None = None,
    first: int,
) -> list[tuple[Subject, Decimal | None]]:
    """The first subjects by a metric after a place, ties by id, what has no value last; with their values."""

    def place(value: Decimal | None, one: UUID) -> tuple[bool, Decimal, UUID]:
        return value is None, (-1 if is_descending else 1) * (value or Decimal(0)), one

    told = [(subject, _value(metric, one)) for subject, one in numbers.items()]
    told.sort(key=lambda row: place(row[1], row[0].id))
    begun = [row for row in told if after is None or place(row[1], row[0].id) > place(*after)]
    return begun[:first]


def _value(metric: Metric, numbers: CampaignNumbers) -> Decimal | None:
    told = reading(metric, numbers).value
    return None if told is None else decimal(told)
