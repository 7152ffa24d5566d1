"""Who is in a campaign, in the order of a number."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any
from uuid import UUID

import strawberry

from analytics.graphql.campaign_days import reading_for
from analytics.graphql.campaigns import (
    AttributionModel,
    CampaignMetric,
    Subjects,
    numbers_of,
)
from analytics.graphql.metrics import declared_metric
from analytics.graphql.pages import (
    Connection,
    Info,
    connection_of,
    needs,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.values import Direction, SalesBasis
from analytics.metrics import Scope
from analytics.models import SubjectKind
from analytics.queries.subjects import Period
from config.api.scalars import CurrencyCode
from kol import models, queries


@strawberry.input(description="An order of collaborations.")
class CollaborationOrder:
    metric: CampaignMetric = strawberry.field(
        description="The number to order by, as it is asked for here; who has none comes last."
    )
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


Place = tuple[Fraction | None, UUID]
"""(value, id) of a collaboration in the ranking."""


def _sorted_by(place: Place, *, is_descending: bool) -> tuple[bool, Fraction, int]:
    """What has no value comes last, whichever way it goes; the same value by id."""
    value, identity = place
    sign = -1 if is_descending else 1
    return value is None, sign * (value or Fraction(0)), sign * identity.int


def ranked_collaborations(
    info: Info,
    siblings: Subjects,
    campaign_id: UUID,
    *,
    search: str | None,
    order: CollaborationOrder,
    model: AttributionModel,
    basis: SalesBasis,
    currency: CurrencyCode | None,
    period: Period | None,
    first: int,
    after: str | None,
    shown: Callable[..., Callable[[models.Collaboration], Any]],
) -> Connection[Any]:
    """A page of a campaign's ranking, read for all of its page of campaigns at once.

    Every number of a collaboration is divided and withheld as it is shown, so that the order is that of what
    is seen: whoever is in a campaign is few enough to be put in order here.
    """
    actor, size = needs(info, "read"), page_size(first)
    metric = declared_metric(Scope.CAMPAIGN, order.metric)
    is_descending = order.direction is Direction.DESC
    name = f"ranking {metric.key} {order.direction.name} {model.name} {basis.name}"
    told = read_cursor(after, order=name, kinds=(Fraction, UUID))

    def answer(ids: Sequence[UUID]) -> Mapping[UUID, Connection[Any]]:
        rows = queries.collaborations(actor=actor, campaign_ids=ids, search=search)
        owners = {row[0]: row[1:] for row in rows.values_list("id", "campaign_id", "partner_id")}
        subjects = Subjects(SubjectKind.COLLABORATION, {one: owner[1] for one, owner in owners.items()})
        pages: dict[UUID, list[Place]] = {campaign: [] for campaign in ids}
        for one, (campaign, _) in owners.items():
            numbers = numbers_of(
                info, subjects, one, model=model, basis=basis, currency=currency, period=period
            )
            value = None if numbers is None else reading_for(metric, numbers, actor=actor).value
            pages[campaign].append((None if value is None else Fraction(value), one))
        for campaign, places in pages.items():
            placed = sorted(places, key=partial(_sorted_by, is_descending=is_descending))
            if told is not None:
                last = _sorted_by((told[0], told[1]), is_descending=is_descending)
                placed = [one for one in placed if _sorted_by(one, is_descending=is_descending) > last]
            pages[campaign] = placed[: size + 1]
        wanted = [one for places in pages.values() for _, one in places[:size]]
        found = queries.collaborations_by_id(wanted, actor=actor)
        show = shown(list(found.values()), siblings=subjects.among(list(found)))
        return {
            campaign: connection_of(
                places,
                size=size,
                after=after,
                cursor=lambda place: write_cursor(name, place),
                node=lambda place: show(found[place[1]]),
            )
            for campaign, places in pages.items()
        }

    return siblings.load((name, currency, search, period, size, after), answer)[campaign_id]
