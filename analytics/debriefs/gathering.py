"""What a debrief is made of: a session's numbers beside targets, its own past and what is known of others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from analytics.metrics import FIVE, Metric, Scope, metric_of
from analytics.plans.judgement import Attained
from analytics.plans.standing import session_targets
from analytics.queries import STAGES, Numbers, Reading, reading, session_funnels, session_trends
from analytics.queries.advice import learnt, product_names
from analytics.queries.dropoffs import steepest_loss
from analytics.queries.histories import session_histories, usual_steps
from analytics.queries.predictions import uses_a_model
from analytics.queries.showings import Shown, session_showings
from commerce.access import Actor

BASIS: Final = "PAID"
LOSS_MINUTES: Final = 10
MINUTE: Final = timedelta(minutes=1)
MOST_LEADS: Final = 3
# What later facts may change most, to be compared with the first debrief.
HEADLINES: Final = tuple(
    metric_of(Scope.SESSION, key)
    for key in ("viewers", "converted_viewers", "orders", "live_sales", "refunds")
)


@dataclass(frozen=True, kw_only=True)
class Main:
    """One of the five, with what it is measured by."""

    metric: Metric
    told: Reading
    usual: Fraction | None
    target: Attained | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of the funnel, by viewers: how many of those before took it, and how many as a rule do."""

    stage: str
    count: int
    before: int
    usual: Fraction | None


@dataclass(frozen=True, kw_only=True)
class Lost:
    """The ten minutes that lost most, and what was on screen in them."""

    starts_at: datetime
    minutes: int
    audience: int
    lost: int
    on_screen: list[str]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything a debrief speaks of; `headlines` are exact decimals by key."""

    numbers: Numbers
    five: list[Main]
    steps: list[Step]
    lost: Lost | None
    moments: list[Shown]
    leads: list[tuple[str, Decimal]]
    headlines: dict[str, str]
    has_predictions: bool
    """Whether a model that passed its backtest foretells what the partner's customers will buy."""


def gather(session_id: UUID, *, actor: Actor, now: datetime) -> Facts:
    """Read what a debrief of one session is made of."""
    history = session_histories([session_id], actor=actor, basis=BASIS, now=now)[session_id]
    targets = session_targets([session_id], actor=actor, now=now)[session_id]
    moments = session_showings([session_id], actor=actor)[session_id]
    return Facts(
        numbers=history.numbers,
        five=[
            Main(
                metric=main,
                told=reading(main, history.numbers),
                usual=history.usual(main),
                target=next((one for one in targets if one.metric == main and one.level is not None), None),
            )
            for main, *_ in (group for group in FIVE if group)
        ],
        steps=_steps(session_id, actor=actor, now=now),
        lost=_lost(session_id, moments, actor=actor),
        moments=moments,
        leads=_leads(actor),
        headlines={metric.key: str(history.numbers.stored[metric.key]) for metric in HEADLINES},
        has_predictions=uses_a_model(actor=actor, currency=history.numbers.currency),
    )


def _steps(session_id: UUID, *, actor: Actor, now: datetime) -> list[Step]:
    counts = session_funnels([session_id], actor=actor, unit="VIEWERS")[session_id]
    usual = usual_steps([session_id], actor=actor, unit="VIEWERS", now=now)[session_id]
    return [
        Step(stage=stage, count=count, before=before, usual=median)
        for stage, count, before, (median, _) in zip(STAGES[1:], counts[1:], counts, usual[1:], strict=False)
        if count is not None and before
    ]


def _lost(session_id: UUID, moments: list[Shown], *, actor: Actor) -> Lost | None:
    metrics = [metric_of(Scope.SESSION, key) for key in ("joins", "leaves")]
    trend = session_trends([session_id], actor=actor, metrics=metrics).get(session_id)
    if trend is None or trend.is_too_long:
        return None
    net = [int(came - went) for came, went in zip(*trend.columns, strict=True)]
    loss = steepest_loss(net, minutes=LOSS_MINUTES)
    if loss is None:
        return None
    starts_at = trend.minutes[loss.first]
    ends_at = starts_at + loss.minutes * MINUTE
    shown = [
        one.name or one.external_id
        for one in moments
        if one.featured_at < ends_at and one.ends_at > starts_at
    ]
    return Lost(
        starts_at=starts_at,
        minutes=loss.minutes,
        audience=loss.audience,
        lost=loss.lost,
        on_screen=list(dict.fromkeys(shown)),
    )


def _leads(actor: Actor) -> list[tuple[str, Decimal]]:
    _, told = learnt(actor=actor).get("LEADS", (None, []))
    best: list[dict[str, Any]] = [one for one in told if one["expectedPerViewer"] is not None][:MOST_LEADS]
    names = product_names([UUID(one["productId"]) for one in best], actor=actor)
    return [
        (names[UUID(one["productId"])][1], Decimal(one["expectedPerViewer"]))
        for one in best
        if UUID(one["productId"]) in names
    ]
