"""A session's funnel: how many reached each step, and where too many are lost."""

import enum
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from analytics.graphql.figures import six
from analytics.graphql.pages import Info, Siblings, computed, needs
from analytics.graphql.values import Ratio, ratio
from analytics.queries import STAGES, session_funnels
from analytics.queries.histories import usual_steps
from config.api.cost import reads
from config.api.scalars import BigInt


@strawberry.enum(description="What a funnel counts.")
class FunnelUnit(enum.Enum):
    VIEWERS = strawberry.enum_value(
        "VIEWERS", description="Distinct viewers; those of a stage are among those of the stage before."
    )
    EVENTS = strawberry.enum_value("EVENTS", description="How often it happened, by whomever.")


@strawberry.enum(description="A step on the way to a paid order.")
class FunnelStageKey(enum.Enum):
    IMPRESSION = strawberry.enum_value("IMPRESSION", description="The live was shown; known by events only.")
    VIEW = strawberry.enum_value("VIEW", description="The live was watched.")
    PRODUCT_CLICK = strawberry.enum_value("PRODUCT_CLICK", description="A product was clicked.")
    ADD_TO_CART = strawberry.enum_value("ADD_TO_CART", description="Something was put into a cart.")
    CHECKOUT = strawberry.enum_value("CHECKOUT", description="A checkout was begun.")
    ORDER_PAID = strawberry.enum_value(
        "ORDER_PAID", description="An order of this session was paid, in any currency."
    )


@strawberry.type(description="One step of a funnel.")
class FunnelStage:
    key: FunnelStageKey = strawberry.field(description="Which step.")
    count: BigInt | None = strawberry.field(
        description="How many reached it; null where the unit cannot be counted."
    )
    step_rate: Ratio | None = strawberry.field(
        description="This count / the one of the step before; null where one of them is not known."
    )


@strawberry.enum(description="What a step of a funnel was picked out by.")
class DipRule(enum.Enum):
    OWN_MEDIAN = strawberry.enum_value(
        "OWN_MEDIAN", description="The lowest rate relative to the median of the partner's own last sessions."
    )
    LARGEST_DIP = strawberry.enum_value("LARGEST_DIP", description="The lowest rate of all steps.")


@strawberry.type(description="A step of a funnel where many are lost, beside what is usual.")
class FunnelDip:
    stage: FunnelStageKey = strawberry.field(description="The step: from the one before it to this one.")
    rule: DipRule = strawberry.field(description="What it was picked out by.")
    step_rate: Ratio = strawberry.field(description="Its rate.")
    median: Decimal | None = strawberry.field(
        description="The median of the rate in the partner's last ten ended sessions that began before this "
        "one, to six decimals; null where fewer than three of them have one."
    )
    relative: Decimal | None = strawberry.field(
        description="Its rate / that median, to six decimals; null without one."
    )
    sessions: BigInt = strawberry.field(description="How many of those sessions have such a rate.")


@strawberry.type(description="How many reached each step on the way to a paid order.")
class Funnel:
    of: FunnelUnit = strawberry.field(description="What is counted.")
    stages: list[FunnelStage] = strawberry.field(description="The steps from being shown to having paid.")
    session_id: strawberry.Private[UUID]
    siblings: strawberry.Private[Siblings]

    @computed(
        description="The step with the lowest rate relative to the partner's own median; the largest dip "
        "where no step has a median. Null where no step has a rate."
    )
    @reads(weight=10)
    def bottleneck(self, info: Info) -> FunnelDip | None:
        dips = self._dips(info)
        measured = [(dip.relative, place) for place, dip in enumerate(dips) if dip.relative is not None]
        if not measured:
            return self._largest(dips)
        picked = dips[min(measured)[1]]
        picked.rule = DipRule.OWN_MEDIAN
        return picked

    @computed(description="The step with the lowest rate, whatever is usual. Null where no step has a rate.")
    @reads(weight=10)
    def largest_dip(self, info: Info) -> FunnelDip | None:
        return self._largest(self._dips(info))

    @staticmethod
    def _largest(dips: list[FunnelDip]) -> FunnelDip | None:
        return min(dips, key=lambda dip: dip.step_rate.value or 0, default=None)

    def _dips(self, info: Info) -> list[FunnelDip]:
        """Every step that has a rate, in order."""
        answer = partial(usual_steps, actor=needs(info, "read"), unit=self.of.name, now=info.context.now)
        usual = self.siblings.load(("usual steps", self.of), answer)[self.session_id]
        return [
            _dip(stage.key, stage.step_rate, median, sessions)
            for stage, (median, sessions) in zip(self.stages, usual, strict=True)
            if stage.step_rate is not None and stage.step_rate.value is not None
        ]


def _dip(stage: FunnelStageKey, rate: Ratio, median: Fraction | None, sessions: int) -> FunnelDip:
    return FunnelDip(
        stage=stage,
        rule=DipRule.LARGEST_DIP,
        step_rate=rate,
        median=None if median is None else six(median),
        relative=six(Fraction(rate.numerator) / Fraction(rate.denominator) / median) if median else None,
        sessions=BigInt(sessions),
    )


FunnelArgument = Annotated[FunnelUnit, strawberry.argument(description="What to count.")]


def session_funnel(info: Info, siblings: Siblings, session_id: UUID, *, of: FunnelUnit) -> Funnel:
    """The funnel of one session, read for all of its page at once."""
    actor = needs(info, "read")
    answer = partial(session_funnels, actor=actor, unit=of.name)
    counts = siblings.load(("funnel", of), answer)[session_id]
    before = [None, *counts]
    return Funnel(
        of=of,
        session_id=session_id,
        siblings=siblings,
        stages=[
            FunnelStage(
                key=FunnelStageKey[stage],
                count=None if count is None else BigInt(count),
                step_rate=None if count is None or earlier is None else ratio(count, earlier),
            )
            for stage, count, earlier in zip(STAGES, counts, before, strict=False)
        ],
    )
