"""Comparing the sessions of two periods of the partner's calendar."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry
from django.db.models import DateField, DateTimeField, Func, Value

from analytics.graphql.comparison import MOST_SESSIONS, ComparedArgument, KpiDifference, compare_groups
from analytics.graphql.kpis import BasisArgument, CurrencyArgument
from analytics.graphql.pages import Info, bad_input, computed, needs
from analytics.graphql.shop import LONGEST, PeriodInput
from analytics.graphql.values import SalesBasis
from commerce import queries
from commerce.graphql.sessions import LiveSessionFilter
from commerce.models import Partner
from config.api.cost import reads

FirstPeriodArgument = Annotated[
    PeriodInput, strawberry.argument(description="Sessions that began on these days are the first side.")
]
SecondPeriodArgument = Annotated[
    PeriodInput, strawberry.argument(description="Sessions that began on these days are the second side.")
]
WhichArgument = Annotated[
    LiveSessionFilter | None, strawberry.argument(description="Only such sessions, on both sides.")
]


def _began_in(period: PeriodInput, partner: Partner, where: LiveSessionFilter, info: Info) -> Sequence[UUID]:
    if period.starts_on >= period.ends_on:
        raise bad_input("A period ends after its first day: to is the day after the last one.")
    if period.ends_on - period.starts_on > LONGEST:
        raise bad_input("A period has at most ten years.")
    rows = queries.sessions(
        actor=needs(info, "read"),
        channel=where.channel.name if where.channel else None,
        status=where.status.name if where.status else None,
        objective=where.objective.name if where.objective else None,
        started_from=where.started_from,
        started_to=where.started_to,
        search=where.search,
    )
    began = rows.filter(
        started_at__gte=_day_start(period.starts_on, partner),
        started_at__lt=_day_start(period.ends_on, partner),
        merged_into=None,
        split_at=None,
    )
    return list(began.order_by("started_at", "id").values_list("id", flat=True)[: MOST_SESSIONS + 1])


def _day_start(day: date, partner: Partner) -> Func:
    """The first instant of a day by the partner's clock, as the shop's days begin."""
    told = (Value(day, output_field=DateField()), Value(partner.timezone))
    return Func(*told, function="commerce_day_start", output_field=DateTimeField())


@strawberry.type
class ComparisonQueries:
    """Part of the root's queries: periods against each other."""

    @computed(
        description="The sessions of two periods, number by number: quotients of sums, and people once "
        "however many sessions they were in. In one currency: the partner's unless it is given."
    )
    @reads(weight=100, size=60)
    def compare_sessions(
        self,
        info: Info,
        first: FirstPeriodArgument,
        second: SecondPeriodArgument,
        filter: WhichArgument = None,
        metrics: ComparedArgument = None,
        basis: BasisArgument = SalesBasis.PAID,
        currency: CurrencyArgument = None,
    ) -> list[KpiDifference]:
        partners = queries.partners(actor=needs(info, "read"))
        if len(partners) != 1:
            raise bad_input("Periods are of one partner, and this key sees several.")
        (partner,) = partners
        where = filter or LiveSessionFilter()
        groups = [_began_in(period, partner, where, info) for period in (first, second)]
        if sum(map(len, groups)) > MOST_SESSIONS:
            raise bad_input(f"Both periods together have more than {MOST_SESSIONS} sessions.")
        return compare_groups(
            info, groups, metrics=metrics, basis=basis, currency=currency or partner.currency
        )
