"""Sessions day after day, with as many viewers and buyers as are asked for."""

from typing import Any, Final

from commerce.models import Partner
from tests.factories import deliver, event, fill, minute

Raw = dict[str, Any]
DAY: Final = 24 * 60
SIZES: Final = [(90, 9), (10, 1), (20, 6), (30, 9), (40, 4)]


def live(number: int, *, viewers: int, buyers: int = 0, at: float | None = None, **told: Any) -> list[Raw]:
    """A session of an hour on a day of its own, with so many viewers of whom the first few bought."""
    subject, start = f"s{number:02d}", number * DAY if at is None else at
    items = [{"item_id": "bag", "quantity": 1, "price": "10.00"}]
    return [
        event("live_session_started", minute(start), subject=subject, heartbeats=False, **told),
        event("live_session_ended", minute(start + 60), subject=subject),
        *(
            event("live_view_started", minute(start), subject=subject, viewer_id=f"v{n}")
            for n in range(viewers)
        ),
        *(
            event(
                "purchase", minute(start + 9), subject=subject, transaction_id=f"{subject}-{n}", items=items,
                viewer_id=f"v{n}", customer_id=f"c{n}",
            )
            for n in range(buyers)
        ),
    ]  # fmt: skip


def season(partner: Partner, sizes: list[tuple[int, int]], **told: Any) -> list[Raw]:
    """Sessions on the days before now, the last one today; delivered and filled."""
    first = 5 - len(sizes)
    events = [
        one
        for place, (viewers, buyers) in enumerate(sizes)
        for one in live(place, viewers=viewers, buyers=buyers, at=(first + place) * DAY - 120, **told)
    ]
    assert deliver(partner, events).rejected == 0
    fill(partner)
    return events
