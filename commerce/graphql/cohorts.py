"""The cohorts of the partner whose key asks."""

import datetime as dt
from typing import Annotated

import strawberry

from analytics.graphql.cohorts import CohortPeriod, CohortSplit, CohortTable, cohorts_of
from analytics.graphql.kpis import BasisArgument, CurrencyArgument
from analytics.graphql.pages import Info, computed
from analytics.graphql.values import SalesBasis
from commerce.graphql.shop import only_partner
from config.api.cost import reads

CELLS = 100
"""What a table costs: rows of rollups are summed, not told one by one."""


@strawberry.type
class CohortQueries:
    @computed(description="Customers by the period of their first purchase, and what came of them.")
    @reads(weight=CELLS)
    def cohorts(
        self,
        info: Info,
        by: Annotated[CohortPeriod, strawberry.argument(description="The periods that make cohorts.")],
        starts_on: Annotated[
            dt.date | None,
            strawberry.argument(
                name="from",
                description="Cohorts that begin on this day or later; a year before `to` when left out.",
            ),
        ] = None,
        ends_on: Annotated[
            dt.date | None,
            strawberry.argument(
                name="to", description="Cohorts that begin before this day; all there are when left out."
            ),
        ] = None,
        observed_until: Annotated[
            dt.datetime | None,
            strawberry.argument(description="Where the observed world ends; now when left out."),
        ] = None,
        basis: BasisArgument = SalesBasis.PAID,
        split: Annotated[
            CohortSplit | None, strawberry.argument(description="Tell customers apart; not when left out.")
        ] = None,
        currency: CurrencyArgument = None,
    ) -> CohortTable:
        partner = only_partner(info)
        return cohorts_of(
            info,
            partner_id=partner.id,
            calendar=partner.timezone,
            by=by,
            starts_on=starts_on,
            ends_on=ends_on,
            observed_until=observed_until,
            basis=basis,
            split=split,
            currency=currency,
        )
