"""Setting, revising and retiring targets: what people decide, checked, kept with its history, on record."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from django.db import IntegrityError, transaction

from analytics.metrics import (
    METRICS,
    Additivity,
    Apart,
    Cadence,
    Direction,
    Fact,
    Metric,
    Scope,
    Unit,
    metric_of,
)
from analytics.models import Target, TargetRevision
from analytics.plans.periods import period_of
from analytics.queries.periods import is_apart, parts_of
from commerce.access import Actor, scoped
from commerce.record import put_on_record

KINDS_OF_POINTS: Final = (Unit.RATE, Unit.RATIO)
LARGEST: Final = Decimal(10) ** 15
SMALLEST_STEP: Final = -6
LONGEST_TEXT: Final = 2000
LONGEST_NAME: Final = 200
DEFAULT_BASIS: Final = "PAID"
OF_PEOPLE: Final = (Apart.VISITORS, Apart.LEADS)
"""People of the shop whom no order makes; unless it is those who bought."""


class Refused(Exception):  # noqa: N818 - named for what it says
    """A change that cannot be made: which part of it, and why."""

    def __init__(
        self, field: str, message: str, *, kind: Literal["invalid", "not_found", "conflict"] = "invalid"
    ) -> None:
        super().__init__(message)
        self.field, self.message, self.kind = field, message, kind


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A target as somebody asks for it: of one session, or of every period of a cadence."""

    partner_id: UUID
    currency: str
    """Of the session, else of the partner, or the one asked for."""
    metric: str
    about: Scope
    session_id: UUID | None
    cadence: Cadence | None
    today: date
    """By the partner's calendar."""
    week_starts_on: int
    day: date | None
    """A day of the first period it is for; None: the current one."""
    kind: str
    value: Decimal
    direction: Direction | None
    basis: str
    owner: str
    reason: str


def metric_of_target(target: Target) -> Metric:
    """The declaration of what a target is about."""
    return metric_of(Scope(target.about), target.metric)


def is_reachable(metric: Metric) -> bool:
    """Whether a metric can have a target: it is stored and not of an instant, or divided from such.

    Of the shop also what is read apart: a period of it has each of its numbers.
    """
    if is_apart(metric):
        return not metric.awaits
    return all(
        part.fact is not Fact.DERIVED
        and part.unit is not Unit.MOMENT
        and part.additivity is not Additivity.NONE
        for part in parts_of(metric)
    )


def is_of_sales(metric: Metric) -> bool:
    """Whether a metric has a currency and a basis."""
    return any(_counts_sales(part) for part in parts_of(metric))


def _counts_sales(part: Metric) -> bool:
    if is_apart(part):
        return part.apart not in OF_PEOPLE or bool(part.by_basis)
    return part.fact in (Fact.ORDERS, Fact.CARTS)


def set_target(wish: Wish, *, actor: Actor, now: datetime) -> Target:
    """Set a target; raises `Refused`. One metric has one target of the same session or cadence at a time."""
    metric, direction = _metric(wish), _direction(wish)
    _check_value(metric, wish.kind, wish.value, direction)
    target = Target(
        partner_id=wish.partner_id,
        metric=metric.key,
        about=metric.scope.value,
        session_id=wish.session_id,
        cadence="" if wish.cadence is None else wish.cadence.name,
        starts_on=_starts_on(wish),
        kind=wish.kind,
        value=wish.value,
        direction=direction.value,
        basis=wish.basis if is_of_sales(metric) else "",
        currency=wish.currency if is_of_sales(metric) else "",
        owner=_owner(wish.owner),
        reason=_text("reason", wish.reason),
        set_at=now,
    )
    try:
        with transaction.atomic():
            target.save(force_insert=True)
    except IntegrityError:
        raise Refused(
            "metric", "There is such a target already: revise or retire it.", kind="conflict"
        ) from None
    _note(target, actor=actor, now=now, why=TargetRevision.Why.SET, note=target.reason, old=None)
    return target


def revise_target(
    target_id: UUID | None,
    *,
    value: Decimal | None,
    owner: str | None,
    why: str,
    note: str,
    actor: Actor,
    now: datetime,
) -> Target:
    """Give a target another value or owner, and say why; raises `Refused`."""
    target = _open(target_id, actor=actor)
    old = (target.value, target.owner)
    if value is not None:
        _check_value(metric_of_target(target), target.kind, value, Direction(target.direction))
        target.value = value
    if owner is not None:
        target.owner = _owner(owner)
    if (target.value, target.owner) == old:
        raise Refused("value", "Nothing changes: give another value or another owner.")
    _text("note", note)
    target.save(update_fields=["value", "owner"])
    _note(target, actor=actor, now=now, why=why, note=note, old=old)
    return target


