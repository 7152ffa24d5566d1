"""Reviews of closed periods: opened with their reports, done once by somebody who says what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from analytics.metrics import Cadence, Metric
from analytics.models import CadenceReport, Review
from analytics.plans.reporting import metrics_of
from analytics.plans.words import Content, metric_told
from commerce.access import Actor, scoped
from kol.changes import rules
from kol.changes.acts import put_down
from kol.refusals import conflict, not_found


@dataclass(frozen=True, kw_only=True)
class Item:
    """A number to look at, and the target somebody set for it, where there is one."""

    metric: Metric
    target: Content | None


def report_rows(*, actor: Actor) -> QuerySet[Any]:
    """Every version of every report, each with whether it `is_outdated`."""
    slot = {name: OuterRef(name) for name in ("partner_id", "cadence", "starts_on")}
    later = CadenceReport.objects.filter(**slot, version__gt=OuterRef("version"))
    return scoped(CadenceReport.objects.annotate(is_outdated=Exists(later)), actor=actor)


def latest_reports(reviews: Iterable[Review], *, actor: Actor) -> dict[UUID, Any]:
    """The latest report of each review's period, by the review; one statement."""
    slots = {(one.partner_id, one.cadence, one.starts_on): one.id for one in reviews}
    days = {starts_on for _, _, starts_on in slots}
    rows = report_rows(actor=actor).filter(is_outdated=False, starts_on__in=days)
    told = {slots.get((row.partner_id, row.cadence, row.starts_on)): row for row in rows}
    return {identity: row for identity, row in told.items() if identity is not None}


def reviews(*, actor: Actor, due: bool | None = None) -> QuerySet[Review]:
    """Reviews of the actor's partners: those that are due, those that are done, or all of them."""
    rows = scoped(Review.objects.all(), actor=actor)
    return rows if due is None else rows.filter(done_at__isnull=due)


def looked_at(cadence: Cadence) -> list[Metric]:
    """The numbers whose declared cadence it is."""
    return [metric for metric in metrics_of(cadence) if metric.cadence is cadence]


def items_of(cadence: Cadence, content: Content | None) -> list[Item]:
    """What there is to look at: the numbers of the cadence, then what else had a target in the period."""
    targets: dict[Metric, list[Content]] = {metric: [] for metric in looked_at(cadence)}
    for target in () if content is None else content["targets"]:
        targets.setdefault(metric_told(target), []).append(target)
    return [
        Item(metric=metric, target=target)
        for metric, found in targets.items()
        for target in (found or (None,))
    ]


def complete_review(review_id: UUID | None, *, note: str, actor: Actor, now: datetime) -> Review:
    """Note that a period was looked at, and what came of it; raises `Refused`. On record."""
    rows = scoped(Review.objects.select_for_update(), actor=actor)
    review = None if review_id is None else rows.filter(id=review_id).first()
    if review is None:
        raise not_found("id", what="review")
    if review.done_at is not None:
        raise conflict("id", message=f"It was done by {review.who}.")
    told = rules.text("note", note, longest=rules.LONGEST_REASON, least=1)
    report = latest_reports([review], actor=actor).get(review.id)
    review.done_at, review.who, review.note = now, actor.name[: rules.LONGEST_NAME], told
    review.version = None if report is None else report.version
    review.save(update_fields=["done_at", "who", "note", "version"])
    details = {name: getattr(review, name) for name in ("cadence", "starts_on", "version")}
    put_down(review, "complete_review", actor=actor, reason=told, now=now, details=details)
    return review
