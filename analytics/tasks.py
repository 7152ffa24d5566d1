"""Tasks of the numbers: refresh what a hint names, and sweep for what no hint named."""

import time
from typing import Any, Final
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from analytics import fills

BUDGET_SECONDS: Final = 45.0
"""A task ends before its soft limit; what is left waits for the next sweep."""


@shared_task(name="analytics.refresh")
def refresh(*, partner_id: str, **_: Any) -> None:
    """Recompute what is stale of one partner."""
    until = time.monotonic() + BUDGET_SECONDS
    fills.refresh_partner(
        partner_id=UUID(partner_id), now=timezone.now(), deadline=lambda: time.monotonic() > until
    )


@shared_task(name="analytics.sweep")
def sweep(**_: Any) -> None:
    """Recompute whatever is stale of anybody."""
    until = time.monotonic() + BUDGET_SECONDS
    fills.refresh_everybody(now=timezone.now(), deadline=lambda: time.monotonic() > until)
