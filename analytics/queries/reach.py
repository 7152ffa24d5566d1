"""The influencers of a campaign beside each other: reach of every two, and what each model credits."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final
from uuid import UUID

from analytics.metrics import Scope, metric_of
from analytics.models import SubjectKind
from analytics.models.credits import MODELS
from analytics.queries.campaigns import WITHIN, campaign_numbers
from analytics.queries.statements import composed, fetch, raw
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

# Uses campaigncredit_partner_subject.
CREDITED: Final = """
SELECT x.subject_id, x.model, sum(x.{sales}) FROM analytics_campaigncredit x
WHERE x.partner_id = %(partner)s AND x.kind = 'COLLABORATION' AND x.subject_id = ANY(%(shown)s)
    AND x.agency_id IS NULL AND {within} AND x.currency = %(currency)s
GROUP BY 1, 2
"""


def _seen(campaign: Subject, collaboration_ids: Sequence[UUID], *, actor: Actor) -> list[UUID]:
    """Those of a campaign's collaborations that the actor may be told of."""
    return [
        one for one in collaboration_ids
        if may_see(actor, Subject(SubjectKind.COLLABORATION, one, campaign.partner_id))
    ]  # fmt: skip


def overlap(
    campaign: Subject, collaboration_ids: Sequence[UUID], *, actor: Actor
) -> dict[tuple[UUID, UUID], int]:
    """People who saw both, by two of the collaborations, the smaller id first; nobody's are left out."""
    shown = _seen(campaign, collaboration_ids, actor=actor)
    values = {"partner": campaign.partner_id, "campaign": campaign.id, "shown": shown}
    return {(first, second): people for first, second, people in fetch(PAIRS, values, actor=actor)}


@dataclass(frozen=True, kw_only=True)
class ModelSales:
    """What a model credits: sales by collaboration, and what is other campaigns' or nobody's."""

    sales: dict[UUID, Decimal]
    rest: Decimal
    """Of the orders that met the campaign; with it the sum is the same for each model."""
    currency: str


@cache
def _credited(basis: str, *, has_period: bool) -> str:
    within = raw(WITHIN if has_period else "x.date IS NULL")
    return composed(CREDITED, sales=raw(SALES.column(basis)), within=within)


def model_sales(
    campaign: Subject,
    collaboration_ids: Sequence[UUID],
    *,
    actor: Actor,
    basis: str,
    currency: str | None = None,
    period: Period | None = None,
) -> dict[str, ModelSales]:
    """The sales of a campaign's orders by model, in one currency: of all models by two statements."""
    # Who met the campaign is the same by every model.
    asked = campaign_numbers(
        [campaign], actor=actor, model="LAST", basis=basis, currency=currency, period=period
    )
    whole = asked[campaign]
    shown = _seen(campaign, collaboration_ids, actor=actor)
    values = {
        "partner": campaign.partner_id, "shown": shown, "currency": whole.currency,
        "from": period and period.starts_on, "to": period and period.ends_on,
    }  # fmt: skip
    told = {model: dict.fromkeys(shown, Decimal(0)) for model in map(str.upper, MODELS)}
    statement = _credited(basis, has_period=period is not None)
    for collaboration, model, sales in fetch(statement, values, actor=actor):
        told[model][collaboration] = sales
    met = whole.stored[MET.key]
    return {
        model: ModelSales(sales=sales, rest=met - sum(sales.values(), Decimal(0)), currency=whole.currency)
        for model, sales in told.items()
    }