def retire_target(target_id: UUID | None, *, why: str, note: str, actor: Actor, now: datetime) -> Target:
    """End a target, which stays with its history; raises `Refused`."""
    target = _open(target_id, actor=actor)
    _text("note", note)
    target.retired_at = now
    target.save(update_fields=["retired_at"])
    _note(target, actor=actor, now=now, why=why, note=note, old=(target.value, target.owner))
    return target


def _open(target_id: UUID | None, *, actor: Actor) -> Target:
    rows = scoped(Target.objects.select_for_update(), actor=actor)
    target = None if target_id is None else rows.filter(id=target_id).first()
    if target is None:
        raise Refused("id", "No target has this id.", kind="not_found")
    if target.retired_at is not None:
        raise Refused("id", "This target is retired.", kind="conflict")
    return target


def _note(
    target: Target, *, actor: Actor, now: datetime, why: str, note: str, old: tuple[Decimal, str] | None
) -> None:
    """One entry in the target's own history, and one on record."""
    is_retired = target.retired_at is not None
    old_value, old_owner = (None, "") if old is None else old
    new_value = None if is_retired else target.value
    TargetRevision.objects.create(
        partner_id=target.partner_id,
        target=target,
        at=now,
        who=actor.name[:LONGEST_NAME],
        why=why,
        note=note,
        old_value=old_value,
        new_value=new_value,
        old_owner=old_owner,
        new_owner="" if is_retired else target.owner,
    )
    put_on_record(
        actor=actor,
        partner_id=target.partner_id,
        action="retire_target" if is_retired else "set_target" if old is None else "revise_target",
        subject_kind="target",
        subject_id=target.id,
        now=now,
        reason=note,
        details={
            "metric": target.metric,
            "why": str(why),
            "old_value": None if old_value is None else str(old_value),
            "new_value": None if new_value is None else str(new_value),
        },
    )


# -- what may be asked for ---------------------------------------------------------------------


def _metric(wish: Wish) -> Metric:
    scopes = (Scope.SESSION,) if wish.session_id is not None else (Scope.SESSION, Scope.SHOP)
    if wish.about not in scopes:
        raise Refused("about", f"Targets here are about {' or '.join(one.value for one in scopes)}.")
    metric = next((one for one in METRICS if one.scope is wish.about and one.key == wish.metric), None)
    if metric is None:
        raise Refused("metric", f"{wish.about.value} has no such metric.")
    if not is_reachable(metric):
        raise Refused("metric", "Targets are set for what adds up, peaks, and what is divided from such.")
    return metric


def _starts_on(wish: Wish) -> date | None:
    if wish.cadence is None:
        return None
    current, first = (
        period_of(wish.cadence, day, week_starts_on=wish.week_starts_on).starts_on
        for day in (wish.today, wish.day or wish.today)
    )
    if first < current:
        raise Refused("starts_on", "Its first period is the current one or a later one.")
    return first


def _direction(wish: Wish) -> Direction:
    direction = wish.direction or metric_of(wish.about, wish.metric).direction
    if direction is Direction.NEUTRAL:
        raise Refused("direction", "Say which way is better: UP or DOWN.")
    return direction


def _check_value(metric: Metric, kind: str, value: Decimal, direction: Direction) -> None:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < SMALLEST_STEP or abs(value) >= LARGEST:
        raise Refused("value", "At most six decimals and fifteen digits before them.")
    if kind == Target.Kind.ABSOLUTE:
        lowest_is_in = direction is Direction.DOWN
        if value < 0 or (value == 0 and not lowest_is_in):
            raise Refused("value", "More than 0; 0 itself only where less is better.")
        if metric.unit is Unit.RATE and value > 1:
            raise Refused("value", "A rate of people is at most 1.")
    elif kind == Target.Kind.RELATIVE_CHANGE:
        if not -1 < value <= 100 or value == 0:
            raise Refused("value", "A share of the baseline: above -1, at most 100, and not 0; 0.1 is +10 %.")
    elif metric.unit not in KINDS_OF_POINTS:
        raise Refused("kind", "Only rates and ratios have percentage points.")
    elif not -100 <= value <= 100 or value == 0:
        raise Refused("value", "Points from -100 to 100, and not 0; 2 is from 10 % to 12 %.")


def _owner(text: str) -> str:
    owner = text.strip()
    if not owner or len(owner) > LONGEST_NAME:
        raise Refused("owner", f"Somebody owns a target: 1 to {LONGEST_NAME} characters.")
    return owner


def _text(field: str, text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise Refused(field, f"At most {LONGEST_TEXT} characters.")
    return text
