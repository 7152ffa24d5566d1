"""What sessions set out to reach, how far they have come, and what is proposed for them."""

import datetime as dt
import enum
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Annotated, Final

import strawberry

from analytics.graphql.kpis import BasisArgument
from analytics.graphql.metrics import BetterWhen, Cadence, MetricKey, MetricScope, Unit
from analytics.graphql.pages import Info, SessionPart, computed, needs, node_id
from analytics.graphql.values import SIX_DECIMALS, SalesBasis, plain
from analytics.metrics import Metric
from analytics.models import Target as TargetRow
from analytics.models import TargetRevision as RevisionRow
from analytics.plans.attainment import FEWEST
from analytics.plans.judgement import Attained
from analytics.plans.standing import Proposal, Proposals, session_proposals, session_targets
from config.api.cost import reads
from config.api.scalars import BigInt, CurrencyCode

LETTER: Final = "t"
MOST_TARGETS: Final = 40


@strawberry.enum(description="What the value of a target means.")
class TargetKind(enum.Enum):
    ABSOLUTE = strawberry.enum_value(
        "ABSOLUTE", description="The number to reach itself; a rate from 0 to 1."
    )
    RELATIVE_CHANGE = strawberry.enum_value(
        "RELATIVE_CHANGE",
        description="What the baseline is to change by, as a share of it: 0.1 is 10 percent more.",
    )
    PERCENTAGE_POINTS = strawberry.enum_value(
        "PERCENTAGE_POINTS",
        description="What a rate or ratio is to change by, in points: 2 is from 10 to 12 percent.",
    )


@strawberry.enum(description="Where a target stands.")
class TargetStatus(enum.Enum):
    ON_TRACK = strawberry.enum_value(
        "ON_TRACK", description="Not over yet, and the projection reaches the target."
    )
    AT_RISK = strawberry.enum_value(
        "AT_RISK", description="Not over yet, and the projection comes to at least 80 percent of the target."
    )
    OFF_TRACK = strawberry.enum_value(
        "OFF_TRACK", description="Not over yet and the projection falls short of that, or over and missed."
    )
    ACHIEVED = strawberry.enum_value(
        "ACHIEVED", description="Over and reached; before the end only where the number can no longer fall."
    )
    UNKNOWN = strawberry.enum_value(
        "UNKNOWN", description="There is no number yet, no baseline, or nothing to project from."
    )


@strawberry.enum(description="What is doubtful about a target.")
class TargetWarning(enum.Enum):
    VANITY = strawberry.enum_value(
        "VANITY", description="Views are to be reached, and no target beside it asks what comes of them."
    )
    SET_AFTERWARDS = strawberry.enum_value(
        "SET_AFTERWARDS", description="It was set when the session was over already."
    )


@strawberry.enum(description="Why a target was revised or retired.")
class RevisionReason(enum.Enum):
    STRATEGY_CHANGED = strawberry.enum_value("STRATEGY_CHANGED", description="The strategy changed.")
    TEAM_GOAL_CHANGED = strawberry.enum_value("TEAM_GOAL_CHANGED", description="The team's goal changed.")
    ACHIEVED = strawberry.enum_value("ACHIEVED", description="It was achieved.")
    UNSUITABLE = strawberry.enum_value("UNSUITABLE", description="It did not suit.")
    GAMED = strawberry.enum_value("GAMED", description="The number was driven and not what it stands for.")


@strawberry.type(description="A change of a target; the first one is its setting. None is ever deleted.")
class TargetRevision:
    at: dt.datetime = strawberry.field(description="When.")
    who: str = strawberry.field(description="Who: a login, or the name of a key.")
    why: RevisionReason | None = strawberry.field(description="Why; null: it was set.")
    note: str = strawberry.field(description="The reason in words; empty when none was given.")
    old_value: Decimal | None = strawberry.field(description="The value before; null: it was set.")
    new_value: Decimal | None = strawberry.field(description="The value after; null: it was retired.")
    old_owner: str = strawberry.field(description="The owner before; empty: it was set.")
    new_owner: str = strawberry.field(description="The owner after; empty: it was retired.")


