"""Marketing money, as the events state it."""

from datetime import date, timedelta
from typing import Any

from commerce.ingest.vocabulary import Spent


def spent(data: Spent) -> dict[str, Any]:
    """What an event says was spent, as columns; the same day twice is that one day."""
    starts_on, ends_on = date.fromisoformat(data.from_), date.fromisoformat(data.to)
    return {
        "amount": data.amount,
        "currency": data.currency,
        "starts_on": starts_on,
        "ends_on": max(ends_on, starts_on + timedelta(days=1)),
        "channel": data.channel or "",
        "campaign": data.campaign or "",
        "purpose": data.purpose or "",
    }
