"""Tasks of the numbers: refresh what a hint names, and sweep for what no hint named."""

import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from analytics import advice, debriefs, fills, followups
from analytics.fills import uplift
from analytics.lifetime import beside, predicting
from analytics.plans import reporting

BUDGET_SECONDS: Final = 45.0
"""A task ends before its soft limit; what is left waits for the next sweep."""
SLICE_SECONDS: Final = 2.0
"""After so long the time is read anew: what was known when is told by it."""


def _after(seconds: float) -> Callable[[], bool]:
    """Whether so many seconds have passed since now."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


@shared_task(name="analytics.refresh")
def refresh(*, partner_id: str, **_: Any) -> None:
    """Recompute what is stale of one partner."""
    is_over = _after(BUDGET_SECONDS)
    while not is_over() and fills.refresh_partner(
        partner_id=UUID(partner_id), now=timezone.now(), deadline=_after(SLICE_SECONDS), kinds=fills.AT_ONCE
    ):
        continue


@shared_task(name="analytics.sweep")
def sweep(**_: Any) -> None:
    """Hint at whatever is stale of anybody; each partner is a task of its own: none holds up another."""
    for partner_id in fills.waiting_partners():
        refresh.apply_async(kwargs={"partner_id": str(partner_id)}, expires=30)


# The first fill of a large partner takes minutes; less than until its message would be sent again.
@shared_task(name="analytics.attribute", soft_time_limit=240, time_limit=270)
def attribute(*, partner_id: str, **_: Any) -> None:
    """Recompute a partner's stale campaigns: touches, credits, and what is told of them."""
    fills.attribute_partner(partner_id=UUID(partner_id), now=timezone.now())
    # Who won customers may be somebody else now: they do not wait for a minute of their own after this one.
    follow_customers.apply_async(kwargs={"partner_id": partner_id}, expires=60)


@shared_task(name="analytics.attribute_all")
def attribute_all(**_: Any) -> None:
    """Hint at whoever has stale campaigns."""
    for partner_id in fills.partners_to_attribute():
        attribute.apply_async(kwargs={"partner_id": str(partner_id)}, expires=60)


@shared_task(name="analytics.follow_customers", soft_time_limit=240, time_limit=270)
def follow_customers(*, partner_id: str, **_: Any) -> None:
    """Recompute a partner's stale customers and cohorts."""
    fills.refresh_partner(partner_id=UUID(partner_id), now=timezone.now(), kinds=fills.OF_CUSTOMERS)


@shared_task(name="analytics.follow_customers_all")
def follow_customers_all(**_: Any) -> None:
    """Hint at whoever has stale customers."""
    for partner_id in fills.partners_with_customers():
        follow_customers.apply_async(kwargs={"partner_id": str(partner_id)}, expires=60)


@shared_task(name="analytics.advise")
def advise(*, partner_id: str, **_: Any) -> None:
    """Say what to do next in a partner's live sessions."""
    advice.advise(partner_id=UUID(partner_id), now=timezone.now())


@shared_task(name="analytics.advise_all")
def advise_all(**_: Any) -> None:
    """Hint at whoever is on air."""
    for partner_id in advice.partners_on_air(now=timezone.now()):
        advise.apply_async(kwargs={"partner_id": str(partner_id)}, expires=15)


@shared_task(name="analytics.learn")
def learn(*, partner_id: str, **_: Any) -> None:
    """Work out what a partner's past sessions teach."""
    advice.learn_from_past(partner_id=UUID(partner_id), now=timezone.now())


@shared_task(name="analytics.learn_all")
def learn_all(**_: Any) -> None:
    """Hint at whoever's past was not looked at for an hour."""
    for partner_id in advice.partners_to_learn_from(now=timezone.now()):
        learn.apply_async(kwargs={"partner_id": str(partner_id)}, expires=1800)


@shared_task(name="analytics.debrief")
def debrief(*, partner_id: str, **_: Any) -> None:
    """Say what was found in a partner's ended sessions."""
    debriefs.write_due(partner_id=UUID(partner_id), now=timezone.now())