@strawberry.type(description="A number to reach, who owns it, and where it stands.")
class Target:
    id: strawberry.ID = strawberry.field(description="An opaque id, to revise or retire it by.")
    metric: MetricKey = strawberry.field(description="The number.")
    about: MetricScope = strawberry.field(
        description="What the metric is of: sessions (in a period all of it), or the shop."
    )
    label: str = strawberry.field(description="The number's name for people.")
    unit: Unit = strawberry.field(description="How value and numbers are written.")
    cadence: Cadence | None = strawberry.field(
        description="The periods it is for, of the partner's calendar; null: it is for one session."
    )
    starts_on: dt.date | None = strawberry.field(
        description="The first day of the first period it is for; null: it is for one session."
    )
    kind: TargetKind = strawberry.field(description="What the value means.")
    value: Decimal = strawberry.field(description="The value as it was set.")
    direction: BetterWhen = strawberry.field(description="Which way is better.")
    basis: SalesBasis | None = strawberry.field(
        description="Which orders count; null where sales do not matter."
    )
    currency: CurrencyCode | None = strawberry.field(
        description="The currency whose orders count; null where sales do not matter."
    )
    owner: str = strawberry.field(description="Who answers for it.")
    reason: str = strawberry.field(description="Why it was set; empty when no reason was given.")
    set_at: dt.datetime = strawberry.field(description="When it was set.")
    retired_at: dt.datetime | None = strawberry.field(description="When it was retired; null: it stands.")
    baseline: Decimal | None = strawberry.field(
        description="The number of what came before: for a session the partner's latest one on the same "
        "channel that was over when this one began, for a period the one before it. Null without one."
    )
    baseline_of: str | None = strawberry.field(
        description="What the baseline is of: a session's title, or the days of a period."
    )
    level: Decimal | None = strawberry.field(
        description="The number to reach: the value, or the baseline changed by it; null without a baseline."
    )
    actual: Decimal | None = strawberry.field(
        description="The number so far; null before it is computed, and for a quotient of nothing."
    )
    projected: Decimal | None = strawberry.field(
        description="While it goes on, the number at the end. Of a session: the number so far / the mean "
        "share that the up to ten sessions before it on its channel had of theirs after the same share of "
        "their length, where its own length is taken to be their median; people by the course of what they "
        "do (viewers: joins), quotients from both parts. Of a period: what adds up by the share of it that "
        "is over, quotients as they stand, people and peaks not. Null when over, under 3 sessions before, "
        "and where there is no course."
    )
    attainment: Decimal | None = strawberry.field(
        description="actual / level, and level / actual where less is better; 1 is reached."
    )
    projected_attainment: Decimal | None = strawberry.field(
        description="The same of the projection."
    )
    status: TargetStatus = strawberry.field(description="Where it stands.")
    warnings: list[TargetWarning] = strawberry.field(description="What is doubtful about it.")
    revisions: list[TargetRevision] = strawberry.field(description="Its history, the first change first.")


@strawberry.type(description="What a session may set out to reach in one metric.")
class TargetProposal:
    metric: MetricKey = strawberry.field(description="The number.")
    label: str = strawberry.field(description="The number's name for people.")
    unit: Unit = strawberry.field(description="How it is written.")
    currency: CurrencyCode | None = strawberry.field(
        description="The currency whose orders count; null where sales do not matter."
    )
    realistic: Decimal | None = strawberry.field(
        description="The median of those sessions; null with a reason."
    )
    challenging: Decimal | None = strawberry.field(
        description="Their 75th percentile, linear between neighbours; where less is better the 25th. Null "
        "with a reason."
    )
    sessions: BigInt = strawberry.field(description="How many of those sessions have the number.")
    reason: str | None = strawberry.field(description="Why nothing is proposed; null where something is.")


@strawberry.type(
    description="What a session may set out to reach: its objective's metrics, with values from the "
    "partner's last sessions (at most 10) of the same objective and channel that were over when it began."
)
class TargetProposals:
    basis: SalesBasis = strawberry.field(description="Which orders count.")
    sessions: BigInt = strawberry.field(description="How many sessions the values come from.")
    reason: str | None = strawberry.field(description="Why nothing is proposed; null where something is.")
    proposals: list[TargetProposal] = strawberry.field(
        description="One for each metric of the objective; empty without an objective."
    )


