"""Saying that what people changed of a campaign is to be computed again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from commerce.models import Stale

ALL_TIME: Final = None


def campaigns_changed(
    campaign_ids: Iterable[UUID],
    *,
    partner_id: UUID,
    now: datetime,
    since: datetime | None = ALL_TIME,
    using: str = "default",
) -> None:
    """Leave a mark for each campaign, in the transaction of the change: nothing before `since` is touched."""
    Stale.objects.using(using).bulk_create(
        Stale(
            partner_id=partner_id,
            kind=Stale.Kind.CAMPAIGN,
            subject=str(campaign),
            since=since,
            is_whole=since is None,
            marked_at=now,
        )
        for campaign in campaign_ids
    )
