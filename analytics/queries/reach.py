"""The influencers of a campaign beside each other: reach of every two, and what each model credits."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from analytics.metrics import Scope, metric_of
from analytics.models import SubjectKind
from analytics.models.credits import MODELS
from analytics.queries.campaigns import campaign_numbers
from analytics.queries.statements import fetch
from analytics.queries.subjects import Period, Subject, may_see
from commerce.access import Actor

SALES: Final = metric_of(Scope.CAMPAIGN, "sales")
MET: Final = metric_of(Scope.CAMPAIGN, "influenced_sales")

# Uses campaignoverlap_partner_pair. Who may see both is told of both.
PAIRS: Final = """
SELECT o.first_id, o.second_id, o.people FROM analytics_campaignoverlap o
WHERE o.partner_id = %(partner)s AND o.campaign_id = %(campaign)s
    AND o.first_id = ANY(%(shown)s) AND o.second_id = ANY(%(shown)s)
"""


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


@dataclass(frozen=True, kw_only=True)
class ModelSales:
    """What a model credits: sales by collaboration, and what is other campaigns' or nobody's."""

    sales: dict[Subject, Decimal]
    rest: Decimal
    """Of the orders that met the campaign; with it the sum is the same for each model."""
    currency: str


def model_sales(
    campaign: Subject,
    collaborations: Sequence[Subject],
    *,
    actor: Actor,
    basis: str,
    currency: str | None = None,
    period: Period | None = None,
) -> dict[str, ModelSales]:
    """The sales of a campaign's orders by model, in one currency."""
    told: dict[str, ModelSales] = {}
    for model in map(str.upper, MODELS):
        asked = partial(
            campaign_numbers, actor=actor, basis=basis, currency=currency, period=period, model=model
        )
        (whole,) = asked([campaign]).values()
        sales = {subject: numbers.stored[SALES.key] for subject, numbers in asked(collaborations).items()}
        rest = whole.stored[MET.key] - sum(sales.values(), Decimal(0))
        told[model] = ModelSales(sales=sales, rest=rest, currency=whole.currency)
    return told
