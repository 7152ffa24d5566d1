"""Who watched: from where, who they were, what they did, who came before, who bought for the first time."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.oracle.events import Event
from tests.oracle.orders import ZERO, OrderTruth
from tests.oracle.session import SessionTruth, ViewerTruth, seconds
from tests.oracle.world import World

Source = tuple[str, str, bool | None]  # (source, sub-source, whether it was paid for)
UNKNOWN: Source = ("", "", None)
WHITE = " \t\n\r"
AGE_BANDS = ("13-17", "18-24", "25-34", "35-44", "45-54", "55+")
ALSO_55 = ("55-64", "65+", "65-", "55-")
GENDERS = {
    "female": "FEMALE", "f": "FEMALE", "woman": "FEMALE", "male": "MALE", "m": "MALE", "man": "MALE",
    "other": "OTHER", "nonbinary": "OTHER", "non-binary": "OTHER", "diverse": "OTHER", "x": "OTHER",
}  # fmt: skip
HIDDEN_BELOW = 10


def word(value: object) -> str:
    """A text without white space around it, at most 100 characters; empty where none is told."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip(WHITE)[:100]


def flag(value: object) -> bool | None:
    """A truth value, where one is told."""
    return value if isinstance(value, bool) else None


def source_of(event: Event) -> Source:
    """Where an event says it came from: the traffic source, else the campaign."""
    data = event.data
    paid = flag(data.get("paid"))
    if source := word(data.get("traffic_source")):
        return (source, word(data.get("traffic_sub_source")), paid)
    utm = data.get("utm")
    if not isinstance(utm, dict) or not word(utm.get("source")):
        return UNKNOWN
    medium = word(utm.get("medium"))
    if paid is None and medium:
        paid = bool(re.fullmatch("cpc|cpm|cpv|cpa|cpp|ppc|retargeting|paid.*", medium.lower(), re.DOTALL))
    return (word(utm.get("source")), medium, paid)


def gender_of(value: object) -> str:
    """FEMALE, MALE, OTHER or empty."""
    return GENDERS.get(value.strip(WHITE).lower(), "") if isinstance(value, str) else ""


def age_band_of(value: object) -> str:
    """One of AGE_BANDS, or empty."""
    plain = value.strip(WHITE).replace("\u2013", "-") if isinstance(value, str) else ""
    return "55+" if plain in ALSO_55 else plain if plain in AGE_BANDS else ""


def country_of(value: object) -> str:
    """Two capital letters, or empty."""
    plain = value.strip(WHITE) if isinstance(value, str) else ""
    return plain.upper() if re.fullmatch("[A-Za-z]{2}", plain) else ""


@dataclass(frozen=True, kw_only=True)
class PathTruth:
    """A viewer with presence in a session."""

    viewer: ViewerTruth
    source: Source
    gender: str
    age_band: str
    country: str
    is_follower: bool | None
    first_clicked_at: datetime | None
    first_carted_at: datetime | None
    first_checkout_at: datetime | None
    is_returning: bool
    order: OrderTruth | None
    """The first paid order that makes it a buyer of the session."""


def latest(starts: Iterable[Event], name: str, read: Callable[[object], Any]) -> Any:
    """The latest of what was told, None where nothing was."""
    told = [value for start in starts if (value := read(start.data.get(name))) not in ("", None)]
    return told[-1] if told else None


def paths(world: World, session: SessionTruth) -> dict[str, PathTruth]:
    """Everybody with presence, by viewer id."""
    events: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(session.events, key=lambda event: event.moment):
        if event.viewer:
            events[event.viewer].append(event)
    return {
        name: _path(world, session, viewer, events[name]) for name, viewer in session.viewers.items()
    }


def _path(world: World, session: SessionTruth, viewer: ViewerTruth, events: list[Event]) -> PathTruth:
    def first(kind: str) -> datetime | None:
        return next((event.time for event in events if event.type == kind), None)

    starts = [event for event in events if event.type == "live_view_started"]
    return PathTruth(
        viewer=viewer,
        source=next((told for start in starts if (told := source_of(start)) != UNKNOWN), UNKNOWN),
        gender=latest(starts, "gender", gender_of) or "",
        age_band=latest(starts, "age_band", age_band_of) or "",
        country=latest(starts, "country", country_of) or "",
        is_follower=latest(starts, "follower", flag),
        first_clicked_at=first("select_item"),
        first_carted_at=first("add_to_cart"),
        first_checkout_at=first("begin_checkout"),
        is_returning=_came_before(world, session, viewer.viewer_id),
        order=_bought(session, viewer),
    )