@shared_task(name="analytics.debrief_all")
def debrief_all(**_: Any) -> None:
    """Hint at whoever has ended sessions without a debrief."""
    for partner_id in debriefs.partners_with_ended_sessions(now=timezone.now()):
        debrief.apply_async(kwargs={"partner_id": str(partner_id)}, expires=60)


@shared_task(name="analytics.compare_customers", soft_time_limit=240, time_limit=270)
def compare_customers(*, partner_id: str, **_: Any) -> None:
    """Work out what a partner's live customers are worth beside others."""
    beside.compare_customers(partner_id=UUID(partner_id), now=timezone.now())


@shared_task(name="analytics.compare_customers_all")
def compare_customers_all(**_: Any) -> None:
    """Hint at everybody who has customers."""
    for partner_id in beside.partners_with_customers():
        compare_customers.apply_async(kwargs={"partner_id": str(partner_id)}, expires=1800)


@shared_task(name="analytics.list_follow_ups", soft_time_limit=240, time_limit=270)
def list_follow_ups(*, partner_id: str, **_: Any) -> None:
    """Say whom to follow up after a partner's sessions that have ended."""
    followups.make_due(partner_id=UUID(partner_id), now=timezone.now())


@shared_task(name="analytics.list_follow_ups_all")
def list_follow_ups_all(**_: Any) -> None:
    """Hint at whoever has ended sessions without a list."""
    for partner_id in followups.partners_with_ended_sessions(now=timezone.now()):
        list_follow_ups.apply_async(kwargs={"partner_id": str(partner_id)}, expires=600)


@shared_task(name="analytics.estimate_uplift")
def estimate_uplift(*, partner_id: str, **_: Any) -> None:
    """Estimate what a partner's giveaways and promotions go along with."""
    uplift.estimate_uplift(partner_id=UUID(partner_id), now=timezone.now())


@shared_task(name="analytics.estimate_uplifts")
def estimate_uplifts(**_: Any) -> None:
    """Hint at whoever's giveaways were not looked at for an hour."""
    for partner_id in uplift.partners_to_estimate(now=timezone.now()):
        estimate_uplift.apply_async(kwargs={"partner_id": str(partner_id)}, expires=1800)


# All customers of a large partner at once; less than until its message would be sent again.
@shared_task(name="analytics.predict", soft_time_limit=240, time_limit=270)
def predict(*, partner_id: str, **_: Any) -> None:
    """Predict what a partner's customers will buy, once on each of his days."""
    predicting.predict_customers(partner_id=UUID(partner_id), now=timezone.now())


@shared_task(name="analytics.predict_all")
def predict_all(**_: Any) -> None:
    """Hint at whoever has customers that were not looked at today."""
    for partner_id in predicting.partners_to_predict(now=timezone.now()):
        predict.apply_async(kwargs={"partner_id": str(partner_id)}, expires=1800)


@shared_task(name="analytics.report")
def report(*, partner_id: str, **_: Any) -> None:
    """Make the reports of one partner's periods that have closed."""
    reporting.report_closed(partner_id=UUID(partner_id), now=timezone.now())


@shared_task(name="analytics.report_all")
def report_all(**_: Any) -> None:
    """Hint at reports that may be due; each partner is a task of its own."""
    for partner_id in reporting.all_partners():
        report.apply_async(kwargs={"partner_id": str(partner_id)}, expires=1800)


@shared_task(name="analytics.thin")
def thin(*, partner_id: str, **_: Any) -> None:
    """Let go of what was known from second to second while a partner's sessions were live."""
    fills.thin_history(partner_id=UUID(partner_id), now=timezone.now())


@shared_task(name="analytics.thin_all")
def thin_all(**_: Any) -> None:
    """Hint at whoever has a history of seconds that is a day old."""
    for partner_id in fills.partners_to_thin(now=timezone.now()):
        thin.apply_async(kwargs={"partner_id": str(partner_id)}, expires=1800)
