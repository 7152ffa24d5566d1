"""The cohorts of the partner whose key asks, and what live customers are worth beside others."""

import datetime as dt
from typing import Annotated

import strawberry

from analytics.graphql.cohorts import KOL_LETTER, CohortPeriod, CohortSplit, CohortTable, cohorts_of
from analytics.graphql.kpis import BasisArgument, CurrencyArgument
from analytics.graphql.pages import Info, computed, own_id
from analytics.graphql.values import SalesBasis
from analytics.graphql.worth import LiveLtvIndex, ViewerWorth, index_of, viewer_worth_of
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

    @computed(
        description="The lifetime value index of the live; null before customers have been known for 90 days."
    )
    @reads(weight=1)
    def live_ltv_index(
        self,
        info: Info,
        kol: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Of the customers this influencer won live; of all when left out."
            ),
        ] = None,
        currency: CurrencyArgument = None,
    ) -> LiveLtvIndex | None:
        kol_id = None if kol is None else own_id(kol, KOL_LETTER)
        if kol is not None and kol_id is None:
            return None
        return index_of(info, partner_id=only_partner(info).id, kol_id=kol_id, currency=currency)

    @computed(
        description="What viewers of ended sessions were worth in the 90 days after: those who bought and "
        "those who did not, first-time and returning ones."
    )
    @reads(weight=1, size=4)
    def viewer_worth(self, info: Info, currency: CurrencyArgument = None) -> list[ViewerWorth]:
        return viewer_worth_of(info, partner_id=only_partner(info).id, currency=currency)
