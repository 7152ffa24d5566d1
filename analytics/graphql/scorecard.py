"""Chosen numbers of a session in chosen order, each beside what it can be measured by."""

import enum
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from analytics.graphql.comparison import is_better
from analytics.graphql.figures import Figure, chosen_metrics, figure, interval, shown, six
from analytics.graphql.metrics import BenchmarkLevel, SessionMetric, benchmark_levels
from analytics.graphql.pages import Info, SessionPart, bad_input, computed, needs, own_id
from analytics.graphql.selections import LETTER, selected_metrics
from analytics.graphql.values import SalesBasis
from analytics.metrics import Metric
from analytics.plans.attainment import only_grows
from analytics.plans.judgement import Attained
from analytics.plans.standing import session_targets
from analytics.queries import reading
from analytics.queries.histories import (
    History,
    per_session,
    session_histories,
)
from analytics.queries.verdicts import Judgement, Verdict, benchmark_of, judge
from config.api.cost import reads
from config.api.scalars import BigInt

MOST_METRICS: Final = 16


@strawberry.enum(description="What a number's change is told against.")
class Comparison(enum.Enum):
    PREVIOUS_SESSION = strawberry.enum_value(
        "PREVIOUS_SESSION", description="The ended session before it on the same channel and account."
    )
    PREVIOUS_PERIOD = strawberry.enum_value(
        "PREVIOUS_PERIOD",
        description="The partner's ended sessions that began in the 7 days before it: quotients of their "
        "sums, and the mean of everything else.",
    )
    OWN_MEDIAN = strawberry.enum_value(
        "OWN_MEDIAN", description="The median of the partner's last ten ended sessions that began before it."
    )
    BENCHMARK = strawberry.enum_value("BENCHMARK", description="The lowest known level.")
    TARGET = strawberry.enum_value("TARGET", description="Its target.")


@strawberry.enum(
    description="How good a number is, by its target, else by the partner's own median, else by the lowest "
    "benchmark level."
)
class KpiStatus(enum.Enum):
    GOOD = strawberry.enum_value("GOOD", description="As good as that, or better.")
    WATCH = strawberry.enum_value(
        "WATCH", description="At least 90 % of it, or it lies within the interval of the rate."
    )
    BAD = strawberry.enum_value("BAD", description="Worse.")
    UNKNOWN = strawberry.enum_value(
        "UNKNOWN", description="Nothing to judge by, no value, or neither way is better."
    )


@strawberry.enum(description="What a number is judged by.")
class KpiYardstick(enum.Enum):
    TARGET = strawberry.enum_value("TARGET", description="Its target.")
    OWN_MEDIAN = strawberry.enum_value("OWN_MEDIAN", description="The partner's own median.")
    BENCHMARK = strawberry.enum_value("BENCHMARK", description="The lowest known level.")


@strawberry.type(
    description="A chosen number, beside what it can be measured by; all in its unit and currency."
)
class Kpi(Figure):
    previous_session: Decimal | None = strawberry.field(
        description="Of the ended session before it on the same channel and account."
    )
    previous_period: Decimal | None = strawberry.field(
        description="Of the partner's ended sessions that began in the 7 days before it: quotients of their "
        "sums, the mean of everything else."
    )
    own_median: Decimal | None = strawberry.field(
        description="The median of the partner's last ten ended sessions that began before it; null where "
        "fewer than three have a value."
    )
    own_median_of: BigInt = strawberry.field(description="How many sessions were looked back on.")
    benchmark_levels: list[BenchmarkLevel] = strawberry.field(description="Known levels, the lowest first.")
    target: Decimal | None = strawberry.field(description="The level to reach; null without a target.")
    attainment: Decimal | None = strawberry.field(
        description="How far the target is reached: value / target, or its inverse where less is better."
    )
    compared_to: Comparison = strawberry.field(description="What the delta is against.")
    delta: Decimal | None = strawberry.field(
        description="The number - what it is compared to; null where one of them has no value."
    )
    relative_delta: Decimal | None = strawberry.field(
        description="The delta / what it is compared to; null where that is 0."
    )
    is_better: bool | None = strawberry.field(
        description="Whether the delta is for the better; null without one, or where neither way is better."
    )
    status: KpiStatus = strawberry.field(description="How good it is.")
    judged_by: KpiYardstick | None = strawberry.field(description="What the status is by.")
    is_worst: bool = strawberry.field(
        description="Whether it falls short of what it is judged by more than any other number here."
    )


