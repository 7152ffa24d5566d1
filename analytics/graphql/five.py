"""The five: the numbers that say how a live did."""

from fractions import Fraction
from functools import partial
from typing import Any

import strawberry

from analytics.graphql.figures import Figure, figure, figure_of
from analytics.graphql.markers import ReportedInterval
from analytics.graphql.metrics import BenchmarkLevel, benchmark_levels
from analytics.graphql.pages import Info, SessionPart, computed, needs
from analytics.graphql.values import Provenance, SalesBasis
from analytics.metrics import BUYERS, FIVE, IDENTIFIED, VBR, Metric, Reason
from analytics.queries import Numbers, Reading, is_identified, session_numbers
from analytics.queries.markers import session_reports
from config.api.cost import reads


@strawberry.type(description="One of the five, with how sure it is and what is known of others.")
class FiveNumber(Figure):
    benchmark_levels: list[BenchmarkLevel] = strawberry.field(
        description="Known levels, the lowest first; empty where none is known."
    )
    parts: list[Figure] = strawberry.field(
        description="What it is read with: VBR splits into bought during and in the tail, completion has "
        "the rate of those who could complete."
    )


@strawberry.type
class FiveOfSession(SessionPart):
    """The field `five` of a session."""

    @computed(
        description="The five: viewer-to-buyer rate, AOV ratio, completion, conversion of product moments, "
        "and the partner's lifetime value index (null until customers have been known for 90 days)."
    )
    @reads(weight=2, size=5)
    def five(self, info: Info) -> list[FiveNumber]:
        actor, basis = needs(info, "read"), SalesBasis.PAID
        answer = partial(session_numbers, actor=actor, basis=basis.name)
        numbers = self.siblings.load(("kpis", basis, None, frozenset()), answer)[self.identity]
        return [
            FiveNumber(
                **(self._stand_in(info, main, numbers) or figure(main, numbers)),
                benchmark_levels=benchmark_levels(main),
                parts=[Figure(**figure(part, numbers)) for part in parts],
            )
            for main, *parts in (group for group in FIVE if group)
        ]

    def _stand_in(self, info: Info, metric: Metric, numbers: Numbers) -> dict[str, Any] | None:
        """Where viewers are not told apart: measured buyers / the viewers its platform reports."""
        if metric is not VBR or is_identified(numbers):
            return None
        total = ReportedInterval.TOTAL
        answer = partial(
            session_reports, actor=needs(info, "read"), interval=total.name, starts_at=None, ends_at=None
        )
        rows = self.siblings.load(("reported", total, None, None), answer).get(self.identity, [])
        told = [row for row in rows if row.key == IDENTIFIED.key and row.value.isdecimal()]
        if not told:
            return None
        viewers = int(max(told, key=lambda row: row.reported_at).value)
        buyers = numbers.stored[BUYERS.key]
        quotient = Reading(
            value=Fraction(buyers, viewers) if viewers else None,
            reason=None if viewers else Reason.NO_DENOMINATOR,
            numerator=Fraction(buyers),
            denominator=Fraction(viewers),
        )
        # Two counts of two tellers: buyers need not be among those viewers, so that there is no interval.
        return {
            **figure_of(metric, numbers, quotient, is_known=False),
            "numerator_provenance": Provenance.MEASURED,
            "denominator_provenance": Provenance.REPORTED,
        }
