"""What tests start from: partners, and events as a source sends them."""

import itertools
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from analytics import fills
from commerce import ingest
from commerce.models import Partner, new_id

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOURCE = "/site/shop"
_numbers = itertools.count(1)


def partner(**given: Any) -> Partner:
    """A partner of its own; written as the worker, who may."""
    identity = new_id()
    values = {
        "slug": f"p-{identity.hex[-12:]}",
        "name": "A brand",
        "currency": "SGD",
        "timezone": "Asia/Singapore",
    }
    return Partner.objects.using("worker").create(id=identity, **{**values, **given})


def event(
    type_: str, time: datetime, *, id: str | None = None, subject: str | None = "live-1", **data: Any
) -> dict[str, Any]:
    """A CloudEvent; `sequence` goes to the envelope, everything else to its data."""
    told: dict[str, Any] = {
        "specversion": "1.0",
        "id": id or f"e{next(_numbers)}",
        "source": data.pop("source", SOURCE),
        "type": type_,
        "time": time.isoformat(),
    }
    if subject is not None:
        told["subject"] = subject
    if (sequence := data.pop("sequence", None)) is not None:
        told["sequence"] = sequence
    return {**told, "data": data}


def deliver(to: Partner, events: Iterable[Mapping[str, Any]], *, now: datetime = NOW) -> ingest.Outcome:
    """Send events through the door."""
    return ingest.accept([json.dumps(told).encode() for told in events], partner_id=to.id, now=now)


def fill(of: Partner, *, now: datetime = NOW) -> int:
    """Bring every number of a partner up to its facts."""
    return fills.refresh_partner(partner_id=of.id, now=now)


def minute(number: float, *, start: datetime = NOW - timedelta(days=5)) -> datetime:
    """A moment of the session that starts five days before now."""
    return start + timedelta(minutes=number)
