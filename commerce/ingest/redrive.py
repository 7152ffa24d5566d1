"""Driving refused events through the door again, after a fix."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from commerce.connection import worker_connection
from commerce.ingest.door import Outcome, accept

BATCH = 1000


def redrive(*, partner_id: UUID, now: datetime, ids: Sequence[UUID] | None = None) -> Outcome:
    """Send refused events of a partner in again (all open ones, or these); twice has the effect of once."""
    connection = worker_connection()
    rows = connection.execute(
        "SELECT id, body FROM commerce_rejection WHERE partner_id = %s AND redriven_at IS NULL "
        "AND (%s::uuid[] IS NULL OR id = ANY(%s::uuid[])) ORDER BY received_at, id",
        [partner_id, None if ids is None else list(ids), None if ids is None else list(ids)],
    ).fetchall()
    total = Outcome()
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        outcome = accept([bytes(body) for _, body in part], partner_id=partner_id, now=now)
        total.add(outcome)
        _close(part, partner_id=partner_id, now=now)
    return total


def _close(part: Sequence[tuple[UUID, bytes]], *, partner_id: UUID, now: datetime) -> None:
    """Close those not refused again just now (a refusal stamps its row with the time of this run)."""
    worker_connection().execute(
        "UPDATE commerce_rejection SET redriven_at = %s "
        "WHERE partner_id = %s AND id = ANY(%s) AND received_at <> %s",
        [now, partner_id, [identity for identity, _ in part], now],
    )
