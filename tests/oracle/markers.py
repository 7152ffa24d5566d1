"""What is set beside a session's numbers: moments and spans, comments, and what platforms report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.oracle.events import Event, instant, text

SPANS = {
    "live_product_featured": ("PRODUCT_FEATURED", False),
    "live_product_unfeatured": ("PRODUCT_FEATURED", True),
    "live_giveaway_started": ("GIVEAWAY", False),
    "live_giveaway_ended": ("GIVEAWAY", True),
    "live_promotion_started": ("PROMOTION", False),
    "live_promotion_ended": ("PROMOTION", True),
}
POINTS = {"live_message_pinned": "PINNED_MESSAGE", "live_host_note": "HOST_NOTE"}


@dataclass(frozen=True, kw_only=True)
class Marker:
    """A moment or a span; `item` is the product's id at the source."""

    kind: str
    at: datetime
    ended_at: datetime | None = None
    is_start_told: bool = True
    item: str | None = None
    label: str = ""
    text: str = ""
    scheduled_at_random: bool = False
    details: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Told:
    """One start or end, of one product or offer."""

    event: Event
    kind: str
    is_end: bool
    item: str | None
    name: str
    is_first: bool = True
    """Of the products of one event; what it says of a place is of this one."""

    @property
    def place(self) -> tuple[Any, ...]:
        """What has no sequence first, then as the source counts; ends without a number before others."""
        event = self.event
        sequence = (0, 0) if event.sequence is None else (1, event.sequence)
        is_unnumbered_end = self.is_end and event.number is None
        return (event.time, sequence, not is_unnumbered_end, event.place)


def _told(events: Iterable[Event]) -> list[_Told]:
    found = []
    for event in events:
        if event.type not in SPANS:
            continue
        kind, is_end = SPANS[event.type]
        items = [str(item["item_id"]) for item in event.items]
        if kind == "PRODUCT_FEATURED":
            found += [
                _Told(event=event, kind=kind, is_end=is_end, item=item, name=item, is_first=not place)
                for place, item in enumerate(items)
            ]
        else:
            item = items[0] if items else None
            label = event.data.get("label")
            name = label if label is not None else f"item {item}"
            found.append(_Told(event=event, kind=kind, is_end=is_end, item=item, name=name))
    return sorted(found, key=lambda told: told.place)


def markers(events: list[Event]) -> list[Marker]:
    """The markers of one session of one source, in no particular order."""
    found = _spans(events)
    for event in events:
        if event.type in POINTS:
            found.append(Marker(kind=POINTS[event.type], at=event.time, text=event.data["text"]))
    for name, stated in violations(events).items():
        details = {"violation_id": name[1], "severity": stated["severity"]}
        found.append(
            Marker(
                kind="VIOLATION",
                at=stated["occurred_at"],
                label=stated["code"] or "",
                text=stated["reason"] or "",
                details=_details(details),
            )
        )
    return found


def _spans(events: list[Event]) -> list[Marker]:
    """Each start with the first end of its name after it; ends that nothing began stand alone."""
    told = _told(events)
    found = []
    for place, one in enumerate(told):
        mine = (one.kind, one.name)
        after = [other for other in told[place + 1 :] if (other.kind, other.name) == mine]
        before = [other for other in told[:place] if (other.kind, other.name) == mine]
        if one.is_end:
            if one.kind == "PRODUCT_FEATURED" or (before and not before[-1].is_end):
                continue
            ended_at: datetime | None = one.event.time
        else:
            ended_at = next((other.event.time for other in after if other.is_end), None)
        data = one.event.data if one.is_first else {}
        found.append(
            Marker(
                kind=one.kind,
                at=one.event.time,
                ended_at=ended_at,
                is_start_told=not one.is_end,
                item=one.item,
                label=data.get("label") or "",
                scheduled_at_random=bool(data.get("scheduled_at_random")),
                details=_details({name: data.get(name) for name in ("prize_quantity", "position")}),
            )
        )
    return found


def _details(told: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((name, value) for name, value in told.items() if value is not None))


def violations(events: Iterable[Event]) -> dict[tuple[str, str], dict[str, Any]]:
    """Complaints by (source, id): first told when, and of each field the latest word."""
    stated: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        if event.type == "live_violation":
            stated.setdefault((event.source, str(event.data["violation_id"])), []).append(event)
    found = {}
    for name, own in stated.items():
        own.sort(key=lambda event: event.moment)
        fields: dict[str, Any] = {"occurred_at": own[0].time, "session": own[-1].subject}
        for key in ("code", "reason", "severity", "remediation"):
            fields[key] = next(
                (event.data[key] for event in reversed(own) if event.data.get(key) is not None), None
            )
        found[name] = fields
    return found


def comments(events: Iterable[Event]) -> list[tuple[datetime, str | None, str]]:
    """(time, viewer, text) of every comment."""
    return [
        (event.time, event.viewer, event.data["text"]) for event in events if event.type == "live_comment"
    ]


def reported(events: Iterable[Event]) -> list[tuple[Any, ...]]:
    """(interval, from, to, definition, metrics as sorted pairs, time) of the latest word on each interval."""
    latest: dict[tuple[Any, ...], Event] = {}
    for event in sorted(events, key=lambda one: one.moment):
        if event.type == "live_metrics_reported":
            data = event.data
            name = (
                data["interval"],
                data.get("definition") or "",
                instant(data["from"]) if data["interval"] == "minute" else None,
            )
            latest[name] = event
    return [
        (
            event.data["interval"].upper(),
            instant(event.data["from"]) if text(event.data.get("from")) else None,
            instant(event.data["to"]) if text(event.data.get("to")) else None,
            event.data.get("definition") or "",
            tuple(sorted(event.data["metrics"].items())),
            event.time,
        )
        for event in latest.values()
    ]
