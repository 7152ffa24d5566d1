"""Chosen numbers under a name: saved and deleted by their owner, on record."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from analytics.metrics import METRICS, Metric, Scope
from analytics.models import MetricSelection
from commerce.access import Actor, scoped
from commerce.record import put_on_record

SUBJECT = "metric selection"


def selections(*, actor: Actor) -> QuerySet[MetricSelection]:
    """All selections of the actor's partners, by name."""
    return scoped(MetricSelection.objects.order_by("name", "id"), actor=actor)


def own_selections(*, actor: Actor) -> QuerySet[MetricSelection]:
    """The actor's own selections, by name."""
    return selections(actor=actor).filter(owner=actor.name[:200])


def metrics_of(selection: MetricSelection) -> list[Metric]:
    """What was chosen, as far as it is still declared."""
    known = {metric.key: metric for metric in METRICS if metric.scope is Scope.SESSION}
    return [known[key] for key in selection.metrics if key in known]


def save_selection(*, name: str, metrics: Sequence[Metric], actor: Actor, now: datetime) -> MetricSelection:
    """Keep a choice under a name; what the owner had under that name is replaced."""
    kept, _ = MetricSelection.objects.update_or_create(
        partner_id=actor.partner_id,
        owner=actor.name[:200],
        name=name,
        defaults={"metrics": [metric.key for metric in metrics], "changed_at": now},
    )
    _note(kept, "save_metric_selection", actor=actor, now=now)
    return kept


def delete_selection(selection_id: UUID, *, actor: Actor, now: datetime) -> MetricSelection | None:
    """Take an own choice away; None where there is no such one."""
    kept = own_selections(actor=actor).filter(id=selection_id).first()
    if kept is None:
        return None
    _note(kept, "delete_metric_selection", actor=actor, now=now)
    own_selections(actor=actor).filter(id=selection_id).delete()
    return kept


def _note(selection: MetricSelection, action: str, *, actor: Actor, now: datetime) -> None:
    put_on_record(
        actor=actor,
        partner_id=selection.partner_id,
        action=action,
        subject_kind=SUBJECT,
        subject_id=selection.id,
        now=now,
        details={"name": selection.name, "metrics": selection.metrics},
    )
