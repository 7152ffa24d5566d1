"""Appeals against violations: open -> appealed -> upheld or overturned, each step once and on record."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from commerce.access import Actor, scoped
from commerce.models import Violation, ViolationAppeal
from commerce.record import put_on_record


class NotNow(Exception):  # noqa: N818 - a verdict on a step, not a fault of the program
    """The violation is not in a state from which this step can be taken; says which it is in."""


def find_violation(violation_id: UUID, *, actor: Actor) -> Violation | None:
    """A violation of the actor's partners."""
    return scoped(Violation.objects.defer("versions"), actor=actor).filter(id=violation_id).first()


def appeal(violation: Violation, *, actor: Actor, text: str, now: datetime) -> ViolationAppeal:
    """Contest an open violation, saying why; raises `NotNow` for one that was contested before."""
    try:
        with transaction.atomic():
            made = ViolationAppeal.objects.create(
                partner_id=violation.partner_id,
                violation=violation,
                state=ViolationAppeal.State.APPEALED,
                text=text,
                appealed_at=now,
                appealed_by=actor.name[:200],
            )
    except IntegrityError:
        state = _appeals(violation, actor).values_list("state", flat=True).first()
        raise NotNow(f"The violation was contested before; it is {str(state).lower()} now.") from None
    _record(violation, "appeal_violation", actor=actor, reason=text, now=now, state=made.state)
    return made


def decide(
    violation: Violation, *, actor: Actor, outcome: ViolationAppeal.State, text: str, now: datetime
) -> ViolationAppeal:
    """Write down what the platform decided, UPHELD or OVERTURNED; raises `NotNow` unless it is appealed."""
    if outcome is ViolationAppeal.State.APPEALED:
        raise ValueError("A decision is UPHELD or OVERTURNED.")
    rows = _appeals(violation, actor)
    # One statement looks and writes: of two who decide at once, one is told that it is too late.
    decided = rows.filter(state=ViolationAppeal.State.APPEALED).update(
        state=outcome, decision=text, decided_at=now, decided_by=actor.name[:200]
    )
    held = rows.first()
    if held is None:
        raise NotNow("The violation is open: it has to be appealed first.")
    if not decided:
        raise NotNow(f"The appeal was decided before; it is {held.state.lower()}.")
    _record(violation, "decide_appeal", actor=actor, reason=text, now=now, state=held.state)
    return held


def _appeals(violation: Violation, actor: Actor) -> "QuerySet[ViolationAppeal]":
    return scoped(ViolationAppeal.objects.filter(violation=violation), actor=actor)


def _record(
    violation: Violation, action: str, *, actor: Actor, reason: str, now: datetime, state: str
) -> None:
    put_on_record(
        actor=actor,
        partner_id=violation.partner_id,
        action=action,
        subject_kind="violation",
        subject_id=violation.pk,
        reason=reason,
        now=now,
        details={"state": state},
    )
