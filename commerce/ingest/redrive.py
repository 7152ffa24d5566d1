"""Driving refused events through the door again, after a fix."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from commerce.connection import worker_connection
from commerce.ingest.door import Outcome, accept

BATCH: Final = 1000
"""Bodies held in memory at a time."""


def redrive(*, partner_id: UUID, now: datetime, ids: Sequence[UUID] | None = None) -> Outcome:
    """Send refused events of a partner in again (all open ones, or these); twice has the effect of once."""
    total = Outcome()
    part = _after(None, partner_id=partner_id, ids=ids)
    while part:
        outcome = accept([bytes(body) for _, body in part], partner_id=partner_id, now=now)
        for failure in outcome.errors:
            failure.index += total.received
        total.add(outcome)
        _close(part, partner_id=partner_id, now=now)
        part = _after(part[-1][0], partner_id=partner_id, ids=ids)
    return total


def _after(last: UUID | None, *, partner_id: UUID, ids: Sequence[UUID] | None) -> list[tuple[UUID, bytes]]:
    """The next open ones, in the order of their first refusal: a row keeps its id when refused again."""
    chosen = None if ids is None else list(ids)
    return (
        worker_connection()
        .execute(
            "SELECT id, body FROM commerce_rejection WHERE partner_id = %s AND redriven_at IS NULL "
            # Without a body: it went with the person it was about, or its time was over.
            "AND body <> '' "
            "AND (%s::uuid IS NULL OR id > %s) AND (%s::uuid[] IS NULL OR id = ANY(%s::uuid[])) "
            "ORDER BY id LIMIT %s",
            [partner_id, last, last, chosen, chosen, BATCH],
        )
        .fetchall()
    )


def _close(part: Sequence[tuple[UUID, bytes]], *, partner_id: UUID, now: datetime) -> None:
    """Close those not refused again just now (a refusal stamps its row with the time of this run)."""
    worker_connection().execute(
        "UPDATE commerce_rejection SET redriven_at = %s "
        "WHERE partner_id = %s AND id = ANY(%s) AND received_at <> %s",
        [now, partner_id, [identity for identity, _ in part], now],
    )
