"""The five: the numbers that say how a live did."""

from functools import partial

import strawberry

from analytics.graphql.figures import Figure, figure
from analytics.graphql.metrics import BenchmarkLevel, benchmark_levels
from analytics.graphql.pages import Info, SessionPart, computed, needs
from analytics.graphql.values import SalesBasis
from analytics.metrics import FIVE
from analytics.queries import session_numbers
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
        "and the lifetime value index (null until customers' lifetime value is known)."
    )
    @reads(weight=2, size=5)
    def five(self, info: Info) -> list[FiveNumber]:
        actor, basis = needs(info, "read"), SalesBasis.PAID
        answer = partial(session_numbers, actor=actor, basis=basis.name)
        numbers = self.siblings.load(("kpis", basis, None, frozenset()), answer)[self.identity]
        return [
            FiveNumber(
                **figure(main, numbers),
                benchmark_levels=benchmark_levels(main),
                parts=[Figure(**figure(part, numbers)) for part in parts],
            )
            for main, *parts in (group for group in FIVE if group)
        ]