def _came_before(world: World, session: SessionTruth, viewer: str) -> bool:
    parts = [part for whole in world.merged for part in whole.parts]
    sessions = [world.session(source=source, subject=subject) for source, subject in world.sessions]
    others = [other for other in sessions if not any(other is part for part in parts)]
    others += [whole for whole in world.merged if not any(session is part for part in whole.parts)]
    return any(
        other.seen(session.source, viewer) and other.start < session.start  # type: ignore[operator]  # Both have viewers.
        for other in others
        if other is not session
    )


def _bought(session: SessionTruth, viewer: ViewerTruth) -> OrderTruth | None:
    assert session.end is not None
    mine = [
        order
        for order in session.orders
        if order.viewing == viewer.viewer_id
        and order.is_paid
        and viewer.first_joined_at <= order.placed_at < session.end + session.partner.tail
    ]
    return min(mine, key=lambda order: (order.placed_at, order.transaction_id), default=None)


def repeat_numbers(found: Mapping[str, PathTruth]) -> dict[str, Any]:
    """Who came before and who did not, and how many of either bought; quotients as (above, below)."""
    before = [path for path in found.values() if path.is_returning]
    new = [path for path in found.values() if not path.is_returning]
    before_bought, new_bought = (sum(path.order is not None for path in some) for some in (before, new))
    return {
        "repeat_viewers": len(before),
        "new_viewers": len(new),
        "repeat_converted_viewers": before_bought,
        "first_time_converted_viewers": new_bought,
        "repeat_viewer_rate": (len(before), len(found)),
        "repeat_conversion_ratio": (before_bought * len(new), new_bought * len(before)),
    }


def first_orders(world: World, *, basis: str) -> list[OrderTruth]:
    """The first order of each customer, among those the basis counts."""
    mine: dict[Any, list[OrderTruth]] = defaultdict(list)
    for order in world.orders.values():
        if order.buyer and order.counts(basis=basis):
            mine[order.buyer].append(order)
    return [min(some, key=lambda order: (order.placed_at, order.transaction_id)) for some in mine.values()]


def buyer_numbers(world: World, session: SessionTruth, *, basis: str, currency: str) -> dict[str, Any]:
    """Buyers whose first order is one of the session, in a currency."""
    key = (session.source, session.subject)
    first = first_orders(world, basis=basis)
    new = sum(key in (o.session, o.broadcast) and o.currency == currency for o in first)
    counted = [o for o in session.orders if o.currency == currency and o.counts(basis=basis)]
    return {"new_buyers": new, "new_buyer_rate": (new, len({o.buyer for o in counted if o.buyer}))}


def traffic(
    session: SessionTruth, found: Mapping[str, PathTruth], *, basis: str, currency: str
) -> dict[Source, dict[str, Any]]:
    """Numbers by source; only of sources with any, beside zeros."""
    rows: dict[Source, dict[str, Any]] = defaultdict(
        lambda: {
            "impressions": 0, "views": 0, "viewers": 0, "watch_time": Decimal(0), "converted_viewers": 0,
            "orders": 0, "live_sales": ZERO,
        }
    )  # fmt: skip
    for event in session.events:
        if event.type == "live_impression":
            rows[source_of(event)]["impressions"] += event.count
        elif event.type == "live_view_started":
            rows[source_of(event)]["views"] += 1
    for each in found.values():
        row = rows[each.source]
        row["viewers"] += 1
        row["watch_time"] += each.viewer.watch_seconds
        row["converted_viewers"] += each.order is not None
    for order in session.orders:
        if order.currency == currency and order.counts(basis=basis):
            path = found.get(order.viewing or "")
            row = rows[path.source if path else UNKNOWN]
            row["orders"] += 1
            row["live_sales"] += order.value(basis=basis)
    if basis == "NET":
        for refund in session.unlinked_refunds:
            if refund.currency == currency:
                rows[UNKNOWN]["live_sales"] -= refund.effective
    return {source: row for source, row in rows.items() if any(row.values())}


def stayed_to_end(session: SessionTruth, path: PathTruth) -> bool:
    """Whether the viewer was there when the session ended."""
    return path.viewer.last_left_at == session.end


__all__ = [
    "AGE_BANDS",
    "HIDDEN_BELOW",
    "UNKNOWN",
    "PathTruth",
    "Source",
    "buyer_numbers",
    "first_orders",
    "paths",
    "repeat_numbers",
    "seconds",
    "stayed_to_end",
    "traffic",
]
