"""Tasks of campaigns: claims approved when their return window is over, and estimates kept up."""

from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from kol import statements


@shared_task(name="kol.settle")
def settle(*, partner_id: str, **_: Any) -> None:
    """Approve a partner's claims that are due, and bring its estimates up to what waits."""
    statements.settle(partner_id=UUID(partner_id), now=timezone.now())


@shared_task(name="kol.settle_all")
def settle_all(**_: Any) -> None:
    """Hint at whoever has claims that are due, or estimates; each partner is a task of its own."""
    for partner_id in statements.partners_to_settle(now=timezone.now()):
        settle.apply_async(kwargs={"partner_id": str(partner_id)}, expires=600)
