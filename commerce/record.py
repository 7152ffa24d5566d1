"""Putting on record what people and keys change, or take out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from commerce.access import Actor
from commerce.models import RecordEntry


def put_on_record(
    *,
    actor: Actor,
    partner_id: UUID,
    action: str,
    subject_kind: str,
    subject_id: UUID | None,
    now: datetime,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    using: str = "default",
) -> None:
    """Write one entry, in the transaction of the act itself: neither is there without the other.

    `using` is the connection of that transaction: `worker` where the act is the worker's.
    """
    RecordEntry.objects.using(using).create(
        partner_id=partner_id,
        at=now,
        who=actor.name[:200],
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        reason=reason,
        details=dict(details or {}),
    )