MetricsArgument = Annotated[
    list[SessionMetric] | None, strawberry.argument(description="One to 16 numbers, in this order.")
]
SelectionArgument = Annotated[
    strawberry.ID | None, strawberry.argument(description="A saved selection, in place of metrics.")
]
ComparisonArgument = Annotated[Comparison, strawberry.argument(description="What deltas are against.")]


@strawberry.type
class ScorecardOfSession(SessionPart):
    """The field `scorecard` of a session."""

    @computed(
        description="Chosen numbers in chosen order, each beside the previous session, the previous period, "
        "the partner's own median, benchmark and target. Those are of whole sessions: while it is live, what "
        "only grows is not judged."
    )
    @reads(weight=30, size=16)
    def scorecard(
        self,
        info: Info,
        metrics: MetricsArgument = None,
        selection: SelectionArgument = None,
        compare_to: ComparisonArgument = Comparison.PREVIOUS_SESSION,
    ) -> list[Kpi]:
        actor, now = needs(info, "read"), info.context.now
        chosen = self._chosen(info, metrics, selection)
        answer = partial(session_histories, actor=actor, basis=SalesBasis.PAID.name, now=now)
        history = self.siblings.load(("histories", SalesBasis.PAID), answer)[self.identity]
        targets = self.siblings.load(
            ("targets", False), partial(session_targets, actor=actor, now=now, with_retired=False)
        )
        attained = {one.metric: one for one in targets.get(self.identity, []) if _is_of(one, history)}
        kpis = [_kpi(metric, history, attained.get(metric), compare_to, self.is_live) for metric in chosen]
        _name_the_worst(kpis)
        return [kpi for kpi, _ in kpis]

    def _chosen(
        self, info: Info, metrics: list[SessionMetric] | None, selection: strawberry.ID | None
    ) -> list[Metric]:
        if (metrics is None) is (selection is None):
            raise bad_input("Give either metrics or a selection.")
        if metrics is not None:
            return chosen_metrics(metrics, most=MOST_METRICS)

        def answer(ids: Sequence[UUID]) -> Mapping[UUID, Any]:
            return dict.fromkeys(ids, selected_metrics(info, own_id(str(selection), LETTER)))

        found: list[Metric] | None = self.siblings.load(("selection", selection), answer)[self.identity]
        if found is None:
            raise bad_input("There is no such selection.")
        return found


def _is_of(target: Attained, history: History) -> bool:
    """Whether a target is of these very numbers: paid sales, in the session's currency."""
    numbers = history.numbers
    return target.target.basis in ("", numbers.basis) and target.target.currency in ("", numbers.currency)


def _kpi(
    metric: Metric, history: History, target: Attained | None, compare_to: Comparison, is_live: bool
) -> tuple[Kpi, Judgement]:
    told = reading(metric, history.numbers)
    previous = None if history.previous is None else reading(metric, history.previous).value
    usual = history.usual(metric)
    period = per_session(metric, history.period).value
    level = None if target is None or target.level is None else Fraction(target.level)
    against = {
        Comparison.PREVIOUS_SESSION: previous,
        Comparison.PREVIOUS_PERIOD: period,
        Comparison.OWN_MEDIAN: usual,
        Comparison.BENCHMARK: benchmark_of(metric),
        Comparison.TARGET: level,
    }[compare_to]
    gap = None
    if told.value is not None and against is not None:
        gap = Fraction(told.value) - Fraction(against)
    low, high = (None if end is None else Fraction(end) for end in interval(metric, told))
    judged = Judgement(verdict=Verdict.UNKNOWN)
    if not (is_live and only_grows(metric)):
        judged = judge(metric, told, target=level, usual=usual, low=low, high=high)
    kpi = Kpi(
        **figure(metric, history.numbers),
        previous_session=shown(previous),
        previous_period=shown(period),
        own_median=shown(usual),
        own_median_of=BigInt(len(history.last)),
        benchmark_levels=benchmark_levels(metric),
        target=shown(level),
        attainment=None if target is None or target.attainment is None else six(target.attainment),
        compared_to=compare_to,
        delta=None if gap is None else six(gap),
        relative_delta=six(gap / abs(Fraction(against))) if gap is not None and against else None,
        is_better=is_better(metric, gap),
        status=KpiStatus[judged.verdict.name],
        judged_by=None if judged.by is None else KpiYardstick[judged.by.name],
        is_worst=False,
    )
    return kpi, judged


def _name_the_worst(kpis: list[tuple[Kpi, Judgement]]) -> None:
    short = [
        (judged.nearness, place)
        for place, (_, judged) in enumerate(kpis)
        if judged.nearness is not None and judged.verdict in (Verdict.WATCH, Verdict.BAD)
    ]
    if short:
        kpis[min(short)[1]][0].is_worst = True