RetiredArgument = Annotated[
    bool, strawberry.argument(description="Whether retired ones are listed too.")
]


# -- shown -------------------------------------------------------------------------------------


def rounded(value: Decimal | None) -> Decimal | None:
    """A number half-even to six decimals, without zeros at its end."""
    return None if value is None else plain(value.quantize(SIX_DECIMALS, ROUND_HALF_EVEN))


def shown_revision(row: RevisionRow) -> TargetRevision:
    """A change as the API tells it."""
    return TargetRevision(
        at=row.at,
        who=row.who,
        why=None if row.why == RevisionRow.Why.SET else RevisionReason[row.why],
        note=row.note,
        old_value=rounded(row.old_value),
        new_value=rounded(row.new_value),
        old_owner=row.old_owner,
        new_owner=row.new_owner,
    )


def shown_target(told: Attained) -> Target:
    """A target as the API tells it."""
    row: TargetRow = told.target
    return Target(
        id=node_id(LETTER, row.id),
        metric=MetricKey[row.metric.upper()],
        about=MetricScope[row.about],
        label=told.metric.label,
        unit=Unit[told.metric.unit.name],
        cadence=Cadence[row.cadence] if row.cadence else None,
        starts_on=row.starts_on,
        kind=TargetKind[row.kind],
        value=plain(row.value),
        direction=BetterWhen[row.direction],
        basis=SalesBasis[row.basis] if row.basis else None,
        currency=CurrencyCode(row.currency) if row.currency else None,
        owner=row.owner,
        reason=row.reason,
        set_at=row.set_at,
        retired_at=row.retired_at,
        baseline=rounded(told.baseline),
        baseline_of=told.baseline_of or None,
        level=rounded(told.level),
        actual=rounded(told.actual),
        projected=rounded(told.projected),
        attainment=rounded(told.attainment),
        projected_attainment=rounded(told.projected_attainment),
        status=TargetStatus[told.status.name],
        warnings=[TargetWarning[warned.name] for warned in told.warnings],
        revisions=[shown_revision(revision) for revision in row.revisions.all()],
    )


def _too_few(sessions: int) -> str | None:
    return None if sessions >= FEWEST else f"{sessions} sessions before it; it takes {FEWEST}."


def _proposal(told: Proposal) -> TargetProposal:
    metric: Metric = told.metric
    return TargetProposal(
        metric=MetricKey[metric.key.upper()],
        label=metric.label,
        unit=Unit[metric.unit.name],
        currency=None if told.currency is None else CurrencyCode(told.currency),
        realistic=rounded(told.realistic),
        challenging=rounded(told.challenging),
        sessions=BigInt(told.sessions),
        reason=_too_few(told.sessions),
    )


def _proposals(told: Proposals, basis: SalesBasis) -> TargetProposals:
    return TargetProposals(
        basis=basis,
        sessions=BigInt(told.sessions),
        reason="The session has no objective." if told.objective is None else _too_few(told.sessions),
        proposals=[_proposal(one) for one in told.proposals],
    )


@strawberry.type
class TargetsOfSession(SessionPart):
    """Part of a live session: what it set out to reach."""

    @computed(description="What it is to reach, with owners and where each stands.")
    @reads(weight=20, size=10)
    def targets(self, info: Info, include_retired: RetiredArgument = False) -> list[Target]:
        answer = partial(
            session_targets,
            actor=needs(info, "read"),
            now=info.context.now,
            with_retired=include_retired,
        )
        found = self.siblings.load(("targets", include_retired), answer)
        return [shown_target(told) for told in found.get(self.identity, [])]

    @computed(description="What it may set out to reach, from the partner's own sessions before it.")
    @reads(weight=10)
    def target_proposals(self, info: Info, basis: BasisArgument = SalesBasis.PAID) -> TargetProposals:
        answer = partial(
            session_proposals, actor=needs(info, "read"), now=info.context.now, basis=basis.name
        )
        return _proposals(self.siblings.load(("target proposals", basis), answer)[self.identity], basis)
