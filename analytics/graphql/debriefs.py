"""What was found when a session was over."""

import datetime as dt
import enum
from functools import partial
from typing import Annotated

import strawberry

from analytics.graphql.metrics import MetricKey
from analytics.graphql.pages import Info, SessionPart, computed, needs
from analytics.queries.debriefs import Written, session_debriefs
from config.api.cost import reads
from config.api.scalars import BigInt


@strawberry.enum(description="When a debrief is made.")
class DebriefStage(enum.Enum):
    END = strawberry.enum_value("END", description="When the session has ended and its numbers have settled.")
    DAY = strawberry.enum_value("DAY", description="A day after its end, with what came later.")


@strawberry.enum(description="What a finding is about.")
class FindingKind(enum.Enum):
    MAIN = strawberry.enum_value("MAIN", description="One of the five, beside target, own median, benchmark.")
    WORST = strawberry.enum_value(
        "WORST", description="The one of the five that is furthest below what it is measured by."
    )
    BOTTLENECK = strawberry.enum_value(
        "BOTTLENECK", description="The step of the funnel where more than as a rule are lost."
    )
    STEEPEST_LOSS = strawberry.enum_value(
        "STEEPEST_LOSS", description="The ten minutes that lost most viewers, and what was on screen."
    )
    BEST_MOMENT = strawberry.enum_value(
        "BEST_MOMENT", description="The product moment with the highest conversion."
    )
    WORST_MOMENT = strawberry.enum_value(
        "WORST_MOMENT", description="The product moment with the lowest conversion."
    )
    LEAD_WITH = strawberry.enum_value("LEAD_WITH", description="What to open the next session with.")
    LATE_FACTS = strawberry.enum_value(
        "LATE_FACTS", description="What changed since the first debrief, by facts that came later."
    )


@strawberry.type(description="A number of a finding.")
class FindingNumber:
    name: str = strawberry.field(description="What it is.")
    value: str | None = strawberry.field(description="The number, or the text, as it was then.")


@strawberry.type(description="Something a debrief found.")
class Finding:
    kind: FindingKind = strawberry.field(description="What it is about.")
    metric: MetricKey | None = strawberry.field(description="Which number; null where it is about none.")
    text: str = strawberry.field(description="In words.")
    numbers: list[FindingNumber] = strawberry.field(description="The numbers in it.")


@strawberry.type(description="What was found when a session was over; never changed afterwards.")
class Debrief:
    stage: DebriefStage = strawberry.field(description="When it was made.")
    version: BigInt = strawberry.field(
        description="From 1: a session that goes on after its end gets another one."
    )
    made_at: dt.datetime = strawberry.field(description="The moment it was made.")
    maturity: BigInt = strawberry.field(
        description="What the data allow: 1 views and revenue only, 2 engagement too, 3 all of the five, 4 "
        "predictions with a published backtest in use."
    )
    findings: list[Finding] = strawberry.field(description="What was found, in the order to read it.")


StageArgument = Annotated[
    DebriefStage | None, strawberry.argument(description="Which one; the later one there is when left out.")
]


@strawberry.type
class DebriefOfSession(SessionPart):
    """The field `debrief` of a session."""

    @computed(description="What was found when it was over; null before that.")
    @reads(weight=2)
    def debrief(self, info: Info, stage: StageArgument = None) -> Debrief | None:
        answer = partial(session_debriefs, actor=needs(info, "read"))
        found = self.siblings.load("debriefs", answer).get(self.identity, {})
        wanted = [stage.name] if stage else ["DAY", "END"]
        return next((_shown(found[name]) for name in wanted if name in found), None)


def _shown(written: Written) -> Debrief:
    return Debrief(
        stage=DebriefStage[written.stage],
        version=BigInt(written.version),
        made_at=written.made_at,
        maturity=BigInt(written.maturity),
        findings=[
            Finding(
                kind=FindingKind[one["kind"]],
                metric=MetricKey[one["metric"]] if "metric" in one else None,
                text=one["text"],
                numbers=[FindingNumber(name=name, value=value) for name, value in one["numbers"].items()],
            )
            for one in written.findings
        ],
    )
